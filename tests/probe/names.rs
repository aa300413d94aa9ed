//! What name servers say, and do not say: a real one (named), and one that never answers.

use std::net::SocketAddr;
use std::time::Duration;

use duphong::probe::fact::{Cause, State, Verdict};
use duphong::probe::look::look;
use duphong::probe::settings::{DnsQuestion, Families, Network, Question, TlsQuestion};
use duphong::world::net::Family;

use crate::probe::farm::{BRIEF, Ground, PATIENCE, deaf, named, network, page, watch};

/// What a probe of `name` comes to, and why, over IPv4 and IPv6.
fn ask(
    network: &Network,
    name: &str,
    pinned: (&[&str], &[&str]),
    timeout: Duration,
) -> (State, [Vec<Cause>; 2]) {
    let ground = Ground::new();
    let question = DnsQuestion {
        name: name.to_owned(),
        a: pinned.0.iter().map(|address| address.parse().unwrap()).collect(),
        aaaa: pinned.1.iter().map(|address| address.parse().unwrap()).collect(),
    };
    let probe = watch(Question::Dns(question), timeout);
    let looked = look(&ground.door(network), network, &probe);
    let causes = |at: usize| {
        looked.families[at].judgement.reasons.iter().map(|reason| reason.cause).collect()
    };
    (looked.state, [causes(0), causes(1)])
}

#[test]
fn every_answer_of_the_name_servers_has_its_name() {
    let (_named, at) = named();
    let network = network(at);
    let check = |name: &str, pinned: (&[&str], &[&str]), state: State, causes: [&[Cause]; 2]| {
        let seen = ask(&network, name, pinned, PATIENCE);
        assert_eq!((seen.0, [&seen.1[0][..], &seen.1[1][..]]), (state, causes), "{name}");
    };
    let (any, both): ((&[&str], &[&str]), _) = ((&[], &[]), (&["127.0.0.1"][..], &["::1"][..]));
    check("cong.test", any, State::Healthy, [&[], &[]]);
    check("cong.test", both, State::Healthy, [&[], &[]]);
    // Aliases are followed.
    check("bidanh.test", both, State::Healthy, [&[], &[]]);
    check("bon.test", both, State::Ipv4Only, [&[], &[Cause::NameEmpty]]);
    check("trong.test", any, State::Down, [&[Cause::NameEmpty], &[Cause::NameEmpty]]);
    check("khong.test", any, State::Down, [&[Cause::NameMissing], &[Cause::NameMissing]]);
    // SERVFAIL: a zone that the server cannot load. REFUSED: a zone that is not its own.
    check("cong.hong", any, State::Down, [&[Cause::NameFailed], &[Cause::NameFailed]]);
    let refused = [&[Cause::ResolversRefuse][..]; 2];
    check("cong.example", any, State::Unknown, refused);
    check("not..a.name", any, State::Down, [&[Cause::BadUrl], &[Cause::BadUrl]]);
    // Lies: an address that is not on the list, and addresses inside our own network.
    let lying = ask(&network, "la.test", (&["198.51.100.1"], &[]), PATIENCE);
    assert!(lying.1[0].contains(&Cause::AddressUnexpected), "{lying:?}");
    let inside = ask(&network, "nha.test", any, PATIENCE);
    assert_eq!(inside.1[0], [Cause::Inside]);
}

#[test]
fn name_servers_that_never_answer_make_it_unknown_in_time() {
    let (_held, at) = deaf();
    let (state, causes) = ask(&network(at), "cong.test", (&[], &[]), BRIEF);
    assert_eq!(state, State::Unknown);
    assert_eq!(causes, [[Cause::ResolversSilent], [Cause::ResolversSilent]]);

    // Nor are they taken for the silence of the portal behind the name, however short the time.
    let network = network(at);
    let ground = Ground::new();
    let door = ground.door(&network);
    let tls = TlsQuestion { host: "cong.test".to_owned(), port: 443, days: 1, names: Vec::new() };
    for question in [Question::Http(page("http://cong.test/")), Question::Tls(tls)] {
        for timeout in [Duration::from_millis(300), BRIEF] {
            let looked = look(&door, &network, &watch(question.clone(), timeout));
            assert_eq!(looked.state, State::Unknown, "{looked:?}");
        }
    }
}

#[test]
fn one_deaf_name_server_of_two_does_no_harm() {
    let ((_named, at), (_held, silent)) = (named(), deaf());
    let mut network = network(silent);
    network.resolvers.push(at);
    assert_eq!(ask(&network, "cong.test", (&[], &[]), PATIENCE).0, State::Healthy);
}

#[test]
fn a_page_behind_a_name_is_judged_by_what_the_name_leads_to() {
    let (_named, at) = named();
    let mut network = network(at);
    // It accepts connections: the verdicts do not hang on the routes of the machine.
    network.uplink = vec![at];
    let ground = Ground::new();
    let door = ground.door(&network);
    let look_at = |host: &str, families| {
        let mut probe = watch(Question::Http(page(format!("http://{host}:9/"))), PATIENCE);
        probe.families = families;
        let looked = look(&door, &network, &probe);
        let reasons = looked.families[0].judgement.reasons.iter();
        (looked.state, reasons.map(|reason| reason.cause).collect::<Vec<_>>())
    };
    let check = |host: &str, cause: Cause| {
        assert_eq!(look_at(host, Families::Ipv4), (State::Down, vec![cause]), "{host}");
    };
    check("cong.test", Cause::Refused);
    check("khong.test", Cause::NameMissing);
    check("cong.hong", Cause::NameFailed);
    check("nha.test", Cause::Inside);
    // One right address and one in the house: the right one is no excuse.
    check("lai.test", Cause::Inside);
}

#[test]
fn a_dead_witness_of_our_own_uplink_makes_a_dead_portal_unknown() {
    let (_named, at) = named();
    let mut network = network(at);
    let dead = SocketAddr::from(([127, 0, 0, 1], 9));
    let alive = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let verdict = |network: &Network| {
        let ground = Ground::new();
        let mut probe = watch(Question::Http(page("http://cong.test:9/")), PATIENCE);
        probe.families = Families::Ipv4;
        let looked = look(&ground.door(network), network, &probe);
        let family = &looked.families[0];
        assert_eq!(family.family, Family::Ipv4);
        (family.judgement.verdict, family.judgement.reasons[0].cause)
    };
    network.uplink = vec![dead];
    assert_eq!(verdict(&network), (Verdict::Unknown, Cause::UplinkDead));
    network.uplink = vec![dead, alive.local_addr().unwrap()];
    assert_eq!(verdict(&network), (Verdict::Down, Cause::Refused));
}
