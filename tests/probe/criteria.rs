//! Criteria: the shipped files, and each way of checking held against pages good, bad and unclear.

use duphong::probe::criterion::{
    Asked, BadCriteria, Criterion, Observed, Outcome, Portal, Result as Met, evaluate, own_label,
    sets,
};
use duphong::probe::fact::{Cause, Reason};
use duphong::probe::page::Page;
use reqwest::Url;

const EMC: &str = "<script>var _govaq=window._govaq||[];_govaq.push(['setTrackerUrl','https://f-emc.ngsp.gov.vn/tracking']);\
    _govaq.push(['setSiteId','33']);</script>";
const TRUST: &str = "<img data-src='https://tinnhiemmang.vn/handle_cert?id=cong.gov.vn' alt='Chung nhan Tin Nhiem Mang'>";

fn criterion(id: &str) -> Criterion {
    let all = sets(&[]).unwrap();
    let mut found = all.into_iter().flat_map(|set| set.criteria).filter(|one| one.id == id);
    found.next().unwrap()
}

/// A portal on which all that is not in the page is as it should be.
fn seen(html: &str) -> Observed {
    let url = Url::parse("https://www.cong.gov.vn/").unwrap();
    Observed {
        page: Ok(Page::read(&url, None, html.as_bytes())),
        policy: None,
        secure: Ok(url.clone()),
        days_left: Some(60),
        transport: None,
        plain: Ok(url.clone()),
        ipv6: Ok(200),
        contacts: Ok(Vec::new()),
        labels: Vec::new(),
        url,
    }
}

fn portal() -> Portal<'static> {
    Portal { kind: Some("cong"), level: Some(3), member: Some(true), ..Portal::default() }
}

#[track_caller]
fn judged(id: &str, portal: &Portal<'_>, seen: &Observed, met: Met, because: &str) -> Outcome {
    let outcome = evaluate(&criterion(id), portal, seen);
    assert_eq!((outcome.result, outcome.because[0].id), (met, because), "{outcome:?}");
    outcome
}

#[track_caller]
fn check(id: &str, html: &str, met: Met, because: &str) {
    judged(id, &portal(), &seen(html), met, because);
}

#[test]
fn the_shipped_files_are_read_and_their_ids_are_unique() {
    let all = sets(&[]).unwrap();
    assert!(all.iter().map(|set| set.criteria.len()).sum::<usize>() >= 12);
    let own = |text: &str| sets(&[text.to_owned()]).map(|_| ());
    let head = "version: 1\nset: a\nlaw: Quy chế\ncriteria:\n";
    let one = |id: &str| {
        format!(
            "{head}  - {{ id: {id}, article: '1', name: {{ vi: a, en: b }}, check: {{ kind: ipv6 }} }}\n"
        )
    };
    assert_eq!(own(&one("rieng")), Ok(()));
    assert_eq!(own(&one("ipv6")), Err(BadCriteria::Twice("ipv6".to_owned())));
    assert_eq!(
        own(&one("rieng").replace("version: 1", "version: 2")),
        Err(BadCriteria::Version(2))
    );
    for bad in [
        "",
        "a: [",
        "version: 1",
        &one("a").replace("kind: ipv6", "kind: magic"),
        &format!("{}thừa: 1\n", one("a")),
    ] {
        assert!(matches!(own(bad), Err(BadCriteria::Format(_))), "{bad}");
    }
}

#[test]
fn a_criterion_holds_between_its_days() {
    let emc = criterion("emc-code");
    assert!(!emc.holds_on("2024-04-04".parse().unwrap()));
    assert!(emc.holds_on("2024-04-05".parse().unwrap()));
    let mut ended = emc;
    ended.until = Some("2026-12-31".parse().unwrap());
    assert!(ended.holds_on("2026-12-31".parse().unwrap()));
    assert!(!ended.holds_on("2027-01-01".parse().unwrap()));
}

#[test]
fn every_finding_about_the_tracking_code_has_its_name() {
    check("emc-code", EMC, Met::Pass, "criterion-emc-found");
    check("emc-code", "<p>trang</p>", Met::Fail, "criterion-emc-missing");
    check("emc-code", &EMC.replace("setSiteId", "khac"), Met::Fail, "criterion-emc-no-id");
    check("emc-code", &EMC.replace("https:", "http:"), Met::Fail, "criterion-emc-plain-loader");
    check("emc-code", &EMC.replace("'33'", "'0'"), Met::Fail, "criterion-emc-placeholder");
    check("emc-code", &EMC.replace("'33'", "'YOUR_ID'"), Met::Fail, "criterion-emc-placeholder");
    check("emc-code", &EMC.replace("'33'", "ids[0]"), Met::Unknown, "criterion-emc-unresolved");
    let two = format!("{EMC}<script>_govaq.push(['setSiteId','60'])</script>");
    check("emc-code", &two, Met::Fail, "criterion-emc-two-ids");
    check(
        "emc-code",
        "<script>_govaq.push(['setSiteId','60'])</script>",
        Met::Unknown,
        "criterion-emc-no-loader",
    );
    check(
        "emc-code",
        "<script>u='//f-emc.ngsp.gov.vn/'+x</script>",
        Met::Unknown,
        "criterion-emc-mentioned",
    );
    let configured = Portal { emc_id: Some("60"), ..portal() };
    judged("emc-code", &configured, &seen(EMC), Met::Fail, "criterion-emc-other-id");
    check(
        "emc-code",
        "<div id=app></div><script src=/app.js></script>",
        Met::Unknown,
        "criterion-emc-missing",
    );
}

#[test]
fn a_tracking_code_that_was_seen_in_part_is_never_met() {
    let in_part = |seen: &Observed, why: &str| {
        let outcome = judged("emc-code", &portal(), seen, Met::Unknown, "criterion-emc-in-part");
        assert!(outcome.because.iter().any(|one| one.id == why), "{outcome:?}");
    };
    let cut = |html: &str| {
        let mut seen = seen(html);
        seen.page.as_mut().unwrap().cut = true;
        seen
    };
    in_part(&cut(EMC), "criterion-page-cut");
    in_part(&cut(&EMC.replace("https:", "http:")), "criterion-page-cut");
    // A second id may stand behind the last place that is looked at.
    let padded = EMC.replace("</script>", &format!("{}</script>", "_govaq;".repeat(300)));
    in_part(&seen(&padded), "criterion-emc-cut");
    let other = format!("{EMC}<script>_govaq.push(['setSiteId', ids[0]])</script>");
    in_part(&seen(&other), "criterion-emc-unresolved");
    // What is missing from a part may stand in the rest.
    let without_id = cut(&EMC.replace("setSiteId", "khac"));
    judged("emc-code", &portal(), &without_id, Met::Unknown, "criterion-emc-no-id");
    let hidden = format!("<script>{}</script>", "_govaq;".repeat(300));
    check("emc-code", &hidden, Met::Unknown, "criterion-emc-cut");
    // What was seen and is wrong is wrong, whatever the rest says.
    let two = format!("{padded}<script>_govaq.push(['setSiteId','60'])</script>");
    check("emc-code", &two, Met::Fail, "criterion-emc-two-ids");
}

#[test]
fn a_policy_that_keeps_the_tracking_program_out_is_found() {
    for (policy, met) in [
        ("script-src 'self'", Met::Fail),
        ("default-src 'self' https://other.gov.vn", Met::Fail),
        ("default-src 'self'; script-src 'self' https://f-emc.ngsp.gov.vn", Met::Pass),
        ("script-src *.ngsp.gov.vn", Met::Pass),
        ("SCRIPT-SRC https:", Met::Pass),
        ("img-src 'self'", Met::Pass),
        ("script-src 'nonce-a' 'strict-dynamic'", Met::Pass),
    ] {
        let mut seen = seen(EMC);
        seen.policy = Some(policy.to_owned());
        assert_eq!(evaluate(&criterion("emc-code"), &portal(), &seen).result, met, "{policy}");
    }
}

#[test]
fn the_label_of_a_page_with_the_code_cannot_be_missed_statically() {
    check("emc-label", "<p>trang</p>", Met::Fail, "criterion-label-missing");
    check("emc-label", EMC, Met::Unknown, "criterion-label-by-script");
    for label in [
        "<span>Đã kết nối EMC</span>",
        "<a id=btnEMC>x</a>",
        "<a class='a yhy-btn-emc'>x</a>",
        "<img src=/a.png alt=EMC>",
    ] {
        check("emc-label", label, Met::Pass, "criterion-label-found");
    }
}

#[test]
fn a_trust_label_counts_only_where_it_is_this_page_s_own_and_confirmed() {
    check("trust-label", "<p>trang</p>", Met::Fail, "criterion-trust-missing");
    check("trust-label", "<img src=/anh/tinnhiemmang.png>", Met::Fail, "criterion-trust-copied");
    check(
        "trust-label",
        &TRUST.replace("cong.gov.vn", "khac.gov.vn"),
        Met::Fail,
        "criterion-trust-other",
    );
    check("trust-label", TRUST, Met::Unknown, "criterion-trust-not-asked");
    let own = Url::parse("https://tinnhiemmang.vn/handle_cert?id=cong.gov.vn").unwrap();
    for (label, met, because) in [
        (Asked::Silent, Met::Unknown, "criterion-trust-silent"),
        (Asked::Answered(200, "image/png".to_owned()), Met::Pass, "criterion-trust-confirmed"),
        (Asked::Answered(200, "text/html".to_owned()), Met::Fail, "criterion-trust-refused"),
        (Asked::Answered(404, "image/png".to_owned()), Met::Fail, "criterion-trust-refused"),
        (Asked::Answered(429, "text/html".to_owned()), Met::Unknown, "criterion-trust-silent"),
        (Asked::Answered(503, "image/png".to_owned()), Met::Unknown, "criterion-trust-silent"),
    ] {
        let mut seen = seen(TRUST);
        seen.labels = vec![(own.clone(), label)];
        judged("trust-label", &portal(), &seen, met, because);
    }
}

#[test]
fn what_the_issuer_says_of_another_label_says_nothing_of_this_page_s_own() {
    let other = TRUST.replace("id=cong.gov.vn", "id=khac.gov.vn");
    let page = seen(&format!("{other}{TRUST}"));
    let sought = ("tinnhiemmang.vn", "/handle_cert", "id");
    let own = own_label(page.page.as_ref().unwrap(), sought).unwrap();
    assert_eq!(own.query(), Some("id=cong.gov.vn"));
    let mut page = page.clone();
    let asked = Url::parse("https://tinnhiemmang.vn/handle_cert?id=khac.gov.vn").unwrap();
    page.labels = vec![(asked, Asked::Answered(200, "image/png".to_owned()))];
    judged("trust-label", &portal(), &page, Met::Unknown, "criterion-trust-not-asked");
}

#[test]
fn links_count_when_people_can_see_them_and_lead_to_the_very_host() {
    let components = ["so-y-te.cong.gov.vn".to_owned(), "so-nv.cong.gov.vn".to_owned()];
    let portal = Portal { components: &components, ..portal() };
    let link = |host: &str| format!("<a href=//{host}/>x</a>");
    let both = link("so-y-te.cong.gov.vn") + &link("www.so-nv.cong.gov.vn");
    judged("link-child", &portal, &seen(&both), Met::Pass, "criterion-links-all");
    let hidden = format!("{}<p hidden>{}</p>", link(&components[0]), link(&components[1]));
    judged("link-child", &portal, &seen(&hidden), Met::Fail, "criterion-links-absent");
    check("link-child", &both, Met::Unknown, "criterion-no-components");
    check("service-portal", &link("dichvucong.gov.vn"), Met::Pass, "criterion-link");
    check("service-portal", &link("gia.dichvucong.gov.vn"), Met::Fail, "criterion-link-absent");
    let page = Portal { kind: Some("trang"), parent: Some("tinh.gov.vn"), ..portal };
    judged("link-parent", &page, &seen(&link("tinh.gov.vn")), Met::Pass, "criterion-link");
    judged("subdomain", &page, &seen(""), Met::Fail, "criterion-not-below-parent");
    let below = Portal { parent: Some("gov.vn"), ..page };
    judged("subdomain", &below, &seen(""), Met::Pass, "criterion-below-parent");
}

#[test]
fn https_ipv6_and_the_name_are_judged_by_what_was_seen() {
    let mut one = seen("");
    judged("https", &portal(), &one, Met::Pass, "criterion-https");
    one.plain = Ok(Url::parse("http://www.cong.gov.vn/").unwrap());
    judged("https", &portal(), &one, Met::Fail, "criterion-https-no-redirect");
    one.plain = Err(Reason::new(Cause::Refused, "", ""));
    judged("https", &portal(), &one, Met::Pass, "criterion-https");
    one.plain = Err(Reason::new(Cause::Silent, "", ""));
    judged("https", &portal(), &one, Met::Unknown, "criterion-https-plain-not-seen");
    one.secure = Err(Reason::new(Cause::TlsExpired, "", ""));
    judged("https", &portal(), &one, Met::Fail, "criterion-https-not");
    one.secure = Err(Reason::new(Cause::UplinkDead, "", ""));
    judged("https", &portal(), &one, Met::Unknown, "criterion-https-not");
    one.secure = Err(Reason::new(Cause::Inside, "10.0.0.5", ""));
    judged("https", &portal(), &one, Met::Unknown, "criterion-https-not");
    one.ipv6 = Err(Reason::new(Cause::NameEmpty, "", ""));
    judged("ipv6", &portal(), &one, Met::Fail, "criterion-ipv6-not");
    one.ipv6 = Err(Reason::new(Cause::NoRoute, "", ""));
    judged("ipv6", &portal(), &one, Met::Unknown, "criterion-ipv6-not");
    judged("domain", &portal(), &one, Met::Pass, "criterion-domain");
    one.url = Url::parse("https://cong.example/").unwrap();
    judged("domain", &portal(), &one, Met::Fail, "criterion-domain-other");
}

#[test]
fn what_the_law_does_not_bind_or_nobody_knows_is_not_failed() {
    judged("level", &Portal::default(), &seen(""), Met::Unknown, "criterion-kind-not-known");
    let page = Portal { kind: Some("trang"), ..portal() };
    judged("level", &page, &seen(""), Met::NotBound, "criterion-other-kind");
    judged(
        "level",
        &Portal { level: Some(2), ..portal() },
        &seen(""),
        Met::Fail,
        "criterion-level-low",
    );
    judged(
        "incident-contact",
        &Portal::default(),
        &seen(""),
        Met::Unknown,
        "criterion-member-not-known",
    );
    let outsider = Portal { member: Some(false), ..portal() };
    judged("incident-contact", &outsider, &seen(""), Met::NotBound, "criterion-no-member");
    check(
        "incident-contact",
        "<p>Địa chỉ tiếp nhận sự cố: …</p>",
        Met::Pass,
        "criterion-contact-text",
    );
    check("incident-contact", "<p>trang</p>", Met::Fail, "criterion-contact-missing");
    // The annex in force is not known: what an older list misses is no failure.
    check("metadata", "<p>trang</p>", Met::Unknown, "criterion-metadata-absent");
    let all = ["title", "creator", "date", "description", "publisher", "identifier"];
    let metas: String = all
        .iter()
        .map(|name| format!("<meta name=DCTERMS.{name} content=x>"))
        .collect::<Vec<_>>()
        .concat();
    check("metadata", &metas, Met::Pass, "criterion-metadata");
    let mut unseen = seen("");
    unseen.page = Err(Reason::new(Cause::Silent, "", ""));
    for id in
        ["emc-code", "emc-label", "trust-label", "metadata", "service-portal", "incident-contact"]
    {
        judged(id, &portal(), &unseen, Met::Unknown, "criterion-page-not-seen");
    }
}
