//! Reads to whom a source is sealed.

use crate::base::written::may_be_same_server;
use crate::config::decode::{Cursor, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Database, Engine, MariadbPlace, Snapshot, Tree};
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

/// A server as an entry of the file names it.
#[derive(Debug)]
pub(super) struct Server<'a> {
    place: ServerPlace,
    /// Of one whose files or transaction log are stored: the key that says so.
    open: Option<String>,
    /// Of one whose dumps are sealed.
    sealed: Option<Cursor<'a>>,
}

#[derive(Debug)]
enum ServerPlace {
    /// A DSN.
    Postgres(String),
    Mariadb(MariadbPlace),
}

impl ServerPlace {
    fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Postgres(one), Self::Postgres(other)) => may_be_same_server(one, other),
            (Self::Mariadb(one), Self::Mariadb(other)) => one == other,
            _ => false,
        }
    }
}

impl<'a> Server<'a> {
    /// The server of a database, if that matters.
    pub(super) fn of(database: &Section<'a>, engine: Option<&Engine>) -> Option<Self> {
        let postgres = |dsn: &str| ServerPlace::Postgres(dsn.to_owned());
        let (place, key) = match engine? {
            Engine::PostgresBase(server) => (postgres(&server.dsn), Some("postgres.physical")),
            Engine::Postgres(server) => {
                (postgres(&server.dsn), server.wal.is_some().then_some("postgres.wal"))
            }
            Engine::Mariadb(server) => {
                let key = server.binlog.is_some().then_some("mariadb.binlog");
                (ServerPlace::Mariadb(server.place.clone()), key)
            }
            _ => return None,
        };
        let sealed = database.get("sealed");
        let open = key.map(|key| format!("{}.{key}", database.cursor.path));
        let matters = open.is_some() || sealed.is_some();
        matters.then_some(Self { place, open, sealed })
    }
}

/// The files and the transaction log of a server hold every row of each of its databases, and go
/// into the repository under its password alone: sealed dumps beside them, in whichever entry of
/// whichever portal, would hide nothing.
pub(super) fn check_servers(servers: &[Server<'_>]) {
    for server in servers {
        let Some(sealed) = &server.sealed else { continue };
        if server.open.is_some() {
            let complaint = Complaint::error("config-sealed-physical");
            sealed.complain(complaint.hint("config-sealed-physical-hint"));
            continue;
        }
        let beside = servers.iter().find_map(|other| {
            let open = other.open.as_ref()?;
            server.place.may_be(&other.place).then_some(open)
        });
        if let Some(open) = beside {
            let complaint = Complaint::error("config-sealed-beside").text("other", open);
            sealed.complain(complaint.hint("config-sealed-beside-hint"));
        }
        if sealed.desk.report.is_full() {
            return;
        }
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
