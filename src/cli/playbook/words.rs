//! Calls, values, steps and runs in words.

use std::time::Duration;

use crate::base::digest::Digest;
use crate::base::exit::ExitCode;
use crate::base::fault::Args as Values;
use crate::base::language::Language;
use crate::cli::frame::Frame;
use crate::cli::table::{WIDTH, hanging, width};
use crate::playbook::action::{Action, ValueKind};
use crate::playbook::fact::How;
use crate::playbook::journal::{Run, Standing, StepState};
use crate::playbook::plan::{PlannedCall, PlannedValue, PlannedWords};

/// Words in the reader's language.
pub(super) fn of<'a>(frame: &Frame, words: &'a PlannedWords) -> &'a str {
    match frame.catalog.language() {
        Language::Vietnamese => &words.vi,
        Language::English => &words.en,
    }
}

/// Text from outside, made harmless.
pub(super) fn exact(frame: &Frame, text: &str) -> String {
    frame.say("playbook-exact", Values::none().text("text", text))
}

/// A value as a person reads it.
pub(super) fn value(frame: &Frame, value: &PlannedValue, kind: Option<ValueKind>) -> String {
    match value {
        PlannedValue::Number(ms) if kind == Some(ValueKind::Duration) => {
            frame.catalog.format().duration(Duration::from_millis(*ms))
        }
        PlannedValue::Number(number) => number.to_string(),
        PlannedValue::Text(text) => exact(frame, text),
        PlannedValue::Command(parts) => {
            parts.iter().map(|part| exact(frame, &quoted(part))).collect::<Vec<_>>().join(" ")
        }
    }
}

/// An argument as a shell would have to be given it: nothing is run by a shell, but this is how
/// people read where one ends, and it can be copied.
pub(super) fn quoted(part: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !part.is_empty() && part.chars().all(plain) {
        return part.to_owned();
    }
    format!("'{}'", part.replace('\'', r"'\''"))
}

/// A call, exactly: its action, then each value on a line of its own.
pub(super) fn call(frame: &Frame, prefix: &str, call: &PlannedCall) -> Vec<String> {
    let mut lines = vec![format!("{prefix}{}", exact(frame, &call.action))];
    let indent = " ".repeat(width(prefix) + 2);
    for (name, planned) in &call.with {
        let kind = Action::named(&call.action)
            .and_then(|action| action.signature().parameter(name).map(|parameter| parameter.kind));
        let prefix = format!("{indent}{}: ", exact(frame, name));
        match planned {
            PlannedValue::Command(parts) => lines.extend(command(frame, &prefix, parts)),
            other => lines.extend(hanging(&prefix, &value(frame, other, kind))),
        }
    }
    lines
}

/// A command, broken between arguments only, as a shell continues a line.
fn command(frame: &Frame, prefix: &str, parts: &[String]) -> Vec<String> {
    let indent = " ".repeat(width(prefix) + 2);
    let mut lines = Vec::new();
    let mut line = prefix.to_owned();
    let mut is_empty = true;
    for part in parts {
        let part = exact(frame, &quoted(part));
        // Two columns stay free for the sign that the line goes on.
        if !is_empty && width(&line) + 1 + width(&part) + 2 > WIDTH {
            lines.push(format!("{line} \\"));
            line.clone_from(&indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&part);
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// The hash of a plan, whole: it is what people compare.
pub(super) fn hash(frame: &Frame, hash: Digest) -> String {
    format!("{}: {hash}", frame.word("playbook-label-hash"))
}

/// Something that a step made or saw. A value without blanks that does not fit behind its name,
/// such as a digest, stands below it.
pub(super) fn fact(frame: &Frame, step: &str, name: &str, value: &str) -> Vec<String> {
    let prefix = format!("  {step}  {}: ", exact(frame, name));
    let value = exact(frame, value);
    let longest = value.split_whitespace().map(width).max().unwrap_or_default();
    if width(&prefix) + longest <= WIDTH {
        return hanging(&prefix, &value);
    }
    let mut lines = vec![prefix.trim_end().to_owned()];
    lines.extend(hanging("      ", &value));
    lines
}

/// Where a run stands, as one word in `--json`.
pub(crate) fn standing_word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Going => "going",
        Standing::Waiting { .. } => "waiting",
        Standing::Unknown { .. } => "unknown",
        Standing::Blocked { .. } => "blocked",
        Standing::Unwinding => "unwinding",
        Standing::Stuck { .. } => "stuck",
        Standing::Closed(closed) => match closed.how {
            How::Finished => "finished",
            How::Unwound => "unwound",
            How::Left => "left",
        },
    }
}

/// The same for people, in a few words.
pub(super) fn standing(frame: &Frame, standing: &Standing) -> String {
    frame.word(match standing {
        Standing::Going => "playbook-standing-going",
        Standing::Waiting { .. } => "playbook-standing-waiting",
        Standing::Unknown { .. } => "playbook-standing-unknown",
        Standing::Blocked { .. } => "playbook-standing-blocked",
        Standing::Unwinding => "playbook-standing-unwinding",
        Standing::Stuck { .. } => "playbook-standing-stuck",
        Standing::Closed(closed) => match closed.how {
            How::Finished => "playbook-standing-finished",
            How::Unwound => "playbook-standing-unwound",
            How::Left => "playbook-standing-left",
        },
    })
}

/// The exit code of a verb that has brought a run here.
pub(super) fn exit(frame: &Frame, standing: &Standing) -> ExitCode {
    match standing {
        Standing::Closed(closed) if closed.how == How::Finished => ExitCode::Done,
        Standing::Closed(_) => ExitCode::Failed,
        _ if frame.cancel.is_cancelled() => ExitCode::Interrupted,
        _ => ExitCode::HumanNeeded,
    }
}

/// What a person does next, beside the command: the situation in a sentence or two.
pub(super) fn advice(frame: &Frame, run: &Run, standing: &Standing) -> Option<String> {
    let values = Values::none().number("run", run.number);
    let (id, values) = match standing {
        Standing::Going | Standing::Unwinding => ("playbook-advice-resume", values),
        Standing::Waiting { asked, approved, .. } => (
            "playbook-advice-waiting",
            values
                .number("there", approved.len() as u64)
                .number("wanted", u64::from(asked.approvals))
                .text("expires", asked.expires),
        ),
        Standing::Unknown { step, .. } => ("playbook-advice-unknown", values.text("step", step)),
        Standing::Blocked { step } => ("playbook-advice-blocked", values.text("step", step)),
        Standing::Stuck { step } => ("playbook-advice-stuck", values.text("step", step)),
        Standing::Closed(_) => return None,
    };
    Some(frame.say(id, values))
}

/// The state of a step in a word or two.
pub(super) fn state(frame: &Frame, state: &StepState) -> String {
    frame.word(match state {
        StepState::Pending => "playbook-state-pending",
        StepState::Waiting => "playbook-state-waiting",
        StepState::Doing { .. } => "playbook-state-doing",
        StepState::Unknown { .. } => "playbook-state-unknown",
        StepState::Done { .. } => "playbook-state-done",
        StepState::Failed { .. } => "playbook-state-failed",
        StepState::Undoing { .. } => "playbook-state-undoing",
        StepState::FailedUndoing { .. } => "playbook-state-failed-undoing",
        StepState::StuckUndoing { .. } => "playbook-state-stuck-undoing",
        StepState::Undone => "playbook-state-undone",
        StepState::Kept => "playbook-state-kept",
    })
}

/// A length of time in milliseconds.
pub(super) fn took(frame: &Frame, ms: u64) -> String {
    frame.catalog.format().duration(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_shows_where_it_ends() {
        for (part, shown) in [
            ("/bin/sh", "/bin/sh"),
            ("-c", "-c"),
            ("echo a; rm -rf /", "'echo a; rm -rf /'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("tỉnh", "tỉnh"),
        ] {
            assert_eq!(quoted(part), shown);
        }
    }
}
