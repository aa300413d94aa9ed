//! Reads to whom a source is sealed.

use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Database, Engine, Snapshot, Tree};
use crate::seal::{NotARecipient, Recipients};

/// Each costs a hundred bytes a file; who has more than this to open a province's record shares one.
const RECIPIENTS_MAX: usize = 20;

/// The recipients of a source. One that cannot be read refuses the section: sealed to fewer than
/// were meant, a set would not open where it must.
pub(super) fn recipients(value: &Cursor<'_>) -> Option<Recipients> {
    let section = value.section(&keys::SEALED)?;
    section.need("recipients", |value| {
        let mut all: Vec<Recipients> = Vec::new();
        for item in value.list(1..=RECIPIENTS_MAX) {
            let recipient = recipient(&item)?;
            if all.contains(&recipient) {
                let name = recipient.texts().concat();
                item.complain(Complaint::error("config-twice").text("name", name));
            }
            all.push(recipient);
        }
        Recipients::new(all)
    })
}

fn recipient(value: &Cursor<'_>) -> Option<Recipients> {
    let text = value.text()?;
    match Recipients::parse(&text) {
        Ok(recipient) => Some(recipient),
        // Neither the value nor its line is shown: it is what must not be known here.
        Err(NotARecipient::Identity) => {
            let complaint = Complaint::error("config-sealed-identity").secret();
            value.refuse(complaint.hint("config-sealed-identity-hint"))
        }
        Err(NotARecipient::Other) => {
            let complaint = Complaint::error("config-sealed-recipient").text("value", text);
            value.refuse(complaint.hint("config-sealed-recipient-hint"))
        }
    }
}

/// The files and the transaction log of a server go into the repository under its password alone:
/// sealed dumps beside them would hide nothing.
pub(super) fn check_engine(database: &Section<'_>, engine: Option<&Engine>) {
    let is_open = match engine {
        Some(Engine::PostgresBase(_)) => true,
        Some(Engine::Postgres(server)) => server.wal.is_some(),
        Some(Engine::Mariadb(server)) => server.binlog.is_some(),
        _ => false,
    };
    if let Some(sealed) = database.get("sealed").filter(|_| is_open) {
        let complaint = Complaint::error("config-sealed-physical");
        sealed.complain(complaint.hint("config-sealed-physical-hint"));
    }
}

/// A host that seals by schedule and can open has sealed for nothing.
pub(super) fn check_identity(
    portal: &Section<'_>,
    databases: Option<&[Database]>,
    trees: Option<&[Tree]>,
    snapshot: Option<&Snapshot>,
) {
    let Some(identity) = portal.get("identity") else { return };
    let seals = databases.unwrap_or_default().iter().any(|one| one.sealed.is_some())
        || trees.unwrap_or_default().iter().any(|one| one.sealed.is_some());
    let takes = snapshot.is_some_and(|one| one.schedule.is_some() || one.on_change.is_some());
    if seals && takes {
        let complaint = Complaint::warning("config-identity-beside");
        identity.complain(complaint.hint("config-identity-beside-hint"));
    }
}
