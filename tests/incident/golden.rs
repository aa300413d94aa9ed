//! Facts that were written by released versions still read, and are written the same.

use std::fs;
use std::path::Path;

use duphong::incident::fact::{Fact, Record};
use serde_json::Value;

/// One record a line, one of each fact, as version 1 writes them.
#[test]
fn every_fact_of_version_1_reads_and_writes_itself() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/incident/golden/record-1.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let mut kinds = Vec::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let record = Record::deserialized(&value).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(record.serialized(), value);
        assert!(Fact::VERBS.contains(&record.fact.verb()), "{line}");
        kinds.push(record.fact.name());
    }
    assert_eq!(
        kinds.join(" "),
        "propose open adopt dismiss classify note evidence decide fill dispatch receipt end close"
    );
}

#[test]
fn a_record_with_something_unknown_is_not_read() {
    let known = r#"{"version":1,"incident":1,"fact":{"kind":"ended","at":"2026-11-22T01:00:00Z","by":"An"}}"#;
    let read = |text: &str| Record::deserialized(&serde_json::from_str::<Value>(text).unwrap());
    assert!(read(known).is_ok());
    assert!(read(&known.replace("\"by\"", "\"who\"")).is_err());
    assert!(read(&known.replace("\"by\":\"An\"", "\"by\":\"An\",\"more\":1")).is_err());
    assert!(read(&known.replace("ended", "vanished")).is_err());
    assert!(read(&known.replace("\"incident\":1", "\"incident\":1,\"more\":1")).is_err());
}
