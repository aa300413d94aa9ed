//! `incident show`: one incident, readable at three in the morning on eighty columns.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::incident::words::{
    clock_words, colour_word, delivery_words, duty_json, kind_words, layer_word, obligor_words, of,
    state_word, status_word, why_words,
};
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::incident::case::Case;
use crate::incident::duty::{Duty, Status, duties};
use crate::incident::fact::{Group, Kind, Question};
use crate::job::incident;
use crate::view::incidents::colour;

/// What `incident show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long)]
    pub all: bool,
}

/// Shows it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let case = incident::find(&frame.site()?, args.number)?;
    Ok(report(frame, &case, args.all))
}

/// The whole incident as an answer.
pub(super) fn report(frame: &Frame, case: &Case, all: bool) -> Report {
    let now = frame.world.clock.now();
    Report::done(as_json(case, now)).lines(told(frame, case, all))
}

/// What changed, and the incident after it.
pub(super) fn after(frame: &Frame, case: &Case, id: &'static str) -> Report {
    let number = Values::none().number("number", case.number);
    let report = report(frame, case, false);
    Report { lines: Vec::new(), ..report }
        .sentence(&frame.say(id, number))
        .lines([String::new()])
        .lines(told(frame, case, false))
}

/// The incident in lines: what it is, what is owed, what was written down.
pub(super) fn told(frame: &Frame, case: &Case, all: bool) -> Vec<String> {
    let now = frame.world.clock.now();
    let mut lines = head(frame, case).lines();
    let duties = duties(case, now);
    let is_shown = |duty: &&Duty<'_>| {
        all || !matches!(duty.status, Status::NotBound(_) | Status::NotApplicable(_))
    };
    for duty in duties.iter().filter(is_shown) {
        lines.push(String::new());
        lines.extend(duty_lines(frame, case, duty, now));
    }
    let hidden = duties.iter().filter(|duty| !is_shown(duty)).count() as u64;
    if hidden > 0 {
        lines.push(String::new());
        let words = frame.say("incident-hidden", Values::none().number("count", hidden));
        lines.extend(hanging("", &words));
    }
    lines.extend(open_questions(frame, case));
    lines.extend(timeline(frame, case));
    lines
}

fn head(frame: &Frame, case: &Case) -> List {
    let format = frame.catalog.format();
    let portal = &case.ground.portal;
    let mut list = List::default();
    let mut row = |id: &str, value: String| list.row(frame.word(id), value);
    row("label-incident", format!("{} — {}", case.number, state_word(frame, case.state)));
    row("label-portal", format!("{} ({})", portal.name, portal.id));
    row("label-kind", kind_words(frame, case));
    row("label-happened", case.what.clone());
    row("label-detected", format.instant(case.detection.at));
    if let Some(said) = &case.detection.later {
        let first = case.detection.first_alarm.map(|at| format.instant(at)).unwrap_or_default();
        let values =
            Values::none().text("first", first).text("by", &said.by).text("reason", &said.reason);
        row("label-first-alarm", frame.say("incident-detected-later", values));
    }
    if let Some(set) = &case.set {
        row("label-set-before", set.clone());
    }
    if let Some(ended) = &case.ended {
        row("label-ended", format!("{} ({})", format.instant(ended.at), ended.by));
    }
    if let Some(closed) = &case.closed {
        let (at, said) = (format.instant(closed.recorded), &closed.what);
        row("label-closed", format!("{at} ({}): {}", said.by, said.reason));
    }
    list
}

/// Colour and name of the duty; then its clock, who owes it, to whom, and what is uncertain.
fn duty_lines(frame: &Frame, case: &Case, duty: &Duty<'_>, now: Timestamp) -> Vec<String> {
    const INDENT: &str = "     ";
    let rule = duty.rule;
    let title = format!(
        "{} [{}] — {}",
        of(frame, &rule.label),
        rule.article,
        layer_word(frame, rule.layer)
    );
    let mut lines = hanging(&format!("{:<4} ", rule.id), &title);
    let mut say = |words: &str| lines.extend(hanging(INDENT, words));
    let word = colour_word(frame, colour(duty));
    let status = status_word(frame, duty);
    say(&format!("{word} · {status} · {}", clock_words(frame, duty, now)));
    if let Some(why) = why_words(frame, case, duty) {
        say(&why);
    }
    // What has not begun and what is not owed is told in one breath: the page belongs to the rest.
    let told = matches!(
        duty.status,
        Status::Open | Status::Undetermined | Status::Sent | Status::Met | Status::Covered(_)
    );
    if !told {
        return lines;
    }
    say(&obligor_words(frame, duty, &case.ground.portal));
    for delivery in &duty.deliveries {
        say(&delivery_words(frame, delivery));
    }
    if let Some(form) = &rule.form {
        say(&frame.say("duty-form", Values::none().text("form", form)));
    }
    if duty.status.is_owed() {
        let notes = [
            ("duty-content", &rule.content),
            ("duty-proposal", &rule.proposal),
            ("duty-note", &rule.status),
        ];
        for (id, words) in notes {
            if let Some(words) = words {
                say(&frame.say(id, Values::none().text("words", of(frame, words))));
            }
        }
    }
    lines
}

/// Questions that nobody has answered: each of them moves a clock.
fn open_questions(frame: &Frame, case: &Case) -> Vec<String> {
    let asked = |question: &Question| {
        let matters = |duty: &Duty<'_>| {
            duty.rule.when.iter().any(|when| when.question == *question)
                && !matches!(duty.status, Status::NotBound(_))
        };
        case.answer(*question).is_none() && duties(case, case.begun).iter().any(matters)
    };
    let open: Vec<_> = Question::WORDS.iter().filter(|(_, q)| asked(q)).collect();
    if open.is_empty() || !case.state.is_live() {
        return Vec::new();
    }
    // The name of an option is ASCII.
    let column = open.iter().map(|(word, _)| word.len() + 2).max().unwrap_or_default();
    let mut lines = vec![String::new(), frame.word("incident-unanswered")];
    for (word, question) in open {
        let prefix = format!("  {:<column$}  ", format!("--{word}"));
        lines.extend(hanging(&prefix, &frame.catalog.say(&question.message())));
    }
    lines
}

/// What people wrote down and sealed, in the order of the log.
fn timeline(frame: &Frame, case: &Case) -> Vec<String> {
    let format = frame.catalog.format();
    let notes = case.notes.iter().map(|note| {
        let at = note.what.at.unwrap_or(note.recorded);
        (note.recorded, at, format!("{}: {}", note.what.by, note.what.text))
    });
    let evidence = case.evidence.iter().map(|sealed| {
        let what = &sealed.what;
        let values = Values::none()
            .text("what", &what.what)
            .text("digest", what.digest.short())
            .text("size", format.bytes(what.bytes));
        (sealed.recorded, sealed.recorded, frame.say("incident-evidence", values))
    });
    let mut all: Vec<_> = notes.chain(evidence).collect();
    all.sort_by_key(|(recorded, _, _)| *recorded);
    let mut lines = Vec::new();
    for (_, at, words) in all {
        if lines.is_empty() {
            lines.extend([String::new(), frame.word("incident-timeline")]);
        }
        lines.extend(hanging(&format!("  {}  ", format.instant(at)), &words));
    }
    lines
}

fn as_json(case: &Case, now: Timestamp) -> Value {
    let answers = case.answers.iter().map(|(question, answer)| {
        let (given, by) = &answer.what;
        let value = json!({
            "yes": given.yes,
            "since": given.since.map(|at| at.to_string()),
            "by": by,
            "recorded": answer.recorded.to_string(),
        });
        (question.as_str().to_owned(), value)
    });
    let duties = duties(case, now);
    json!({
        "number": case.number,
        "state": case.state.as_str(),
        "portal": json!(case.ground.portal),
        "rules": json!(case.ground.rules),
        "what": case.what,
        "source": case.source,
        "set": case.set,
        "detection": json!(case.detection),
        "group": case.group.map(Group::as_str),
        "kind": case.kind.map(Kind::as_str),
        "notice": case.notice.as_ref().map(|notice| json!(notice)),
        "answers": Value::Object(answers.collect()),
        "duties": duties.iter().map(|duty| duty_json(case, duty, now)).collect::<Vec<_>>(),
        "notes": case.notes.iter().map(|note| {
            json!({ "recorded": note.recorded.to_string(), "note": note.what })
        }).collect::<Vec<_>>(),
        "evidence": case.evidence.iter().map(|sealed| {
            json!({ "recorded": sealed.recorded.to_string(), "sealed": sealed.what })
        }).collect::<Vec<_>>(),
        "ended": case.ended.as_ref().map(|ended| json!(ended)),
        "closed": case.closed.as_ref().map(|closed| {
            json!({ "recorded": closed.recorded.to_string(), "said": closed.what })
        }),
    })
}
