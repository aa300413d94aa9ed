//! What a portal or a host answers from outside: pages, refusals, the portal's own probes.
//!
//! Nothing here changes anything. An answer that says otherwise is *not seen*; no answer, a name
//! that does not resolve, an address that may not be reached are *cannot tell*, and never proof.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::base::fault::{AnyFault, chain};
use crate::job::playbook::action::ActionFault;
use crate::job::probe as watch;
use crate::job::site::Site;
use crate::playbook::action::Action;
use crate::playbook::fact::Output;
use crate::playbook::model::Call;
use crate::playbook::port::{Place, Sight};
use crate::probe;
use crate::probe::fact::{State, Verdict};
use crate::probe::http::{self, Fetched, Hop, Request};
use crate::probe::judge;
use crate::probe::trouble::Trouble;
use crate::world::net::knock;
use crate::world::net::names::Answer as Names;
use crate::world::net::{ConnectError, Family};

/// One look; the engine looks again until the step's time is over.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// The status of a page that serves.
const OK: u64 = 200;

/// Looks once for the proof of a fence: like [`observe`], but a page must be so at every address. A
/// portal that is closed at one of them and serves at another is not out of service.
pub(super) fn prove(site: &Site, place: &Place, call: &Call) -> Sight {
    match call.action {
        Action::HttpAnswers => page(site, call, place.timeout.min(LOOK_MAX), Addresses::All),
        _ => observe(site, place, call),
    }
}

/// Looks once.
pub(super) fn observe(site: &Site, place: &Place, call: &Call) -> Sight {
    let limit = place.timeout.min(LOOK_MAX);
    match call.action {
        Action::HttpAnswers => page(site, call, limit, Addresses::First),
        Action::TcpRefused => refused(site, call, limit),
        Action::PortalHealthy => healthy(site, &place.portal),
        other => Sight::CannotTell(format!("`{}` is no look at the network", other.as_str())),
    }
}

/// Refuses what can never be seen. What is there now is not the business of these looks: they say
/// how it is to be later.
pub(super) fn survey(site: &Site, portal: &str, call: &Call) -> Result<Output, AnyFault> {
    match call.action {
        Action::HttpAnswers => {
            let url = text(call, "url")?;
            if !http::is_page(url) {
                return Err(ActionFault::NotAPage { url: url.to_owned() }.into());
            }
            if let Some(address) = call.text("connect-to")
                && !http::is_page_at(url, place_of(address)?.1)
            {
                return Err(ActionFault::NotAPlace { address: address.to_owned() }.into());
            }
        }
        Action::PortalHealthy if site.portal(portal)?.probes.is_empty() => {
            return Err(ActionFault::NoProbe { portal: portal.to_owned() }.into());
        }
        _ => {}
    }
    Ok(Output::new())
}

/// At which addresses of a page it is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Addresses {
    /// The first that connects, as a visitor's browser does.
    First,
    /// Each of both families.
    All,
}

/// `http.answers`.
fn page(site: &Site, call: &Call, limit: Duration, addresses: Addresses) -> Sight {
    let request = match request(call, limit) {
        Ok(request) => request,
        Err(fault) => return Sight::CannotTell(fault.to_string()),
    };
    let door = match probe::door(&site.world, &site.settings.network) {
        Ok(door) => door,
        Err(fault) => return Sight::CannotTell(chain(&fault)),
    };
    let wanted = call.number("status").unwrap_or(OK);
    let contains = call.text("contains");
    let fetched = http::fetch(&door, &request);
    let sight = judged(&fetched, wanted, contains);
    match (addresses, fetched.hops.first()) {
        (Addresses::All, Some(hop)) if matches!(sight, Sight::Seen(_)) => {
            at_every_address(sight, hop, |address| {
                let (host, port) = (in_brackets(address.ip()), address.port());
                judged(&http::fetch(&door, &request.clone().at(host, port)), wanted, contains)
            })
        }
        _ => sight,
    }
}

/// What was seen at one address of the page's name, if it is so at all of them. A family whose
/// addresses are not known may hold the one that serves.
fn at_every_address(seen: Sight, hop: &Hop, look: impl Fn(SocketAddr) -> Sight) -> Sight {
    let unknown = |(_, answer): &&(Family, Names)| {
        !matches!(answer, Names::Addresses(_) | Names::Empty | Names::NoSuchName)
    };
    if let Some((family, _)) = hop.names.iter().find(unknown) {
        return Sight::CannotTell(format!("whether it has {} is not known", family.name()));
    }
    let Some(first) = hop.address else {
        return Sight::CannotTell("which address has answered is not known".to_owned());
    };
    for ip in hop.candidates.iter().filter(|ip| **ip != first.ip()) {
        match look(SocketAddr::new(*ip, first.port())) {
            Sight::Seen(_) => {}
            Sight::NotSeen(why) => return Sight::NotSeen(format!("{ip}: {why}")),
            Sight::CannotTell(why) => return Sight::CannotTell(format!("{ip}: {why}")),
        }
    }
    seen
}

/// As a host stands in a URL.
fn in_brackets(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn request(call: &Call, limit: Duration) -> Result<Request, ActionFault> {
    let request = Request::new(text(call, "url")?, limit);
    match call.text("connect-to") {
        None => Ok(request),
        Some(address) => {
            let (host, port) = place_of(address)?;
            Ok(request.at(host, port))
        }
    }
}

/// What the answer amounts to.
fn judged(fetched: &Fetched, wanted: u64, contains: Option<&str>) -> Sight {
    let answer = match &fetched.end {
        Ok(answer) => answer,
        Err(trouble) => return of_trouble(trouble),
    };
    // A redirect that is wanted is the first answer; otherwise where it leads counts.
    let first = fetched.hops.first().and_then(|hop| hop.status);
    let status =
        if (300..400).contains(&wanted) { first.unwrap_or_default() } else { answer.status };
    if u64::from(status) != wanted {
        return Sight::NotSeen(format!("status {status}, not {wanted}"));
    }
    let found = contains.is_none_or(|text| String::from_utf8_lossy(&answer.body).contains(text));
    if !found && answer.cut {
        let length = answer.body.len();
        return Sight::CannotTell(format!("the text is not in the first {length} bytes"));
    }
    if !found {
        return Sight::NotSeen(format!("status {status}, but the page lacks the text"));
    }
    let mut output = Output::from([
        ("status".to_owned(), status.to_string()),
        ("took-ms".to_owned(), fetched.total.as_millis().to_string()),
    ]);
    if let Some(address) = fetched.hops.last().and_then(|hop| hop.address) {
        output.insert("address".to_owned(), address.to_string());
    }
    Sight::Seen(output)
}

/// Silence on the way says nothing of the page; an answer that is none does.
fn of_trouble(trouble: &Trouble) -> Sight {
    let reason = judge::because(trouble);
    let why = format!("{}: wanted {}, saw {}", reason.cause.as_str(), reason.expected, reason.seen);
    match trouble {
        Trouble::BadUrl(_)
        | Trouble::NoAddress(_)
        | Trouble::Inside(_)
        | Trouble::Silent
        | Trouble::SlowBody
        | Trouble::Client(_)
        | Trouble::Connect(
            ConnectError::Inside
            | ConnectError::NoRoute
            | ConnectError::Silent
            | ConnectError::Other(_),
        ) => Sight::CannotTell(why),
        _ => Sight::NotSeen(why),
    }
}

/// `tcp.refused`: every address of the name refuses.
fn refused(site: &Site, call: &Call, limit: Duration) -> Sight {
    let port = call.number("port").and_then(|port| u16::try_from(port).ok());
    let (Some(host), Some(port)) = (call.text("host"), port) else {
        return Sight::CannotTell("the plan lacks host or port".to_owned());
    };
    let addresses = match site.world.block_on(knock::addresses(host, port, limit)) {
        Ok(addresses) => addresses,
        Err(why) => return Sight::CannotTell(why),
    };
    let knocks = addresses.iter().map(|address| knock::knock(*address, limit));
    let answers = site.world.block_on(futures_util::future::join_all(knocks));
    let mut seen = Vec::new();
    let mut unclear = None;
    for (address, answer) in addresses.iter().zip(answers) {
        match answer {
            Err(ConnectError::Refused) => seen.push(address.to_string()),
            Ok(_stream) => return Sight::NotSeen(format!("{address} accepts connections")),
            Err(other) => unclear = Some(format!("{address}: {}", knock::why(&other))),
        }
    }
    match unclear {
        Some(why) => Sight::CannotTell(why),
        None => Sight::Seen(Output::from([("refused".to_owned(), seen.join(", "))])),
    }
}

/// `portal.healthy`: each of its probes sees it healthy now.
fn healthy(site: &Site, portal: &str) -> Sight {
    let probes = match site.portal(portal) {
        Ok(portal) if portal.probes.is_empty() => {
            return Sight::CannotTell("the portal has no probe".to_owned());
        }
        Ok(portal) => &portal.probes,
        Err(fault) => return Sight::CannotTell(chain(&fault)),
    };
    let mut output = Output::new();
    let mut unclear = Vec::new();
    for probe in probes {
        let state = match watch::look_only(site, probe) {
            Ok(looked) => looked.state,
            Err(fault) => return Sight::CannotTell(chain(fault.as_ref())),
        };
        match state.verdict() {
            Verdict::Healthy => {
                output.insert(probe.name.clone(), State::Healthy.as_str().to_owned());
            }
            Verdict::Unknown => unclear.push(probe.name.as_str()),
            Verdict::Degraded | Verdict::Down => {
                return Sight::NotSeen(format!("probe `{}`: {}", probe.name, state.as_str()));
            }
        }
    }
    if unclear.is_empty() {
        return Sight::Seen(output);
    }
    Sight::CannotTell(format!("unknown to its probes: {}", unclear.join(", ")))
}

fn text<'a>(call: &'a Call, parameter: &'static str) -> Result<&'a str, ActionFault> {
    let action = call.action.as_str();
    call.text(parameter).ok_or(ActionFault::Incomplete { action, parameter })
}

/// `host:port`, the host a name or an address, in brackets where it holds colons.
fn place_of(address: &str) -> Result<(&str, u16), ActionFault> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| {
        let port: u16 = port.parse().ok()?;
        let bare = !host.is_empty() && (!host.contains(':') || host.starts_with('['));
        (bare && port > 0).then_some((host, port))
    });
    parts.ok_or_else(|| ActionFault::NotAPlace { address: address.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::probe::http::Answer;

    fn answered(statuses: &[u16], body: &str, cut: bool) -> Fetched {
        let hop = |status: &u16| Hop { status: Some(*status), ..Hop::default() };
        Fetched {
            hops: statuses.iter().map(hop).collect(),
            end: Ok(Answer {
                url: "http://a/".to_owned(),
                status: *statuses.last().unwrap(),
                headers: Vec::new(),
                body: body.as_bytes().to_vec(),
                cut,
            }),
            total: Duration::ZERO,
        }
    }

    #[track_caller]
    fn check(fetched: &Fetched, wanted: u64, contains: Option<&str>, expected: &str) {
        let name = match judged(fetched, wanted, contains) {
            Sight::Seen(_) => "seen",
            Sight::NotSeen(_) => "not seen",
            Sight::CannotTell(_) => "cannot tell",
        };
        assert_eq!(name, expected);
    }

    #[test]
    fn a_page_is_seen_only_as_it_is_wanted() {
        check(&answered(&[200], "Cổng", false), 200, Some("Cổng"), "seen");
        check(&answered(&[200], "Cổng", false), 200, None, "seen");
        check(&answered(&[503], "", false), 503, None, "seen");
        check(&answered(&[503], "", false), 200, None, "not seen");
        check(&answered(&[200], "trống", false), 200, Some("Cổng"), "not seen");
        check(&answered(&[200], "trống", true), 200, Some("Cổng"), "cannot tell");
        check(&answered(&[302, 200], "", false), 302, None, "seen");
        check(&answered(&[302, 200], "", false), 200, None, "seen");
        check(&answered(&[302, 404], "", false), 200, None, "not seen");
    }

    #[test]
    fn silence_is_no_answer() {
        let ended = |trouble| Fetched { end: Err(trouble), ..answered(&[200], "", false) };
        check(&ended(Trouble::Silent), 200, None, "cannot tell");
        check(&ended(Trouble::NoAddress(Vec::new())), 200, None, "cannot tell");
        check(&ended(Trouble::Connect(ConnectError::NoRoute)), 200, None, "cannot tell");
        check(&ended(Trouble::Connect(ConnectError::Refused)), 200, None, "not seen");
        check(&ended(Trouble::NoAnswer), 200, None, "not seen");
    }

    #[test]
    fn a_proof_asks_every_address_of_both_families() {
        let (v4, v6): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "::1".parse().unwrap());
        let hop = |second: Names, candidates: &[IpAddr]| Hop {
            names: vec![(Family::Ipv4, Names::Addresses(vec![v4])), (Family::Ipv6, second)],
            candidates: candidates.to_vec(),
            address: Some((v4, 80).into()),
            ..Hop::default()
        };
        let both = hop(Names::Addresses(vec![v6]), &[v4, v6]);
        let seen = || Sight::Seen(Output::new());
        let other = |answer: Sight| {
            at_every_address(seen(), &both, |address| {
                assert_eq!((address.ip(), address.port()), (v6, 80));
                answer.clone()
            })
        };
        assert_eq!(other(seen()), seen());
        assert!(matches!(other(Sight::NotSeen("status 200".to_owned())), Sight::NotSeen(_)));
        assert!(matches!(other(Sight::CannotTell("silent".to_owned())), Sight::CannotTell(_)));
        let alone = |second| {
            at_every_address(seen(), &hop(second, &[v4]), |_| Sight::NotSeen("asked".to_owned()))
        };
        assert_eq!(alone(Names::Empty), seen());
        for unknown in [Names::Silent, Names::Failed("SERVFAIL".to_owned())] {
            assert!(matches!(alone(unknown), Sight::CannotTell(_)));
        }
        assert_eq!((in_brackets(v4), in_brackets(v6)), ("10.0.0.1".to_owned(), "[::1]".to_owned()));
    }

    #[test]
    fn a_place_has_a_host_and_a_port() {
        assert_eq!(place_of("10.0.0.2:80").unwrap(), ("10.0.0.2", 80));
        assert_eq!(place_of("[::1]:8080").unwrap(), ("[::1]", 8080));
        for text in ["", "a", "a:", ":80", "a:0", "a:65536", "::1:80", "a:b"] {
            assert!(place_of(text).is_err(), "{text}");
        }
    }
}
