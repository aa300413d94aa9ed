//! Several portals on a real nginx, over both families, with an authority of our own; faults
//! seeded into its configuration are found by name.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use duphong::probe::fact::{Cause, State};
use duphong::probe::http::{self, Request};
use duphong::probe::look::{Looked, look};
use duphong::probe::settings::{Network, Probe, Question, TlsQuestion};
use duphong::world::net::Family;

use crate::probe::certificates::Authority;
use crate::probe::farm::{
    BRIEF, Daemon, Ground, PATIENCE, free_port, named, network, nginx, page, watch,
};

/// The ports of the farm: plain and TLS on both families, plain on IPv4 alone, and TLS as it was
/// twenty years ago.
struct Farm {
    plain: u16,
    safe: u16,
    four: u16,
    old: u16,
    network: Network,
    _servers: [Daemon; 2],
}

fn farm() -> Farm {
    let [plain, safe, four, old] = [(); 4].map(|()| free_port());
    let (names, at) = named();
    let root = Authority::root("Test Root");
    let (_, key, pem) = root.sign(&["cong.test", "127.0.0.1"], |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2090, 1, 1);
    });
    let body = "default_type text/html; charset utf-8; gzip on; gzip_min_length 1;";
    let servers = format!(
        "{body}
         ssl_certificate server.pem; ssl_certificate_key server.key;
         server {{
           listen 127.0.0.1:{plain}; listen [::1]:{plain};
           location / {{ return 301 https://cong.test:{safe}$request_uri; }}
           location /gap {{ return 302 http://nha.test/; }}
         }}
         server {{
           listen 127.0.0.1:{safe} ssl; listen [::1]:{safe} ssl;
           add_header Strict-Transport-Security max-age=1;
           location / {{ return 200 '<title>Cổng thông tin</title>'; }}
           location /bao-tri {{ return 503 'maintenance'; }}
           location /xuong {{ return 302 http://cong.test:{four}/; }}
           location /vong {{ return 302 /vong; }}
         }}
         server {{ listen 127.0.0.1:{four}; location / {{ return 200 'bốn'; }} }}
         server {{
           listen 127.0.0.1:{old} ssl; ssl_protocols TLSv1 TLSv1.1;
           ssl_ciphers DEFAULT:@SECLEVEL=0; location / {{ return 200 ''; }}
         }}"
    );
    let write = |folder: &Path| {
        std::fs::write(folder.join("server.pem"), &pem).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
        std::fs::write(folder.join("authority.pem"), &root.pem).unwrap();
    };
    let server = nginx(&servers, plain, write);
    let mut network = network(at);
    network.authorities = Some(server.folder.path().join("authority.pem"));
    // Witnesses of our own: the verdicts do not hang on the routes of the machine.
    network.uplink = vec![
        SocketAddr::from((Ipv4Addr::LOCALHOST, plain)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, plain)),
    ];
    Farm { plain, safe, four, old, network, _servers: [names, server] }
}

impl Farm {
    fn look(&self, probe: &Probe) -> Looked {
        let ground = Ground::new();
        look(&ground.door(&self.network), &self.network, probe)
    }

    /// Looks at a page and expects this state, for these causes over IPv4 and IPv6.
    #[track_caller]
    fn check(&self, url: &str, state: State, causes: [&[Cause]; 2]) {
        let looked = self.look(&watch(Question::Http(page(url)), PATIENCE));
        let seen = [0, 1].map(|at: usize| {
            let reasons = looked.families[at].judgement.reasons.iter();
            reasons.map(|reason| reason.cause).collect::<Vec<_>>()
        });
        let seen = (looked.state, [&seen[0][..], &seen[1][..]]);
        assert_eq!(seen, (state, causes), "{url}: {looked:?}");
    }
}

#[test]
fn every_fault_seeded_into_a_portal_is_found_by_its_name() {
    let farm = farm();
    let Farm { plain, safe, four, old, .. } = farm;
    let both = |cause: &'static [Cause]| [cause, cause];
    farm.check(&format!("http://cong.test:{plain}/"), State::Healthy, both(&[]));
    farm.check(&format!("https://cong.test:{safe}/"), State::Healthy, both(&[]));
    farm.check(&format!("http://cong.test:{four}/"), State::Ipv4Only, [&[], &[Cause::Refused]]);
    let status = both(&[Cause::Status]);
    farm.check(&format!("https://cong.test:{safe}/bao-tri"), State::Down, status);
    farm.check(
        &format!("https://cong.test:{safe}/vong"),
        State::Down,
        both(&[Cause::RedirectLoop]),
    );
    let down = [&[Cause::Downgraded][..], &[Cause::Refused, Cause::Downgraded]];
    farm.check(&format!("https://cong.test:{safe}/xuong"), State::Ipv4Only, down);
    // A redirect to a name that leads into the house, over the family in which it does.
    let gap = [&[Cause::Inside][..], &[Cause::NameEmpty]];
    farm.check(&format!("http://cong.test:{plain}/gap"), State::Down, gap);
    let wrong_port = both(&[Cause::TlsNotTls]);
    farm.check(&format!("https://cong.test:{plain}/"), State::Down, wrong_port);
    let too_old = [&[Cause::TlsTooOld][..], &[Cause::Refused]];
    farm.check(&format!("https://cong.test:{old}/"), State::Down, too_old);
    let host = [&[Cause::TlsWrongHost][..], &[Cause::NameEmpty]];
    farm.check(&format!("https://bon.test:{safe}/"), State::Down, host);
}

#[test]
fn a_chain_of_redirects_is_shown_hop_by_hop_with_addresses_and_certificates() {
    let farm = farm();
    let ground = Ground::new();
    let url = format!("http://cong.test:{}/trang?a=1#muc", farm.plain);
    let request = Request::new(url, PATIENCE).over(Family::Ipv6);
    let fetched = http::fetch(&ground.door(&farm.network), &request);
    let answer = fetched.end.clone().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.body), "<title>Cổng thông tin</title>");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=1"));
    assert_eq!(answer.url, format!("https://cong.test:{}/trang?a=1", farm.safe));
    let [first, second] = &fetched.hops[..] else { panic!("{:?}", fetched.hops) };
    assert_eq!((first.status, second.status), (Some(301), Some(200)));
    assert!(first.address.unwrap().is_ipv6() && second.address.unwrap().is_ipv6());
    let shown = second.certificates.as_ref().unwrap();
    assert_eq!(shown.flaw, None);
    assert!(shown.own().unwrap().issuer.contains("Test Root"));
    assert!(first.certificates.is_none() && !fetched.downgraded());
}

#[test]
fn a_certificate_is_looked_at_without_asking_for_a_page() {
    let farm = farm();
    let question =
        |port| TlsQuestion { host: "cong.test".to_owned(), port, days: 10, names: Vec::new() };
    let state = |port, timeout| {
        let looked = farm.look(&watch(Question::Tls(question(port)), timeout));
        let reasons = looked.families[0].judgement.reasons.iter();
        (looked.state, reasons.map(|reason| reason.cause).collect::<Vec<_>>())
    };
    assert_eq!(state(farm.safe, PATIENCE), (State::Healthy, vec![]));
    assert_eq!(state(farm.plain, PATIENCE), (State::Down, vec![Cause::TlsNotTls]));
    assert_eq!(state(farm.old, PATIENCE), (State::Down, vec![Cause::TlsTooOld]));
    // A port that accepts and never shakes hands.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    assert_eq!(state(port, BRIEF), (State::Down, vec![Cause::Silent]));
}
