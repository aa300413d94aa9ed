//! Sealed sources: to whom, and what must not stand in the file.

use super::{changed, check, load, told};

const ONE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const TWO: &str = "age12zzjvwr5zrrdg3pt533rs7d9d7he59krevcm995ssm5swy9zmguqyxy0na";
/// Of a pair that nothing was ever sealed to.
const IDENTITY: &str = "AGE-SECRET-KEY-1Z3UKK7FNULN5U0KXAGNJSCYMQ732UX6AX0NZVAWNZGQH3JPWFS5QA5JYDE";

const TREE: &str = "{ role: media, path: /srv/portal/media }";

fn sealed(recipients: &str) -> String {
    let sealed = format!("sealed: {{ recipients: {recipients} }}");
    changed(TREE, &format!("{{ role: media, path: /srv/portal/media, {sealed} }}"))
}

#[test]
fn databases_and_trees_are_sealed_to_their_recipients() {
    let yaml = sealed(&format!("[{TWO}, {ONE}]"));
    let file = "sqlite: { path: /srv/portal/data/portal.db }";
    let yaml = yaml.replace(file, &format!("{file}, sealed: {{ recipients: [{ONE}] }}"));
    let portal = load(&yaml).unwrap().settings.portals.remove(0);
    assert_eq!(portal.databases[0].sealed.as_ref().unwrap().texts(), [ONE]);
    assert_eq!(portal.trees[0].sealed.as_ref().unwrap().texts(), [TWO, ONE]);
    assert!(portal.identity.is_none());
    let unsealed = load(&changed(TREE, TREE)).unwrap().settings.portals.remove(0);
    assert!(unsealed.databases[0].sealed.is_none() && unsealed.trees[0].sealed.is_none());
}

#[test]
fn what_is_stored_under_the_repositorys_password_alone_is_not_called_sealed() {
    let file = "sqlite: { path: /srv/portal/data/portal.db }";
    let sealed = format!("sealed: {{ recipients: [{ONE}] }}");
    let with = |postgres: &str| changed(file, &format!("postgres: {{ {postgres} }}, {sealed}"));
    let dsn = "dsn: \"host=/run/postgresql user=duphong dbname=portal\"";
    check(&with(dsn), &[]);
    for more in ["physical: true", "wal: {}", "physical: true, wal: {}"] {
        let told = told(&load(&with(&format!("{dsn}, {more}"))).unwrap_err().list);
        assert!(told.iter().any(|one| one.contains("config-sealed-physical")), "{told:?}");
    }
}

#[test]
fn what_another_entry_stores_of_the_same_server_is_not_called_sealed_either() {
    let file = "{ name: portal, sqlite: { path: /srv/portal/data/portal.db } }";
    let sealed = format!("sealed: {{ recipients: [{ONE}] }}");
    let entry = |name: &str, dsn: &str, more: &str| {
        format!("{{ name: {name}, postgres: {{ dsn: '{dsn} dbname={name}'{more} }}")
    };
    let letters = |dsn: &str| format!("{}, {sealed} }}", entry("thu", dsn, ""));
    let whole = |dsn: &str| format!("{} }}", entry("cum", dsn, ", physical: true"));
    let with_log = |dsn: &str| format!("{} }}", entry("tin", dsn, ", wal: {}"));
    let refused = |open: &str, sealed: &str| {
        let both = [open, sealed].join("\n      - ");
        let list = load(&changed(file, &both)).map(|_| ()).map_err(|problems| problems.list);
        list.map_or_else(|list| told(&list), |()| Vec::new())
    };
    let at = "portals.mau.databases[1].sealed config-sealed-beside";
    for (open, closed) in [
        (whole("host=/run/postgresql"), letters("host=/run/postgresql user=a")),
        (with_log("host=/run/postgresql"), letters("host=localhost")),
        (whole("host=db1"), letters("host=DB1 port=5432")),
    ] {
        let told = refused(&open, &closed);
        assert!(matches!(&told[..], [one] if one.contains(at)), "{open} {closed}: {told:?}");
        let told = refused(&closed, &open);
        let first = at.replace("[1]", "[0]");
        assert!(matches!(&told[..], [one] if one.contains(&first)), "{told:?}");
    }
    assert!(refused(&whole("host=db1"), &letters("host=db2")).is_empty());
    assert!(refused(&with_log("host=db1"), &letters("host=db1 port=5433")).is_empty());

    // Another portal stores the server.
    let one = changed(file, &letters("host=db1"));
    let (_, portal) = one.split_once("\n  mau:\n").unwrap();
    let other = portal.replace(&letters("host=db1"), &whole("host=db1"));
    let both = format!("{one}\n  khac:\n{other}");
    let told = told(&load(&both).unwrap_err().list);
    let at = "portals.mau.databases[0].sealed config-sealed-beside";
    assert!(matches!(&told[..], [one] if one.contains(at)), "{told:?}");
}

#[test]
fn the_files_that_a_database_names_are_not_told_where_names_or_rows_are_sealed() {
    let media = "media: [{ tree: media, query: SELECT path FROM upload }]";
    let file = "sqlite: { path: /srv/portal/data/portal.db }";
    let one = format!("sealed: {{ recipients: [{ONE}] }}");
    let beside = |problems: Vec<super::Problem>| {
        told(&problems).iter().any(|one| one.contains("config-media-beside"))
    };
    let database = changed(file, &format!("{file}, {media}, {one}"));
    assert!(beside(load(&database).unwrap_err().list));
    let tree = sealed(&format!("[{ONE}]")).replace(file, &format!("{file}, {media}"));
    assert!(beside(load(&tree).unwrap_err().list));
    let dsn = "dsn: \"host=/run/postgresql user=duphong dbname=portal\"";
    let physical = format!("postgres: {{ {dsn}, physical: true }}, {media}");
    assert!(beside(load(&changed(file, &physical)).unwrap_err().list));
    assert!(load(&changed(file, &format!("{file}, {media}"))).is_ok());
}

#[test]
fn a_wrong_recipient_is_told_at_its_place_and_none_is_no_seal() {
    let at = |what: &str| format!("14:71 portals.mau.trees[0].sealed.{what}");
    check(&sealed("[]"), &[&at("recipients config-too-few")]);
    let at = |what: &str| format!("14:72 portals.mau.trees[0].sealed.{what}");
    let wrong = ONE.replace("hyww", "hywv");
    check(&sealed(&format!("[{wrong}]")), &[&at("recipients[0] config-sealed-recipient")]);
    check(&sealed("[hunter2]"), &[&at("recipients[0] config-sealed-recipient")]);
    let twice = format!("[{ONE}, {ONE}]");
    let again = "14:136 portals.mau.trees[0].sealed.recipients[1] config-twice";
    check(&sealed(&twice), &[again]);
    let none = sealed("[]").replace("recipients: []", "");
    check(&none, &["14:57 portals.mau.trees[0].sealed config-missing-key"]);
}

#[test]
fn an_identity_in_place_of_a_recipient_is_refused_and_never_repeated() {
    let problems = load(&sealed(&format!("[{IDENTITY}]"))).unwrap_err();
    let place = "14:72 portals.mau.trees[0].sealed.recipients[0] config-sealed-identity";
    assert_eq!(told(&problems.list), [place]);
    assert!(!format!("{problems:?}").contains(&IDENTITY[..30]));
}

#[test]
fn an_identity_beside_a_schedule_of_sealed_sets_is_a_warning() {
    let yaml = sealed(&format!("[{ONE}]"));
    let with = |schedule: &str| {
        let snapshot = format!("snapshot: {{ to: [local], {schedule}rpo: 6h }}");
        let yaml = yaml.replace("snapshot: { to: [local], rpo: 6h }", &snapshot);
        yaml.replace("    trees:", "    identity: { file: /safe/identity }\n    trees:")
    };
    check(&with(""), &[]);
    let warned = ["13:15 portals.mau.identity config-identity-beside (warning)"];
    check(&with("schedule: '0 1 * * *', "), &warned);
    let unsealed = with("schedule: '0 1 * * *', ").replace(&format!("[{ONE}]"), "[X]");
    let unsealed = unsealed.replace(", sealed: { recipients: [X] }", "");
    check(&unsealed, &[]);
}
