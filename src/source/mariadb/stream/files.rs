//! The files of a dump while it comes: named so that they sort in the order in which they must be
//! loaded, each opening with the script's settings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::source::error::SourceError;
use crate::source::mariadb::script::{damaged, identifier};
use crate::source::mariadb::stream::{COMPLETED, Section};
use crate::world::files::FileError;

/// Letters of a table's name that its file's name shows.
const SLUG_LETTERS_MAX: usize = 40;

/// Room for a server's settings at the head of each file; it has ten lines.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// The files of a dump while it comes.
pub(super) struct Files {
    folder: PathBuf,
    /// The settings that every file opens with.
    head: Vec<u8>,
    /// What only the first file tells: the position in the log.
    notes: Vec<u8>,
    /// Number of the table.
    table: usize,
    slug: String,
    of_table: BTreeMap<&'static str, Out>,
    others: BTreeMap<&'static str, Out>,
    views: Views,
}

impl Files {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            head: Vec::new(),
            notes: Vec::new(),
            table: 0,
            slug: String::new(),
            of_table: BTreeMap::new(),
            others: BTreeMap::new(),
            views: Views::default(),
        }
    }

    pub(super) fn note(&mut self, line: &[u8]) {
        self.notes.extend(line);
        self.notes.push(b'\n');
    }

    pub(super) fn head(&mut self, statement: &[u8]) -> Result<(), SourceError> {
        self.head_line(&[statement, b";"].concat())
    }

    pub(super) fn head_line(&mut self, line: &[u8]) -> Result<(), SourceError> {
        if self.head.len() + line.len() > HEAD_BYTES_MAX {
            return Err(damaged("its settings do not end"));
        }
        self.head.extend(line);
        self.head.push(b'\n');
        Ok(())
    }

    /// `name` only makes the files' names readable.
    pub(super) fn next_table(&mut self, name: &str) -> Result<(), SourceError> {
        self.table += 1;
        self.slug = slug(&identifier(name.as_bytes()).unwrap_or_default().0);
        self.close_table()
    }

    fn close_table(&mut self) -> Result<(), SourceError> {
        std::mem::take(&mut self.of_table).into_values().try_for_each(Out::close)
    }

    pub(super) fn next_view(&mut self, name: &str) {
        let name = identifier(name.as_bytes()).unwrap_or_default().0;
        self.views.0.push((name, Vec::new()));
    }

    pub(super) fn view(&mut self, parts: &[&[u8]]) {
        if let Some((_, script)) = self.views.0.last_mut() {
            for part in parts {
                script.extend_from_slice(part);
            }
        }
    }

    /// The file of a part, made when it is first written to.
    pub(super) fn file(&mut self, section: Section) -> Result<&mut Out, SourceError> {
        let (phase, what) = match section {
            Section::Head | Section::Foot => ("99", "end"),
            Section::Sequences => ("10", "sequences"),
            Section::Table => ("20", "table"),
            Section::Rows => ("30", "rows"),
            Section::Triggers => ("40", "triggers"),
            Section::StandIns => ("50", "stand-ins"),
            Section::Routines => ("60", "routines"),
            Section::Views => ("70", "views"),
            Section::Events => ("80", "events"),
        };
        let name = if section.of_table() {
            format!("{phase}-{:06}{}.{what}.sql", self.table, self.slug)
        } else {
            format!("{phase}-{what}.sql")
        };
        let open = if section.of_table() { &mut self.of_table } else { &mut self.others };
        match open.entry(phase) {
            std::collections::btree_map::Entry::Occupied(there) => Ok(there.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                let mut out = Out::create(&self.folder.join(name))?;
                out.write(&[&self.head])?;
                Ok(place.insert(out))
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<(), SourceError> {
        let mut first = Out::create(&self.folder.join("00-position.sql"))?;
        first.write(&[&self.head, &self.notes])?;
        first.close()?;
        let views = std::mem::take(&mut self.views);
        for script in views.in_order() {
            self.file(Section::Views)?.write(&[script])?;
        }
        let end = self.file(Section::Foot)?;
        end.write(&[COMPLETED.as_bytes(), b"\n"])?;
        self.close_table()?;
        self.others.into_values().try_for_each(Out::close)
    }
}

/// Views with the statements that make each.
#[derive(Default)]
struct Views(Vec<(String, Vec<u8>)>);

impl Views {
    /// Each after those that its text names. The program sorts by name alone, and a view that
    /// checks what is written through it cannot be made over a stand-in.
    fn in_order(&self) -> Vec<&[u8]> {
        let numbers: BTreeMap<&str, usize> =
            self.0.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let mut order = Vec::new();
        let mut is_placed = vec![false; self.0.len()];
        for first in 0..self.0.len() {
            // A list instead of a call within a call: views may stand on each other a thousand deep.
            let mut open = vec![(first, false)];
            while let Some((at, is_ready)) = open.pop() {
                if is_ready {
                    order.push(at);
                } else if !std::mem::replace(&mut is_placed[at], true) {
                    open.push((at, true));
                    let beneath = names(&self.0[at].1);
                    open.extend(beneath.filter_map(|name| Some((*numbers.get(&*name)?, false))));
                }
            }
        }
        order.into_iter().map(|at| self.0[at].1.as_slice()).collect()
    }
}

/// The names in backticks of a text.
fn names(text: &[u8]) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|&byte| byte == b'`')?;
        let (name, after) = identifier(&rest[start..])?;
        rest = after;
        Some(name)
    })
}

/// As much of a name as reads well and sorts harmlessly in the name of a file.
pub(in crate::source::mariadb) fn slug(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let short: String = name.chars().take(SLUG_LETTERS_MAX).map(letter).collect();
    format!("-{short}")
}

/// A file that is being written.
pub(super) struct Out {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Out {
    fn create(path: &Path) -> Result<Self, SourceError> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(FileError::io("create", path))?;
        Ok(Self { file: BufWriter::with_capacity(256 << 10, file), path: path.to_owned() })
    }

    pub(super) fn write(&mut self, parts: &[&[u8]]) -> Result<(), SourceError> {
        let mut parts = parts.iter();
        parts
            .try_for_each(|part| self.file.write_all(part))
            .map_err(FileError::io("write", &self.path))?;
        Ok(())
    }

    fn close(mut self) -> Result<(), SourceError> {
        Ok(self.file.flush().map_err(FileError::io("write", &self.path))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_made_after_those_that_it_names() {
        let view = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let views = Views(vec![
            view("a", "`a` from `z` join `m`"),
            view("m", "`m` from `z`"),
            view("round", "`round` from `z`, `a`"),
            view("z", "`z` from `t`, `round`"),
        ]);
        let order = views.in_order();
        let at = |start: &str| {
            order.iter().position(|script| script.starts_with(start.as_bytes())).unwrap()
        };
        assert_eq!(order.len(), 4);
        assert!(at("`m`") < at("`a`") && at("`z`") < at("`m`"), "{order:?}");
        assert_eq!(Views::default().in_order().len(), 0);
    }
}
