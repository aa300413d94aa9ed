//! One look at a portal: both families at once, observed, judged, combined.
//!
//! Before a portal that was not heard at all is called down, our own side is asked: the witnesses
//! of the configuration, or else the routing table.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;

use crate::probe::dns::{self, Asked};
use crate::probe::fact::{Cause, FamilyRecord, Reason, State, Verdict};
use crate::probe::http::{self, Fetched, Request};
use crate::probe::judge::{self, Judgement};
use crate::probe::settings::{Families, Network, Probe, Question};
use crate::probe::tls::{self, Shaken};
use crate::probe::trouble::Trouble;
use crate::world::net::route;
use crate::world::net::{Door, Family};

/// A witness of our own uplink that has not answered by then is no witness.
const WITNESS_MAX: Duration = Duration::from_secs(5);

/// What one look saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// When it began.
    pub at: Timestamp,
    /// What it amounts to.
    pub state: State,
    /// The families judged.
    pub families: Vec<FamilyLook>,
}

/// What was seen over one family.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyLook {
    /// Which.
    pub family: Family,
    /// What was seen.
    pub seen: Seen,
    /// What it amounts to, and why.
    pub judgement: Judgement,
    /// How long it took.
    pub took: Duration,
}

/// An observation.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Of a page.
    Http(Box<Fetched>),
    /// Of a certificate.
    Tls(Box<Shaken>),
    /// Of a name.
    Dns(Asked),
}

impl Looked {
    /// The verdict over one family, where it was judged.
    pub fn verdict(&self, family: Family) -> Option<Verdict> {
        self.families.iter().find(|one| one.family == family).map(|one| one.judgement.verdict)
    }

    /// How long the slower family took.
    pub fn took(&self) -> Duration {
        self.families.iter().map(|one| one.took).max().unwrap_or_default()
    }

    /// The same for the log.
    pub fn records(&self) -> Vec<FamilyRecord> {
        let record = |one: &FamilyLook| FamilyRecord {
            family: one.family.as_str().to_owned(),
            verdict: one.judgement.verdict,
            reasons: one.judgement.reasons.clone(),
            took_ms: u64::try_from(one.took.as_millis()).unwrap_or(u64::MAX),
        };
        self.families.iter().map(record).collect()
    }
}

/// Looks once, on the calling thread, which must not belong to the runtime.
pub fn look(door: &Door, network: &Network, probe: &Probe) -> Looked {
    let at = door.world().clock.now();
    let families: &[Family] = match probe.families {
        Families::Both => &Family::ALL,
        Families::Ipv4 => &[Family::Ipv4],
        Families::Ipv6 => &[Family::Ipv6],
    };
    let looks = families.iter().map(|family| over(door, network, probe, *family));
    let families = door.world().block_on(futures_util::future::join_all(looks));
    let verdict = |family| {
        families
            .iter()
            .find(|one: &&FamilyLook| one.family == family)
            .map(|one| one.judgement.verdict)
    };
    let state = judge::combine(verdict(Family::Ipv4), verdict(Family::Ipv6));
    Looked { at, state, families }
}

async fn over(door: &Door, network: &Network, probe: &Probe, family: Family) -> FamilyLook {
    let limit = probe.timeout;
    let (seen, judgement, took) = match &probe.question {
        Question::Http(question) => {
            let request = Request::new(&question.url, limit).over(family);
            let fetched = http::get(door, &request).await;
            let (judgement, took) = (judge::http(question, &fetched), fetched.total);
            (Seen::Http(Box::new(fetched)), judgement, took)
        }
        Question::Tls(question) => {
            let (host, port) = (&question.host, question.port);
            let shaken = tls::shake(door, host, port, Some(family), limit).await;
            let (judgement, took) = (judge::tls(question, &shaken), shaken.total);
            (Seen::Tls(Box::new(shaken)), judgement, took)
        }
        Question::Dns(question) => {
            let asked = dns::ask(door, &question.name, family, limit).await;
            let (judgement, took) = (judge::dns(question, family, &asked), asked.total);
            (Seen::Dns(asked), judgement, took)
        }
    };
    // Names are asked over whatever family the name servers have: no word on this one.
    let of_a_name = matches!(probe.question, Question::Dns(_));
    let judgement = if judgement.may_be_ours()
        && !of_a_name
        && !uplink_works(network, family, target(&seen)).await
    {
        judgement.without_uplink(family)
    } else {
        judgement
    };
    FamilyLook { family, seen, judgement, took }
}

/// Why a page was not to be had over a family (over none of them where none is named): a dead
/// uplink of our own is told as that.
pub fn because(
    door: &Door,
    network: &Network,
    family: Option<Family>,
    (fetched, trouble): (&Fetched, &Trouble),
) -> Reason {
    let reason = judge::because(trouble);
    // That a name has no address was said by its servers: a dead uplink says nothing.
    if reason.cause == Cause::NameEmpty {
        return reason;
    }
    let judgement = Judgement::of(vec![reason.clone()]);
    let families = family.map_or_else(|| Family::ALL.to_vec(), |family| vec![family]);
    let target = fetched.hops.last().and_then(|hop| hop.candidates.first().copied());
    let works = |family: &Family| {
        let of_family = target.filter(|address| Family::of(*address) == *family);
        door.world().block_on(uplink_works(network, *family, of_family))
    };
    if judgement.may_be_ours() && !families.iter().any(works) {
        return Reason::new(Cause::UplinkDead, "", "");
    }
    reason
}

/// The address that did not answer.
fn target(seen: &Seen) -> Option<IpAddr> {
    match seen {
        Seen::Http(fetched) => fetched.hops.last()?.candidates.first().copied(),
        Seen::Tls(shaken) => shaken.address.map(|address| address.ip()),
        Seen::Dns(_) => None,
    }
}

async fn uplink_works(network: &Network, family: Family, target: Option<IpAddr>) -> bool {
    let witnesses: Vec<SocketAddr> =
        network.uplink.iter().filter(|one| Family::of(one.ip()) == family).copied().collect();
    if witnesses.is_empty() {
        route::has_route(family, target)
    } else {
        route::any_answers(&witnesses, WITNESS_MAX).await
    }
}
