//! What a count command prints: a line for each table, `name`, a tab, its rows, and perhaps a tab
//! and a digest of its content.
//!
//! The format is narrow on purpose: whatever else a program prints there (a heading, a warning, a
//! total) is a mistake to be told, not a table to be believed. Pure.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::base::manifest::{Inventory, TableRows};
use crate::source::error::SourceError;
use crate::source::rows::RowKey;

/// A hundred thousand tables of long names; more than that is not a count.
const PRINTED_MAX: usize = 16 * 1024 * 1024;

/// The longest name: schema and table of any engine, quoted.
const NAME_MAX: usize = 1024;

/// The longest digest: 512 bits in hexadecimal.
const DIGEST_MAX: usize = 128;

/// Tables by name.
pub(super) type Counts = BTreeMap<String, TableRows>;

/// What a count command has printed so far.
pub(super) struct Printed(Vec<u8>);

impl Printed {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn read(&self) -> Result<Counts, SourceError> {
        read(&self.0)
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > PRINTED_MAX {
            return Err(io::Error::other(format!("it prints more than {PRINTED_MAX} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(printed: &[u8]) -> Result<Counts, SourceError> {
    let mut counts = Counts::new();
    for (number, line) in printed.split(|&byte| byte == b'\n').enumerate() {
        let refuse = |detail: &str| SourceError::CommandCount {
            line: number as u64 + 1,
            detail: detail.to_owned(),
        };
        let line = std::str::from_utf8(line).map_err(|_| refuse("it is not UTF-8"))?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let mut fields = line.split('\t');
        let (name, rows) = (fields.next().unwrap_or_default(), fields.next());
        let (digest, more) = (fields.next().unwrap_or_default(), fields.next());
        let rows = rows.ok_or_else(|| refuse("it has no tab"))?;
        if more.is_some() {
            return Err(refuse("it has more than three fields"));
        }
        if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(refuse("its name is empty, too long or holds control characters"));
        }
        let digits = !rows.is_empty() && rows.bytes().all(|byte| byte.is_ascii_digit());
        let rows = rows.parse().ok().filter(|_| digits);
        let rows: u64 = rows.ok_or_else(|| refuse("its rows are not a whole number"))?;
        if digest.len() > DIGEST_MAX || !digest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("its digest is too long or holds white space"));
        }
        let table = TableRows { rows, digest: digest.to_owned() };
        if counts.insert(name.to_owned(), table).is_some() {
            return Err(refuse("its table stands there twice"));
        }
    }
    if counts.is_empty() {
        let detail = "nothing was printed".to_owned();
        return Err(SourceError::CommandCount { line: 1, detail });
    }
    Ok(counts)
}

/// Nothing was counted: no drill can tell what is missing.
const UNCOUNTED: &str = "no count command is configured, so nobody knows how many rows there are";

/// What a database holds that was counted before and after it was dumped. What differed is not
/// claimed, and said: its rows in the dump may be either number.
pub(super) fn steady(before: Option<Counts>, after: Option<Counts>, key: &RowKey) -> Inventory {
    let (Some(before), Some(mut after)) = (before, after) else { return now(None, key) };
    let mut inventory = Inventory { row_key: key.to_hex(), ..Inventory::default() };
    for (name, rows) in before {
        let why = match after.remove(&name) {
            Some(same) if same == rows => {
                inventory.tables.insert(name, rows);
                continue;
            }
            Some(other) => format!(
                "`{name}` changed while it was dumped: {} rows before, {} after",
                rows.rows, other.rows
            ),
            None => format!("`{name}` was gone after the dump"),
        };
        inventory.blind.push(why);
        inventory.unsteady.insert(name);
    }
    inventory.blind.extend(after.keys().map(|name| format!("`{name}` came during the dump")));
    inventory.unsteady.extend(after.into_keys());
    inventory
}

/// What a database holds that was counted once.
pub(super) fn now(counts: Option<Counts>, key: &RowKey) -> Inventory {
    let blind = if counts.is_none() { vec![UNCOUNTED.to_owned()] } else { Vec::new() };
    let tables = counts.unwrap_or_default();
    Inventory { row_key: key.to_hex(), tables, blind, ..Inventory::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: u64, digest: &str) -> TableRows {
        TableRows { rows, digest: digest.to_owned() }
    }

    #[test]
    fn a_line_is_a_table() {
        let counts = read("bài viết\t12\r\n\npublic.tep\t0\tab12\n".as_bytes()).unwrap();
        assert_eq!(counts["bài viết"], table(12, ""));
        assert_eq!(counts["public.tep"], table(0, "ab12"));
        assert_eq!(counts.len(), 2);
    }

    #[test]
    fn whatever_else_is_printed_is_refused_with_its_line() {
        for (printed, at, word) in [
            (&b""[..], 1, "nothing"),
            (b"\n\r\n", 1, "nothing"),
            (b"rows: 5", 1, "no tab"),
            (b"a\t1\nb\t-1", 2, "whole number"),
            (b"a\t+1", 1, "whole number"),
            (b"a\t1.5", 1, "whole number"),
            (b"a\t", 1, "whole number"),
            (b"a\t99999999999999999999", 1, "whole number"),
            (b"\t1", 1, "name"),
            (b"a\x07\t1", 1, "name"),
            (b"a\t1\na\t1", 2, "twice"),
            (b"a\t1\tx y", 1, "digest"),
            (b"a\t1\tx\ty", 1, "three"),
            (b"a\t1\n\xff\t1", 2, "UTF-8"),
        ] {
            let Err(SourceError::CommandCount { line, detail }) = read(printed) else {
                panic!("{printed:?} is taken")
            };
            assert!(line == at && detail.contains(word), "{printed:?}: {line} {detail}");
        }
        let mut much = Printed::new();
        assert!(much.write_all(&vec![b'a'; PRINTED_MAX]).is_ok());
        assert!(much.write_all(b"a").is_err());
    }

    #[test]
    fn what_changed_under_the_dump_is_not_claimed() {
        let key = RowKey::parse(&"0".repeat(32)).unwrap();
        let before = read(b"same\t3\ngrown\t5\nedited\t2\tx\ngone\t1").unwrap();
        let after = read(b"same\t3\ngrown\t7\nedited\t2\ty\nnew\t1").unwrap();
        let inventory = steady(Some(before), Some(after), &key);
        assert_eq!(inventory.tables.keys().collect::<Vec<_>>(), ["same"]);
        for (said, word) in inventory.blind.iter().zip(["edited", "gone", "grown", "new"]) {
            assert!(said.contains(word), "{said}");
        }
        assert_eq!(inventory.blind.len(), 4);
        let unsteady: Vec<_> = inventory.unsteady.iter().collect();
        assert_eq!(unsteady, ["edited", "gone", "grown", "new"]);
        assert_eq!(steady(None, None, &key).blind, [UNCOUNTED]);
    }
}
