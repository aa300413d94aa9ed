//! One consistent set: the files that a database names, beside the files that the set has.
//!
//! The order makes it so: first the instant of the database, then the walk of the tree. A file that
//! a row names was there before its row, so that only a file which somebody removes in between can
//! be missing ([decision 0280]). Paths go to the spool as they come, and are compared in as many
//! passes as memory allows: a portal of ten million files costs no more of it than one of two.
//!
//! What cannot be found out is said, and never stops a set.
//!
//! [decision 0280]: ../../docs/decisions/0280-database-first-then-its-files.md

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, chain};
use crate::base::manifest::{DatabaseFacts, References, TreeFacts};
use crate::config::settings::{self, Tree};
use crate::job::databases;
use crate::job::site::{Layout, Site, Temporary};
use crate::repository::{self, Seen};
use crate::source::Database;
use crate::source::error::SourceError;
use crate::source::question::{Asked, Question};
use crate::world::files::FileError;

/// The longest path that Linux opens.
const PATH_MAX: usize = 4096;

/// Paths that are told by name.
const EXAMPLES_MAX: usize = 10;

/// Digests that are held at once: 32 MiB.
const HELD_MAX: usize = 2 << 20;

/// What stands for a path: no two paths have the same.
type Key = [u8; 16];

fn key_of(path: &[u8]) -> Key {
    let Digest(digest) = Digest::of(path);
    let (head, _) = digest.split_first_chunk().expect("32 bytes begin with 16");
    *head
}

/// The path as a walk of the tree would give it; nothing for one that leads elsewhere.
fn normal(path: &[u8]) -> Option<Vec<u8>> {
    if path.first() == Some(&b'/') || path.len() > PATH_MAX || path.contains(&0) {
        return None;
    }
    let parts = path.split(|&byte| byte == b'/');
    let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty() && *part != b".").collect();
    let leads_out = parts.is_empty() || parts.contains(&&b".."[..]);
    (!leads_out).then(|| parts.join(&b'/'))
}

/// For people: one line, whatever the name holds.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(&path[..path.len().min(PATH_MAX)]);
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Paths on their way into a file. One that cannot be made answers with its fault when the first
/// path comes, and when it is finished.
struct Listing {
    path: PathBuf,
    out: Result<BufWriter<File>, io::Error>,
    rows: u64,
    refused: u64,
    refused_examples: Vec<String>,
}

impl Listing {
    fn create(path: PathBuf) -> Self {
        let out = File::create_new(&path).map(BufWriter::new);
        Self { path, out, rows: 0, refused: 0, refused_examples: Vec::new() }
    }

    fn out(&mut self) -> io::Result<&mut BufWriter<File>> {
        // The fault itself stays, to be told again.
        self.out.as_mut().map_err(|error| io::Error::new(error.kind(), error.to_string()))
    }

    /// Waits until the file holds all paths.
    fn finish(&mut self) -> Result<(), FileError> {
        let flushed = self.out().and_then(io::Write::flush);
        flushed.map_err(FileError::io("write", &self.path))
    }

    fn take(&mut self, path: &[u8]) -> io::Result<()> {
        self.rows += 1;
        let Some(path) = normal(path) else {
            self.refused += 1;
            if self.refused_examples.len() < EXAMPLES_MAX {
                self.refused_examples.push(shown(path));
            }
            return Ok(());
        };
        let length = u16::try_from(path.len()).map_err(io::Error::other)?;
        let out = self.out()?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&path)
    }
}

/// What a database was asked about one tree, and the answer as it lies in the spool.
pub(super) struct Named {
    database: String,
    /// The tree's place in the set.
    tree: String,
    query: String,
    listing: Listing,
    answer: Result<Asked, String>,
}

impl Named {
    fn new(database: &str, tree: &str, query: &str, listing: Listing) -> Self {
        let [database, tree, query] = [database, tree, query].map(str::to_owned);
        Self { database, tree, query, listing, answer: Err("it was not asked".to_owned()) }
    }
}

/// Dumps `database` into `dumps`, and asks it what the configuration wants to know; answers go into
/// `spool`, a private folder.
pub(super) fn dump(
    site: &Site,
    database: &settings::Database,
    trees: &[Tree],
    dumps: &Path,
    spool: &Path,
) -> Result<(DatabaseFacts, Vec<Named>), AnyFault> {
    let mut named = Vec::new();
    for media in &database.media {
        let tree = trees.iter().find(|tree| tree.name == media.tree);
        let Some(tree) = tree else { continue };
        let file = spool.join(format!("{}-{}.paths", database.name, named.len()));
        let place = Layout::tree(tree.role, &tree.name);
        named.push(Named::new(&database.name, &place, &media.query, Listing::create(file)));
    }
    let (mut takers, mut answers) = (Vec::new(), Vec::new());
    for one in &mut named {
        let listing = &mut one.listing;
        takers.push((one.query.as_str(), |path: &[u8]| listing.take(path)));
        answers.push(&mut one.answer);
    }
    let questions = takers.iter_mut().map(|(query, taker)| Question::new(query, taker));
    let mut questions: Vec<_> = questions.collect();
    let facts = databases::dump_asking(site, database, dumps, &mut questions)?;
    for (question, answer) in questions.into_iter().zip(answers) {
        if let Some(given) = question.answer {
            *answer = given.map_err(|fault| chain(&fault));
        }
    }
    site.go_on()?;
    for one in &mut named {
        // What the database answered is worth no more than the list that holds it.
        if let (Ok(_), Err(fault)) = (&one.answer, one.listing.finish()) {
            one.answer = Err(chain(&fault));
        }
    }
    Ok((facts, named))
}

/// The files of a tree that a walk has seen, on their way into a file.
pub(super) struct Files {
    path: PathBuf,
    out: Mutex<Out>,
}

struct Out {
    file: Option<BufWriter<File>>,
    count: u64,
    /// Once there is one, nothing more is written; whoever compares is told, each time.
    failed: Option<io::Error>,
}

impl Files {
    /// A list in a new file. One that cannot be made says so when it is finished.
    pub(super) fn create(path: PathBuf) -> Arc<Self> {
        let (file, failed) = match File::create(&path) {
            Ok(file) => (Some(BufWriter::new(file)), None),
            Err(error) => (None, Some(error)),
        };
        let out = Out { file, count: 0, failed };
        Arc::new(Self { path, out: Mutex::new(out) })
    }

    /// Who adds to it.
    pub(super) fn seen(self: &Arc<Self>) -> Seen {
        let files = Arc::clone(self);
        Arc::new(move |path| files.see(path))
    }

    /// Adds a file by its path, relative to the tree.
    pub(super) fn see(&self, path: &[u8]) {
        let key = key_of(path);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Out { file, count, failed } = &mut *out;
        if let (None, Some(file)) = (&failed, file) {
            *failed = file.write_all(&key).err();
            *count += 1;
        }
    }

    /// How many there are, once all have been seen.
    fn finish(&self) -> Result<u64, FileError> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Out { file, count, failed } = &mut *out;
        if let (None, Some(file)) = (&failed, file) {
            *failed = file.flush().err();
        }
        match failed {
            None => Ok(*count),
            // It stays: the next question about the same tree is answered no better.
            Some(error) => {
                let error = io::Error::new(error.kind(), error.to_string());
                Err(FileError::io("write", &self.path)(error))
            }
        }
    }
}

/// Where the files that trees hold are listed, and what databases named of them.
#[derive(Clone, Copy)]
pub(super) struct Register<'a> {
    pub(super) spool: &'a Path,
    pub(super) named: &'a [Named],
}

impl Register<'_> {
    /// A list for the files of this tree, if any database was asked about it. A list that cannot be
    /// made is told when it is compared.
    pub(super) fn files(&self, tree: &str) -> Option<Arc<Files>> {
        let asked = self.named.iter().any(|one| one.tree == tree);
        asked.then(|| Files::create(self.spool.join("files")))
    }

    /// Everything that was asked about this tree, beside what is in it.
    pub(super) fn compare(&self, site: &Site, tree: &TreeFacts, files: &Files) -> Vec<References> {
        let asked = self.named.iter().filter(|one| one.tree == tree.path);
        asked.map(|one| compared(site, one, tree, files)).collect()
    }
}

fn compared(site: &Site, named: &Named, tree: &TreeFacts, files: &Files) -> References {
    let (instant, exact, missing) = match &named.answer {
        Ok(asked) => {
            let missing = missing(site, named, files).map_err(|fault| chain(fault.as_ref()));
            (asked.instant, asked.exact, missing)
        }
        Err(fault) => (tree.scan_started, false, Err(fault.clone())),
    };
    let listing = &named.listing;
    let mut references = References {
        database: named.database.clone(),
        tree: named.tree.clone(),
        query: named.query.clone(),
        instant,
        exact,
        scan_started: tree.scan_started,
        scan_finished: tree.scan_finished,
        rows: listing.rows,
        missing: None,
        refused: listing.refused,
        missing_examples: Vec::new(),
        refused_examples: listing.refused_examples.clone(),
        fault: None,
    };
    match missing {
        Ok((count, examples)) => {
            references.missing = Some(count);
            references.missing_examples = examples;
        }
        Err(fault) => references.fault = Some(fault),
    }
    references
}

fn missing(site: &Site, named: &Named, files: &Files) -> Result<(u64, Vec<String>), AnyFault> {
    let count = files.finish()?;
    site.go_on()?;
    let found = absent(&named.listing.path, &files.path, count, HELD_MAX);
    Ok(found.map_err(FileError::io("read", &named.listing.path))?)
}

/// How many of the paths in `listed` stand for no digest in `keys`, and the first of them. No more
/// than `held` digests are in memory at once.
fn absent(listed: &Path, keys: &Path, count: u64, held: usize) -> io::Result<(u64, Vec<String>)> {
    // Digests are spread evenly; a tenth more room than they need on average is always enough.
    let passes = u32::try_from(count / (held as u64 * 9 / 10).max(1) + 1).unwrap_or(u32::MAX);
    let part = |key: &Key| {
        let (first, _) = key.split_first_chunk().expect("16 bytes begin with 4");
        u32::from_le_bytes(*first) % passes
    };
    let (mut missing, mut examples) = (0, Vec::new());
    for pass in 0..passes {
        let mut known = Vec::new();
        let mut from = BufReader::new(File::open(keys)?);
        let mut key = Key::default();
        for _ in 0..count {
            from.read_exact(&mut key)?;
            if part(&key) == pass {
                known.push(key);
            }
        }
        known.sort_unstable();
        let mut from = BufReader::new(File::open(listed)?);
        while let Some(path) = next(&mut from)? {
            let key = key_of(&path);
            if part(&key) == pass && known.binary_search(&key).is_err() {
                missing += 1;
                if examples.len() < EXAMPLES_MAX {
                    examples.push(shown(&path));
                }
            }
        }
    }
    Ok((missing, examples))
}

/// The next path of a listing.
fn next(from: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    if from.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut length = [0; 2];
    from.read_exact(&mut length)?;
    let mut path = vec![0; usize::from(u16::from_le_bytes(length))];
    from.read_exact(&mut path)?;
    Ok(Some(path))
}

/// Puts the question of a set once more, to what came back of its database and its tree. `folder` is
/// the restored tree; `spool`, a private folder, is made and removed.
pub(super) fn again(
    site: &Site,
    noted: &References,
    database: &Database,
    tree: &TreeFacts,
    folder: &Path,
    spool: &Path,
) -> Result<References, AnyFault> {
    // Gone at each end of this: one that stayed would make every later question fail.
    let spool = Temporary::create(spool.to_owned())?;
    let mut listing = Listing::create(spool.path().join("again.paths"));
    let asked = Asked { instant: noted.instant, exact: noted.exact };
    database.ask(&noted.query, &mut |path| listing.take(path), &site.world, &site.cancel)?;
    listing.finish()?;
    let seen = Files::create(spool.path().join("files"));
    repository::survey_each(folder, &[], &site.cancel, &mut |found| seen.see(found.path))?;
    let mut named = Named::new(&noted.database, &noted.tree, &noted.query, listing);
    named.answer = Ok(asked);
    let references = compared(site, &named, tree, &seen);
    match &references.fault {
        None => Ok(references),
        Some(fault) => Err(SourceError::Paths { detail: fault.clone() }.into()),
    }
}

/// What the log keeps of them, without the questions; nothing where nothing was asked.
pub(super) fn as_json(references: &[References]) -> Option<Value> {
    let one = |one: &References| {
        json!({
            "database": one.database,
            "tree": one.tree,
            "rows": one.rows,
            "missing": one.missing,
            "refused": one.refused,
        })
    };
    (!references.is_empty()).then(|| references.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::files;

    #[test]
    fn a_path_is_read_as_a_walk_would_give_it_and_none_leads_out() {
        let check = |path: &[u8], expected: Option<&str>| {
            assert_eq!(normal(path).as_deref(), expected.map(str::as_bytes), "{path:?}");
        };
        check(b"a.jpg", Some("a.jpg"));
        check("2026/11/ảnh.jpg".as_bytes(), Some("2026/11/ảnh.jpg"));
        check(b"./a//b/./c/", Some("a/b/c"));
        check(b"..a/b..", Some("..a/b.."));
        let hostile = ["/etc/passwd", "..", "a/../../b", "a\0b", ".", "//", "./"];
        for path in hostile {
            check(path.as_bytes(), None);
        }
        check(&[b'a'; PATH_MAX], Some(&"a".repeat(PATH_MAX)));
        check(&[b'a'; PATH_MAX + 1], None);
    }

    #[test]
    fn the_same_is_missing_however_little_is_held_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::create(folder.path().join("files"));
        let mut listing = Listing::create(folder.path().join("a.paths"));
        for number in 0..500 {
            if number % 7 != 0 {
                files.see(format!("thư mục/{number}").as_bytes());
            }
            listing.take(format!("thư mục/{number}").as_bytes()).unwrap();
            // A file that two rows name is missing for both.
            listing.take(format!("./thư mục//{number}").as_bytes()).unwrap();
        }
        listing.take(b"../x\n").unwrap();
        listing.finish().unwrap();
        assert_eq!((listing.rows, listing.refused), (1001, 1));
        assert_eq!(listing.refused_examples, ["../x\u{fffd}"]);
        let count = files.finish().unwrap();
        for held in [1, 3, 64, 10_000] {
            let (missing, examples) = absent(&listing.path, &files.path, count, held).unwrap();
            assert_eq!((missing, examples.len()), (2 * 72, EXAMPLES_MAX), "{held}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_made_tells_it_each_time_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("gone");
        let files = Files::create(nowhere.join("files"));
        files.see(b"a");
        assert!(files.finish().is_err() && files.finish().is_err());
        let mut listing = Listing::create(nowhere.join("a.paths"));
        assert!(listing.take(b"a").is_err());
        assert!(listing.finish().is_err() && listing.finish().is_err());
    }

    #[test]
    fn a_list_that_was_cut_is_a_fault_and_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let (listed, keys) = (folder.path().join("l"), folder.path().join("k"));
        files::replace_durably(&listed, b"\x05\0ab").unwrap();
        files::replace_durably(&keys, &[0; 16]).unwrap();
        assert!(absent(&listed, &keys, 1, 10).is_err());
        files::replace_durably(&listed, b"\x02\0ab").unwrap();
        assert!(absent(&listed, &keys, 2, 10).is_err());
        assert_eq!(absent(&listed, &keys, 1, 10).unwrap().0, 1);
    }
}
