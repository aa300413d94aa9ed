//! Where heads of the audit log go: what is read, and what would prove nothing and is refused.

use std::time::Duration;

use duphong::base::language::Language;
use duphong::config::settings::{AnchorPlace, LockMode};

use super::{changed, load};

const BUCKET: &str =
    "s3: { endpoint: 'https://s3.example.vn', bucket: moc-neo, credentials: { file: s3.key } }";
const LOCK: &str = "object-lock: { mode: compliance, retention: 400d }";
const MAIL: &str = "mail: { to: kiemtoan@ngoai.vn }";
const SMTP: &str =
    "notices: { smtp: { host: mail.example.vn, security: tls, from: duphong@example.vn } }\n";

/// SMALL with one place.
fn with(notices: &str, place: &str) -> String {
    let more =
        format!("state: /var/lib/duphong\n{notices}audit: {{ anchors: {{ a: {{ {place} }} }} }}\n");
    changed("state: /var/lib/duphong\n", &more)
}

#[test]
fn a_bucket_and_a_letter_are_read_with_their_defaults() {
    let loaded = load(&with("", &format!("{BUCKET}, {LOCK}"))).unwrap();
    let anchoring = loaded.settings.anchoring;
    assert_eq!(anchoring.schedule.unwrap().as_str(), "20 1 * * *");
    let AnchorPlace::S3(bucket) = &anchoring.anchors[0].place else { panic!("a bucket") };
    let lock = bucket.object_lock.unwrap();
    assert_eq!((lock.mode, lock.slack), (LockMode::Compliance, Duration::ZERO));
    assert_eq!(lock.retention, Duration::from_hours(400 * 24));
    let anchoring = load(&with(SMTP, MAIL)).unwrap().settings.anchoring;
    let AnchorPlace::Mail { to, language } = &anchoring.anchors[0].place else { panic!("mail") };
    assert_eq!((to.as_str(), *language), ("kiemtoan@ngoai.vn", Language::Vietnamese));
}

#[test]
fn places_that_would_prove_nothing_are_refused() {
    for (notices, place, problem) in [
        ("", BUCKET.to_owned(), "config-anchor-without-lock"),
        ("", MAIL.to_owned(), "config-anchor-without-smtp"),
        (SMTP, format!("{MAIL}, {LOCK}"), "config-anchor-lock-mail"),
        (SMTP, format!("{MAIL}, {BUCKET}, {LOCK}"), "config-one-of"),
        ("", format!("{BUCKET}, {}", LOCK.replace("400d", "29d")), "config-duration-range"),
        ("", format!("{BUCKET}, {}", LOCK.replace("compliance", "legal")), "config-unknown-word"),
    ] {
        let found = load(&with(notices, &place)).unwrap_err();
        let ids: Vec<_> = found.list.iter().map(|one| one.message.id).collect();
        assert!(ids.contains(&problem), "{place}: {ids:?}");
    }
}

#[test]
fn a_place_among_the_objects_of_a_repository_is_refused() {
    let disk = "{ path: /srv/repo,";
    let repository = format!("{{ {BUCKET},");
    let text = with("", &format!("{BUCKET}, {LOCK}")).replacen(disk, &repository, 1);
    let found = load(&text).unwrap_err();
    assert_eq!(found.list[0].message.id, "config-same-bucket");
}
