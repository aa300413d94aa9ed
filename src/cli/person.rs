//! Who sits at the command line: the name that goes into the audit log.
//!
//! The kernel knows the account that logged in, and keeps it when that person becomes root. So
//! `sudo duphong …` is recorded as the person, not as root; a variable of the environment, which
//! anyone can set, is never believed.

use crate::audit::Actor;

/// What the kernel shows for a process that no login started.
const NO_LOGIN: u32 = u32::MAX;

/// The actor in whose name this process works.
pub(super) fn actor() -> Actor {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = rustix::process::getuid().as_raw();
    Actor::person(name(login.as_deref(), own, &accounts))
}

/// The account's name, or its number where the accounts do not list it (a directory service).
fn name(login: Option<&str>, own: u32, accounts: &str) -> String {
    let login = login.and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != NO_LOGIN);
    let uid = login.unwrap_or(own);
    let named = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    };
    accounts.lines().find_map(named).unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/root:/bin/bash\n# odd\nan:x:1000:1000::/home/an:/bin/sh\n";

    #[test]
    fn the_person_who_logged_in_is_named_even_as_root() {
        assert_eq!(name(Some("1000\n"), 0, ACCOUNTS), "an");
        assert_eq!(name(Some("4294967295"), 0, ACCOUNTS), "root");
        assert_eq!(name(None, 1000, ACCOUNTS), "an");
        assert_eq!(name(Some("nonsense"), 7, ACCOUNTS), "uid 7");
    }
}
