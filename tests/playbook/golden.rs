//! Facts that were written by released versions still read, and are written the same.

use duphong::playbook::fact::{Fact, Record, VERSION};
use duphong::playbook::journal::name;
use serde_json::Value;

const GOLDEN: &str = include_str!("golden/record-1.jsonl");

/// One record a line, at least one of each fact, as version 1 writes them.
#[test]
fn every_fact_of_version_1_reads_and_writes_itself() {
    let mut kinds = Vec::new();
    for line in GOLDEN.lines() {
        let record: Record = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(record.version, VERSION);
        assert_eq!(serde_json::to_value(&record).unwrap(), line.parse::<Value>().unwrap());
        let kind = name(&record.fact);
        assert!(line.contains(&format!("\"kind\":\"{kind}\"")), "{line}");
        if kinds.last() != Some(&kind) {
            kinds.push(kind);
        }
    }
    let all = "begun asked approved rejected tried ended found retry abort closed";
    assert_eq!(kinds.join(" "), all);
}

#[test]
fn a_record_with_something_unknown_is_not_read() {
    let known = GOLDEN.lines().find(|line| line.contains("\"found\"")).unwrap();
    let reads = |line: &str| serde_json::from_str::<Record>(line).is_ok();
    assert!(reads(known));
    assert!(!reads(&known.replace("\"run\":7", "\"run\":7,\"more\":1")));
    assert!(!reads(&known.replace("\"done\":true", "\"done\":true,\"more\":1")));
    assert!(!reads(&known.replace("\"done\":true,", "")));
    assert!(!reads(&known.replace("\"found\"", "\"vanished\"")));
    assert!(!reads(&known.replace("\"do\"", "\"sideways\"")));
    let fact: Fact = serde_json::from_str::<Record>(known).unwrap().fact;
    assert_eq!(name(&fact), "found");
}
