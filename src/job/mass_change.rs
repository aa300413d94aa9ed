//! When many files changed at once, as an attack does: what the walk of a set saw is judged before
//! the set becomes the one that the next is compared with.
//!
//! A hit holds the retention of the portal and proposes an incident; both are done again by the run
//! after one that was killed here, since the set before is then still the newest. The set itself is
//! taken all the same: it may be all that is left, and the sets before it stay.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args, Message, chain};
use crate::config::settings::{Portal, Tree};
use crate::incident::fact::{Group, Kind};
use crate::job::hold::{self, Word};
use crate::job::incident::{self, Proposal};
use crate::job::site::{Layout, Site};
use crate::repository::TreeChanges;
use crate::source::alarm::{Seen, Sign, judge};
use crate::text::{Catalog, Language};
use crate::view::{Now, protection};

/// The watch that proposes.
const SOURCE: &str = "tree.mass-change";

/// What is conspicuous in one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The tree's place in the set, such as `media/files`.
    pub place: String,
    /// What became of its files.
    pub seen: Seen,
    /// The ending that most renamed files got.
    pub ending: Option<String>,
    /// At least one, the worst first.
    pub signs: Vec<Sign>,
}

impl Finding {
    /// What was seen in the tree, as a message.
    pub fn message(&self, sign: Sign) -> Message {
        let id = match sign {
            Sign::Scrambled => "mass-change-scrambled",
            Sign::Renamed => "mass-change-renamed",
            Sign::Rewritten => "mass-change-rewritten",
            Sign::Vanished => "mass-change-vanished",
        };
        let args = Args::none()
            .text("tree", &self.place)
            .number("count", sign.count(&self.seen))
            .number("before", self.seen.before)
            .number("written", self.seen.written)
            .text("ending", self.ending.as_deref().unwrap_or_default());
        Message::with(id, args)
    }

    /// For the log and for `--json`.
    pub fn as_json(&self) -> Value {
        let Seen { before, written, rewritten, vanished, renamed, scrambled } = self.seen;
        json!({
            "tree": self.place,
            "signs": self.signs.iter().map(|sign| sign.as_str()).collect::<Vec<_>>(),
            "before": before,
            "written": written,
            "rewritten": rewritten,
            "vanished": vanished,
            "renamed": renamed,
            "ending": self.ending,
            "scrambled": scrambled,
        })
    }
}

/// What was done about it.
#[derive(Debug, Default)]
pub struct Alarm {
    /// At least one.
    pub findings: Vec<Finding>,
    /// Whether the portal's retention is held.
    pub held: bool,
    /// The incident that was proposed, or that this joined.
    pub incident: Option<u64>,
    /// What could not be held or proposed.
    pub faults: Vec<AnyFault>,
}

impl Alarm {
    /// For the outcome of the run and for `--json`.
    pub fn as_json(&self) -> Value {
        let faults = self
            .faults
            .iter()
            .map(|fault| json!({"code": fault.code(), "error": chain(fault.as_ref())}));
        json!({
            "findings": self.findings.iter().map(Finding::as_json).collect::<Vec<_>>(),
            "held": self.held,
            "incident": self.incident,
            "faults": faults.collect::<Vec<_>>(),
        })
    }
}

/// A tree of which not all could be compared with the set before: what an attack did there may be
/// told by noise alone, or not at all. No reason to hold anything, and none to call it quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// The tree's place in the set.
    pub place: String,
    /// How many folders of the set before cannot be read; each stands for all below it.
    pub folders: u64,
}

impl Unjudged {
    /// As a message.
    pub fn message(&self) -> Message {
        let args = Args::none().text("tree", &self.place).number("count", self.folders);
        Message::with("mass-change-unjudged", args)
    }

    /// For the log and for `--json`.
    pub fn as_json(&self) -> Value {
        json!({"tree": self.place, "folders": self.folders})
    }
}

/// Whether not all of a tree could be compared.
pub fn unjudged(tree: &Tree, changes: &TreeChanges) -> Option<Unjudged> {
    let place = Layout::tree(tree.role, &tree.name);
    (changes.unread > 0).then_some(Unjudged { place, folders: changes.unread })
}

/// What is conspicuous in a tree; nothing where there is no set to compare with.
pub fn look(tree: &Tree, changes: &TreeChanges) -> Option<Finding> {
    if !changes.compared {
        return None;
    }
    let ending = changes.ending.as_ref();
    // Of folders that cannot be read nobody knows what they had: most of what is in them now.
    let unread = if changes.unread > 0 { changes.new } else { 0 };
    let seen = Seen {
        before: changes.before() + unread,
        written: changes.written(),
        rewritten: changes.rewritten,
        vanished: changes.vanished,
        renamed: ending.map_or(0, |(_, count)| *count),
        scrambled: changes.scrambled,
    };
    let signs = judge(&seen, &tree.alarm);
    let place = Layout::tree(tree.role, &tree.name);
    let ending = ending.map(|(ending, _)| ending.clone());
    (!signs.is_empty()).then_some(Finding { place, seen, ending, signs })
}

/// Holds, and proposes. Never fails: what cannot be done is told, and the set is taken.
pub fn raise(site: &Site, portal: &Portal, findings: Vec<Finding>) -> Alarm {
    let told = told(site, &findings);
    tracing::error!(portal = portal.id, "Many files changed at once: {told}");
    let mut alarm = Alarm { findings, ..Alarm::default() };
    let word = Word { by: protection::ALARM.to_owned(), reason: told.clone() };
    let alarmed = hold::hold_by_alarm(site, &portal.id, &word);
    alarm.held = alarmed.held;
    alarm.faults.extend(alarmed.faults);
    match propose(site, portal, &alarm, told) {
        Ok(number) => alarm.incident = Some(number),
        Err(fault) => alarm.faults.push(fault),
    }
    for fault in &alarm.faults {
        let error = chain(fault.as_ref());
        tracing::error!(portal = portal.id, code = fault.code(), "Not all was done: {error}.");
    }
    alarm
}

fn propose(site: &Site, portal: &Portal, alarm: &Alarm, what: String) -> Result<u64, AnyFault> {
    let shows = |sign| alarm.findings.iter().any(|finding| finding.signs.contains(&sign));
    // A conversion of all pictures writes anew too: what it is, a person says.
    let encrypted = shows(Sign::Scrambled) || shows(Sign::Renamed);
    let proposal = Proposal {
        portal: portal.id.clone(),
        detected_at: site.world.clock.now(),
        source: SOURCE.to_owned(),
        what,
        group: encrypted.then_some(Group::Attack),
        kind: encrypted.then_some(Kind::Encryption),
        set: newest(site, portal)?,
        evidence: Vec::new(),
    };
    Ok(incident::propose(site, &proposal)?.number)
}

/// The newest set that the log knows: the one with which this was compared, or a copy of it.
fn newest(site: &Site, portal: &Portal) -> Result<Option<String>, AnyFault> {
    let mut now = Now::default();
    for entry in site.log()?.reader()?.entries() {
        now.take(&entry?);
    }
    let sets = now.portals.get(&portal.id).into_iter().flat_map(|portal| &portal.sets);
    let newest = sets.max_by_key(|(_, set)| set.taken);
    Ok(newest.map(|(repository, set)| format!("{repository}:{}", set.id)))
}

/// What was seen, in the site's language: it is read by people and goes into forms.
fn told(site: &Site, findings: &[Finding]) -> String {
    let settings = &site.settings.site;
    let language = Language::parse(settings.language.code()).unwrap_or(Language::Vietnamese);
    let catalog = Catalog::in_zone(language, settings.timezone.clone());
    let signs = findings.iter().flat_map(|one| one.signs.iter().map(|sign| one.message(*sign)));
    signs.map(|message| catalog.say(&message)).collect::<Vec<_>>().join("; ")
}
