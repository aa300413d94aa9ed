//! Who we are and what accounts are called on this machine.

use std::collections::HashMap;
use std::fs;

/// Names of accounts and groups by number, as `/etc/passwd` and `/etc/group` have them.
///
/// Accounts of directory services are not asked for: their names would be missing in a restore on
/// another machine anyway, and numbers are always kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl Accounts {
    /// Reads both files; a missing one gives no names.
    pub(super) fn load() -> Self {
        Self { users: names("/etc/passwd"), groups: names("/etc/group") }
    }

    /// The account's name, or nothing.
    pub(super) fn user(&self, uid: u32) -> String {
        self.users.get(&uid).cloned().unwrap_or_default()
    }

    /// The group's name, or nothing.
    pub(super) fn group(&self, gid: u32) -> String {
        self.groups.get(&gid).cloned().unwrap_or_default()
    }
}

/// Both files have the name first and the number third, between colons.
fn names(path: &str) -> HashMap<u32, String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(number)) = (fields.next(), fields.nth(1))
            && let Ok(number) = number.parse()
        {
            names.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    names
}

/// This process, as locks, keys and snapshots name it.
#[derive(Clone, Debug)]
pub(super) struct Whoami {
    /// The machine's name.
    pub host: String,
    /// The account's name, or its number where it has none.
    pub user: String,
    /// The account.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// The process.
    pub pid: u32,
}

impl Whoami {
    /// Asks the system.
    pub(super) fn now() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let user = names("/etc/passwd").remove(&uid).unwrap_or_else(|| uid.to_string());
        Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            user,
            uid,
            gid: rustix::process::getegid().as_raw(),
            pid: std::process::id(),
        }
    }
}
