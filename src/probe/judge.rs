//! From what was seen to a verdict, with every condition that did not hold. Pure.
//!
//! A family is as bad as its worst reason; reasons that lie with us make it *unknown*, never
//! healthy and never down. Two families make one state: dead in one and alive in the other is a
//! state of its own.

use std::net::IpAddr;
use std::time::Duration;

use crate::probe::dns::Asked;
use crate::probe::fact::{Cause, Reason, State, Verdict};
use crate::probe::http::{Answer, Fetched};
use crate::probe::settings::{DnsQuestion, HttpQuestion, TlsQuestion};
use crate::probe::tls::{Certificates, Flaw, Shaken};
use crate::probe::trouble::Trouble;
use crate::world::net::names::Answer as Names;
use crate::world::net::{ConnectError, Family};

/// What one family amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Every condition that did not hold.
    pub reasons: Vec<Reason>,
}

impl Judgement {
    /// The judgement that these reasons lead to.
    pub fn of(reasons: Vec<Reason>) -> Self {
        let has = |verdict| reasons.iter().any(|reason| reason.cause.verdict() == verdict);
        let verdict = if has(Verdict::Unknown) {
            Verdict::Unknown
        } else if has(Verdict::Down) {
            Verdict::Down
        } else if has(Verdict::Degraded) {
            Verdict::Degraded
        } else {
            Verdict::Healthy
        };
        Self { verdict, reasons }
    }

    /// Whether the failure could be that of our own uplink: nothing of the portal was heard.
    pub fn may_be_ours(&self) -> bool {
        const DEAF: [Cause; 6] = [
            Cause::NameMissing,
            Cause::NameEmpty,
            Cause::NameFailed,
            Cause::Unreachable,
            Cause::Silent,
            Cause::Refused,
        ];
        self.verdict == Verdict::Down
            && self.reasons.iter().all(|reason| DEAF.contains(&reason.cause))
    }

    /// The same, now that our own uplink is known to be dead: what was seen proves nothing.
    #[must_use]
    pub fn without_uplink(mut self, family: Family) -> Self {
        self.reasons.insert(0, Reason::new(Cause::UplinkDead, family.as_str(), ""));
        Self::of(self.reasons)
    }
}

/// Judges a page.
pub fn http(question: &HttpQuestion, fetched: &Fetched) -> Judgement {
    let mut reasons = Vec::new();
    match &fetched.end {
        Err(trouble) => reasons.push(because(trouble)),
        Ok(answer) => {
            page(question, answer, &mut reasons);
            // No answer is worse than a slow one, and is told alone.
            if let Some(within) = question.within.filter(|within| fetched.total > *within) {
                let (took, within) = (milliseconds(fetched.total), milliseconds(within));
                reasons.push(Reason::new(Cause::TooSlow, took, within));
            }
        }
    }
    if fetched.downgraded() {
        let to = fetched.hops.last().map_or("", |hop| hop.url.as_str());
        reasons.push(Reason::new(Cause::Downgraded, to, ""));
    }
    let shown = fetched.hops.iter().filter_map(|hop| hop.certificates.as_ref());
    expiry(shown, question.certificate_days, &mut reasons);
    Judgement::of(reasons)
}

fn page(question: &HttpQuestion, answer: &Answer, reasons: &mut Vec<Reason>) {
    let mut wrong = |cause, seen: String, expected: String| {
        reasons.push(Reason::new(cause, seen, expected));
    };
    if !question.status.contains(&answer.status) {
        wrong(Cause::Status, answer.status.to_string(), list(&question.status));
    }
    if let Some(host) = &question.ends_at {
        let seen = answer.host().unwrap_or_default();
        if !seen.eq_ignore_ascii_case(host) {
            wrong(Cause::EndsElsewhere, seen, host.clone());
        }
    }
    for (name, part) in &question.headers {
        let mut values =
            answer.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        if !values.clone().any(|(_, value)| value.contains(part.as_str())) {
            let seen = values.next().map_or("", |(_, value)| value).to_owned();
            wrong(Cause::Header, seen, format!("{name}: {part}"));
        }
    }
    let body = String::from_utf8_lossy(&answer.body);
    for text in question.contains.iter().filter(|text| !body.contains(text.as_str())) {
        wrong(Cause::TextMissing, String::new(), text.clone());
    }
    for text in question.lacks.iter().filter(|text| body.contains(text.as_str())) {
        wrong(Cause::TextPresent, text.clone(), String::new());
    }
    if answer.cut {
        wrong(Cause::BodyCut, answer.body.len().to_string(), String::new());
    }
}

/// Judges a certificate.
pub fn tls(question: &TlsQuestion, shaken: &Shaken) -> Judgement {
    let mut reasons = Vec::new();
    if let Err(trouble) = &shaken.end {
        reasons.push(because(trouble));
    }
    if let Some(certificates) = &shaken.certificates {
        expiry(std::iter::once(certificates), question.days, &mut reasons);
        let held = certificates.own().map_or(&[][..], |own| &own.names);
        for name in &question.names {
            if !held.iter().any(|pattern| covers(pattern, name)) {
                let seen = held.join(", ");
                reasons.push(Reason::new(Cause::CertificateLacksName, seen, name.as_str()));
            }
        }
    }
    Judgement::of(reasons)
}

/// Judges an answer of the name servers.
pub fn dns(question: &DnsQuestion, family: Family, asked: &Asked) -> Judgement {
    let mut reasons = Vec::new();
    if let Some(reason) = nameless(&asked.answer) {
        reasons.push(reason);
    }
    let pinned: Vec<IpAddr> = match family {
        Family::Ipv4 => question.a.iter().copied().map(IpAddr::V4).collect(),
        Family::Ipv6 => question.aaaa.iter().copied().map(IpAddr::V6).collect(),
    };
    for address in asked.answer.addresses() {
        if !pinned.is_empty() && !pinned.contains(address) {
            let expected = list(&pinned);
            reasons.push(Reason::new(Cause::AddressUnexpected, address.to_string(), expected));
        }
        if asked.inside.contains(address) {
            reasons.push(Reason::new(Cause::Inside, address.to_string(), ""));
        }
    }
    Judgement::of(reasons)
}

/// What both families together amount to; `None` for one that is not judged.
pub fn combine(ipv4: Option<Verdict>, ipv6: Option<Verdict>) -> State {
    let (Some(four), Some(six)) = (ipv4, ipv6) else {
        return match ipv4.or(ipv6) {
            Some(Verdict::Healthy) => State::Healthy,
            Some(Verdict::Degraded) => State::Degraded,
            Some(Verdict::Down) => State::Down,
            Some(Verdict::Unknown) | None => State::Unknown,
        };
    };
    match (four, six) {
        (Verdict::Healthy, Verdict::Healthy) => State::Healthy,
        // What is known to be dead is told, though the other family could not be looked at.
        (Verdict::Down, Verdict::Down | Verdict::Unknown) | (Verdict::Unknown, Verdict::Down) => {
            State::Down
        }
        (_, Verdict::Down) => State::Ipv4Only,
        (Verdict::Down, _) => State::Ipv6Only,
        (Verdict::Degraded, _) | (_, Verdict::Degraded) => State::Degraded,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => State::Unknown,
    }
}

/// Why there was no answer, as a reason.
pub fn because(trouble: &Trouble) -> Reason {
    let of = |cause, seen: &str| Reason::new(cause, seen, "");
    match trouble {
        Trouble::BadUrl(url) => of(Cause::BadUrl, url),
        Trouble::NoAddress(said) => said
            .iter()
            .find_map(|(_, answer)| nameless(answer))
            .unwrap_or_else(|| of(Cause::NameEmpty, "")),
        Trouble::Inside(address) => of(Cause::Inside, &address.to_string()),
        Trouble::Connect(error) => match error {
            ConnectError::Inside => of(Cause::Inside, ""),
            ConnectError::NoRoute => of(Cause::NoRoute, ""),
            ConnectError::Refused => of(Cause::Refused, ""),
            ConnectError::Silent => of(Cause::Silent, ""),
            ConnectError::Other(words) => of(Cause::Unreachable, words),
        },
        Trouble::Tls(flaw) => distrusted(flaw),
        Trouble::Silent => of(Cause::Silent, ""),
        Trouble::SlowBody => of(Cause::SlowBody, ""),
        Trouble::NoAnswer => of(Cause::NoAnswer, ""),
        Trouble::HeadTooLarge => of(Cause::HeadTooLarge, ""),
        Trouble::NotHttp(words) => of(Cause::NotHttp, words),
        Trouble::Truncated => of(Cause::Truncated, ""),
        Trouble::BrokenChunks => of(Cause::BrokenChunks, ""),
        Trouble::BrokenEncoding => of(Cause::BrokenEncoding, ""),
        Trouble::Loop(url) => of(Cause::RedirectLoop, url),
        Trouble::TooManyRedirects => of(Cause::RedirectsTooMany, ""),
        Trouble::BadRedirect(to) => of(Cause::RedirectBad, to),
        Trouble::Client(words) => of(Cause::Client, words),
    }
}

fn distrusted(flaw: &Flaw) -> Reason {
    let cause = match flaw {
        Flaw::Expired => Cause::TlsExpired,
        Flaw::NotYetValid => Cause::TlsNotYetValid,
        Flaw::WrongHost => Cause::TlsWrongHost,
        Flaw::SelfSigned => Cause::TlsSelfSigned,
        Flaw::UnknownIssuer => Cause::TlsUnknownIssuer,
        Flaw::IncompleteChain => Cause::TlsIncompleteChain,
        Flaw::BadSignature => Cause::TlsBadSignature,
        Flaw::Unreadable => Cause::TlsUnreadable,
        Flaw::WrongPurpose => Cause::TlsWrongPurpose,
        Flaw::TooOld => Cause::TlsTooOld,
        Flaw::NotTls => Cause::TlsNotTls,
        Flaw::Closed => Cause::TlsClosed,
        Flaw::Other(_) => Cause::TlsOther,
    };
    Reason::new(cause, if let Flaw::Other(words) = flaw { words } else { "" }, "")
}

fn nameless(answer: &Names) -> Option<Reason> {
    let (cause, seen) = match answer {
        Names::Addresses(_) => return None,
        Names::Empty => (Cause::NameEmpty, ""),
        Names::NoSuchName => (Cause::NameMissing, "NXDOMAIN"),
        Names::Failed(code) if code == "REFUSED" => (Cause::ResolversRefuse, ""),
        Names::Failed(code) => (Cause::NameFailed, code.as_str()),
        Names::Silent => (Cause::ResolversSilent, ""),
        Names::Invalid => (Cause::BadUrl, ""),
    };
    Some(Reason::new(cause, seen, ""))
}

fn expiry<'a>(
    shown: impl Iterator<Item = &'a Certificates>,
    least: u32,
    reasons: &mut Vec<Reason>,
) {
    let left = shown.flat_map(|one| one.chain.iter().flatten()).map(|one| one.days_left);
    // One that has expired is a flaw where it is needed; it must not hide the others.
    if let Some(left) = left.filter(|left| (0..i64::from(least)).contains(left)).min() {
        reasons.push(Reason::new(Cause::ExpiresSoon, left.to_string(), least.to_string()));
    }
}

/// Whether a name in a certificate, perhaps with a wildcard for one label, covers `name`.
fn covers(pattern: &str, name: &str) -> bool {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    match (pattern.strip_prefix("*."), name.split_once('.')) {
        (Some(domain), Some((_, rest))) => same(domain, rest),
        (None, _) => same(pattern, name),
        (Some(_), None) => false,
    }
}

fn list<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_families_make_one_state() {
        use Verdict::{Degraded, Down, Healthy, Unknown};
        let check = |ipv4, ipv6, state| {
            assert_eq!(combine(Some(ipv4), Some(ipv6)), state, "{ipv4:?} {ipv6:?}");
        };
        check(Healthy, Healthy, State::Healthy);
        check(Healthy, Degraded, State::Degraded);
        check(Healthy, Down, State::Ipv4Only);
        check(Healthy, Unknown, State::Unknown);
        check(Degraded, Healthy, State::Degraded);
        check(Degraded, Degraded, State::Degraded);
        check(Degraded, Down, State::Ipv4Only);
        check(Degraded, Unknown, State::Degraded);
        check(Down, Healthy, State::Ipv6Only);
        check(Down, Degraded, State::Ipv6Only);
        check(Down, Down, State::Down);
        check(Down, Unknown, State::Down);
        check(Unknown, Healthy, State::Unknown);
        check(Unknown, Degraded, State::Degraded);
        check(Unknown, Down, State::Down);
        check(Unknown, Unknown, State::Unknown);
        assert_eq!(combine(Some(Healthy), None), State::Healthy);
        assert_eq!(combine(None, Some(Down)), State::Down);
        assert_eq!(combine(None, None), State::Unknown, "nothing was looked at");
    }

    #[test]
    fn only_silence_can_be_ours() {
        let of = |causes: &[Cause]| {
            let reasons = causes.iter().map(|cause| Reason::new(*cause, "", ""));
            Judgement::of(reasons.collect())
        };
        assert!(of(&[Cause::Silent]).may_be_ours());
        assert!(of(&[Cause::NameEmpty]).may_be_ours());
        assert!(!of(&[Cause::Status]).may_be_ours(), "it answered");
        assert!(!of(&[Cause::TlsExpired]).may_be_ours());
        assert!(!of(&[]).may_be_ours());
        let dead = of(&[Cause::Silent]).without_uplink(Family::Ipv6);
        assert_eq!((dead.verdict, dead.reasons.len()), (Verdict::Unknown, 2));
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        for (pattern, name, covered) in [
            ("cong.test", "CONG.test", true),
            ("*.test", "cong.test", true),
            ("*.test", "en.cong.test", false),
            ("*.test", "test", false),
            ("cong.test", "xcong.test", false),
        ] {
            assert_eq!(covers(pattern, name), covered, "{pattern} {name}");
        }
    }
}
