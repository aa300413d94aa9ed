//! The JSON schema, the key tables and the decoder say the same.

use std::collections::BTreeSet;
use std::fs;

use duphong::base::language::Language;
use duphong::config::keys::{ALL, Table};
use duphong::config::problem::Problem;
use duphong::config::settings::{DurableIn, PortalKind, TREE_ROLES};
use serde_json::Value;

use super::{changed, load};

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string("config/duphong.schema.json").unwrap()).unwrap()
}

/// The schema of a place in the notation of the tables: `portals.*.databases[].sqlite`.
pub(super) fn at<'s>(root: &'s Value, place: &str) -> &'s Value {
    place.replace("[]", ".[]").split('.').filter(|step| !step.is_empty()).fold(
        root,
        |here, step| {
            let next = match step {
                "*" => &here["additionalProperties"],
                "[]" => &here["items"],
                key => &here["properties"][key],
            };
            assert!(next.is_object(), "{place}: no `{step}`");
            match next["$ref"].as_str() {
                Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
                None => next,
            }
        },
    )
}

pub(super) fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn the_schema_has_the_keys_of_the_tables_and_no_others() {
    let root = schema();
    for table in ALL {
        let section = at(&root, table.place);
        let keys: BTreeSet<_> = table.keys.iter().map(|key| key.name).collect();
        let described: BTreeSet<_> =
            section["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(described, keys, "{}", table.place);
        let required: BTreeSet<_> =
            table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        assert_eq!(names(&section["required"]), required, "{}", table.place);
        assert_eq!(section["additionalProperties"], false, "{}", table.place);
        let one_of: Vec<_> = section["oneOf"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|choice| names(&choice["required"]))
            .collect();
        assert_eq!(one_of, table.one_of, "{}", table.place);
    }
}

#[test]
fn the_words_of_the_schema_are_those_of_the_settings() {
    fn words<T>(words: &[(&'static str, T)]) -> BTreeSet<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    let root = schema();
    for (place, expected) in [
        ("site.language", words(&Language::WORDS)),
        ("portals.*.kind", words(&PortalKind::WORDS)),
        ("portals.*.trees[].role", words(&TREE_ROLES)),
        ("portals.*.databases[].postgres.wal.durable-in", words(&DurableIn::WORDS)),
    ] {
        assert_eq!(names(&at(&root, place)["enum"]), expected, "{place}");
    }
}

#[test]
fn the_bounds_of_the_schema_are_those_of_the_decoder() {
    let root = schema();
    let smoke = "start: ['{port}'], smoke: [{ path: /, status: ";
    let media = "path: /srv/portal/media";
    let alarm = "path: /srv/portal/media, alarm: { vanished: ";
    let drill = "    drill: { rto: 20h }\n";
    let spot = |key| format!("    spot-check: {{ schedule: '40 5 * * *', {key}: ");
    for (place, old, before, after) in [
        ("portals.*.level", "level: 3", "level: ", ""),
        ("portals.*.drill.jobs", "rto: 20h", "jobs: ", ""),
        ("portals.*.drill.smoke[].status", "rto: 20h", smoke, " }]"),
        ("portals.*.spot-check.files", drill, &spot("files"), " }"),
        ("portals.*.spot-check.tolerance", drill, &spot("tolerance"), " }"),
        ("portals.*.trees[].alarm.files", media, "path: /srv/portal/media, alarm: { files: ", " }"),
        ("portals.*.trees[].alarm.vanished", media, alarm, " }"),
    ] {
        let accepts = |n: u64| load(&changed(old, &format!("{before}{n}{after}"))).is_ok();
        let bound = |name| at(&root, place)[name].as_u64().unwrap();
        let (least, most) = (bound("minimum"), bound("maximum"));
        assert!(accepts(least) && accepts(most), "{place}");
        assert!(least.checked_sub(1).is_none_or(|less| !accepts(less)), "{place}");
        assert!(!accepts(most + 1), "{place}");
    }
}

/// A value that no key takes: every reader complains about it.
pub(super) const NOBODYS: &str = "[[]]";

/// Every key of the tables is complained about at its place: `problems` reads a file in which the
/// key of this name, at this place, has a senseless value.
pub(super) fn all_are_read(tables: &[&Table], problems: impl Fn(&str, &str) -> Vec<Problem>) {
    let is_read = |place: &str, key: &str| {
        let path = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        let found = path.replace("[]", "[0]");
        problems(place, key).iter().any(|problem| {
            problem.path.starts_with(&found) && problem.message.id != "config-unknown-key"
        })
    };
    for table in tables {
        let place = table.place.replace('*', "x");
        let unread: Vec<_> = table.keys.iter().filter(|key| !is_read(&place, key.name)).collect();
        assert!(unread.is_empty(), "{place}: {unread:?}");
    }
}

#[test]
fn the_decoder_reads_every_key_of_the_tables() {
    all_are_read(ALL, |place, key| {
        let mut yaml = format!("{{{key}: {NOBODYS}}}");
        for step in place.replace("[]", ".[]").rsplit('.').filter(|step| !step.is_empty()) {
            yaml = if step == "[]" { format!("[{yaml}]") } else { format!("{{{step}: {yaml}}}") };
        }
        load(&yaml).unwrap_err().list
    });
}

#[test]
fn the_example_names_its_schema() {
    let example = fs::read_to_string("config/example.yaml").unwrap();
    assert!(example.starts_with("# yaml-language-server: $schema=duphong.schema.json\n"));
}
