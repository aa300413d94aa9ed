//! What a set says of itself: `manifest.json` at the root of every set.
//!
//! The source fills in the inventory at the dump's own instant, the repository stores it, the
//! drill compares a restored database with it. It lives on the ground floor because those three
//! may not know each other. Stored: every change of shape raises `VERSION`, adds a golden file and
//! is told in `docs/formats/manifest.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the manifest that this program writes.
pub const VERSION: u32 = 1;

/// The root record of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Version of this shape.
    pub version: u32,
    /// The portal the set belongs to.
    pub portal: String,
    /// When taking the set began.
    pub started: Timestamp,
    /// When the last source was read.
    pub finished: Timestamp,
    /// Version of the program that wrote it.
    pub program: String,
    /// Databases by name.
    pub databases: BTreeMap<String, DatabaseFacts>,
    /// File trees, in the order of the configuration.
    pub trees: Vec<TreeFacts>,
    /// What was left out, or could not be read, each with its reason.
    pub skipped: Vec<Skipped>,
    /// Which files of its trees the databases name, as far as the configuration asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<References>,
    /// Sources of which only the holder of an identity can read more than stands here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<SealedPart>,
}

/// The files of one tree that one database names, and those of them that the set lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct References {
    /// The database's name.
    pub database: String,
    /// Where in the set the tree lies, such as `media/files`.
    pub tree: String,
    /// The question that was put to the database.
    pub query: String,
    /// The instant of whose state the answer is.
    pub instant: Timestamp,
    /// Whether the dump holds exactly that state; otherwise the answer is of a moment before it.
    pub exact: bool,
    /// When the tree was walked, after that instant.
    pub scan_started: Timestamp,
    /// When its last file was read.
    pub scan_finished: Timestamp,
    /// Rows that name a file.
    pub rows: u64,
    /// Rows whose file the set lacks; absent where that could not be found out.
    pub missing: Option<u64>,
    /// Rows that name no file below the tree: absolute, with `..`, too long, or with a zero byte.
    pub refused: u64,
    /// The first rows whose file the set lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_examples: Vec<String>,
    /// The first rows that name no file below the tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_examples: Vec<String>,
    /// Why it could not be found out, in English diagnostics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl References {
    /// Whether every row that names a file names one that the set has.
    pub fn is_whole(&self) -> bool {
        self.missing == Some(0) && self.refused == 0
    }
}

impl Manifest {
    /// How a source is sealed, by its part of the set (see [`SealedPart::part`]).
    pub fn sealed(&self, part: &str) -> Option<&SealedPart> {
        self.sealed.iter().find(|sealed| sealed.part == part)
    }
}

/// A source that is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SealedPart {
    /// The source: `db/<name>` of a database, the path of a tree.
    pub part: String,
    /// Where it lies in the set: files, and folders of which every file is sealed.
    pub places: Vec<String>,
    /// To whom: public keys, each of which opens it by itself.
    pub recipients: Vec<String>,
    /// Its bytes as they are stored.
    pub bytes: u64,
    /// What of that this set sealed anew; the rest lay in the set before.
    pub bytes_new: u64,
    /// Its bytes before they were sealed.
    pub plain_bytes: u64,
    /// Of a database: the file of the set that holds its facts, sealed as well. What stands of it
    /// among `databases` has no inventory then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<String>,
}

/// What a base of a PostgreSQL server is: which log makes it consistent, and what it was copied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BaseFacts {
    /// Drawn by `initdb`, decimal; the same in the server's log files.
    pub system_identifier: String,
    /// The timeline that it was copied on.
    pub timeline: u32,
    /// Where reading the log must begin, as PostgreSQL writes positions, such as `0/2000028`.
    pub start_lsn: String,
    /// Where the base is consistent; the set holds the log from start to here.
    pub stop_lsn: String,
    /// Bytes of one log file.
    pub wal_segment_bytes: u64,
    /// Whether the server keeps checksums of its pages, so that each was verified as it was copied.
    pub page_checksums: bool,
    /// Files in it, the log's included.
    pub files: u64,
    /// Tablespaces by their numbers: where each stood on production's host.
    pub tablespaces: BTreeMap<String, String>,
    /// The role that `initdb` made, by which a scratch server is entered.
    pub superuser: String,
    /// Whether it was copied from a standby, which does not close the last file of its log: what
    /// follows the base begins within that file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_standby: bool,
}

/// One database of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatabaseFacts {
    /// `sqlite`, `postgresql`, `postgresql-base` (a whole server's files), `mariadb` (of MySQL
    /// servers too) or `command`.
    pub engine: String,
    /// The server's or library's version, as it prints it; empty where it cannot be asked.
    pub engine_version: String,
    /// The dump program and its version, where one was used.
    pub dump_tool: Option<String>,
    /// Where in the set the dump lies: a folder or a file below `db/`, or a base's folder below
    /// `base/`.
    pub path: String,
    /// The instant whose state the dump holds: no later commit is in it. Of a base, the end of
    /// copying: every commit before it is in it, and those up to the stop position are too.
    pub instant: Timestamp,
    /// Position in the server's log at that instant, where the engine has one.
    pub log_position: Option<String>,
    /// What identifies the production server (system identifier, data directory, path).
    pub fingerprint: String,
    /// Size of the dump in bytes.
    pub dump_bytes: u64,
    /// SHA-256 of the dump, where the engine is one whose dumps are loaded unseen; of a base, of its
    /// `backup_manifest`, which names every file with its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump_digest: Option<String>,
    /// Of a base, what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseFacts>,
    /// Where a standby was to be read in the primary's place: what was seen of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby: Option<StandbyFacts>,
    /// What the database held.
    pub inventory: Inventory,
}

/// A standby that was read in its primary's place, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StandbyFacts {
    /// Where it is: host and port, or its socket.
    pub server: String,
    /// When the primary was asked how far it was: every commit before is in the set.
    pub asked: Timestamp,
    /// How far the primary was then.
    pub primary_position: String,
    /// How long after that the standby had replayed so much, in milliseconds; absent where the
    /// primary was read instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<u64>,
    /// Why the primary was read instead, in English diagnostics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// What a database holds, so that a restored one can be compared with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Inventory {
    /// Objects other than rows: kind (`table`, `index`, `view`, `trigger`, `routine`, `sequence`,
    /// `grant`, …) → name → a digest or text of its definition. Equal texts mean equal objects.
    pub objects: BTreeMap<String, BTreeMap<String, String>>,
    /// The key of the row hashes, 32 hexadecimal digits, drawn anew for every dump: without it
    /// nobody can make two tables of equal digest. The set that holds it is encrypted.
    pub row_key: String,
    /// Rows and content of each table, by qualified name.
    pub tables: BTreeMap<String, TableRows>,
    /// What the inventory could not see and why (missing rights, unsupported kinds).
    pub blind: Vec<String>,
    /// Tables of which nothing is claimed, not even that they are there; each is told in `blind` as
    /// well. Of the engine `command`, those that changed, came or went while they were dumped; of
    /// PostgreSQL, the unlogged ones of a standby, which has no rows of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unsteady: BTreeSet<String>,
}

/// Rows of one table at the dump's instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableRows {
    /// Exact number of rows.
    pub rows: u64,
    /// Sum modulo 2^128 of SHA-256(row key, row) cut to 128 bits, over every row:
    /// independent of row order. 32 hexadecimal digits. Of the engine `command` it is what the count
    /// command gives, and empty where that gives none.
    pub digest: String,
}

/// The role of a file tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TreeRole {
    /// What people upload.
    Media,
    /// The portal's program.
    Application,
    /// Its settings.
    Configuration,
}

impl TreeRole {
    /// The name of the role, also the first folder below the set's root.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Application => "application",
            Self::Configuration => "configuration",
        }
    }
}

/// One file tree of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TreeFacts {
    /// What the tree is to the portal.
    pub role: TreeRole,
    /// Where it stands on the portal's host.
    pub source: String,
    /// Where in the set it lies, such as `media/files`.
    pub path: String,
    /// When the walk began: a file changed later may or may not be in the set.
    pub scan_started: Timestamp,
    /// When the walk ended.
    pub scan_finished: Timestamp,
    /// Regular files stored.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Something that is not in the set, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Skipped {
    /// Path or object; bytes that are not UTF-8 are replaced for display.
    pub path: String,
    /// Why, in English diagnostics.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As sets of this version have it: whoever changes it can no longer read them.
    const BASE: &str = r#"{
      "engine": "postgresql-base", "engine-version": "17.2", "dump-tool": null,
      "path": "base/cum", "instant": "2026-11-20T01:15:00Z", "log-position": "0/2000120",
      "fingerprint": "{}", "dump-bytes": 64751841, "dump-digest": "ab",
      "base": {
        "system-identifier": "7575757575757575757", "timeline": 1,
        "start-lsn": "0/2000028", "stop-lsn": "0/2000120", "wal-segment-bytes": 16777216,
        "page-checksums": true, "files": 981, "tablespaces": { "16385": "/srv/space" },
        "superuser": "postgres"
      },
      "inventory": {
        "objects": { "role": { "portal": "f" } }, "row-key": "", "tables": {}, "blind": []
      }
    }"#;

    #[test]
    fn a_base_is_read_and_written_as_it_was_once_written() {
        let facts: DatabaseFacts = serde_json::from_str(BASE).unwrap();
        assert_eq!(facts.base.as_ref().unwrap().tablespaces["16385"], "/srv/space");
        let again = serde_json::to_value(&facts).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(BASE).unwrap());
        // A dump has the shape that it always had.
        let dump = DatabaseFacts { base: None, dump_digest: None, ..facts };
        let written = serde_json::to_value(&dump).unwrap();
        for later in ["base", "dump-digest", "standby"] {
            assert!(written.get(later).is_none(), "{later}");
        }
    }

    #[test]
    fn a_standby_is_read_and_written_as_it_was_once_written() {
        for text in [
            r#"{ "server": "db2:5432", "asked": "2026-11-20T01:15:00Z",
                "primary-position": "0/2000120", "lag-ms": 40 }"#,
            r#"{ "server": "db2:5432", "asked": "2026-11-20T01:15:00Z",
                "primary-position": "0/2000120", "instead": "it is behind" }"#,
        ] {
            let facts: StandbyFacts = serde_json::from_str(text).unwrap();
            let again = serde_json::to_value(&facts).unwrap();
            assert_eq!(again, serde_json::from_str::<serde_json::Value>(text).unwrap());
        }
    }
}
