//! Putting heads of the audit log where whoever rules this host cannot change them.
//!
//! Each place is an intent that names the head and where it goes, the effect, and an outcome with what
//! came back: the version and the end of its lock as the server tells them, or the mail server's
//! answer. The head is the newest before the intent, so that a run which is killed in between has said
//! what may lie outside. A place that fails stops no other. Nothing goes out while the log has grown
//! by nothing but anchors.

mod fault;
mod letter;
mod object;

use crate::audit::{ANCHOR, Deed, Head, Log, Outcome};
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::config::settings::{Anchor, AnchorPlace};
use crate::job::site::Site;
use crate::view::anchors::Anchors;

pub use fault::AnchorFault;
pub use letter::Sent;
pub use object::{Object, fetch};

/// What became of one place.
#[derive(Debug)]
pub struct Anchored {
    /// Its name in the configuration.
    pub name: String,
    /// Where heads go there: the bucket as restic calls it, or the address.
    pub to: String,
    /// `s3` or `mail`.
    pub kind: &'static str,
    /// What was done.
    pub fate: Fate,
}

/// What was done with one place.
#[derive(Debug)]
pub enum Fate {
    /// The head there covers all but what anchors themselves wrote.
    Unmoved {
        /// The entries that it covers.
        size: u64,
    },
    /// Nothing, since it was only asked what would be done: this head would go there.
    Planned(Head),
    /// This head is there.
    Kept(Head, Proof),
    /// It is not there, or nobody knows.
    Failed(AnyFault),
}

/// What came back from a place that has a head now.
#[derive(Debug)]
pub enum Proof {
    /// A locked object.
    Object(Object),
    /// A letter.
    Letter(Sent),
}

/// How a run ended: well, in part, or not at all.
pub fn exit(anchored: &[Anchored]) -> ExitCode {
    let failed = anchored.iter().filter(|one| matches!(one.fate, Fate::Failed(_))).count();
    match failed {
        0 => ExitCode::Done,
        all if all == anchored.len() => ExitCode::Failed,
        _ => ExitCode::Warnings,
    }
}

/// Puts the newest head to all places, or to those of these names. With `dry_run` it only says what
/// would be done.
pub fn run(site: &Site, names: &[String], dry_run: bool) -> Result<Vec<Anchored>, AnyFault> {
    let mut anchored = Vec::new();
    for anchor in chosen(site, names)? {
        site.go_on()?;
        let fate = one(site, anchor, dry_run).unwrap_or_else(Fate::Failed);
        anchored.push(Anchored {
            name: anchor.name.clone(),
            to: anchor.place.to_string(),
            kind: anchor.place.kind(),
            fate,
        });
    }
    Ok(anchored)
}

/// The same for one place, as a schedule does it: its fault is the fault of the run.
pub fn scheduled(site: &Site, name: &str) -> Result<ExitCode, AnyFault> {
    for anchor in chosen(site, &[name.to_owned()])? {
        if let Fate::Failed(fault) = one(site, anchor, false)? {
            return Err(fault);
        }
    }
    Ok(ExitCode::Done)
}

fn chosen<'s>(site: &'s Site, names: &[String]) -> Result<Vec<&'s Anchor>, AnchorFault> {
    let all = &site.settings.anchoring.anchors;
    if all.is_empty() {
        return Err(AnchorFault::None);
    }
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    names.iter().map(|name| named(site, name)).collect()
}

/// The place of this name.
pub fn named<'s>(site: &'s Site, name: &str) -> Result<&'s Anchor, AnchorFault> {
    let all = &site.settings.anchoring.anchors;
    all.iter().find(|anchor| anchor.name == name).ok_or_else(|| AnchorFault::Unknown {
        anchor: name.to_owned(),
        known: all.iter().map(|anchor| anchor.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

fn one(site: &Site, anchor: &Anchor, dry_run: bool) -> Result<Fate, AnyFault> {
    let _alone = site.exclusively("anchor", &anchor.name)?;
    let log = site.log()?;
    let (head, note) = log.signed_head()?;
    if let Some(size) = unmoved(&log, &head, &anchor.name)? {
        return Ok(Fate::Unmoved { size });
    }
    if dry_run {
        return Ok(Fate::Planned(head));
    }
    let deed = Deed::new(ANCHOR, &anchor.name)
        .fact("place", anchor.place.kind())
        .fact("size", head.size)
        .fact("root", head.root.to_string());
    match &anchor.place {
        AnchorPlace::S3(bucket) => {
            let name = object::name(&head)?;
            let deed = deed.fact("object", format!("{bucket}/{name}"));
            site.recorded(&log, deed, || {
                let object = object::put(site, &log, bucket, &name, &note)?;
                let outcome = kept(&head, "s3")
                    .fact("object", object.place.clone())
                    .fact("version", object.version.clone())
                    .fact("mode", object.lock.mode.as_str())
                    .fact("until", object.lock.until.to_string());
                Ok((Fate::Kept(head, Proof::Object(object)), outcome))
            })
        }
        AnchorPlace::Mail { to, language } => {
            let deed = deed.fact("recipient", to.clone());
            site.recorded(&log, deed, || {
                let sent = letter::send(site, &log, (to, *language), &head, &note);
                Ok(match sent {
                    Ok(sent) => {
                        let outcome = kept(&head, "mail")
                            .fact("recipient", to.clone())
                            .fact("message-id", sent.message_id.clone())
                            .fact("answer", sent.answer.clone());
                        (Fate::Kept(head, Proof::Letter(sent)), outcome)
                    }
                    Err(failure) => {
                        let mut outcome = Outcome::fault(failure.fault.as_ref());
                        if failure.may_have_arrived {
                            outcome = outcome.fact("may-have-arrived", true);
                        }
                        (Fate::Failed(failure.fault), outcome)
                    }
                })
            })
        }
    }
}

fn kept(head: &Head, place: &str) -> Outcome {
    Outcome::done().fact("place", place).fact("size", head.size).fact("root", head.root.to_string())
}

/// The size of the newest head at this place, where it covers all but own entries of the log.
fn unmoved(log: &Log, head: &Head, name: &str) -> Result<Option<u64>, AnyFault> {
    let mut anchors = Anchors::default();
    for entry in log.reader()?.range(0..head.size) {
        anchors.take(&entry?);
    }
    let newest = anchors.places.get(name).and_then(|place| place.newest.as_ref());
    Ok(newest.filter(|kept| kept.uncovered.is_none()).map(|kept| kept.size))
}
