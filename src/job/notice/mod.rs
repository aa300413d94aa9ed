//! Telling people: what is so is held against what they were told, and what is new is sent.
//!
//! Before each letter its intent is in the log, after it an outcome with the fate of every
//! recipient; what is told next is decided from these alone, so that a restart neither repeats nor
//! forgets. A channel that fails stops nothing else: its failure is an outcome, and `status` shows
//! it. While the log itself cannot be written, [`Teller`] still raises that alarm, from its own
//! memory.

mod channel;
mod collect;
mod fault;
mod post;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::audit::{Deed, Log, Reader};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault, FaultKind};
use crate::job::site::Site;
use crate::notice::Event;
use crate::notice::fact::{Arrival, Begun, Fate, Held, News, Sending, VERSION};
use crate::notice::plan::{Letter, RETRY_MAX, plan};
use crate::text::Catalog;
use crate::view::Now;
use crate::view::notices::{self, History, Telling};

pub use channel::{mailer, recipients};
pub use fault::NoticeFault;

/// While the log cannot be written, nobody can be told what is new; that it cannot be is told
/// again after this long, unless the configuration says otherwise.
const ALARM_REPEAT: Duration = Duration::from_hours(4);

/// One letter that was sent, or not.
#[derive(Debug)]
pub struct Posted {
    /// By which channel: `mail`, `webhook:chat`.
    pub channel: String,
    /// Under which id it travelled.
    pub id: String,
    /// How many things it told.
    pub items: usize,
    /// What became of it, by recipient.
    pub fates: Vec<Fate>,
    /// What went wrong, by recipient; those it reached are not here.
    pub faults: Vec<(String, Arc<dyn Fault>)>,
}

impl Posted {
    /// Whether it arrived everywhere.
    pub fn arrived(&self) -> bool {
        self.fates.iter().all(|fate| fate.arrival == Arrival::Accepted)
    }

    /// Whether this recipient has it, or may have.
    fn may_have_reached(&self, recipient: &str) -> bool {
        let sent = |fate: &Fate| fate.arrival != Arrival::NotSent;
        self.fates.iter().any(|fate| fate.recipient == recipient && sent(fate))
    }
}

/// What a pass did.
#[derive(Debug, Default)]
pub struct Told {
    /// The letters.
    pub letters: Vec<Posted>,
}

impl Told {
    /// As an exit code: a letter that did not arrive everywhere is a warning.
    pub fn exit(&self) -> ExitCode {
        if self.letters.iter().all(Posted::arrived) { ExitCode::Done } else { ExitCode::Warnings }
    }
}

/// Tells people, pass after pass.
#[derive(Debug, Default)]
pub struct Teller {
    /// Until when each recipient is not told again that the log cannot be used.
    alarmed: BTreeMap<String, Quiet>,
}

/// A time in which nothing is sent.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    since: Timestamp,
    length: Duration,
}

impl Quiet {
    /// A clock that was set back ends it: the alarm is rather told twice than not.
    fn holds(self, at: Timestamp) -> bool {
        Duration::try_from(at.duration_since(self.since)).is_ok_and(|passed| passed < self.length)
    }
}

impl Teller {
    /// Tells everyone what is new to them. `now` is the fold of the log, up to some entry; what was
    /// added since is read here. Called again and again, a minute apart: that is also how what
    /// could not be sent is tried again.
    ///
    /// Fails only when the log cannot be read or written. That is then told instead, and what was
    /// to be told waits.
    pub fn tell(&mut self, site: &Site, now: &Now) -> Result<Told, AnyFault> {
        match tell(site, now) {
            Ok(told) => {
                self.alarmed.clear();
                Ok(told)
            }
            Err(fault) => {
                // A wish to stop, or a host that was never prepared, is nobody's alarm.
                if fault.kind() != FaultKind::User {
                    self.alarm(site, now, fault.code());
                }
                Err(fault)
            }
        }
    }

    /// Tells that the log cannot be used, for the reason of this code, with everything red that is
    /// known from before. The letters go on record when the log can be written again; where its
    /// folder is gone there is no log to put them in, and they are sent all the same.
    pub fn alarm(&mut self, site: &Site, now: &Now, code: &str) -> Told {
        let at = site.world.clock.now();
        let repeat = site.settings.notices.repeat.unwrap_or(ALARM_REPEAT);
        let mut groups = channel::grouped(&site.settings);
        groups.retain(|_, recipients| {
            recipients.retain(|one| !self.alarmed.get(one).is_some_and(|quiet| quiet.holds(at)));
            !recipients.is_empty()
        });
        if groups.is_empty() {
            return Told::default();
        }
        let catalog = catalog(site);
        let events = collect::alarm(site, now, &catalog, code, at);
        let items = events.iter().map(|event| event.item(News::New)).collect::<Vec<_>>();
        let mut told = Told::default();
        for (channel, recipients) in groups {
            let (items, id) = (items.clone(), format!("duphong-alarm-{}", at.as_millisecond()));
            let letter = Letter { channel, recipients, id, items, held: 0, more: 0 };
            let posted = sent_without_log(site, &catalog, &letter, &events, at);
            for recipient in &letter.recipients {
                let heard =
                    posted.as_ref().is_some_and(|posted| posted.may_have_reached(recipient));
                let length = if heard { repeat } else { repeat.min(RETRY_MAX) };
                self.alarmed.insert(recipient.clone(), Quiet { since: at, length });
            }
            told.letters.extend(posted);
        }
        told
    }
}

/// Sends the letter that says that the log cannot be used. Nothing comes back where sending came
/// to grief, which nothing but the log remembers.
fn sent_without_log(
    site: &Site,
    catalog: &Catalog,
    letter: &Letter,
    events: &[Event],
    at: Timestamp,
) -> Option<Posted> {
    let post = || post::post(site, catalog, letter, events, at);
    if site.initialised().is_err() {
        // The log's whole folder is gone: what is kept for it would never be written.
        return Some(post().0);
    }
    let deed = deed(notices::SEND, site, &sending(letter));
    site.protective(deed, |_| Ok(post())).ok()
}

/// One pass; see [`Teller::tell`].
pub fn tell(site: &Site, now: &Now) -> Result<Told, AnyFault> {
    let recipients = recipients(&site.settings);
    if recipients.is_empty() {
        return Ok(Told::default());
    }
    let _alone = match site.exclusively("notice", "tell") {
        Ok(lock) => lock,
        Err(fault) if fault.code() == LOCKED => return Ok(Told::default()),
        Err(fault) => return Err(fault),
    };
    let log = site.log()?;
    let mut now = now.clone();
    let reader = log.reader()?;
    for entry in reader.range(now.entries..reader.size()) {
        now.take(&entry?);
    }
    let (at, catalog) = (site.world.clock.now(), catalog(site));
    let events = collect::events(site, &now, &catalog, at);
    let origin = log.head()?.origin;
    let plan = plan(&origin, &now.told, &events, &recipients, site.settings.notices.repeat, at);
    let mut deeds = Vec::new();
    if !plan.begin.is_empty() {
        let begun = Begun { version: VERSION, recipients: plan.begin };
        deeds.push(deed(notices::BEGIN, site, &begun));
    }
    for (recipients, items) in plan.hold {
        let held = Held { version: VERSION, recipients, items };
        deeds.push(deed(notices::HOLD, site, &held));
    }
    log.record_batch(&site.actor, deeds)?;
    let mut told = Told::default();
    for letter in &plan.letters {
        site.go_on()?;
        told.letters.push(send(site, &log, &catalog, notices::SEND, letter, &events)?);
    }
    Ok(told)
}

/// The code of a lock that another process holds: it tells what there is to tell.
const LOCKED: &str = "file.locked";

/// Sends a letter that tells nothing but that letters arrive, through every channel or the one of
/// this name.
pub fn test(site: &Site, channel: Option<&str>) -> Result<Vec<Posted>, AnyFault> {
    let mut groups = channel::grouped(&site.settings);
    if groups.is_empty() {
        return Err(NoticeFault::NoChannel.into());
    }
    if let Some(wanted) = channel {
        let known = groups.keys().cloned().collect::<Vec<_>>().join(", ");
        groups.retain(|name, _| name == wanted || name.strip_prefix("webhook:") == Some(wanted));
        if groups.is_empty() {
            return Err(NoticeFault::UnknownChannel { channel: wanted.to_owned(), known }.into());
        }
    }
    let (log, catalog) = (site.log()?, catalog(site));
    let mut posted = Vec::new();
    for (channel, recipients) in groups {
        site.go_on()?;
        let id = format!("duphong-test-{}", site.world.clock.now().as_millisecond());
        let letter = Letter { channel, recipients, id, items: Vec::new(), held: 0, more: 0 };
        posted.push(send(site, &log, &catalog, notices::TEST, &letter, &[])?);
    }
    Ok(posted)
}

/// Every letter of the log, the newest last.
pub fn list(site: &Site) -> Result<Vec<Telling>, AnyFault> {
    let reader = Reader::open(&site.settings.audit_dir())?;
    let mut history = History::default();
    for entry in reader.entries() {
        history.take(&entry?);
    }
    Ok(history.tellings().to_vec())
}

/// The language and clocks of the site: a letter is read by others than whoever started the
/// program.
fn catalog(site: &Site) -> Catalog {
    let of = &site.settings.site;
    Catalog::in_zone(of.language, of.timezone.clone())
}

/// Sends a letter between its intent and its outcome.
fn send(
    site: &Site,
    log: &Log,
    catalog: &Catalog,
    verb: &'static str,
    letter: &Letter,
    events: &[Event],
) -> Result<Posted, AnyFault> {
    let at = site.world.clock.now();
    site.recorded(log, deed(verb, site, &sending(letter)), || {
        Ok(post::post(site, catalog, letter, events, at))
    })
}

fn sending(letter: &Letter) -> Sending {
    Sending {
        version: VERSION,
        id: letter.id.clone(),
        recipients: letter.recipients.clone(),
        items: letter.items.clone(),
        held: letter.held,
    }
}

fn deed(verb: &'static str, site: &Site, record: &impl Serialize) -> Deed {
    let record = serde_json::to_value(record).expect("a record is made of texts and numbers");
    Deed::new(verb, &site.settings.site.id).fact("record", record)
}
