//! Reads how a portal is watched: probes, criteria, defacement.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::config::decode::{Cursor, Named, Section};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::scalar::milliseconds;
use crate::config::tree::Value;
use crate::probe::settings::{
    Criteria, Defacement, DnsQuestion, Families, HttpQuestion, Probe, Question, Settle, TlsQuestion,
};

/// More looks at one portal than this are an attack on it.
const PROBES_MAX: usize = 50;

/// A condition, and a list of hosts, that a person can still read.
const LIST_MAX: usize = 200;

/// A minute finds an outage soon enough for every clock of the law.
const EVERY_DEFAULT: Duration = Duration::from_mins(1);

/// More often than this is a load, less often than a day is no watching.
const EVERY: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_hours(24);

/// A page that takes longer is down for a citizen, whatever it brings in the end.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);

const TIMEOUT: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(2);

/// Two weeks: time for an agency to order, sign and pay a new certificate.
const CERTIFICATE_DAYS_DEFAULT: u32 = 14;

/// The longest that public authorities ever gave.
const CERTIFICATE_DAYS_MAX: u64 = 825;

/// The port of HTTPS.
const TLS_PORT_DEFAULT: u16 = 443;

/// Pages are compared with their baseline this often unless the file says otherwise.
const DEFACEMENT_DEFAULT: Duration = Duration::from_mins(10);

/// The probes of a portal; `home` is its address.
pub(super) fn probes(value: &Cursor<'_>, home: Option<&str>) -> Vec<Probe> {
    let mut taken: Vec<String> = Vec::new();
    let mut probes = Vec::new();
    for item in value.list(0..=PROBES_MAX) {
        let Some(section) = item.section(&keys::PROBE) else { continue };
        let question = question(&section, home);
        let name = match section.get("name") {
            Some(name) => name.id().filter(|id| is_free(&name, id, &taken)),
            None => unnamed(&section, &taken),
        };
        taken.extend(name.clone());
        let (every, timeout) = pace(&section);
        let settle = section.may("settle", settle);
        let families = section.may("families", |value| value.word(&Families::WORDS));
        let probe = || {
            Some(Probe {
                name: name?,
                every,
                timeout,
                settle: settle.unwrap_or_default(),
                families: families.unwrap_or(Families::Both),
                question: question?,
            })
        };
        probes.extend(probe());
    }
    probes
}

fn question(section: &Section<'_>, home: Option<&str>) -> Option<Question> {
    // Read wherever it stands, so that its problems show even beside a wrong address.
    let expected = section.get("expect");
    let expect = expected.as_ref().and_then(|value| value.section(&keys::EXPECT));
    let page = http(String::new(), expect.as_ref());
    if let (None, Some(expected)) = (section.get("url"), &expected) {
        let complaint = Complaint::error("config-expect-without-url");
        expected.complain(complaint.hint("config-expect-without-url-hint"));
    }
    match section.one_of(keys::PROBE.one_of)? {
        ("url", value) => {
            let url = address(&value, home)?;
            Some(Question::Http(HttpQuestion { url, ..page }))
        }
        ("tls", value) => tls(&value).map(Question::Tls),
        (_, value) => dns(&value).map(Question::Dns),
    }
}

fn is_free(at: &Cursor<'_>, name: &str, taken: &[String]) -> bool {
    let free = !taken.iter().any(|other| other == name);
    if !free {
        let complaint = Complaint::error("config-name-taken").text("name", name);
        at.complain(complaint.hint("config-name-taken-hint"));
    }
    free
}

/// A probe without a name is called by what it asks; only one of each kind can do without.
fn unnamed(section: &Section<'_>, taken: &[String]) -> Option<String> {
    let kind = keys::PROBE.one_of.iter().find(|key| section.get(key).is_some())?;
    let name = if *kind == "url" { "http" } else { kind };
    is_free(&section.cursor, name, taken).then(|| name.to_owned())
}

fn pace(section: &Section<'_>) -> (Duration, Duration) {
    let every = section.may("every", |value| value.duration(EVERY)).unwrap_or(EVERY_DEFAULT);
    let timeout = section.may("timeout", |value| value.duration(TIMEOUT));
    if let (Some(timeout), Some(at)) = (timeout, section.get("timeout"))
        && timeout > every
    {
        at.complain(
            Complaint::error("config-timeout-every")
                .number("timeout", milliseconds(timeout))
                .number("every", milliseconds(every))
                .hint("config-timeout-every-hint"),
        );
    }
    (every, timeout.unwrap_or(TIMEOUT_DEFAULT.min(every)))
}

fn settle(value: &Cursor<'_>) -> Option<Settle> {
    let section = value.section(&keys::SETTLE)?;
    let usual = Settle::default();
    Some(Settle {
        failures: section.may("failures", |value| value.number(1..=20)).unwrap_or(usual.failures),
        successes: section
            .may("successes", |value| value.number(1..=20))
            .unwrap_or(usual.successes),
    })
}

/// The page at `url`, expected to answer as `expect` says; all usual where it says nothing.
fn http(url: String, expect: Option<&Section<'_>>) -> HttpQuestion {
    let texts = |key| {
        expect
            .and_then(|expect| expect.may(key, |value| Some(one_or_more(value, Cursor::text))))
            .unwrap_or_default()
    };
    let status = expect.and_then(|expect| {
        expect.may("status", |value| Some(one_or_more(value, |item| item.number(100..=599))))
    });
    let read = |one: &Named<'_>| Some((one.name.to_ascii_lowercase(), one.value.text()?));
    let headers = expect.and_then(|expect| {
        expect.may("headers", |value| {
            Some(value.named(0..=LIST_MAX).iter().filter_map(read).collect())
        })
    });
    HttpQuestion {
        url,
        status: status.filter(|list| !list.is_empty()).unwrap_or_else(|| vec![200]),
        within: expect.and_then(|expect| expect.may("within", |value| value.duration(TIMEOUT))),
        headers: headers.unwrap_or_default(),
        contains: texts("contains"),
        lacks: texts("lacks"),
        ends_at: expect.and_then(|expect| expect.may("ends-at", Cursor::host)),
        certificate_days: expect
            .and_then(|expect| expect.may("certificate-days", days))
            .unwrap_or(CERTIFICATE_DAYS_DEFAULT),
    }
}

/// An absolute address, or a path on the portal.
pub(super) fn address(value: &Cursor<'_>, home: Option<&str>) -> Option<String> {
    let text = value.text()?;
    if !text.starts_with('/') {
        return value.url();
    }
    let Some(home) = home else {
        let complaint = Complaint::error("config-path-without-url").text("value", &text);
        return value.refuse(complaint.hint("config-path-without-url-hint"));
    };
    if text.contains(char::is_whitespace) {
        let complaint = Complaint::error("config-smoke-path").text("value", &text);
        return value.refuse(complaint.hint("config-smoke-path-hint"));
    }
    let scheme = home.find("://").map_or(0, |at| at + 3);
    let end = home[scheme..].find(['/', '?', '#']).map_or(home.len(), |at| scheme + at);
    Some(format!("{}{text}", &home[..end]))
}

fn tls(value: &Cursor<'_>) -> Option<TlsQuestion> {
    let section = value.section(&keys::TLS)?;
    let host = section.need("host", Cursor::host);
    let port = section.may("port", |value| value.number(1..=65535));
    let days = section.may("days", days);
    let names = section.may("names", |value| Some(value.list_of(0..=LIST_MAX, Cursor::host)));
    Some(TlsQuestion {
        host: host?,
        port: port.unwrap_or(TLS_PORT_DEFAULT),
        days: days.unwrap_or(CERTIFICATE_DAYS_DEFAULT),
        names: names.unwrap_or_default(),
    })
}

fn days(value: &Cursor<'_>) -> Option<u32> {
    value.number(0..=CERTIFICATE_DAYS_MAX)
}

fn dns(value: &Cursor<'_>) -> Option<DnsQuestion> {
    let section = value.section(&keys::DNS)?;
    let name = section.need("name", Cursor::host);
    let a = section.may("a", |value| Some(value.list_of(0..=LIST_MAX, Cursor::ip::<Ipv4Addr>)));
    let aaaa =
        section.may("aaaa", |value| Some(value.list_of(0..=LIST_MAX, Cursor::ip::<Ipv6Addr>)));
    Some(DnsQuestion { name: name?, a: a.unwrap_or_default(), aaaa: aaaa.unwrap_or_default() })
}

/// What `scan` holds the portal against.
pub(super) fn criteria(value: &Cursor<'_>) -> Option<Criteria> {
    let section = value.section(&keys::CRITERIA)?;
    let components =
        section.may("components", |value| Some(value.list_of(0..=LIST_MAX, Cursor::host)));
    Some(Criteria {
        components: components.unwrap_or_default(),
        parent: section.may("parent", Cursor::host),
        emc_id: section.may("emc-id", Cursor::text),
    })
}

/// Watching for changes that nobody of the agency made.
pub(super) fn defacement(value: &Cursor<'_>, home: Option<&str>) -> Option<Defacement> {
    let section = value.section(&keys::DEFACEMENT)?;
    let every = section.may("every", |value| value.duration(EVERY));
    let urls = section
        .may("urls", |value| Some(value.list_of(1..=LIST_MAX, |item| address(item, home))))
        .or_else(|| home.map(|home| vec![home.to_owned()]));
    let allow = section.may("allow", |value| Some(value.list_of(0..=LIST_MAX, Cursor::host)));
    let signatures = section.may("signatures", Cursor::path);
    let Some(urls) = urls else {
        let complaint = Complaint::error("config-defacement-without-url");
        return value.refuse(complaint.hint("config-path-without-url-hint"));
    };
    Some(Defacement {
        every: every.unwrap_or(DEFACEMENT_DEFAULT),
        urls,
        allow: allow.unwrap_or_default(),
        signatures,
    })
}

/// A list, or the one item by itself.
fn one_or_more<'a, T>(value: &Cursor<'a>, read: impl Fn(&Cursor<'a>) -> Option<T>) -> Vec<T> {
    match value.value {
        Value::List(_) => value.list_of(1..=LIST_MAX, read),
        _ => read(value).into_iter().collect(),
    }
}
