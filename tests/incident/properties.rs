//! Any order of facts is legal or refused, and the same facts always lead to the same incident.

use std::collections::BTreeMap;

use duphong::incident::case::Case;
use duphong::incident::duty;
use duphong::incident::fact::{
    Answer, Classified, Decision, Detection, Ended, Fact, Group, Kind, Noted, Question, Said,
};
use proptest::prelude::*;

use super::kit::{DETECTED, after, decided, dispatched, opened, portal, received, rules, time};

const DUTIES: [&str; 8] = ["C01", "C03", "C05", "C10", "C12", "C14", "C16", "C99"];
const RECIPIENTS: [&str; 5] =
    ["owner", "ministry-police", "national-coordinator", "specialist-unit", "nobody"];

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("An".to_owned()), Just(" ".to_owned())]
}

fn facts() -> impl Strategy<Value = Fact> {
    let duty = || prop::sample::select(DUTIES.to_vec());
    let recipient = prop::sample::select(RECIPIENTS.to_vec());
    let hours = -10_i64..400;
    let said = || (words(), words()).prop_map(|(by, reason)| Said { by, reason });
    let group = prop::sample::select(Group::WORDS.map(|(_, group)| group).to_vec());
    let question = prop::sample::select(Question::WORDS.map(|(_, question)| question).to_vec());
    prop_oneof![
        (duty(), recipient.clone(), hours.clone())
            .prop_map(|(duty, to, hours)| dispatched(duty, to, hours)),
        (recipient, hours.clone()).prop_map(|(to, hours)| received(to, b"document", hours)),
        (duty(), prop::sample::select(Decision::WORDS.map(|(_, word)| word).to_vec()))
            .prop_map(|(duty, decision)| decided(duty, decision)),
        said().prop_map(Fact::Closed),
        said().prop_map(Fact::Dismissed),
        (words(), words()).prop_map(|(by, text)| Fact::Noted(Noted { by, at: None, text })),
        (hours.clone(), words()).prop_map(|(at, by)| Fact::Ended(Ended { at: after(at), by })),
        (question, any::<bool>(), words(), proptest::option::of(group), hours).prop_map(
            |(question, yes, by, group, hours)| {
                let answers = BTreeMap::from([(question, Answer { yes, since: None })]);
                let (reason, kind) = (Some("vì".to_owned()), Some(Kind::Malware));
                let detection = Detection { at: after(hours), first_alarm: None, later: None };
                Fact::Classified(Classified {
                    by,
                    reason,
                    group,
                    kind: kind.filter(|_| yes),
                    answers,
                    detection: Some(detection).filter(|_| !yes),
                    notice: None,
                })
            }
        ),
    ]
}

fn begun() -> Case {
    let fact = Fact::Opened(opened(Group::Attack, portal(), DETECTED));
    Case::begin(1, time(DETECTED), &fact, rules()).unwrap()
}

proptest! {
    #[test]
    fn any_order_of_facts_is_legal_or_refused(facts in prop::collection::vec(facts(), 0..40)) {
        let mut case = begun();
        let mut taken = Vec::new();
        for (fact, hour) in facts.into_iter().zip(0..) {
            let before = case.clone();
            if case.apply(after(hour), &fact).is_ok() {
                taken.push((after(hour), fact));
            } else {
                prop_assert_eq!(&case, &before, "a refusal changes nothing");
            }
            // Duties can always be told, and each of them once.
            prop_assert_eq!(duty::duties(&case, after(hour)).len(), 19);
        }
        // Replaying what was taken leads to the same incident.
        let mut again = begun();
        for (at, fact) in &taken {
            again.apply(*at, fact).unwrap();
        }
        prop_assert_eq!(again, case);
    }

    #[test]
    fn reminders_only_grow_while_nothing_is_recorded(hours in 0_i64..300, more in 0_i64..300) {
        let case = begun();
        let earlier = duty::reminders(&case, after(hours));
        let later = duty::reminders(&case, after(hours + more));
        for one in earlier {
            let same = |other: &&duty::Reminder| {
                other.duty == one.duty && other.recipient == one.recipient
            };
            prop_assert!(later.iter().find(same).is_some_and(|other| other.percent >= one.percent));
        }
    }
}
