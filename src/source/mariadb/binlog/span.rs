//! Which part of a log brings a set to an instant, and whether all of it is there.
//!
//! Each file of a log says at its begin which transactions came before it. Held against those that
//! the files before it hold, this finds every hole, whatever the files are called and however they
//! ended. A file that holds transactions and does not say it is damaged.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::source::error::SourceError;
use crate::source::mariadb::binlog::event::{Event, EventError, Events, Extent, Kind, Statement};
use crate::source::mariadb::binlog::gtid::Gtid;
use crate::source::mariadb::binlog::state::State;
use crate::source::mariadb::fault::MariadbFault;
use crate::world::files::FileError;

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file, as the server calls it.
    pub file: String,
    /// Bytes from its begin.
    pub at: u64,
}

impl Position {
    /// Reads the position as a set has it: `bin.000001:8829 gtid=0-7-42`.
    pub fn parse(noted: &str) -> Option<Self> {
        let (file, at) = noted.split_whitespace().next()?.rsplit_once(':')?;
        let at = at.parse().ok()?;
        (!file.is_empty()).then(|| Self { file: file.to_owned(), at })
    }
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Before the first transaction that may have begun at this instant or later: MariaDB notes whole
    /// seconds, so one of the instant's own second is left out. Of MySQL, before the first that was
    /// committed then or later, to the microsecond.
    Instant(Timestamp),
    /// Before this transaction.
    Transaction(Gtid),
    /// As far as the log was kept.
    End,
}

impl Until {
    /// Whether a transaction that begins with this event lies at the end or behind it.
    pub fn is_at(self, event: &Event, gtid: Gtid) -> bool {
        match self {
            Self::Instant(instant) => event.is_from(instant),
            Self::Transaction(wanted) => gtid == wanted,
            Self::End => false,
        }
    }
}

/// What is to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The files, in their order.
    pub files: Vec<PathBuf>,
    /// Where to begin in the first one.
    pub from: u64,
    /// Where to end in the last one: between two transactions.
    pub to: u64,
    /// Transactions in between, of all databases.
    pub transactions: u64,
    /// When the last of them began or, of MySQL, was committed, by the server's clock.
    pub newest: Option<Timestamp>,
    /// The last of them.
    pub last: Option<Gtid>,
    /// The transaction before which it ends; none where the kept log ends earlier.
    pub before: Option<Gtid>,
    /// Transactions that name the database while another was in use, or may do so: they are not
    /// replayed, since statements of other databases are left out.
    pub foreign: Vec<Gtid>,
}

/// Finds the part from `start` until `until` in `files`, which are a log's in their order.
///
/// Fails when a part of it is missing, and when `start` itself lies behind `until`: a set that was
/// taken later holds what should not be there.
pub fn find(
    files: &[(String, PathBuf)],
    start: &Position,
    until: Until,
    database: &str,
) -> Result<Span, SourceError> {
    let first = files.iter().position(|(name, _)| *name == start.file);
    let first = first.ok_or_else(|| MariadbFault::LogGap {
        after: format!("{}:{}", start.file, start.at),
        before: files.first().map_or_else(|| "—".to_owned(), |(name, _)| name.clone()),
    })?;
    let mut search = Search {
        start,
        until,
        database,
        state: None,
        told: false,
        next: None,
        open: None,
        is_at_start: false,
        span: Span {
            files: Vec::new(),
            from: start.at,
            to: start.at,
            transactions: 0,
            newest: None,
            last: None,
            before: None,
            foreign: Vec::new(),
        },
    };
    for (name, path) in &files[first..] {
        search.file(name, path)?;
        if search.span.before.is_some() {
            break;
        }
    }
    if let (Until::Transaction(wanted), None) = (until, search.span.before) {
        return Err(MariadbFault::LogLacks { gtid: wanted.to_string() }.into());
    }
    Ok(search.span)
}

struct Search<'a> {
    start: &'a Position,
    until: Until,
    database: &'a str,
    /// What is in the log up to here; unknown before the first file told.
    state: Option<State>,
    /// Whether the file in hand has said what came before it.
    told: bool,
    /// The file that the last one announced.
    next: Option<String>,
    /// The transaction that was begun and has no end yet.
    open: Option<Open>,
    is_at_start: bool,
    span: Span,
}

struct Open {
    gtid: Gtid,
    time: Option<Timestamp>,
    extent: Extent,
    is_foreign: bool,
}

impl Search<'_> {
    fn file(&mut self, name: &str, path: &Path) -> Result<(), SourceError> {
        if let Some(announced) = self.next.take().filter(|announced| announced != name) {
            let (after, before) = (announced, name.to_owned());
            return Err(MariadbFault::LogGap { after, before }.into());
        }
        let file = File::open(path).map_err(FileError::io("read", path))?;
        let damaged = |error: EventError| -> SourceError {
            let (file, detail) = (name.to_owned(), error.to_string());
            MariadbFault::LogDamaged { file, detail }.into()
        };
        let mut events = Events::new(BufReader::new(file)).map_err(damaged)?;
        let is_first = !self.is_at_start;
        self.told = false;
        // What a crash has left open at the end of a file, the server has taken back.
        self.open = None;
        if !is_first {
            self.reach(path, 0);
        }
        while let Some(event) = events.read().map_err(damaged)? {
            if is_first && !self.is_at_start {
                self.before_start(name, &event)?;
                if event.end == self.start.at {
                    self.must_have_told(name)?;
                    self.is_at_start = true;
                    self.reach(path, event.end);
                } else if event.end > self.start.at {
                    break;
                }
                continue;
            }
            if self.event(name, path, &event)? {
                break;
            }
            self.close_at(name, path, &event)?;
        }
        // The files behind it do not hold the place either.
        let (file, at) = (self.start.file.clone(), self.start.at);
        let start = MariadbFault::LogStart { file, at };
        if self.is_at_start { Ok(()) } else { Err(start.into()) }
    }

    /// Of what stands before its list, nobody can say what it follows on.
    fn must_have_told(&self, name: &str) -> Result<(), MariadbFault> {
        if self.told {
            return Ok(());
        }
        let detail = "it does not say what came before it".to_owned();
        Err(MariadbFault::LogDamaged { file: name.to_owned(), detail })
    }

    /// Only what was before the set: it must not be behind the instant, or the set would be.
    fn before_start(&mut self, name: &str, event: &Event) -> Result<(), SourceError> {
        match &event.kind {
            Kind::Gtid { gtid, .. } => {
                self.must_have_told(name)?;
                if self.until.is_at(event, *gtid) && event.at < self.start.at {
                    let at = format!("{}:{}", self.start.file, self.start.at);
                    return Err(MariadbFault::LogLater { at, gtid: gtid.to_string() }.into());
                }
                self.count(*gtid);
            }
            Kind::Before(state) => self.follows(name, state)?,
            _ => {}
        }
        Ok(())
    }

    /// Whether the end was reached.
    fn event(&mut self, name: &str, path: &Path, event: &Event) -> Result<bool, SourceError> {
        match &event.kind {
            Kind::Before(state) => self.follows(name, state)?,
            Kind::Gtid { gtid, extent, .. } => {
                self.must_have_told(name)?;
                self.close_before(name, path, event)?;
                if self.until.is_at(event, *gtid) {
                    self.span.before = Some(*gtid);
                    self.reach(path, event.at);
                    return Ok(true);
                }
                let (gtid, time, extent) = (*gtid, event.time(), *extent);
                self.open = Some(Open { gtid, time, extent, is_foreign: false });
            }
            Kind::Unnumbered => {
                let (file, at) = (name.to_owned(), event.at);
                return Err(MariadbFault::LogAnonymous { file, at }.into());
            }
            Kind::Query(statement) => {
                let is_foreign = self.is_foreign(statement);
                // What was changed in tables without transactions is logged as rolled back.
                let is_end = |text: &[u8]| text == b"COMMIT" || text == b"ROLLBACK";
                let ends = statement.text.as_deref().is_some_and(is_end);
                let open = self.open.as_mut();
                let is_over = open.is_some_and(|open| {
                    open.is_foreign |= is_foreign;
                    open.extent == Extent::One || (open.extent == Extent::Commit && ends)
                });
                if is_over {
                    self.close(path, event.end);
                }
            }
            Kind::Payload(statements) => {
                let is_foreign = statements.iter().any(|statement| self.is_foreign(statement));
                if let Some(open) = self.open.as_mut() {
                    open.is_foreign |= is_foreign;
                }
            }
            Kind::Commit => {
                if self.open.as_ref().is_some_and(|open| open.extent == Extent::Commit) {
                    self.close(path, event.end);
                }
            }
            Kind::Rotate(next) => {
                self.close_before(name, path, event)?;
                self.next = Some(next.clone());
            }
            Kind::Stop => self.close_before(name, path, event)?,
            Kind::Format | Kind::Incident | Kind::Encrypted | Kind::Other => {}
        }
        Ok(false)
    }

    fn follows(&mut self, name: &str, told: &State) -> Result<(), MariadbFault> {
        self.told = true;
        match &self.state {
            Some(state) if state != told => {
                let (after, before) = (state.to_string(), format!("{name} ({told})"));
                Err(MariadbFault::LogGap { after, before })
            }
            Some(_) => Ok(()),
            None => {
                self.state = Some(told.clone());
                Ok(())
            }
        }
    }

    fn count(&mut self, gtid: Gtid) {
        if let Some(state) = &mut self.state {
            state.add(gtid);
        }
    }

    /// Whether a statement may change the database while another one is in use.
    fn is_foreign(&self, statement: &Statement) -> bool {
        statement.database != self.database.as_bytes()
            && statement.text.as_deref().is_none_or(|text| names(text, self.database))
    }

    /// Ends a transaction that said how long it is.
    fn close_at(&mut self, name: &str, path: &Path, event: &Event) -> Result<(), MariadbFault> {
        let Some(Extent::At(end)) = self.open.as_ref().map(|open| open.extent) else {
            return Ok(());
        };
        if event.end > end {
            let detail = format!("byte {}: a transaction is longer than it says", event.at);
            return Err(MariadbFault::LogDamaged { file: name.to_owned(), detail });
        }
        if event.end == end {
            self.close(path, end);
        }
        Ok(())
    }

    /// Ends a transaction before what cannot be of it; one that said how long it is would have ended.
    fn close_before(&mut self, name: &str, path: &Path, event: &Event) -> Result<(), MariadbFault> {
        if let Some(Extent::At(_)) = self.open.as_ref().map(|open| open.extent) {
            let detail = format!("byte {}: a transaction is shorter than it says", event.at);
            return Err(MariadbFault::LogDamaged { file: name.to_owned(), detail });
        }
        self.close(path, event.at);
        Ok(())
    }

    /// The open transaction is whole. Only now it counts: the next file may tell of one of which
    /// the end is missing here.
    fn close(&mut self, path: &Path, end: u64) {
        let Some(open) = self.open.take() else { return };
        self.count(open.gtid);
        self.span.transactions += 1;
        self.span.last = Some(open.gtid);
        self.span.newest = open.time;
        if open.is_foreign {
            self.span.foreign.push(open.gtid);
        }
        self.reach(path, end);
    }

    fn reach(&mut self, path: &Path, end: u64) {
        if self.span.files.last().is_none_or(|last| last != path) {
            self.span.files.push(path.to_owned());
        }
        self.span.to = end;
    }
}

/// Whether a statement names a database: by its name as a word, however it is quoted.
fn names(text: &[u8], database: &str) -> bool {
    let name = database.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    text.windows(name.len().max(1)).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(name)
            && !at.checked_sub(1).is_some_and(|before| is_part(&text[before]))
            && !text.get(at + name.len()).is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::Fault as _;
    use crate::source::mariadb::binlog::event::tests::{event, events, log_of};
    use crate::source::mariadb::binlog::mysql::tests::{COMPRESSED, TAGGED};

    /// What is found in files of these bytes, from this place of the first on; the code of a fault.
    fn found(files: &[Vec<u8>], at: u64) -> Result<u64, &'static str> {
        let folder = tempfile::tempdir().unwrap();
        let mut named = Vec::new();
        for (number, bytes) in (1..).zip(files) {
            let (name, path) = (format!("bin.{number:06}"), folder.path().join(number.to_string()));
            // One without bytes is not there.
            if !bytes.is_empty() {
                crate::world::files::write_synced(&path, bytes, 0o600).unwrap();
            }
            named.push((name, path));
        }
        let start = Position { file: "bin.000001".to_owned(), at };
        let span = find(&named, &start, Until::End, "cong");
        span.map(|span| span.transactions).map_err(|fault| fault.code())
    }

    #[test]
    fn a_file_with_transactions_that_does_not_say_what_came_before_is_damaged() {
        let [format, list, gtid, query, rotate] = events(8, 9);
        let [_, next_list, next_gtid, next_query, _] = events(9, 10);
        let first = log_of(&[&format, &list, &gtid, &query, &rotate]);
        let next = log_of(&[&format, &next_list, &next_gtid, &next_query]);
        let at = log_of(&[&format, &list]).len() as u64;
        assert_eq!(found(&[first.clone(), next], at), Ok(2));
        let silent = log_of(&[&format, &next_gtid, &next_query]);
        assert_eq!(found(&[first.clone(), silent], at), Err("source.mariadb-log-damaged"));
        // What was begun, and no more, lacks nothing yet.
        assert_eq!(found(&[first, log_of(&[&format])], at), Ok(1));
        let silent = log_of(&[&format, &gtid, &query, &rotate]);
        let behind = log_of(&[&format]).len() as u64;
        assert_eq!(found(std::slice::from_ref(&silent), behind), Err("source.mariadb-log-damaged"));
        assert_eq!(found(&[silent], at), Err("source.mariadb-log-damaged"));
    }

    #[test]
    fn a_transaction_whose_end_is_missing_is_a_gap_though_the_next_file_tells_of_it() {
        let [format, list, gtid, query, rotate] = events(8, 9);
        let [_, next_list, next_gtid, next_query, _] = events(9, 10);
        let at = log_of(&[&format, &list]).len() as u64;
        let cut = log_of(&[&format, &list, &gtid]);
        let next = log_of(&[&format, &next_list, &next_gtid, &next_query]);
        assert_eq!(found(&[cut.clone(), next], at), Err("source.mariadb-log-gap"));
        // One that a crash left open has its number again.
        let again = log_of(&[&format, &list, &gtid, &query, &rotate]);
        assert_eq!(found(&[cut, again], at), Ok(1));
    }

    #[test]
    fn a_transaction_that_was_prepared_or_rolled_back_is_whole_without_another_behind_it() {
        let [format, list, mut gtid, mut query, _] = events(8, 9);
        let [_, next_list, next_gtid, next_query, _] = events(9, 10);
        let at = log_of(&[&format, &list]).len() as u64;
        // Not one that stands alone.
        gtid[19 + 12] = 0;
        let prepared = event(38, &[0; 9]);
        let mut rolled_back = query.split_off(19 + 13 + 5);
        rolled_back.splice(.., *b"ROLLBACK");
        let rolled_back = event(2, &[&query[19..], &rolled_back].concat());
        for end in [prepared, rolled_back] {
            let first = log_of(&[&format, &list, &gtid, &end]);
            assert_eq!(found(std::slice::from_ref(&first), at), Ok(1));
            // The server has crashed behind it: nothing but the next file says that it goes on.
            let next = log_of(&[&format, &next_list, &next_gtid, &next_query]);
            assert_eq!(found(&[first, next], at), Ok(2));
        }
    }

    #[test]
    fn a_place_where_no_event_ends_is_told_before_the_next_file_is_opened() {
        let [format, list, gtid, query, rotate] = events(8, 9);
        let first = log_of(&[&format, &list, &gtid, &query, &rotate]);
        let at = log_of(&[&format, &list]).len() as u64;
        for at in [at - 1, at + 1, first.len() as u64 + 1] {
            assert_eq!(
                found(&[first.clone(), Vec::new()], at),
                Err("source.mariadb-log-start"),
                "{at}"
            );
        }
    }

    #[test]
    fn files_of_mysql_follow_each_other_by_sets_and_end_with_a_commit_to_the_microsecond() {
        let files = [TAGGED, COMPRESSED].map(<[u8]>::to_vec);
        let spanned = |files: &[Vec<u8>], until| {
            let folder = tempfile::tempdir().unwrap();
            let mut named = Vec::new();
            for (number, bytes) in (2..).zip(files) {
                let name = format!("bin.{number:06}");
                let path = folder.path().join(&name);
                crate::world::files::write_synced(&path, bytes, 0o600).unwrap();
                named.push((name, path));
            }
            let start = Position { file: "bin.000002".to_owned(), at: 470 };
            find(&named, &start, until, "cong").map_err(|fault| fault.code())
        };
        let all = spanned(&files, Until::End).unwrap();
        assert_eq!((all.transactions, all.to, all.foreign.len()), (4, 1020, 0));
        let commit = 1_795_479_980_531_838;
        assert_eq!(all.newest, Timestamp::from_microsecond(1_795_479_980_532_484).ok());
        let at = |micros| Until::Instant(Timestamp::from_microsecond(micros).unwrap());
        for (until, transactions, to) in [(commit, 2, 483), (commit + 1, 3, 725)] {
            let span = spanned(&files, at(until)).unwrap();
            assert_eq!((span.transactions, span.to), (transactions, to));
        }
        // The end of the first one is missing: the next one tells of its transaction.
        for missing in [1, 80] {
            let cut = [TAGGED[..TAGGED.len() - missing].to_vec(), files[1].clone()];
            let wanted = if missing == 1 { Ok(4) } else { Err("source.mariadb-log-gap") };
            assert_eq!(spanned(&cut, Until::End).map(|span| span.transactions), wanted);
        }
        // One that says another length than it has, and one without a number.
        let changed = |place: usize, byte: u8| {
            let mut changed = files.clone();
            changed[1][place] = byte;
            spanned(&changed, Until::End).map(|span| span.transactions)
        };
        let length = 0x138;
        assert_eq!(COMPRESSED[length], 239);
        assert_eq!(changed(length, 238), Err("source.mariadb-log-damaged"));
        assert_eq!(changed(length, 240), Err("source.mariadb-log-damaged"));
        assert_eq!(changed(244 + 4, 34), Err("source.mariadb-log-anonymous"));
    }

    #[test]
    fn a_position_is_read_as_a_set_has_it() {
        let position = Position::parse("bin.000001:8829 gtid=0-7-42,1-8-3").unwrap();
        assert_eq!(position, Position { file: "bin.000001".to_owned(), at: 8829 });
        for other in ["", "bin.000001", ":4", "bin:x", "gtid=0-7-42"] {
            assert_eq!(Position::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_statement_names_a_database_by_a_word() {
        for text in ["DROP TABLE `cong`.a", "UPDATE CONG.a", "x cong", "cong"] {
            assert!(names(text.as_bytes(), "cong"), "{text}");
        }
        for text in ["DROP TABLE congty.a", "con", "", "x_cong.a", "đcong"] {
            assert!(!names(text.as_bytes(), "cong"), "{text}");
        }
    }
}
