//! What goes into the log has one spelling, and every cause has words of its own.

use std::collections::BTreeSet;

use duphong::probe::fact::{Cause, FamilyRecord, Reason, State, VERSION, Verdict, VerdictRecord};

const GOLDEN: &str = include_str!("golden/verdict-1.json");

#[test]
fn the_golden_record_of_version_one_is_read_and_written_the_same() {
    let record = VerdictRecord {
        version: VERSION,
        probe: "trang-chu".to_owned(),
        state: State::Ipv4Only,
        before: Some(State::Healthy),
        since: "2026-11-22T01:02:03Z".parse().unwrap(),
        flapping: false,
        families: vec![
            FamilyRecord {
                family: "ipv4".to_owned(),
                verdict: Verdict::Healthy,
                reasons: Vec::new(),
                took_ms: 12,
            },
            FamilyRecord {
                family: "ipv6".to_owned(),
                verdict: Verdict::Down,
                reasons: vec![Reason::new(Cause::Status, "503", "200")],
                took_ms: 30,
            },
        ],
        program: "0.1.0".to_owned(),
    };
    assert_eq!(serde_json::to_string_pretty(&record).unwrap(), GOLDEN.trim_end());
    assert_eq!(serde_json::from_str::<VerdictRecord>(GOLDEN).unwrap(), record);
}

#[test]
fn every_cause_has_a_word_and_a_message_of_its_own() {
    let words: BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    assert_eq!(words.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        let message = Reason::new(*cause, "", "").message();
        assert_eq!(message.id, format!("probe-cause-{}", cause.as_str()));
        assert_eq!(serde_json::to_string(cause).unwrap(), format!("\"{}\"", cause.as_str()));
        assert_ne!(cause.verdict(), Verdict::Healthy);
    }
    for (word, state) in State::WORDS {
        assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{word}\""));
    }
}

#[test]
fn a_hostile_text_is_cut_before_it_reaches_the_log() {
    let reason = Reason::new(Cause::RedirectBad, "ệ".repeat(100_000), "");
    assert_eq!(reason.seen.chars().count(), 301);
}
