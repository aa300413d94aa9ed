//! Watching a real nginx for defacement, and holding its home page against the criteria.

use std::collections::BTreeMap;

use duphong::audit::Entry;
use duphong::job::deface::{self, Looked};
use duphong::job::scan::{self, Wish};
use duphong::job::{evidence, incident, snapshot};
use duphong::probe::criterion::Result as Met;
use duphong::probe::deface::fact::{Sign, Variant, Verdict};

use crate::job::portal::Installation;
use crate::probe::certificates::Authority;
use crate::probe::farm::{Daemon, free_port, named, nginx};

const PAGE: &str = "<!doctype html><html lang=vi><head><title>Cổng thông tin điện tử tỉnh Mẫu</title>
<script src=/chinh.js></script></head><body><header><nav><ul><li><a href=/1>Giới thiệu</a><li><a href=/2>Tin tức</a>
<li><a href=/3>Văn bản</a><li><a href=/4>Thủ tục hành chính</a><li><a href=/5>Liên hệ</a></ul></nav></header>
<main><article class=tin><h3>TIN</h3><p>Chủ tịch Ủy ban nhân dân tỉnh Mẫu tiếp công dân định kỳ tháng mười một, nghe kiến nghị về đất đai,
đường giao thông và nước sạch; các sở được giao trả lời trước ngày cuối tháng và công khai kết quả trên cổng.</p></article></main>
<footer><p>Cơ quan chủ quản: Ủy ban nhân dân tỉnh Mẫu</p></footer></body></html>";

/// A portal on nginx whose robot and whose visitors from searches can be given something else.
struct Watched {
    server: Daemon,
    installation: Installation,
}

impl Watched {
    fn new() -> Self {
        let port = free_port();
        let servers = format!(
            "default_type 'text/html; charset=utf-8';
             map $http_user_agent $robot {{ default 0; ~Googlebot 1; }}
             map $http_referer $search {{ default 0; ~google 1; }}
             server {{
               listen 127.0.0.1:{port}; root html;
               location / {{
                 if (-f $document_root/down) {{ return 503 'bảo trì'; }}
                 set $to $robot$search;
                 if (-f $document_root/robot.html) {{ set $to r$to; }}
                 if (-f $document_root/search) {{ set $to s$to; }}
                 if ($to ~ '^r1') {{ rewrite ^ /robot.html break; }}
                 if ($to ~ '^s.1') {{ return 302 http://nhacai.invalid/; }}
                 try_files /index.html =404;
               }}
             }}"
        );
        let server = nginx(&servers, port, |folder| {
            std::fs::create_dir(folder.join("html")).unwrap();
            std::fs::write(folder.join("html/index.html"), PAGE).unwrap();
        });
        let configuration = format!(
            "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }}
state: state
network: {{ inside: [127.0.0.1], resolvers: [\"127.0.0.1:9\"] }}
repositories:
  local: {{ path: repository, password: {{ file: secrets/repository.password }} }}
portals:
  mau:
    url: http://127.0.0.1:{port}/
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases: [ {{ name: cong, sqlite: {{ path: portal/data/cong.sqlite }} }} ]
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h, scratch: scratch }}
    defacement: {{ every: 10m }}
incidents: {{}}
"
        );
        Self { server, installation: Installation::with(&configuration) }
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.server.folder.path().join("html").join(name), content).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.server.folder.path().join("html").join(name)).unwrap();
    }

    fn look(&self) -> Looked {
        let mut looked = deface::look(&self.installation.site, "mau").unwrap();
        assert_eq!(looked.len(), 1);
        let looked = looked.remove(0);
        assert!(looked.faults.is_empty(), "{:?}", looked.faults);
        looked
    }

    fn set(&self) -> String {
        let taken = snapshot::create(&self.installation.site, "mau").unwrap();
        taken.sets[0].written.id.to_string()
    }

    fn entries(&self, verb: &str) -> Vec<Entry> {
        let log = self.installation.site.log().unwrap();
        let entries = log.reader().unwrap().entries().map(Result::unwrap);
        entries.filter(|entry| entry.verb == verb).collect()
    }
}

fn signs(looked: &Looked) -> Vec<&Sign> {
    looked.judged.reasons.iter().map(|reason| &reason.sign).collect()
}

#[test]
fn an_altered_page_is_sealed_recorded_and_proposed_once_with_the_right_sets() {
    let watched = Watched::new();
    let first_set = watched.set();
    let first = watched.look();
    assert!(first.baseline_taken && first.judged.verdict == Verdict::Unaltered, "{first:?}");
    watched.write("index.html", &PAGE.replace("TIN", "Tin khác của ngày hôm sau"));
    let second = watched.look();
    assert_eq!(
        (second.judged.verdict, second.entry, second.baseline_taken),
        (Verdict::Unaltered, None, false)
    );
    let second_set = watched.set();

    watched.write("index.html", "<title>Hacked by XYZ</title><h1>HACKED BY XYZ</h1>");
    let hit = watched.look();
    assert_eq!(hit.judged.verdict, Verdict::Altered, "{hit:?}");
    assert!(signs(&hit).iter().any(|sign| matches!(sign, Sign::Title { .. })));
    assert_eq!(hit.sets.before_last_unaltered.as_ref().unwrap().id, first_set);
    assert_eq!(hit.sets.before_first_altered.as_ref().unwrap().id, second_set);
    let number = hit.incident.unwrap();
    let case = incident::find(&watched.installation.site, number).unwrap();
    assert_eq!(case.evidence.len(), 8, "a head and a body of each answer");
    assert!(
        case.what.starts_with("Trang http://127.0.0.1:") && case.what.contains(&first_set[..8]),
        "{}",
        case.what
    );
    let bodies =
        case.evidence.iter().filter(|sealed| sealed.what.media_type.starts_with("text/html"));
    let bodies: Vec<_> = bodies.collect();
    assert_eq!(bodies.len(), 4, "one of each answer");
    for sealed in bodies {
        let bytes = evidence::read(&watched.installation.site, sealed.what.digest).unwrap();
        assert!(String::from_utf8(bytes).unwrap().contains("HACKED BY XYZ"));
    }
    // Sealed first, then proposed, then on record.
    let seal = watched.entries("evidence.seal")[0].seq;
    let proposed = watched.entries("incident.propose")[0].seq;
    assert!(seal < proposed && proposed < hit.entry.unwrap());

    let again = watched.look();
    assert_eq!((again.judged.verdict, again.entry, again.incident), (Verdict::Altered, None, None));
    watched.write("index.html", PAGE);
    assert!(watched.look().entry.is_some());
    watched.write("index.html", "<title>Hacked by XYZ</title><h1>HACKED BY XYZ</h1>");
    assert_eq!(watched.look().incident, Some(number), "what is open is joined");
    assert_eq!(watched.entries("incident.propose").len(), 2, "an intent and its outcome");
}

#[test]
fn whom_the_server_treats_otherwise_is_found() {
    let watched = Watched::new();
    watched.look();
    watched.write(
        "robot.html",
        "<title>Nổ hũ đổi thưởng</title><a href=https://x.example>game bài đổi thưởng</a>",
    );
    let hit = watched.look();
    let cloaked = hit.judged.reasons.iter().find(|one| matches!(one.sign, Sign::Cloaked { .. }));
    assert_eq!(cloaked.unwrap().variants.iter().collect::<Vec<_>>(), [&Variant::Robot], "{hit:?}");
    watched.remove("robot.html");
    assert_eq!(watched.look().judged.verdict, Verdict::Unaltered);
    watched.write("search", "");
    let hit = watched.look();
    assert_eq!(hit.judged.verdict, Verdict::Altered, "{hit:?}");
    assert_eq!(signs(&hit)[0], &Sign::Redirected { host: "nhacai.invalid".to_owned() });
}

#[test]
fn a_page_that_is_down_is_unknown_and_makes_no_baseline() {
    let watched = Watched::new();
    watched.write("down", "");
    let looked = watched.look();
    assert_eq!((looked.judged.verdict, looked.baseline_taken), (Verdict::Unknown, false));
    assert_eq!(looked.judged.unseen[0].why, "status-503");
    let fault = deface::take_baselines(&watched.installation.site, "mau", "An", "thử").unwrap_err();
    assert_eq!(fault.code(), "deface.not-seen");
    watched.remove("down");
    assert!(watched.look().baseline_taken);
}

#[test]
fn a_person_s_baseline_ends_the_alarm_about_a_page_that_was_redrawn() {
    let watched = Watched::new();
    watched.look();
    watched.write(
        "index.html",
        "<title>Trang mới hoàn toàn</title><div class=a><div class=b><p>Khác hẳn.</div></div>",
    );
    assert_eq!(watched.look().judged.verdict, Verdict::Altered);
    let site = &watched.installation.site;
    let taken = deface::take_baselines(site, "mau", "Nguyễn Văn An", "giao diện mới").unwrap();
    assert_eq!(taken[0].by.as_deref(), Some("Nguyễn Văn An"));
    let looked = watched.look();
    assert_eq!(looked.judged.verdict, Verdict::Unaltered, "{looked:?}");
    // Without the file of the last look the log is enough.
    std::fs::remove_dir_all(site.settings.state.join("looks")).unwrap();
    assert_eq!(watched.look().entry, None);
}

/// A portal with a name, certificates and both families, as `scan` wants it.
struct Scanned {
    server: Daemon,
    _names: Daemon,
    installation: Installation,
}

impl Scanned {
    fn new() -> Self {
        let (names, at) = named();
        let (safe, root) = (free_port(), Authority::root("Test Root"));
        let (_, key, pem) = root.sign(&["cong.test"], |params| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2090, 1, 1);
        });
        let servers = format!(
            "default_type 'text/html; charset=utf-8';
             ssl_certificate server.pem; ssl_certificate_key server.key;
             server {{ listen 127.0.0.1:{safe} ssl; listen [::1]:{safe} ssl; root html;
               location = / {{ try_files /index.html =404; }}
               location = /.well-known/security.txt {{ return 200 'Contact: mailto:ungcuu@cong.example'; }}
               location = /label {{ default_type image/png;
                 if (-f $document_root/busy) {{ return 503; }}
                 if ($arg_id = cong.test) {{ return 200 'picture'; }}
                 return 404; }} }}"
        );
        let server = nginx(&servers, safe, |folder| {
            std::fs::create_dir(folder.join("html")).unwrap();
            std::fs::write(folder.join("html/index.html"), PAGE).unwrap();
            std::fs::write(folder.join("server.pem"), &pem).unwrap();
            std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
        });
        // Outlives the server: a test stops it.
        let authorities = names.folder.path().join("authority.pem");
        std::fs::write(&authorities, &root.pem).unwrap();
        let authorities = authorities.display();
        let configuration = format!(
            "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }}
state: state
network: {{ inside: [127.0.0.1, \"::1\"], resolvers: [\"{at}\"], authorities: {authorities} }}
repositories:
  local: {{ path: repository, password: {{ file: secrets/repository.password }} }}
portals:
  mau:
    url: https://cong.test:{safe}/
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases: [ {{ name: cong, sqlite: {{ path: portal/data/cong.sqlite }} }} ]
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h, scratch: scratch }}
    network-member: true
    criteria: {{ components: [so-y-te.cong.test], emc-id: \"33\" }}
"
        );
        Self { server, _names: names, installation: Installation::with(&configuration) }
    }

    fn scan(&self) -> scan::Scanned {
        let site = &self.installation.site;
        scan::portal(site, site.portal("mau").unwrap(), &Wish::default()).unwrap()
    }
}

fn results(scanned: &scan::Scanned) -> BTreeMap<&str, (Met, &str)> {
    let row = |row: &'_ scan::Row| (row.outcome.result, row.outcome.because[0].id);
    scanned.rows.iter().map(|one| (one.criterion.id.as_str(), row(one))).collect()
}

#[test]
fn a_portal_is_held_against_every_criterion_and_keeps_its_history() {
    let portal = Scanned::new();
    let first = portal.scan();
    let seen = results(&first);
    for (criterion, result, because) in [
        ("emc-code", Met::Fail, "criterion-emc-missing"),
        ("emc-label", Met::Fail, "criterion-label-missing"),
        ("link-child", Met::Fail, "criterion-links-absent"),
        ("link-parent", Met::NotBound, "criterion-other-kind"),
        ("level", Met::Pass, "criterion-level"),
        ("metadata", Met::Unknown, "criterion-metadata-absent"),
        ("service-portal", Met::Fail, "criterion-link-absent"),
        ("domain", Met::Fail, "criterion-domain-other"),
        ("ipv6", Met::Pass, "criterion-ipv6"),
        ("https", Met::Pass, "criterion-https"),
        ("trust-label", Met::Fail, "criterion-trust-missing"),
        ("incident-contact", Met::Pass, "criterion-contact-file"),
    ] {
        assert_eq!(seen.get(criterion), Some(&(result, because)), "{criterion}");
    }
    let code = "<script>var _govaq=window._govaq||[];_govaq.push(['setTrackerUrl','https://f-emc.ngsp.gov.vn/tracking']);_govaq.push(['setSiteId','33']);</script><a href=https://so-y-te.cong.test/>Sở Y tế</a>";
    let page = PAGE.replace("</body>", &format!("{code}</body>"));
    std::fs::write(portal.server.folder.path().join("html/index.html"), page).unwrap();
    let second = portal.scan();
    let seen = results(&second);
    assert_eq!(seen["emc-code"], (Met::Pass, "criterion-emc-found"));
    assert_eq!(seen["emc-label"], (Met::Unknown, "criterion-label-by-script"));
    assert_eq!(seen["link-child"].0, Met::Pass);
    let since = |id: &str| second.rows.iter().find(|row| row.criterion.id == id).unwrap().since;
    assert_eq!((since("emc-code"), since("ipv6")), (Some(second.at), Some(first.at)));
    assert!(second.entry > first.entry && first.entry.is_some());
}

#[test]
fn a_page_that_cannot_be_looked_at_fails_nothing_that_was_not_seen() {
    let portal = Scanned::new();
    drop(portal.server);
    let site = &portal.installation.site;
    let scanned = scan::portal(site, site.portal("mau").unwrap(), &Wish::default()).unwrap();
    let seen = results(&scanned);
    assert_eq!(seen["emc-code"].0, Met::Unknown);
    assert_eq!(seen["https"].0, Met::Fail);
}

#[test]
fn an_issuer_is_asked_for_the_portal_s_own_label_and_only_a_clear_no_is_a_no() {
    let portal = Scanned::new();
    let site = &portal.installation.site;
    let html = portal.server.folder.path().join("html");
    // The issuer refuses the label of another, which the page shows first.
    let label = |id: &str| format!("<img src=/label?id={id}>");
    let both = format!("{}{}</body>", label("khac.test"), label("cong.test"));
    std::fs::write(html.join("index.html"), PAGE.replace("</body>", &both)).unwrap();
    let criteria = portal.server.folder.path().join("criteria.yaml");
    let text = "version: 1\nset: own\nlaw: Quy chế\ncriteria:\n  - { id: own-label, article: '1', \
                name: { vi: Nhãn, en: Label }, \
                check: { kind: trust-label, host: cong.test, path: /label, parameter: id } }\n";
    std::fs::write(&criteria, text).unwrap();
    let asked = |ask_issuer| {
        let wish = Wish { criteria: vec![criteria.clone()], ask_issuer, ..Wish::default() };
        let scanned = scan::portal(site, site.portal("mau").unwrap(), &wish).unwrap();
        let (met, because) = results(&scanned)["own-label"];
        (met, because.to_owned())
    };
    assert_eq!(asked(false), (Met::Unknown, "criterion-trust-not-asked".to_owned()));
    assert_eq!(asked(true), (Met::Pass, "criterion-trust-confirmed".to_owned()));
    std::fs::write(html.join("busy"), "").unwrap();
    assert_eq!(asked(true), (Met::Unknown, "criterion-trust-silent".to_owned()));
}
