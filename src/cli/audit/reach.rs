//! What anchors say about a log, in words and as JSON: how far each reaches, what none covers, and
//! which the log speaks of that nobody showed. And the anchors that `audit verify` fetches itself.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::verify::{Asked, Reach, Recorded, Report as Findings, Trust};
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::bucket::Opening;
use crate::cli::frame::Frame;
use crate::cli::table::List;
use crate::config::secret::SecretSource;
use crate::config::settings::{AnchorPlace, Bucket};
use crate::job::anchor::{self, AnchorFault};

/// An anchor a day is hundreds a year: the largest say the most.
const ANCHORS_SHOWN: usize = 3;

/// Where anchors are to be fetched from, and what opens it.
#[derive(Debug, clap::Args)]
pub(crate) struct Elsewhere {
    #[arg(long, value_name = "PLACE", conflicts_with = "exports")]
    pub anchors_from: Vec<String>,
    #[arg(long, value_name = "FILE", requires = "anchors_from")]
    pub credentials_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "anchors_from")]
    pub region: Option<String>,
    #[arg(long, value_name = "FILE", requires = "anchors_from")]
    pub authorities: Option<PathBuf>,
    #[arg(long, requires = "anchors_from")]
    pub plain_http: bool,
}

/// Asks every place that was named. One that does not answer is told with the answer, and stops
/// nothing.
pub(super) fn fetched(
    from: &Elsewhere,
    frame: &Frame,
    dir: &Path,
    trust: &Trust,
) -> Result<Vec<Asked>, AnyFault> {
    let mut asked = Vec::new();
    if from.anchors_from.is_empty() {
        return Ok(asked);
    }
    let beside = || std::fs::read_to_string(dir.join("log.vkey")).ok();
    // Of a key that is given by its fingerprint only the log knows the name.
    let given = trust.vkey.clone().filter(|key| key.contains('+'));
    let key = given.or_else(beside).unwrap_or_default();
    // A key is `name+id+base64`, and no name holds a plus.
    let origin = key.split('+').next().unwrap_or_default();
    for place in &from.anchors_from {
        let (name, bucket) = bucket(from, frame, place)?;
        asked.push(anchor::fetch(&frame.world, &frame.cancel, &bucket, (name, origin)));
    }
    Ok(asked)
}

/// A place that the configuration names, or a bucket as restic calls it.
fn bucket<'p>(
    from: &Elsewhere,
    frame: &Frame,
    place: &'p str,
) -> Result<(Option<&'p str>, Bucket), AnyFault> {
    if place.starts_with("s3:") {
        let opening = Opening {
            credentials_file: from.credentials_file.as_deref(),
            region: from.region.as_deref(),
            authorities: from.authorities.as_deref(),
            plain_http: from.plain_http,
        };
        return Ok((None, opening.called("audit verify", "--anchors-from", place)?));
    }
    let site = frame.site()?;
    let AnchorPlace::S3(bucket) = &anchor::named(&site, place)?.place else {
        return Err(AnchorFault::NoBucket { anchor: place.to_owned() }.into());
    };
    let mut bucket = bucket.clone();
    if let Some(file) = &from.credentials_file {
        bucket.credentials = SecretSource::File(file.clone());
    }
    Ok((Some(place), bucket))
}

/// What anchors say, for people.
pub(super) fn rows(frame: &Frame, found: &Findings, is_log: bool, list: &mut List) {
    let mut anchors: Vec<_> = found.anchors.iter().collect();
    anchors.sort_by_key(|reach| std::cmp::Reverse(reach.size));
    for anchor in anchors.iter().take(ANCHORS_SHOWN) {
        list.row(frame.word("label-anchor"), reach_words(frame, anchor));
    }
    let more = anchors.len().saturating_sub(ANCHORS_SHOWN);
    if more > 0 {
        let count = Values::none().number("count", more as u64);
        list.row(frame.word("label-anchor"), frame.say("audit-verify-anchors-more", count));
    }
    if !is_log {
        return;
    }
    let words = match &found.uncovered {
        Some(rest) => {
            let values = Values::none().number("count", rest.count).number("from", rest.from);
            let since = rest.since.map(|since| frame.catalog.format().instant(since));
            let values = values.text("since", since.as_deref().unwrap_or("—"));
            let covers = !found.anchors.is_empty();
            let id = if covers { "audit-verify-uncovered" } else { "audit-verify-uncovered-all" };
            frame.say(id, values)
        }
        None => frame.word("audit-verify-covered"),
    };
    list.row(frame.word("label-uncovered"), words);
    for place in &found.places {
        list.row(frame.word("label-anchors-made"), place_words(frame, place));
    }
}

fn reach_words(frame: &Frame, reach: &Reach) -> String {
    let values = Values::none().text("path", reach.path.display()).number("size", reach.size);
    match reach.at {
        Some(at) => frame.say("audit-verify-anchor-until", values.time("at", at)),
        None => frame.say("audit-verify-anchor", values),
    }
}

fn place_words(frame: &Frame, place: &Recorded) -> String {
    let values = Values::none()
        .text("anchor", &place.name)
        .number("made", place.made)
        .number("size", place.newest.0)
        .time("at", place.newest.1)
        .number("given", place.given)
        .number("missing", place.missing);
    frame.say(if place.is_asked { "audit-verify-asked" } else { "audit-verify-made" }, values)
}

/// The same for programs, added to the answer about a log or an export.
pub(super) fn as_json(found: &Findings, told: &mut Value) {
    let anchors = found.anchors.iter().map(|anchor| {
        json!({
            "path": anchor.path.display().to_string(),
            "size": anchor.size,
            "at": anchor.at.map(|at| at.to_string()),
        })
    });
    let places = found.places.iter().map(|place| {
        json!({
            "name": place.name,
            "kind": place.kind,
            "made": place.made,
            "newest": {"size": place.newest.0, "at": place.newest.1.to_string()},
            "given": place.given,
            "missing": place.missing,
            "asked": place.is_asked,
        })
    });
    told["anchors"] = anchors.collect();
    told["uncovered"] = found.uncovered.map_or(Value::Null, |rest| {
        json!({
            "from": rest.from,
            "count": rest.count,
            "since": rest.since.map(|since| since.to_string()),
        })
    });
    told["places"] = places.collect();
}
