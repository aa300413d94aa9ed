//! Handing the record over: a range of the log with its proofs, written and itself recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use crate::audit::{AuditError, Deed, Entry, Exported, Log, Outcome, Part};
use crate::base::digest::Digest;
use crate::base::fault::AnyFault;
use crate::job::evidence;
use crate::job::site::Site;
use crate::world::files::FileError;

/// Writes what stands before the entries, given the name of the log and the range.
pub type WriteHead<'a> = dyn Fn(&str, &Range<u64>, &mut dyn Write) -> io::Result<()> + 'a;

/// The entries in words, for whoever reads without our program; formatted at the edge.
pub struct Readable<'a> {
    /// The name of the file.
    pub name: String,
    /// Writes what stands before the entries.
    pub head: &'a WriteHead<'a>,
    /// Writes one entry.
    pub entry: &'a dyn Fn(&Entry, &mut dyn Write) -> io::Result<()>,
}

/// What went out.
#[derive(Clone, Debug)]
pub struct HandedOver {
    /// The range and its proofs.
    pub exported: Exported,
    /// Pieces of evidence that went along.
    pub evidence: u64,
    /// Pieces of evidence that stayed, since they are not any more what was sealed.
    pub altered: Vec<Digest>,
}

/// Exports the entries at these positions, or all that there are, into a new file.
///
/// Who took which part of the record, and when, belongs in the record: the intent stands in the
/// log before the range is read, and is not part of it unless it was asked for by position.
pub fn export(
    site: &Site,
    range: Option<Range<u64>>,
    readable: &Readable<'_>,
    to: &Path,
) -> Result<HandedOver, AnyFault> {
    let log = site.log()?;
    let range = match range {
        Some(range) => range,
        None => 0..log.head()?.size,
    };
    let deed = Deed::new("audit.export", to.display().to_string())
        .fact("from", range.start)
        .fact("to", range.end);
    site.recorded(&log, deed, || {
        let (named, altered) = named_evidence(site, &log, range.clone())?;
        let count = named.len() as u64;
        let mut parts = vec![in_words(&log, range.clone(), readable)?];
        parts.extend(named.into_iter().map(|(digest, ending)| Part {
            name: format!("evidence/{digest}{ending}"),
            write: Box::new(move |out| {
                let mut file = std::fs::File::open(evidence::place(site, digest))?;
                io::copy(&mut file, out).map(drop)
            }),
        }));
        let exported = log.export(range, parts, to)?;
        let outcome = if altered.is_empty() { Outcome::done() } else { Outcome::warnings() };
        let mut outcome = outcome
            .fact("root", exported.after.to_string())
            .fact("head", exported.head.size)
            .fact("digest", exported.digest.to_string())
            .fact("bytes", exported.bytes)
            .fact("evidence", count);
        if !altered.is_empty() {
            let digests: Vec<_> = altered.iter().take(50).map(Digest::to_string).collect();
            outcome = outcome.fact("altered", digests);
        }
        Ok((HandedOver { exported, evidence: count, altered }, outcome))
    })
}

fn in_words<'a>(
    log: &Log,
    range: Range<u64>,
    readable: &'a Readable<'a>,
) -> Result<Part<'a>, AuditError> {
    let (reader, origin) = (log.reader()?, log.head()?.origin);
    let write = move |out: &mut dyn Write| {
        (readable.head)(&origin, &range, out)?;
        for entry in reader.range(range) {
            (readable.entry)(&entry.map_err(io::Error::other)?, out)?;
        }
        Ok(())
    };
    Ok(Part { name: readable.name.clone(), write: Box::new(write) })
}

/// The evidence that entries of the range name and that is here, each with the ending of its kind
/// of file; and what is here under such a name and is something else by now.
fn named_evidence(
    site: &Site,
    log: &Log,
    range: Range<u64>,
) -> Result<(BTreeMap<Digest, &'static str>, Vec<Digest>), AnyFault> {
    let mut endings = BTreeMap::new();
    let mut named = BTreeSet::new();
    for entry in log.reader()?.range(range) {
        let entry = entry?;
        if let (Some(digest), "evidence.seal") = (digest_in(&entry.subject), entry.verb.as_str()) {
            named.insert(digest);
            if let Some(media_type) = entry.facts.get("media-type").and_then(Value::as_str) {
                endings.insert(digest, ending_of(media_type));
            }
        }
        entry.facts.values().for_each(|value| collect_digests(value, &mut named));
    }
    let (mut found, mut altered) = (BTreeMap::new(), Vec::new());
    for digest in named {
        let place = evidence::place(site, digest);
        if !place.try_exists().map_err(FileError::io("read", &place))? {
            continue;
        }
        match evidence::read(site, digest) {
            Ok(_) => {
                found.insert(digest, endings.get(&digest).copied().unwrap_or_default());
            }
            Err(fault) if fault.code() == "job.evidence-altered" => altered.push(digest),
            Err(fault) => return Err(fault),
        }
    }
    Ok((found, altered))
}

fn collect_digests(value: &Value, into: &mut BTreeSet<Digest>) {
    match value {
        Value::String(text) => into.extend(digest_in(text)),
        Value::Array(values) => values.iter().for_each(|value| collect_digests(value, into)),
        Value::Object(members) => members.values().for_each(|value| collect_digests(value, into)),
        _ => {}
    }
}

/// A digest spelled as we spell it: the verifiers look for these very letters.
fn digest_in(text: &str) -> Option<Digest> {
    text.parse().ok().filter(|digest: &Digest| digest.to_string() == text)
}

/// The ending by which a person's machine knows what opens it.
fn ending_of(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => ".pdf",
        "application/json" => ".json",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ".docx",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "message/rfc822" => ".eml",
        // A page that was kept as evidence of an attack must not open in a browser by itself.
        "text/html" | "text/plain" => ".txt",
        _ => "",
    }
}
