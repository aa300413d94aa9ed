//! Duties in words: what is owed, until when, to whom, why or why not.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fault::Args as Values;
use crate::base::language::Language;
use crate::cli::frame::Frame;
use crate::incident::case::{Case, State};
use crate::incident::duty::{Delivery, Duty, Status, Unbound, Why};
use crate::incident::fact::PortalFacts;
use crate::incident::rule::{Clock, Layer, Obligor, Trigger, Words};
use crate::view::Colour;
use crate::view::incidents::colour;

/// The words in the reader's language.
pub(crate) fn of<'a>(frame: &Frame, words: &'a Words) -> &'a str {
    match frame.catalog.language() {
        Language::Vietnamese => &words.vi,
        Language::English => &words.en,
    }
}

/// A colour as a word.
pub(crate) fn colour_word(frame: &Frame, colour: Colour) -> String {
    frame.catalog.say(&colour.message())
}

/// A state as a word.
pub(crate) fn state_word(frame: &Frame, state: State) -> String {
    frame.word(match state {
        State::Proposed => "incident-state-proposed",
        State::Open => "incident-state-open",
        State::Ended => "incident-state-ended",
        State::Closed => "incident-state-closed",
        State::Dismissed => "incident-state-dismissed",
    })
}

/// The layer of law.
pub(super) fn layer_word(frame: &Frame, layer: Layer) -> String {
    frame.word(match layer {
        Layer::L1 => "duty-layer-first",
        Layer::L2 => "duty-layer-second",
        Layer::Pd => "duty-layer-personal-data",
        Layer::Loc => "duty-layer-local",
        Layer::Ops => "duty-layer-operations",
    })
}

/// The kind of an attack, else the group.
pub(crate) fn kind_words(frame: &Frame, case: &Case) -> String {
    match (case.kind, case.group) {
        (Some(kind), _) => frame.catalog.say(&kind.message()),
        (None, Some(group)) => {
            let words = frame.catalog.say(&group.message());
            let values = Values::none().text("numeral", group.numeral()).text("words", words);
            frame.say("incident-group", values)
        }
        (None, None) => frame.word("incident-group-unknown"),
    }
}

/// How a duty stands, as one word.
pub(crate) fn status_word(frame: &Frame, duty: &Duty<'_>) -> String {
    if duty.overdue {
        return frame.word("duty-late");
    }
    frame.word(match duty.status {
        Status::NotBound(_) => "duty-not-bound",
        Status::NotApplicable(_) => "duty-not-applicable",
        Status::Waiting => "duty-waiting",
        Status::Undetermined => "duty-undetermined",
        Status::Open => "duty-open",
        Status::Sent => "duty-sent",
        Status::Met => "duty-met",
        Status::Covered(_) => "duty-covered",
        Status::NotReportable => "duty-not-reportable",
    })
}

/// Until when, and how much of it is left; what has no number counts up and shows none.
pub(crate) fn clock_words(frame: &Frame, duty: &Duty<'_>, at: Timestamp) -> String {
    let Some(anchor) = duty.anchor else {
        return frame.word(match duty.rule.trigger {
            Trigger::OverCapacityAt => "duty-waits-over-capacity",
            Trigger::ResponseEndedAt => "duty-waits-end",
            Trigger::NoticeReceivedAt => "duty-waits-notice",
            Trigger::DemandedAt => "duty-waits-demand",
            Trigger::SentAt => "duty-waits-sent",
            Trigger::DetectedAt | Trigger::SeriousAt | Trigger::BreachDetectedAt => "duty-waiting",
        });
    };
    let format = frame.catalog.format();
    let since = Values::none()
        .text("anchor", format.instant(anchor))
        .text("run", length(frame, anchor, at));
    let Some(due_at) = duty.due_at else {
        return match duty.rule.clock {
            Clock::AtOnce => frame.say("duty-clock-at-once", since),
            Clock::Promptly => frame.say("duty-clock-promptly", since),
            _ => frame.say("duty-clock-unnumbered", since),
        };
    };
    let values =
        Values::none().text("due", format.instant(due_at)).text("limit", limit(frame, duty));
    if !duty.status.is_owed() {
        return frame.say("duty-clock-due", values);
    }
    if at > due_at {
        frame.say("duty-clock-over", values.text("over", length(frame, due_at, at)))
    } else {
        frame.say("duty-clock-left", values.text("left", length(frame, at, due_at)))
    }
}

fn limit(frame: &Frame, duty: &Duty<'_>) -> String {
    match duty.rule.clock {
        Clock::Hours(hours) => frame.say("duty-hours", Values::none().number("n", hours.into())),
        Clock::Days(days) => frame.say("duty-days", Values::none().number("n", days.into())),
        _ => String::new(),
    }
}

/// Whole units only, rounded down: nobody is to be told of more time than there is, and fractions
/// of a second say nothing to whoever has hours.
fn length(frame: &Frame, from: Timestamp, to: Timestamp) -> String {
    let length = Duration::try_from(to.duration_since(from)).unwrap_or_default();
    let unit = match length.as_secs() {
        0..60 => return frame.word("duty-under-a-minute"),
        60..3600 => 1,
        3600..86_400 => 60,
        _ => 3600,
    };
    let whole = Duration::from_secs(length.as_secs() / unit * unit);
    frame.catalog.format().duration(whole)
}

/// Who owes it, by role and name.
pub(crate) fn obligor_words(frame: &Frame, duty: &Duty<'_>, portal: &PortalFacts) -> String {
    let (id, name) = obligor(duty.rule.obligor, portal);
    frame.say(id, Values::none().text("name", name))
}

fn obligor(obligor: Obligor, portal: &PortalFacts) -> (&'static str, &str) {
    match obligor {
        Obligor::Owner => ("duty-owed-owner", &portal.owner),
        Obligor::Operator => ("duty-owed-operator", &portal.operator),
        Obligor::NetworkMember => ("duty-owed-network-member", &portal.operator),
        Obligor::ComponentAgency => ("duty-owed-component", &portal.owner),
        Obligor::Controller => ("duty-owed-controller", &portal.owner),
        Obligor::Processor => ("duty-owed-processor", &portal.operator),
    }
}

/// How one recipient stands.
pub(crate) fn delivery_words(frame: &Frame, delivery: &Delivery<'_>) -> String {
    let format = frame.catalog.format();
    let name = of(frame, &delivery.recipient.name);
    let values = Values::none().text("id", &delivery.recipient.id).text("name", name);
    match (delivery.sent, delivery.received) {
        (Some(sent), Some(received)) => {
            let values = values
                .text("sent", format.instant(sent.sent_at))
                .text("received", format.instant(received.at))
                .text("who", &received.who)
                .text("reference", received.reference.as_deref().unwrap_or("—"))
                .text("late", if delivery.late { "yes" } else { "no" });
            frame.say("duty-delivery-received", values)
        }
        (Some(sent), None) => {
            let values = values
                .text("sent", format.instant(sent.sent_at))
                .text("digest", sent.digest.short())
                .text("late", if delivery.late { "yes" } else { "no" });
            frame.say("duty-delivery-sent", values)
        }
        (None, _) if delivery.required => frame.say("duty-delivery-open", values),
        (None, _) => frame.say("duty-delivery-if-any", values),
    }
}

/// Why a duty is not owed, is undecided, or what settled it; nothing where its status says all.
pub(crate) fn why_words(frame: &Frame, case: &Case, duty: &Duty<'_>) -> Option<String> {
    let words = match &duty.status {
        Status::NotBound(why) => frame.word(match why {
            Unbound::NotInForce => "duty-why-not-in-force",
            Unbound::Obligor => "duty-why-obligor",
            Unbound::Level => "duty-why-level",
        }),
        Status::NotApplicable(Why::Answer(question)) => {
            let answer = case.answers.get(question);
            let by = answer.map_or("—", |answer| answer.what.1.as_str());
            let question = frame.catalog.say(&question.message());
            frame.say("duty-why-answer", Values::none().text("question", question).text("by", by))
        }
        Status::NotApplicable(Why::Without(id)) => {
            frame.say("duty-why-without", Values::none().text("duty", id))
        }
        Status::NotApplicable(Why::Finished(id)) => {
            frame.say("duty-why-finished", Values::none().text("duty", id))
        }
        Status::Covered(id) => frame.say("duty-why-covered", Values::none().text("duty", id)),
        Status::NotReportable => {
            let said = &duty.decided?.what;
            let values = Values::none().text("by", &said.by).text("reason", &said.reason);
            frame.say("duty-why-decided", values)
        }
        Status::Undetermined => undetermined(frame, case, duty),
        _ => return None,
    };
    Some(words)
}

/// What would decide it: the first open question, the duty it hangs on, or a person.
fn undetermined(frame: &Frame, case: &Case, duty: &Duty<'_>) -> String {
    let open = duty.rule.when.iter().find(|when| case.answer(when.question).is_none());
    if let Some(when) = open {
        return frame.catalog.say(&when.question.message());
    }
    match &duty.rule.requires {
        Some(id) => frame.say("duty-why-hangs", Values::none().text("duty", id)),
        None => frame.word("duty-why-group"),
    }
}

/// A duty for programs.
pub(crate) fn duty_json(case: &Case, duty: &Duty<'_>, at: Timestamp) -> Value {
    let rule = duty.rule;
    let words = |words: &Words| json!({ "vi": words.vi, "en": words.en });
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let clock = match rule.clock {
        Clock::Hours(hours) => json!({ "hours": hours }),
        Clock::Days(days) => json!({ "days": days }),
        Clock::AtOnce => json!("ngay"),
        Clock::Promptly => json!("kịp thời"),
        Clock::Unnumbered => Value::Null,
    };
    let deliveries = duty.deliveries.iter().map(|delivery| {
        json!({
            "id": delivery.recipient.id,
            "name": words(&delivery.recipient.name),
            "required": delivery.required,
            "late": delivery.late,
            "sent": delivery.sent.map(|sent| json!(sent)),
            "received": delivery.received.map(|received| json!(received)),
        })
    });
    let (_, owes) = obligor(rule.obligor, &case.ground.portal);
    json!({
        "incident": case.number,
        "portal": case.ground.portal.id,
        "id": rule.id,
        "rules": duty.set.id,
        "layer": rule.layer.as_str(),
        "label": words(&rule.label),
        "article": rule.article,
        "legal-status": rule.status.as_ref().map(words),
        "proposal": rule.proposal.as_ref().map(words),
        "form": rule.form,
        "status": duty.status.as_str(),
        "colour": colour(duty).as_str(),
        "clock": clock,
        "anchor": instant(duty.anchor),
        "due-at": instant(duty.due_at),
        "percent": duty.percent(at),
        "late": duty.late,
        "overdue": duty.overdue,
        "obligor": rule.obligor.as_str(),
        "owed-by": owes,
        "recipients": deliveries.collect::<Vec<_>>(),
        "decided": duty.decided.map(|decided| json!(decided.what)),
        "blocks-closing": rule.blocks_closing,
    })
}
