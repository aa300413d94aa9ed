//! The JSON schema, the key tables, the table of actions and the decoder say the same.

use std::collections::BTreeSet;
use std::fs;

use duphong::config::playbook::keys::ALL;
use duphong::playbook::action::{ACTIONS, Nature, ValueKind};
use duphong::playbook::model::{INPUTS_MAX, STEPS_MAX};
use serde_json::Value;

use super::super::schema::{NOBODYS, all_are_read, at, names};
use super::load;

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string("config/playbook.schema.json").unwrap()).unwrap()
}

fn set<'s>(names: impl Iterator<Item = &'s str>) -> BTreeSet<&'s str> {
    names.collect()
}

#[test]
fn the_schema_has_the_keys_of_the_tables_and_no_others() {
    let root = schema();
    for table in ALL {
        let section = at(&root, table.place);
        let described = set(section["properties"].as_object().unwrap().keys().map(String::as_str));
        assert_eq!(described, set(table.keys.iter().map(|key| key.name)), "{}", table.place);
        let required = table.keys.iter().filter(|key| key.required).map(|key| key.name);
        assert_eq!(names(&section["required"]), set(required), "{}", table.place);
        assert_eq!(section["additionalProperties"], false, "{}", table.place);
    }
}

#[test]
fn the_schema_has_the_actions_and_their_parameters() {
    let root = schema();
    let all = |fits: fn(Nature) -> bool| {
        set(ACTIONS.iter().filter(|one| fits(one.nature)).map(|one| one.name))
    };
    assert_eq!(names(&at(&root, "steps[].action")["enum"]), all(|_| true));
    let observations = all(|nature| nature == Nature::Observation);
    assert_eq!(names(&at(&root, "steps[].proof[].observe")["enum"]), observations);
    let compensating = ACTIONS.iter().filter(|one| one.action.compensates()).map(|one| one.name);
    assert_eq!(names(&at(&root, "steps[].compensate.action")["enum"]), set(compensating));
    assert_eq!(
        names(&at(&root, "inputs.*.type")["enum"]),
        set(ValueKind::WORDS.iter().map(|(word, _)| *word))
    );
    for action in ACTIONS {
        let with = &root["$defs"][format!("with-{}", action.name)];
        let described = set(with["properties"].as_object().unwrap().keys().map(String::as_str));
        let parameters = || action.parameters.iter();
        assert_eq!(described, set(parameters().map(|one| one.name)), "{}", action.name);
        let required = parameters().filter(|one| one.required).map(|one| one.name);
        assert_eq!(names(&with["required"]), set(required), "{}", action.name);
        for parameter in parameters() {
            let described = &with["properties"][parameter.name];
            match parameter.kind {
                ValueKind::Number => {
                    assert_eq!(described["anyOf"][0]["minimum"], parameter.least, "{parameter:?}");
                    assert_eq!(described["anyOf"][0]["maximum"], parameter.most, "{parameter:?}");
                }
                ValueKind::Port => assert_eq!(described["anyOf"][0]["maximum"], 65_535),
                kind => assert_eq!(described["$ref"], format!("#/$defs/{}", kind.as_str())),
            }
        }
    }
}

/// Wherever an action can stand, the schema knows what it takes there.
#[test]
fn every_place_of_an_action_leads_to_its_parameters() {
    let root = schema();
    for (place, key) in [("steps[]", "action"), ("steps[].compensate", "action")]
        .into_iter()
        .chain([("steps[].done-when[]", "observe")])
    {
        let section = at(&root, place);
        for name in names(&section["properties"][key]["enum"]) {
            let branch = section["allOf"].as_array().unwrap().iter().find(|branch| {
                branch["if"]["properties"][key]["const"] == name
                    && branch["then"]["properties"]["with"].is_object()
            });
            let branch = branch.unwrap_or_else(|| panic!("{place}: no branch for {name}"));
            let with = &branch["then"]["properties"]["with"]["$ref"];
            assert_eq!(*with, format!("#/$defs/with-{name}"), "{place}");
            let needs = !root["$defs"][format!("with-{name}")]["required"].is_null();
            assert_eq!(branch["then"]["required"].is_array(), needs, "{place}: {name}");
        }
    }
}

#[test]
fn the_bounds_of_the_schema_are_those_of_the_decoder() {
    let root = schema();
    assert_eq!(at(&root, "steps")["maxItems"], STEPS_MAX);
    assert_eq!(at(&root, "inputs")["maxProperties"], INPUTS_MAX);
}

#[test]
fn the_decoder_reads_every_key_of_the_tables() {
    // What a key means depends on the action beside it: each means something beside one of these.
    all_are_read(ALL, |place, key| {
        let files = ["gate", "fence", "command"].map(|action| file_with(place, key, action));
        files.iter().flat_map(|file| load(file).unwrap_err().list).collect()
    });
}

/// A file with nothing but this key at this place, and beside it what makes it mean something.
fn file_with(place: &str, key: &str, action: &str) -> String {
    let beside = match key {
        "default" => "type: url, ",
        "with" if place.ends_with("compensate") => "action: restore.swap, ",
        "with" if place != "steps[]" => "observe: portal.healthy, ",
        _ => "",
    };
    let mut yaml = format!("{{ {beside}{key}: {NOBODYS} }}");
    for step in place.replace("[]", ".[]").rsplit('.').filter(|step| !step.is_empty()) {
        yaml = match step {
            "[]" if yaml.starts_with("{ action:") => format!("[{yaml}]"),
            "[]" => format!("[{}]", yaml.replacen('{', &format!("{{ action: {action}, "), 1)),
            key => format!("{{ {key}: {yaml} }}"),
        };
    }
    yaml
}

#[test]
fn the_shipped_playbooks_name_their_schema() {
    for (id, text) in duphong::config::playbook::shipped() {
        let head = "# yaml-language-server: $schema=../config/playbook.schema.json\n";
        assert!(text.starts_with(head), "{id}");
    }
}

/// The document lists every action with its parameters and nature, and no other.
#[test]
fn the_document_has_the_table_of_actions() {
    let text = fs::read_to_string("docs/formats/playbook.md").unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("| action | takes |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let expected: Vec<_> = ACTIONS
        .iter()
        .map(|action| {
            let takes = action.parameters.iter().map(|one| {
                let shown = format!("`{}`: {}", one.name, one.kind.as_str());
                if one.required { shown } else { format!("({shown})") }
            });
            let nature = match action.nature {
                Nature::Gate => "gate",
                Nature::Observation => "observation",
                Nature::Idempotent => "idempotent",
                Nature::Once => "once",
            };
            [format!("`{}`", action.name), takes.collect::<Vec<_>>().join(", "), nature.to_owned()]
        })
        .collect();
    let found: Vec<_> =
        rows.iter().map(|row| [row[0], row[1], row[2]].map(str::to_owned)).collect();
    assert_eq!(found, expected);
    let types = ValueKind::WORDS.iter().all(|(word, _)| text.contains(&format!("| `{word}` | ")));
    assert!(types, "the document misses a type");
}
