//! Reads how playbooks are used: where own ones lie, who may approve, and what each portal gives.

use std::collections::BTreeMap;

use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::config::decode::{Cursor, Named};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::scalar::{is_id, not_an_id};
use crate::config::tree::Value;
use crate::playbook::model::INPUTS_MAX;
use crate::playbook::settings::{Approver, Given, Inputs, Settings};
use crate::playbook::value;
use crate::playbook::value::{COMMAND_PARTS_MAX, Wrong};

/// More approvers than this nobody can reach at night.
const APPROVERS_MAX: usize = 100;

/// Accounts of one person on one machine.
const LOGINS_MAX: usize = 20;

/// More playbooks than this nobody knows by name.
const PLAYBOOKS_MAX: usize = 100;

/// How playbooks are used.
pub(super) fn playbooks(value: &Cursor<'_>) -> Option<Settings> {
    let section = value.section(&keys::PLAYBOOKS)?;
    let folder = section.may("folder", Cursor::path);
    let approvers = section.may("approvers", |value| Some(approvers(value))).unwrap_or_default();
    Some(Settings { folder, approvers })
}

/// Approvers are people of whom two make two: no key and no account may count for both.
fn approvers(value: &Cursor<'_>) -> Vec<Approver> {
    let mut seen = Seen::default();
    let named = value.named(0..=APPROVERS_MAX);
    named.iter().filter_map(|named| approver(named, &mut seen)).collect()
}

/// Whose keys and logins were seen so far.
#[derive(Default)]
struct Seen {
    keys: Vec<(KeyData, String)>,
    logins: BTreeMap<String, String>,
}

fn approver(named: &Named<'_>, seen: &mut Seen) -> Option<Approver> {
    let id = checked(named);
    let section = named.value.section(&keys::APPROVER)?;
    let name = section.need("name", Cursor::text);
    let logins = section.need("logins", |value| {
        let items = value.list(0..=LOGINS_MAX);
        Some(items.iter().filter_map(|item| login(item, named.name, seen)).collect())
    });
    let key = section.need("key", |value| key(value, named.name, seen));
    Some(Approver { id: id?, name: name?, logins: logins?, key: key? })
}

fn login(item: &Cursor<'_>, id: &str, seen: &mut Seen) -> Option<String> {
    let login = item.login()?;
    match seen.logins.get(&login) {
        None => _ = seen.logins.insert(login.clone(), id.to_owned()),
        Some(other) if other == id => {
            return item.refuse(Complaint::error("config-twice").text("name", &login));
        }
        Some(other) => {
            let complaint = Complaint::error("config-approver-login").text("login", &login);
            let complaint = complaint.text("other", other);
            return item.refuse(complaint.hint("config-approver-login-hint"));
        }
    }
    Some(login)
}

/// A public key of Ed25519, in software or in a security key, without its comment.
fn key(value: &Cursor<'_>, id: &str, seen: &mut Seen) -> Option<String> {
    let text = value.text_within(value::TEXT_CHARACTERS_MAX)?;
    if text.contains("PRIVATE KEY") {
        let complaint = Complaint::error("config-approver-private").secret();
        return value.refuse(complaint.hint("config-approver-private-hint"));
    }
    let kind = text.split_whitespace().next().unwrap_or_default();
    let known = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com"].contains(&kind);
    if !known && (kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-"))
    {
        let complaint = Complaint::error("config-approver-key-kind").text("kind", kind);
        return value.refuse(complaint.hint("config-approver-key-kind-hint"));
    }
    let parsed = PublicKey::from_openssh(&text).ok();
    let fits = |data: &KeyData| matches!(data, KeyData::Ed25519(_) | KeyData::SkEd25519(_));
    let Some(data) = parsed.map(|key| key.key_data().clone()).filter(fits) else {
        let complaint = Complaint::error("config-approver-key");
        return value.refuse(complaint.hint("config-approver-key-hint"));
    };
    if let Some((_, other)) = seen.keys.iter().find(|(one, _)| *one == data) {
        let complaint = Complaint::error("config-approver-key-taken").text("other", other);
        return value.refuse(complaint.hint("config-approver-key-taken-hint"));
    }
    seen.keys.push((data.clone(), id.to_owned()));
    // The comment says whatever its writer likes: records hold the key alone.
    PublicKey::new(data, "").to_openssh().ok().map(|key| key.trim_end().to_owned())
}

/// What one portal gives to playbooks. Whether a playbook takes it is seen when a plan is made:
/// its file may have changed since.
pub(super) fn inputs(value: &Cursor<'_>) -> BTreeMap<String, Inputs> {
    let read = |named: &Named<'_>| {
        let id = checked(named);
        let values = named.value.named(0..=INPUTS_MAX);
        let inputs = values.iter().filter_map(|one| Some((checked(one)?, given(&one.value)?)));
        let inputs: Inputs = inputs.collect();
        Some((id?, inputs))
    };
    value.named(0..=PLAYBOOKS_MAX).iter().filter_map(read).collect()
}

fn given(value: &Cursor<'_>) -> Option<Given> {
    let complain = |cursor: &Cursor<'_>, wrong: &Wrong| {
        cursor.complain(Complaint::of(wrong.message(), wrong.hint()));
    };
    match value.value {
        Value::Plain(text) | Value::Quoted(text) if text.trim().is_empty() => {
            complain(value, &Wrong::Empty);
            None
        }
        Value::Plain(text) | Value::Quoted(text) => {
            value::check_argument(text).map_err(|wrong| complain(value, &wrong)).ok()?;
            Some(Given::Text(text.clone()))
        }
        Value::List(_) => {
            let parts = value.list_of(1..=COMMAND_PARTS_MAX, |item| match item.value {
                Value::Plain(text) | Value::Quoted(text) => {
                    value::check_argument(text).map_err(|wrong| complain(item, &wrong)).ok()?;
                    Some(text.clone())
                }
                _ => item.wrong_kind("text"),
            });
            Some(Given::List(parts))
        }
        _ => value.wrong_kind("text"),
    }
}

fn checked(named: &Named<'_>) -> Option<String> {
    if is_id(named.name) {
        return Some(named.name.to_owned());
    }
    let report = named.value.desk.report;
    report.add(&named.value.path, named.name_at, not_an_id(named.name));
    None
}
