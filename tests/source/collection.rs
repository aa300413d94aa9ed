//! Every kind of object that PostgreSQL's own dump knows: what is loaded from a dump of ours is
//! dumped again by the stock programs, and every line must be the same.
//!
//! Subscriptions and tablespaces are not restored on purpose, and left out of both sides.

use std::collections::BTreeSet;
use std::process::Command;

use duphong::base::secret::Secret;
use duphong::source::postgres::Settings;

use super::postgres::{assert_same, dump, inventory, load};
use super::scratch::{cluster_with, query, run};

const RICH: &str = include_str!("rich.sql");
const MORE: &str = include_str!("collection.sql");

/// What PostgreSQL's own programs do not bring back as it was: the form of `IN` on a varchar column
/// and the order of an inheriting table's columns (decision 0021), and the owner of an extension,
/// which is who loads it.
const LOST: &str = include_str!("collection.lost");

/// What a stock program writes about a database, line by line, without what it draws anew for
/// each of its texts.
fn text(program: &str, arguments: &[&str], settings: &Settings) -> Vec<String> {
    let password = settings.password.as_ref().map(Secret::expose).unwrap_or_default();
    let output = Command::new(super::production::program(program))
        .args(arguments)
        .arg(format!("--dbname={}", settings.dsn))
        .env("PGPASSWORD", std::str::from_utf8(password).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let drawn =
        |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
    String::from_utf8(output.stdout).unwrap().split('\n').filter(drawn).map(str::to_owned).collect()
}

/// Lines of one side only, the first ones: a dump is too long for a message.
fn differences(before: &[String], after: &[String]) -> Vec<String> {
    let only = |sign: &str, these: &[String], those: &[String]| -> Vec<String> {
        let those: BTreeSet<_> = those.iter().collect();
        let short = |line: &String| line.chars().take(300).collect::<String>();
        these
            .iter()
            .filter(|l| !those.contains(l))
            .map(|l| format!("{sign} {}", short(l)))
            .collect()
    };
    let mut found = only("-", before, after);
    found.extend(only("+", after, before));
    if found.is_empty() && before != after {
        found.push("the same lines in another order".to_owned());
    }
    found
}

#[test]
fn a_restored_collection_of_every_kind_is_dumped_as_the_same_text() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, RICH);
    run(&source, MORE);
    let dump = dump(&source);
    let heard = "subscription heard is not restored: make it again by hand".to_owned();
    assert_eq!(dump.facts.inventory.blind, [heard]);
    let (_scratch, target) = cluster_with("prod", Some(&dump.facts));
    load(&dump, &target).unwrap();

    let whole = ["--create", "--no-subscriptions", "--no-tablespaces"];
    let before = text("pg_dump", &whole, &source);
    let after = text("pg_dump", &whole, &target);
    assert!(before.len() > 4_000, "{} lines", before.len());
    let mut found = differences(&before, &after);
    let roles = |server: &Settings| text("pg_dumpall", &["--roles-only"], server);
    found.extend(differences(&roles(&source), &roles(&target)));
    // Since version 16 a condition names its own table no more.
    let found = found.join("\n").replace("article.", "");
    assert_eq!(found, LOST.trim_end().replace("article.", ""), "\n{found}");

    // Our own inventory agrees, whoever loaded: it owns the extensions, of whose objects some have
    // rights that others were given.
    assert_same(&dump.facts.inventory, &inventory(&target, &dump.facts.inventory));
    assert_eq!(query(&target, "SELECT count(*) FROM pg_subscription"), "0");
}
