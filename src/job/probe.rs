//! Looking at portals: one look now, its sample kept, its change settled and on record.
//!
//! A [`Watch`] is opened once and asked from as many threads as there are probes; only the moment
//! of keeping a sample is exclusive. Several processes may watch at once: they share the samples,
//! and with them the row of looks that settles a change. A log or a file of samples that cannot be
//! written never stops a look: the result is handed out together with the fault, and a change that
//! is not on record is kept for later.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::audit::Deed;
use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::job::fault::JobFault;
use crate::job::site::Site;
use crate::probe;
use crate::probe::fact::{VERSION, VerdictRecord};
use crate::probe::history::{History, HistoryError, Sample};
use crate::probe::look::{self, Looked};
use crate::probe::settings::Probe;
use crate::probe::settle::{Look, Settled, WINDOW};
use crate::view::{Now, ProbeNow};
use crate::world::net::Family;

/// The probes of an installation under watch.
#[derive(Debug)]
pub struct Watch {
    inner: Mutex<Inner>,
}

/// What one watch remembers between looks.
#[derive(Debug, Default)]
struct Inner {
    history: Option<History>,
    known: HashMap<(String, String), Known>,
    /// What the log said when the watch began; taken by the first look of each probe.
    recorded: HashMap<(String, String), Settled>,
}

/// A probe as this process knows it, for when the samples cannot be read.
#[derive(Clone, Debug, Default)]
struct Known {
    settled: Option<Settled>,
    looks: Vec<Look>,
}

/// What came of one look.
#[derive(Debug)]
pub struct Outlook {
    /// What was seen.
    pub looked: Looked,
    /// What is settled after it.
    pub settled: Settled,
    /// The settled change that this look completed.
    pub change: Option<Change>,
    /// What could not be kept or recorded. The look itself is not touched by it.
    pub faults: Vec<AnyFault>,
}

/// A settled change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The record.
    pub record: VerdictRecord,
    /// Its position in the log; nothing where the log could not be written, and will have it late.
    pub entry: Option<u64>,
}

impl Watch {
    /// Begins a watch with what the log says is settled. Where the log cannot be read, the samples
    /// remember, and the fault is handed out beside the watch.
    pub fn begin(site: &Site) -> (Self, Option<AnyFault>) {
        let mut inner = Inner::default();
        let fault = match fold(site) {
            Ok(now) => {
                inner.recorded = recorded(&now);
                None
            }
            Err(fault) => Some(fault),
        };
        (Self { inner: Mutex::new(inner) }, fault)
    }

    /// Looks once. Fails only when there is nothing to look at or no way to look at all.
    pub fn look(&self, site: &Site, portal: &str, probe: &str) -> Result<Outlook, AnyFault> {
        let (portal, probe) = find(site, portal, probe)?;
        let network = &site.settings.network;
        let door = probe::door(&site.world, network)?;
        let looked = look::look(&door, network, probe);
        Ok(self.keep(site, portal, probe, looked))
    }

    /// Keeps the sample and settles what it settles.
    fn keep(&self, site: &Site, portal: &Portal, probe: &Probe, looked: Looked) -> Outlook {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (portal.id.clone(), probe.name.clone());
        let recorded = inner.recorded.remove(&key);
        let mut known = inner.known.remove(&key).unwrap_or_default();
        let sample = Sample {
            at: looked.at,
            state: looked.state,
            ipv4: looked.verdict(Family::Ipv4),
            ipv6: looked.verdict(Family::Ipv6),
            took: looked.took(),
        };
        let mut faults = Vec::new();
        let mut change = None;
        let decided = Cell::new(None);
        let mut decide = |stored: Option<Settled>, looks: &[Look]| {
            // The log outranks the samples, which outrank the memory of this process.
            let before = recorded.or(stored).or(known.settled).unwrap_or_default();
            let after = before.after(looks, probe.settle);
            if let Some(record) = changed(probe, before, after, &looked) {
                let (entry, fault) = put_on_record(site, portal, &record);
                change = Some(Change { record, entry });
                faults.extend(fault);
            }
            decided.set(Some(after));
            Some(after)
        };
        let kept = inner.sampled(site, (&portal.id, &probe.name), &sample, &mut decide);
        known.looks.push(Look { at: looked.at, state: looked.state });
        let excess = known.looks.len().saturating_sub(WINDOW);
        known.looks.drain(..excess);
        if let Err(fault) = kept {
            // Without samples this process's own looks decide, unless they already did.
            if decided.get().is_none() {
                decide(None, &known.looks.clone());
            }
            faults.push(fault.into());
        }
        let settled = decided.get().unwrap_or_default();
        known.settled = Some(settled);
        inner.known.insert(key, known);
        Outlook { looked, settled, change, faults }
    }
}

/// What is settled, from what was and the newest looks.
type Decide<'a> = dyn FnMut(Option<Settled>, &[Look]) -> Option<Settled> + 'a;

impl Inner {
    /// Keeps a sample; a file that turns out damaged is set aside and made anew, once.
    fn sampled(
        &mut self,
        site: &Site,
        of: (&str, &str),
        sample: &Sample,
        decide: &mut Decide<'_>,
    ) -> Result<(), HistoryError> {
        let mut history = match self.history.take() {
            Some(history) => history,
            None => History::open(&site.settings.samples_file())?,
        };
        site.notices.add(history.notice());
        match history.keep(of, sample, &mut *decide) {
            Err(fault) if History::is_damaged(&fault) => {
                drop(history);
                let mut history = History::open(&site.settings.samples_file())?;
                site.notices.add(history.notice());
                history.keep(of, sample, decide)?;
                self.history = Some(history);
                Ok(())
            }
            Err(fault) => Err(fault),
            Ok(()) => {
                self.history = Some(history);
                Ok(())
            }
        }
    }
}

/// The record of what changed, if something did.
fn changed(
    probe: &Probe,
    before: Settled,
    after: Settled,
    looked: &Looked,
) -> Option<VerdictRecord> {
    let before_state = before.state.map(|(state, _)| state);
    let (state, since) = after.state?;
    if before_state == Some(state) && before.flapping == after.flapping {
        return None;
    }
    Some(VerdictRecord {
        version: VERSION,
        probe: probe.name.clone(),
        state,
        before: before_state,
        since,
        flapping: after.flapping,
        families: looked.records(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn put_on_record(
    site: &Site,
    portal: &Portal,
    record: &VerdictRecord,
) -> (Option<u64>, Option<AnyFault>) {
    let value = serde_json::to_value(record).expect("a record is made of texts and numbers");
    let deed = Deed::new("probe.verdict", portal.id.as_str()).fact("record", value);
    let written = site.log().and_then(|log| Ok(log.record(&site.actor, deed.clone())?));
    match written {
        Ok(entry) => (Some(entry), None),
        Err(fault) => {
            site.note(deed);
            (None, Some(fault))
        }
    }
}

fn find<'a>(
    site: &'a Site,
    portal: &str,
    probe: &str,
) -> Result<(&'a Portal, &'a Probe), JobFault> {
    let portal = site.portal(portal)?;
    let found = portal.probes.iter().find(|one| one.name == probe);
    found.map(|probe| (portal, probe)).ok_or_else(|| JobFault::UnknownProbe {
        probe: probe.to_owned(),
        known: portal.probes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// The probes to run: all, those of a portal, or those of a name; in the order of the file.
pub fn plan<'a>(
    site: &'a Site,
    portal: Option<&str>,
    probe: Option<&str>,
) -> Result<Vec<(&'a Portal, &'a Probe)>, JobFault> {
    let portals: Vec<&Portal> = match portal {
        Some(portal) => vec![site.portal(portal)?],
        None => site.settings.portals.iter().collect(),
    };
    let all = || portals.iter().flat_map(|one| one.probes.iter().map(move |probe| (*one, probe)));
    let wanted: Vec<_> =
        all().filter(|(_, one)| probe.is_none_or(|name| name == one.name)).collect();
    match probe {
        Some(probe) if wanted.is_empty() => Err(JobFault::UnknownProbe {
            probe: probe.to_owned(),
            known: all().map(|(_, one)| one.name.as_str()).collect::<Vec<_>>().join(", "),
        }),
        _ => Ok(wanted),
    }
}

/// Looks without keeping or recording anything.
pub fn look_only(site: &Site, probe: &Probe) -> Result<Looked, AnyFault> {
    let network = &site.settings.network;
    Ok(look::look(&probe::door(&site.world, network)?, network, probe))
}

/// More at once would measure our own uplink rather than the portals.
const AT_ONCE: usize = 8;

/// Looks at all of these, several at a time; the answers come in their order.
pub fn look_at_all(
    site: &Site,
    watch: &Watch,
    plan: &[(&Portal, &Probe)],
) -> Result<Vec<Outlook>, AnyFault> {
    let mut outlooks = Vec::new();
    for some in plan.chunks(AT_ONCE) {
        site.go_on()?;
        let looked: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = some
                .iter()
                .map(|(portal, probe)| scope.spawn(|| watch.look(site, &portal.id, &probe.name)))
                .collect();
            threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        for one in looked {
            // A panic of ours is told as such, by whoever catches those of this thread.
            outlooks.push(one.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
    }
    Ok(outlooks)
}

/// A configured probe with what the log says is settled.
pub type Listed<'a> = (&'a Portal, &'a Probe, Option<ProbeNow>);

/// Each configured probe, in the order of the file.
pub fn settled<'a>(site: &'a Site, portal: Option<&str>) -> Result<Vec<Listed<'a>>, AnyFault> {
    let now = fold(site)?;
    let listed = plan(site, portal, None)?.into_iter().map(|(portal, probe)| {
        let known = now.portals.get(&portal.id).and_then(|one| one.probes.get(&probe.name));
        (portal, probe, known.cloned())
    });
    Ok(listed.collect())
}

/// The samples of one probe since `from`, oldest first.
pub fn history(
    site: &Site,
    portal: &str,
    probe: &str,
    from: Timestamp,
) -> Result<Vec<Sample>, AnyFault> {
    let (portal, probe) = find(site, portal, probe)?;
    let mut history = History::open(&site.settings.samples_file())?;
    site.notices.add(history.notice());
    Ok(history.looks((&portal.id, &probe.name), from)?)
}

fn fold(site: &Site) -> Result<Now, AnyFault> {
    let log = site.log()?;
    let mut now = Now::default();
    for entry in log.reader()?.entries() {
        now.take(&entry?);
    }
    Ok(now)
}

fn recorded(now: &Now) -> HashMap<(String, String), Settled> {
    let probes = now.portals.iter().flat_map(|(portal, known)| {
        known.probes.iter().map(move |(probe, now)| ((portal.clone(), probe.clone()), now))
    });
    probes
        .filter_map(|(key, now)| {
            let state = (now.state?, now.since);
            Some((key, Settled { state: Some(state), flapping: now.flapping }))
        })
        .collect()
}
