//! The weights and how they add up (decision 0081 has their reasons).

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;

use crate::probe::deface::away::{referred, sends_to};
use crate::probe::deface::fact::{Baseline, Place, Reason, Sign, Unseen, Variant, Verdict};
use crate::probe::deface::signature::NEWS_MAX;
use crate::probe::deface::{Judged, Known, Seen, View};
use crate::probe::fact::Cause;
use crate::probe::page::fold::{one_line, words};
use crate::probe::page::sketch::Sketch;
use crate::probe::page::{Page, Role, host, is_within};

/// From this score on a page counts as altered.
pub const ALARM: u32 = 100;

/// Frames of these hosts are in the news every day.
const EMBEDS: &str = include_str!("../signatures/embeds.txt");

/// What words of the news tell together, however many there are.
const NEWS_TOTAL_MAX: u32 = 30;

/// What new hosts of ordinary links tell together; pictures, half of it.
const LINKS_TOTAL_MAX: u32 = 40;

/// More new hosts at once are no article's: links were injected by the thousand.
const LINKS_FLOOD: usize = 30;

/// Reasons that are kept; one page can hold every signature.
const REASONS_MAX: usize = 40;

/// Judges one look at one page.
pub fn judge(known: &Known<'_>, seen: &[Seen]) -> Judged {
    let plain = seen.iter().find_map(|one| match &one.answer {
        Ok(view) if one.variant == Variant::Browser && view.is_page() => Some(view),
        _ => None,
    });
    let mut signs: BTreeMap<Sign, (BTreeSet<Variant>, u32)> = BTreeMap::new();
    let mut unseen = Vec::new();
    for one in seen {
        let view = match &one.answer {
            Ok(view) => view,
            Err(why) => {
                unseen.push(Unseen { variant: one.variant, why: why.clone() });
                // Being sent away tells enough, even where nobody answers.
                if let Some(sign) = redirected(known, &one.landed) {
                    let (variants, weight) = signs.entry(sign).or_default();
                    variants.insert(one.variant);
                    *weight = ALARM;
                }
                continue;
            }
        };
        if !view.is_page() {
            // Many walls refuse a robot that does not come from Google: that is no alteration.
            unseen.push(Unseen { variant: one.variant, why: format!("status-{}", view.status) });
        } else if view.page.cut {
            let why = Cause::BodyCut.as_str().to_owned();
            unseen.push(Unseen { variant: one.variant, why });
        }
        for (sign, weight) in signs_of(known, one.variant, view, plain) {
            let (variants, heaviest) = signs.entry(sign).or_default();
            variants.insert(one.variant);
            *heaviest = weight.max(*heaviest);
        }
    }
    let mut reasons: Vec<Reason> = signs
        .into_iter()
        .map(|(sign, (variants, weight))| Reason { sign, variants, weight })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.weight));
    let score = score(&reasons);
    reasons.truncate(REASONS_MAX);
    let verdict = match plain {
        _ if score >= ALARM => Verdict::Altered,
        Some(view) if !view.page.cut => Verdict::Unaltered,
        // What was not read to its end was not found as it was.
        _ => Verdict::Unknown,
    };
    Judged { verdict, score, reasons, unseen }
}

/// The sum, in which what news say counts only so far.
fn score(reasons: &[Reason]) -> u32 {
    let (mut news, mut others) = (0_u32, 0_u32);
    for reason in reasons {
        let sum = match reason.sign {
            Sign::Signature { .. } if reason.weight <= NEWS_MAX => &mut news,
            _ => &mut others,
        };
        *sum = sum.saturating_add(reason.weight);
    }
    others.saturating_add(news.min(NEWS_TOTAL_MAX))
}

fn signs_of(
    known: &Known<'_>,
    variant: Variant,
    view: &View,
    plain: Option<&View>,
) -> Vec<(Sign, u32)> {
    let page = &view.page;
    let mut signs = Vec::new();
    if let Some(sign) = redirected(known, &page.url) {
        // The rest of a foreign page would only repeat this.
        return vec![(sign, ALARM)];
    }
    for host in sends_to(page).iter().filter(|host| !known.is_own(host)) {
        signs.push((Sign::SendsAway { host: shown(host) }, trust(host, 100, 40, 20)));
    }
    spoken(known, page, &mut signs);
    if !view.is_page() {
        return signs;
    }
    if let Some(baseline) = known.baseline {
        hosts(known, page, &mut signs);
        // Telephones often get a page of their own, so there only what it holds counts.
        if variant != Variant::Mobile {
            likeness(baseline, page, &mut signs);
        }
    }
    if let Some(plain) = plain.filter(|_| !matches!(variant, Variant::Browser | Variant::Mobile)) {
        cloaked(&plain.page, page, &mut signs);
    }
    signs
}

/// Whether the page is somebody else's.
fn redirected(known: &Known<'_>, landed: &Url) -> Option<Sign> {
    let host = host(landed).unwrap_or_default();
    (!known.is_own(host)).then(|| Sign::Redirected { host: shown(host) })
}

/// A weight by whose host it is: anybody's, one of Vietnam's, one of the state's.
fn trust(host: &str, foreign: u32, vietnamese: u32, state: u32) -> u32 {
    if is_within(host, "gov.vn") {
        state
    } else if is_within(host, "vn") {
        vietnamese
    } else {
        foreign
    }
}

fn shown(host: &str) -> String {
    one_line(host, 100)
}

fn hosts(known: &Known<'_>, page: &Page, signs: &mut Vec<(Sign, u32)>) {
    let new: Vec<(Role, String)> =
        referred(page).into_iter().filter(|(role, host)| !known.knows(*role, host)).collect();
    for (role, host) in &new {
        let host_shown = shown(host);
        match role {
            Role::Script => {
                signs.push((Sign::NewScript { host: host_shown }, trust(host, 100, 100, 40)));
            }
            Role::Frame if EMBEDS.lines().any(|embed| embed == host) => {}
            Role::Frame => {
                signs.push((Sign::NewFrame { host: host_shown }, trust(host, 100, 40, 20)));
            }
            Role::Form => {
                signs.push((Sign::NewForm { host: host_shown }, trust(host, 100, 100, 40)));
            }
            Role::Refresh => {
                signs.push((Sign::SendsAway { host: host_shown }, trust(host, 100, 40, 20)));
            }
            Role::Link | Role::Image | Role::Anchor => {}
        }
    }
    for (role, each, most) in [
        (Role::Anchor, 10, LINKS_TOTAL_MAX),
        (Role::Link, 20, LINKS_TOTAL_MAX),
        (Role::Image, 5, LINKS_TOTAL_MAX / 2),
    ] {
        let of_role: Vec<&String> =
            new.iter().filter(|(one, _)| *one == role).map(|(_, host)| host).collect();
        let Some(first) = of_role.first() else { continue };
        let sum: u32 = of_role.iter().map(|host| trust(host, each, each / 4, 0)).sum();
        let flood = role == Role::Anchor && of_role.len() > LINKS_FLOOD;
        let weight = if flood { ALARM } else { sum.min(most) };
        let (role, count, first) = (role.as_str().to_owned(), of_role.len() as u64, shown(first));
        if weight > 0 {
            signs.push((Sign::NewHosts { role, count, first }, weight));
        }
    }
    let hidden = page.references.iter().filter(|one| one.role == Role::Anchor && one.hidden);
    let hidden: BTreeSet<&str> = hidden.filter_map(|one| one.host()).collect();
    for host in hidden.into_iter().filter(|host| !known.knows(Role::Anchor, host)) {
        signs.push((Sign::HiddenLink { host: shown(host) }, trust(host, 100, 60, 0)));
    }
}

/// Words of the lists, by where they stand. Out of sight and in a title they tell twice as much,
/// for news hide nothing.
fn spoken(known: &Known<'_>, page: &Page, signs: &mut Vec<(Sign, u32)>) {
    let away = page.references.iter().filter(|one| {
        matches!(one.role, Role::Anchor | Role::Image | Role::Frame)
            && one.host().is_some_and(|host| !known.is_own(host))
    });
    let addresses: BTreeSet<&str> = away.map(|one| one.url.as_str()).collect();
    let addresses = addresses.into_iter().collect::<Vec<_>>().join(" ");
    let metas: Vec<&str> = page.metas.iter().map(|(_, content)| content.as_str()).collect();
    let hidden = format!("{} {}", page.hidden_text, metas.join(" "));
    for (place, text, times) in [
        (Place::Title, page.title.as_str(), 2),
        (Place::Text, page.text.as_str(), 1),
        (Place::Hidden, hidden.as_str(), 2),
        (Place::Address, addresses.as_str(), 1),
    ] {
        for (words, weight) in known.signatures.found(text) {
            if known.baseline.is_some_and(|baseline| baseline.accepted.contains(&words)) {
                continue;
            }
            let weight = if weight > NEWS_MAX { (weight * times).min(100) } else { weight };
            signs.push((Sign::Signature { words, place }, weight));
        }
    }
}

/// How much of the baseline is still there.
fn likeness(baseline: &Baseline, page: &Page, signs: &mut Vec<(Sign, u32)>) {
    let alike = title_likeness(&baseline.title, &page.title);
    if alike < 67 {
        let (before, now) = (baseline.title.clone(), page.title.clone());
        let weight = if alike < 34 { 100 } else { 30 };
        signs.push((Sign::Title { before, now, likeness: alike }, weight));
    }
    let sketched = |text: &str, now: &Sketch| {
        text.parse::<Sketch>().ok().filter(|sketch| !sketch.is_empty()).map(|it| it.likeness(now))
    };
    if let Some(alike) = sketched(&baseline.skeleton, &page.skeleton).filter(|alike| *alike < 40) {
        signs.push((Sign::Structure { likeness: alike }, if alike < 20 { 100 } else { 50 }));
    }
    if let Some(alike) = sketched(&baseline.wording, &page.wording).filter(|alike| *alike < 5) {
        signs.push((Sign::Wording { likeness: alike }, 50));
    }
    let of = baseline.lasting.len();
    let gone = baseline.lasting.iter().filter(|text| !page.lasting.contains(text)).count();
    if of >= 5 && gone * 10 >= of * 7 {
        signs.push((Sign::Lasting { gone: gone as u64, of: of as u64 }, 60));
    }
}

/// Whether this asker got another page than a browser.
fn cloaked(plain: &Page, page: &Page, signs: &mut Vec<(Sign, u32)>) {
    let titles = title_likeness(&plain.title, &page.title);
    let wording = plain.wording.likeness(&page.wording);
    if titles < 34 || wording < 10 {
        // Search engines are given shorter pages on purpose: the title then stays.
        let weight = if titles < 34 { 100 } else { 50 };
        let (title, likeness) = (page.title.clone(), wording);
        signs.push((Sign::Cloaked { title, likeness }, weight));
    }
}

/// How many of the words of both titles stand in both, in percent.
fn title_likeness(one: &str, other: &str) -> u64 {
    let set = |text: &str| words(text).into_iter().map(|word| word.bare).collect::<BTreeSet<_>>();
    let (one, other) = (set(one), set(other));
    let shared = one.intersection(&other).count() * 100;
    shared.checked_div(one.union(&other).count()).unwrap_or(100) as u64
}
