//! The pages of the restored portal, by the rules of defacement: a set that brings an altered page
//! back is none to recover from.
//!
//! The portal is asked on its loopback address in each way in which the watch asks the live one, and
//! what it answers is read as if it stood at its own address. It is held against the baseline on
//! record; before there is one, by what an agency does not say alone. Nothing is taken or proposed.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;

use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding};
use crate::job::deface;
use crate::job::drill::way::Way;
use crate::job::site::Site;
use crate::job::smoke;
use crate::probe::deface::fact::{Baseline, Reason, Variant, Verdict};
use crate::probe::deface::{Judged, Known, Seen, View, asks, judge};
use crate::probe::page::Page;
use crate::text::{Catalog, Language};

/// A page that takes longer on a machine of its own is not looked at.
const PAGE_MAX: Duration = Duration::from_secs(20);

/// Reasons of one page that are told.
const TOLD_MAX: usize = 8;

/// Looks at every page that the watch looks at; leaves one check.
pub(super) fn look(way: &mut Way<'_>, address: SocketAddr) {
    let (site, portal) = (way.site(), way.portal());
    if portal.defacement.is_none() {
        return;
    }
    way.checks.push(match judged(site, portal, address) {
        Ok(judged) => told(&portal.id, &judged),
        Err(fault) => not_run(CheckKind::Defacement, &portal.id, Finding::of(fault.as_ref())),
    });
}

fn told(portal: &str, judged: &[(Url, Judged)]) -> crate::drill::fact::Check {
    let kind = CheckKind::Defacement;
    let altered = judged.iter().filter(|(_, one)| one.verdict == Verdict::Altered);
    let findings: Vec<_> = altered.flat_map(|(url, one)| findings(url, &one.reasons)).collect();
    let unknown = judged.iter().find(|(_, one)| one.verdict == Verdict::Unknown);
    match unknown {
        Some((url, one)) if findings.is_empty() => {
            let why = one.unseen.first().map_or("?", |unseen| unseen.why.as_str());
            let (path, detail) = (url.path().to_owned(), why.to_owned());
            not_run(kind, portal, Finding::Answer { path, detail })
        }
        _ => check(kind, portal, judged.len() as u64, findings),
    }
}

fn findings(url: &Url, reasons: &[Reason]) -> Vec<Finding> {
    let english = Catalog::new(Language::English);
    let words = |reason: &Reason| english.say(&reason.sign.message());
    let finding = |detail| Finding::Altered { path: url.path().to_owned(), detail };
    reasons.iter().take(TOLD_MAX).map(words).map(finding).collect()
}

fn judged(
    site: &Site,
    portal: &Portal,
    address: SocketAddr,
) -> Result<Vec<(Url, Judged)>, AnyFault> {
    let ground = deface::ground(site, portal)?;
    let mut all = Vec::new();
    for (url, baseline) in &ground.pages {
        site.go_on()?;
        let seen: Vec<_> =
            Variant::ALL.into_iter().map(|variant| seen(site, address, url, variant)).collect();
        let baseline: Option<&Baseline> = baseline.as_ref();
        let (allow, signatures) = (ground.allow.as_slice(), &ground.signatures);
        let known = Known { url, baseline, allow, signatures };
        all.push((url.clone(), judge(&known, &seen)));
    }
    Ok(all)
}

fn seen(site: &Site, address: SocketAddr, url: &Url, variant: Variant) -> Seen {
    let fetched = smoke::fetch(url, address, asks(variant), PAGE_MAX, &site.world);
    // Where it sends its visitors is theirs to follow: the address says it.
    let landed = match &fetched {
        Ok(answer) => answer.landed.clone(),
        Err(_) => url.clone(),
    };
    let answer = fetched.map(|answer| {
        let mut page = Page::read(&answer.landed, answer.content_type.as_deref(), &answer.body);
        page.cut |= answer.cut;
        View { status: answer.status, page }
    });
    Seen { variant, landed, answer }
}
