//! What is kept of binary logs: lines, from where to where, and what is missing in between.
//!
//! By names and lengths alone, which takes no more than the listing. Whether each file says of those
//! before it what they hold is looked at when a log is replayed.

use std::collections::BTreeMap;

use crate::job::wal::Gap;
use crate::repository::segment::{LogListing, LogStream, StoredPiece, reach};
use crate::source::mariadb::binlog::receive::order;

/// What the names of all systems begin with whose logs are binary logs, by their makers.
const SYSTEMS: [&str; 2] = ["mariadb-", "mysql-"];

/// One line of a server's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryLine {
    /// The server.
    pub system: String,
    /// The line, by the instant of its begin.
    pub line: String,
    /// The first file and the last.
    pub range: Option<(String, String)>,
    /// Bytes of the last file that are kept.
    pub end: u64,
    /// Files.
    pub files: u64,
    /// Bytes in the store.
    pub stored: u64,
    /// Files that are missing, wholly or in part.
    pub gaps: Vec<Gap>,
}

/// Whether a system's log is a binary log.
pub(in crate::job) fn is_binary(system: &str) -> bool {
    SYSTEMS.iter().any(|begin| system.starts_with(begin))
}

/// What a listing has of binary logs, by system, then line.
pub fn lines(listing: &LogListing) -> Vec<BinaryLine> {
    let mut lines: BTreeMap<&LogStream, Vec<(&str, &[StoredPiece])>> = BTreeMap::new();
    for (file, pieces) in listing.files().filter(|(file, _)| is_binary(file.stream.system())) {
        lines.entry(&file.stream).or_default().push((file.name(), pieces));
    }
    lines.into_iter().map(|(stream, files)| of_files(stream, files)).collect()
}

fn of_files(stream: &LogStream, mut files: Vec<(&str, &[StoredPiece])>) -> BinaryLine {
    files.sort_by(|a, b| order(a.0).cmp(&order(b.0)));
    let (system, line) = (stream.system().to_owned(), stream.line().to_owned());
    let mut found = BinaryLine { system, line, ..BinaryLine::default() };
    let mut before: Option<&str> = None;
    for (name, pieces) in &files {
        found.gaps.extend(before.and_then(|before| between(before, name)));
        before = Some(name);
        found.files += 1;
        found.end = reach(pieces);
        let stored = pieces.iter().map(|one| one.stored);
        found.stored = stored.fold(found.stored, u64::saturating_add);
        if pieces.iter().any(|one| one.piece.to() > found.end) {
            let name = (*name).to_owned();
            found.gaps.push(Gap { first: name.clone(), last: name, count: 1 });
        }
    }
    let name = |file: Option<&(&str, &[StoredPiece])>| file.map(|(name, _)| (*name).to_owned());
    found.range = name(files.first()).zip(name(files.last()));
    found
}

/// The files between two.
pub(super) fn between(before: &str, after: &str) -> Option<Gap> {
    let (first, last) = (order(before).0.checked_add(1)?, order(after).0.checked_sub(1)?);
    let count = (last + 1).checked_sub(first).filter(|count| *count > 0)?;
    let width = after.rsplit('.').next().map_or(0, str::len);
    let name = |number: u64| format!("{}.{number:0width$}", base(after));
    Some(Gap { first: name(first), last: name(last), count })
}

/// What the names of all files of a log begin with.
pub(super) fn base(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(base, _)| base)
}

/// The files of each line of one system, in their order.
pub(super) fn grouped(listing: &LogListing, system: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, _) in listing.files().filter(|(file, _)| file.stream.system() == system) {
        lines.entry(file.stream.line().to_owned()).or_default().push(file.name().to_owned());
    }
    for files in lines.values_mut() {
        files.sort_by(|a, b| order(a).cmp(&order(b)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_missing_are_named_as_the_server_named_them() {
        let gap =
            |before, after| between(before, after).map(|gap| (gap.first, gap.last, gap.count));
        assert_eq!(gap("bin.000002", "bin.000003"), None);
        let two = ("bin.000003".to_owned(), "bin.000004".to_owned(), 2);
        assert_eq!(gap("bin.000002", "bin.000005"), Some(two));
        assert_eq!(gap("b.999998", "b.1000000").map(|gap| gap.2), Some(1));
    }
}
