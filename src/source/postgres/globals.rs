//! Roles, their memberships and settings: what `pg_dumpall --globals-only` wrote, applied to a
//! server that may have some of them already.
//!
//! A role that exists is left as it is, password and memberships included: a restore must neither
//! lock out the people who are doing it nor give back a right that was taken away since. Tablespaces are left out, since their folders belong to the lost host. No
//! statement is ever shown, because it may hold a password.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use crate::base::fault::{Args, Message};
use crate::source::error::SourceError;
use crate::source::postgres::session::Session;

/// Said once, however many there are.
const NO_TABLESPACES: &str = "restore-note-no-tablespaces";

/// Applies the statements; returns notes on what was left out, without any of their text.
pub(super) fn apply(session: &Session, script: &str) -> Result<Vec<Message>, SourceError> {
    let mut kept = BTreeSet::new();
    let mut made = BTreeSet::new();
    let mut notes = Vec::new();
    for statement in statements(script) {
        let words: Vec<&str> = statement.splitn(3, char::is_whitespace).collect();
        match words.as_slice() {
            ["CREATE" | "ALTER" | "COMMENT", "TABLESPACE", ..] => {
                if !notes.iter().any(|note: &Message| note.id == NO_TABLESPACES) {
                    notes.push(Message::new(NO_TABLESPACES));
                }
            }
            _ if statement.contains(" ON TABLESPACE ") => {}
            ["CREATE", "ROLE", name] => match session.run("create a role", statement) {
                Err(SourceError::Query { source, .. })
                    if source.code() == Some(&SqlState::DUPLICATE_OBJECT) =>
                {
                    let args = Args::none().text("name", *name);
                    notes.push(Message::with("restore-note-role-kept", args));
                    kept.insert((*name).to_owned());
                }
                other => {
                    other?;
                    made.insert((*name).to_owned());
                }
            },
            ["ALTER", "ROLE", rest] if kept.iter().any(|role| names(rest, role)) => {}
            ["GRANT", ..] if is_between_others(statement, &made) => {}
            _ => session.run("restore the roles", statement)?,
        }
    }
    Ok(notes)
}

/// The names of the roles that a script makes where they are missing.
pub(super) fn roles(script: &str) -> BTreeSet<String> {
    let role = |statement: &str| {
        let name = statement.strip_prefix("CREATE ROLE ")?;
        let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        Some(quoted.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\"")))
    };
    statements(script).filter_map(role).collect()
}

/// Whether `GRANT a TO b …` makes one role a member of another, neither of which was made here.
fn is_between_others(statement: &str, made: &BTreeSet<String>) -> bool {
    let Some(rest) = statement.strip_prefix("GRANT ") else { return false };
    !made.iter().any(|role| {
        names(rest, role)
            || rest.match_indices(" TO ").any(|(at, to)| {
                let member = &rest[at + to.len()..];
                member == role || names(member, role)
            })
    })
}

/// Whether a statement's rest begins with exactly this role.
fn names(rest: &str, role: &str) -> bool {
    rest.strip_prefix(role).is_some_and(|after| after.starts_with(char::is_whitespace))
}

/// Cuts a script into statements without their semicolons; comments and psql's own commands
/// (lines that begin with a backslash) go.
pub(super) fn statements(script: &str) -> impl Iterator<Item = &str> {
    let mut rest = script;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            if rest.starts_with("--") || rest.starts_with('\\') {
                rest = rest.split_once('\n').map_or("", |(_, after)| after);
                continue;
            }
            let end = end_of_statement(rest);
            let statement = rest[..end].trim_end();
            rest = rest.get(end + 1..).unwrap_or("");
            if !statement.is_empty() {
                return Some(statement);
            }
        }
    })
}

/// Where the semicolon is that ends the statement: not in a string, not in a quoted name.
fn end_of_statement(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut escapes = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match quote {
            Some(_) if escapes && byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            None if byte == b';' => return at,
            None if byte == b'\'' || byte == b'"' => {
                quote = Some(byte);
                // E'…' is the one form in which a backslash hides a quote.
                escapes = byte == b'\'' && at > 0 && bytes[at - 1].eq_ignore_ascii_case(&b'e');
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        assert_eq!(statements(script).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_script_is_cut_at_the_semicolons_that_end_statements() {
        check(
            "-- Roles; all\n\nCREATE ROLE a;\nALTER ROLE a;\n",
            &["CREATE ROLE a", "ALTER ROLE a"],
        );
        check("\\restrict x\nCREATE ROLE \"a;b\"\"c\";", &["CREATE ROLE \"a;b\"\"c\""]);
        check(
            "COMMENT ON ROLE a IS 'x;\n''; --y';B;",
            &["COMMENT ON ROLE a IS 'x;\n''; --y'", "B"],
        );
        check(r"C IS E'\\; \' ;x'; D;", &[r"C IS E'\\; \' ;x'", "D"]);
        check("no end", &["no end"]);
        check("'open", &["'open"]);
        check(";;", &[]);
    }

    #[test]
    fn roles_are_named_as_the_server_names_them() {
        let script = "CREATE ROLE a;\nALTER ROLE a;\nCREATE ROLE \"Biên \"\"tập\"\"\";";
        assert_eq!(roles(script), BTreeSet::from(["a".to_owned(), "Biên \"tập\"".to_owned()]));
    }

    #[test]
    fn only_memberships_of_new_roles_are_given() {
        let made = BTreeSet::from(["moi".to_owned(), "\"Biên tập\"".to_owned()]);
        let skipped = |statement| is_between_others(statement, &made);
        assert!(skipped("GRANT pg_read_all_data TO cu GRANTED BY postgres"));
        assert!(skipped("GRANT cu TO moi2"));
        assert!(!skipped("GRANT moi TO cu"));
        assert!(!skipped("GRANT cu TO \"Biên tập\" WITH ADMIN OPTION GRANTED BY postgres"));
        assert!(!skipped("GRANT cu TO moi"));
    }

    #[test]
    fn a_role_is_named_whole() {
        assert!(names("alice WITH LOGIN", "alice"));
        assert!(!names("alice2 WITH LOGIN", "alice"));
    }
}
