//! The signed list of an export's files: each must be what was signed for, and be signed for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::audit::verify::folder::file_args;
use crate::audit::verify::hash::Hash;
use crate::audit::verify::note::Key;
use crate::audit::verify::opening::OPENINGS;
use crate::audit::verify::place::Place;
use crate::audit::verify::report::{Report, Weight};
use crate::audit::verify::zip::is_name;

/// The name of the list itself.
pub(super) const LIST: &str = "manifest";

/// What a signed note may have, and its signatures.
const LIST_BYTES_MAX: u64 = 1 << 20;

/// The first line: with blanks, so that no list passes for the head of a log.
const TITLE: &str = "duphong export manifest v1";

/// Where evidence lies in an export.
const EVIDENCE: &str = "evidence/";

/// What the list speaks of.
#[derive(Default)]
pub(super) struct Listed {
    /// The digests of the evidence, in hexadecimal.
    pub(super) evidence: BTreeSet<String>,
    /// Those of them whose files are there and are what was signed for.
    pub(super) sound: BTreeSet<String>,
    /// The entries in words, where they are missing: what that means hangs on whether something of
    /// them is withheld.
    pub(super) words_lost: Vec<PathBuf>,
}

/// Holds every file against the list.
pub(super) fn check(place: &Place, key: &Key, report: &mut Report) -> Listed {
    let path = place.path_of(LIST);
    let note = match place.read(LIST, LIST_BYTES_MAX) {
        Ok(note) => note,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.find(place.weight_of_missing(), None, "audit-found-file-lost", file_args(&path));
            return Listed::default();
        }
        Err(error) => {
            report.unknown("audit-found-unreadable", file_args(&path).text("error", error));
            return Listed::default();
        }
    };
    let Some(listed) = key.text_of(&note).and_then(|text| parse(text, &key.name)) else {
        report.wrong("audit-found-list", file_args(&path));
        return Listed::default();
    };
    let mut found = Listed::default();
    for (name, digest) in &listed {
        let held = check_file(place, name, digest, report);
        if let Some(hex) = evidence_of(name) {
            found.evidence.insert(hex.to_owned());
            found.sound.extend(matches!(held, Held::Sound).then(|| hex.to_owned()));
        }
        if let Held::WordsLost(path) = held {
            found.words_lost.push(path);
        }
    }
    let names = match place.names() {
        Ok(names) => names,
        Err(error) => {
            let args = file_args(&place.path_of("")).text("error", error);
            report.unknown("audit-found-unreadable", args);
            return found;
        }
    };
    // What entries say proves itself by them, and may be withheld after the list was signed.
    let is_known = |name: &str| name == LIST || name == OPENINGS || listed.contains_key(name);
    for name in names.iter().filter(|name| !is_known(name)) {
        let args = file_args(&place.path_of(name));
        // What other programs leave in folders misleads nobody; this would be read as part of it.
        let weight = match place.weight_of_added() {
            Weight::Note if passes_for_ours(name) => Weight::Unknown,
            weight => weight,
        };
        report.find(weight, None, "audit-found-file-added", args);
    }
    found
}

/// Whether a file is called as evidence is, or as the entries in words.
fn passes_for_ours(name: &str) -> bool {
    let is_digest = |hex: &str| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_words(name) || evidence_of(name).is_some_and(is_digest)
}

/// Whether this is the file of the entries in words, in whatever language.
fn is_words(name: &str) -> bool {
    name.strip_prefix("entries.").is_some_and(|rest| rest.strip_suffix(".txt").is_some())
}

/// The digest in the name of a piece of evidence.
fn evidence_of(name: &str) -> Option<&str> {
    name.strip_prefix(EVIDENCE).map(|file| file.split('.').next().unwrap_or(file))
}

/// What became of one file of the list.
enum Held {
    /// It is what was signed for.
    Sound,
    /// It is the entries in words, and is not there.
    WordsLost(PathBuf),
    /// It is not what it should be, which was told.
    Told,
}

/// Holds one file against its digest.
fn check_file(place: &Place, name: &str, digest: &Hash, report: &mut Report) -> Held {
    let path = place.path_of(name);
    let found = match place.reader(name).and_then(digest_of) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if is_words(name) {
                return Held::WordsLost(path);
            }
            let weight = place.weight_of_missing();
            report.find(weight, None, "audit-found-file-lost", file_args(&path));
            return Held::Told;
        }
        Err(error) => {
            let args = file_args(&path).text("error", error);
            report.find(Weight::Unknown, None, "audit-found-unreadable", args);
            return Held::Told;
        }
    };
    let evidence = evidence_of(name);
    let is_right = evidence.is_none_or(|hex| hex == data_encoding::HEXLOWER.encode(&found));
    if evidence.is_some() && (!is_right || found != *digest) {
        report.wrong("audit-found-evidence-swapped", file_args(&path));
    } else if found != *digest {
        report.wrong("audit-found-file-changed", file_args(&path));
    } else {
        return Held::Sound;
    }
    Held::Told
}

fn digest_of(mut file: impl io::Read) -> io::Result<Hash> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.by_ref().read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// The digests by name; `None` if it is no list of this log, or not one as we write it.
fn parse(text: &str, origin: &str) -> Option<BTreeMap<String, Hash>> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    (lines.next()? == TITLE && lines.next()? == origin).then_some(())?;
    let mut listed = BTreeMap::new();
    for line in lines {
        let (hex, name) = line.split_once("  ")?;
        let digest = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()?;
        let is_new = listed.insert(name.to_owned(), digest).is_none();
        (is_new && is_name(name.as_bytes())).then_some(())?;
    }
    Some(listed)
}
