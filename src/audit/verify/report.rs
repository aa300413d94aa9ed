//! What the verifier found, and what follows from it.

use std::ops::Range;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::{Arg, Args, Message};

/// More findings than this help nobody; the rest is counted.
const FINDINGS_MAX: usize = 100;

/// Entries of which it is said what is withheld: who withholds more means all of a kind.
const WITHHELD_MAX: usize = 50;

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// HỢP LỆ: all that was examined is what was signed.
    Valid,
    /// KHÔNG HỢP LỆ: something contradicts what was signed.
    Invalid,
    /// KHÔNG KẾT LUẬN: something could not be examined, and nothing contradicts.
    Inconclusive,
}

impl Verdict {
    /// The word in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The verdict in the reader's language.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Valid => "audit-verdict-valid",
            Self::Invalid => "audit-verdict-invalid",
            Self::Inconclusive => "audit-verdict-inconclusive",
        })
    }

    /// How the program ends.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Valid => ExitCode::Done,
            Self::Invalid => ExitCode::Integrity,
            Self::Inconclusive => ExitCode::Warnings,
        }
    }
}

/// What a finding means for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It contradicts what was signed.
    Wrong,
    /// It keeps something from being examined.
    Unknown,
    /// The reader should know; nothing is wrong.
    Note,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it means.
    pub weight: Weight,
    /// The entry it is about, where it is about one.
    pub seq: Option<u64>,
    /// What it is, for people.
    pub message: Message,
}

/// How far one anchor reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The file that holds the head.
    pub path: PathBuf,
    /// All entries before this one are proven unchanged since the anchor was taken.
    pub size: u64,
    /// When the last of them was written, by its own word; unknown in an export.
    pub at: Option<Timestamp>,
}

/// What no anchor says anything about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The first such entry.
    pub from: u64,
    /// How many there are, to the end of the log.
    pub count: u64,
    /// When the first of them was written, by its own word.
    pub since: Option<Timestamp>,
}

/// What the log says of one place that keeps anchors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its name, or the file.
    pub name: String,
    /// `s3`, `mail` or `file`.
    pub kind: &'static str,
    /// Anchors that were put there.
    pub made: u64,
    /// The largest: the entries that it covers, and when it was put there.
    pub newest: (u64, Timestamp),
    /// How many of them were given to the verifier, from there or from elsewhere.
    pub given: u64,
    /// How many are not there any more, though they should be; known only where it was asked.
    pub missing: u64,
    /// Whether it was asked.
    pub is_asked: bool,
}

/// The key that signed the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key, as a verifier takes it.
    pub vkey: String,
    /// How often the key of the log had been rotated by then.
    pub number: u64,
    /// Since when it signs, where an entry that was read says so.
    pub since: Option<Timestamp>,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The name of the log; empty if it could not be learned.
    pub origin: String,
    /// The key under which it was judged, if there was one.
    pub vkey: Option<String>,
    /// The key that signed the head, if one of the log's keys did.
    pub signer: Option<Signer>,
    /// The positions of the entries that were read.
    pub entries: Range<u64>,
    /// The signed head: entries covered, and their root.
    pub head: Option<(u64, Digest)>,
    /// The root recomputed over all entries read.
    pub root: Digest,
    /// Intents without an outcome.
    pub open_intents: u64,
    /// The anchors that agree.
    pub anchors: Vec<Reach>,
    /// Entries that none of them covers; nothing of an export.
    pub uncovered: Option<Uncovered>,
    /// What the log says of places that keep anchors; nothing of an export.
    pub places: Vec<Recorded>,
    /// Pieces of evidence that are what the entries name.
    pub evidence: u64,
    /// Fields of an export whose words were withheld; that they are there is proven, not what they
    /// say.
    pub withheld: u64,
    /// What was found, in the order of the search.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more: u64,
    /// Of the first of them: entry and names.
    named_withheld: Vec<(u64, String)>,
    is_wrong: bool,
    is_unknown: bool,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            origin: String::new(),
            vkey: None,
            signer: None,
            entries: 0..0,
            head: None,
            root: Digest::of(b""),
            open_intents: 0,
            anchors: Vec::new(),
            uncovered: None,
            places: Vec::new(),
            evidence: 0,
            withheld: 0,
            findings: Vec::new(),
            more: 0,
            named_withheld: Vec::new(),
            is_wrong: false,
            is_unknown: false,
        }
    }

    /// The answer in one word.
    pub fn verdict(&self) -> Verdict {
        if self.is_wrong {
            Verdict::Invalid
        } else if self.is_unknown {
            Verdict::Inconclusive
        } else {
            Verdict::Valid
        }
    }

    pub(super) fn find(&mut self, weight: Weight, seq: Option<u64>, id: &'static str, args: Args) {
        self.is_wrong |= weight == Weight::Wrong;
        self.is_unknown |= weight == Weight::Unknown;
        if self.findings.len() == FINDINGS_MAX {
            self.more += 1;
            return;
        }
        let args = match seq {
            Some(seq) => args.number("seq", seq),
            None => args,
        };
        let args = on_one_line(args);
        self.findings.push(Finding { weight, seq, message: Message::with(id, args) });
    }

    pub(super) fn wrong(&mut self, id: &'static str, args: Args) {
        self.find(Weight::Wrong, None, id, args);
    }

    pub(super) fn unknown(&mut self, id: &'static str, args: Args) {
        self.find(Weight::Unknown, None, id, args);
    }

    pub(super) fn note(&mut self, id: &'static str, args: Args) {
        self.find(Weight::Note, None, id, args);
    }

    /// Keeps what is withheld of an entry, to be told last: it must not crowd out what is wrong.
    pub(super) fn withhold(&mut self, seq: u64, fields: &[String]) {
        self.withheld += fields.len() as u64;
        if !fields.is_empty() && self.named_withheld.len() < WITHHELD_MAX {
            self.named_withheld.push((seq, fields.join(", ")));
        }
    }

    pub(super) fn tell_withheld(&mut self) {
        for (seq, fields) in std::mem::take(&mut self.named_withheld) {
            let args = Args::none().text("fields", fields);
            self.find(Weight::Note, Some(seq), "audit-found-withheld", args);
        }
    }

    /// Nothing of what is withheld is told entry by entry.
    pub(super) fn forget_withheld(&mut self) {
        self.named_withheld.clear();
    }

    pub(super) fn unknown_at(&mut self, seq: u64, id: &'static str, args: Args) {
        self.find(Weight::Unknown, Some(seq), id, args);
    }

    pub(super) fn wrong_at(&mut self, seq: u64, id: &'static str, args: Args) {
        self.find(Weight::Wrong, Some(seq), id, args);
    }
}

/// What an export or a log says is shown as it is read, but never as a line of its own: a made-up one
/// could end in a verdict.
fn on_one_line(mut args: Args) -> Args {
    for (_, value) in &mut args.0 {
        if let Arg::Text(text) = value
            && text.contains(char::is_control)
        {
            let mut shown = String::with_capacity(text.len());
            for letter in text.chars() {
                if letter.is_control() {
                    shown.extend(letter.escape_unicode());
                } else {
                    shown.push(letter);
                }
            }
            *text = shown;
        }
    }
    args
}
