//! `playbook plan`: everything a run would do, exactly, from looks at production that change
//! nothing. It says so first and last, since it reads like the real thing.

use std::time::Duration;

use clap::builder::TypedValueParser;
use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::playbook::{diagram, words};
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table, hanging};
use crate::job::playbook::run::{self, Draft, Origin, Request};
use crate::playbook::action::Action;
use crate::playbook::plan::{Plan, PlannedStep, PlannedUndo};
use crate::playbook::settings::{Given, Inputs};

/// What `playbook plan` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "INPUT", value_parser = input())]
    pub input: Vec<(String, Given)>,
}

/// Makes and shows it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let request = request(&args.playbook, &args.portal, &args.input);
    let draft = run::plan(&frame.site()?, &request)?;
    let json = json!({
        "changed": false,
        "hash": draft.plan.hash().to_string(),
        "plan": draft.plan,
        "origins": draft.origins.iter().map(|(name, origin)| {
            (name.clone(), Value::from(origin_word(*origin)))
        }).collect::<serde_json::Map<_, _>>(),
        "beside": draft.beside,
        "no-return": no_return(&draft.plan).map(|(_, step)| &step.id),
        "undone-by": diagram::unwinding(&draft.plan).map(|step| &step.id).collect::<Vec<_>>(),
    });
    let nothing = frame.word("playbook-nothing-changed");
    Ok(Report::done(json)
        .sentence(&nothing)
        .lines([String::new()])
        .lines(told(frame, &draft))
        .lines([String::new()])
        .sentence(&nothing))
}

/// What `--input` says: the last one of a name wins.
pub(super) fn request(playbook: &str, portal: &str, inputs: &[(String, Given)]) -> Request {
    Request {
        playbook: playbook.to_owned(),
        portal: portal.to_owned(),
        inputs: inputs.iter().cloned().collect::<Inputs>(),
    }
}

/// `name=value`, or `name=[program, argument, …]` for a command.
pub(super) fn input() -> impl TypedValueParser<Value = (String, Given)> {
    clap::builder::StringValueParser::new().try_map(|text| read_input(&text).ok_or("name=value"))
}

fn read_input(text: &str) -> Option<(String, Given)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let list = value.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let given = match list {
        Some(inside) => Given::List(items(inside)?),
        None => Given::Text(value.to_owned()),
    };
    Some((name.to_owned(), given))
}

/// Items parted by commas; quotes, single or double, keep commas and blanks in one.
fn items(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let after = if let Some(quote) = quote {
            let (item, after) = rest[1..].split_once(quote)?;
            items.push(item.to_owned());
            after.trim_start()
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let item = rest[..end].trim();
            if item.is_empty() {
                return None;
            }
            items.push(item.to_owned());
            &rest[end..]
        };
        rest = match after.strip_prefix(',') {
            Some(more) if !more.trim().is_empty() => more.trim_start(),
            None if after.is_empty() => "",
            _ => return None,
        };
    }
    Some(items)
}

fn told(frame: &Frame, draft: &Draft) -> Vec<String> {
    let plan = &draft.plan;
    let mut lines = head(frame, plan);
    let blank = |lines: &mut Vec<String>, heading: &str| {
        lines.push(String::new());
        lines.push(frame.word(heading));
    };
    if !plan.inputs.is_empty() {
        blank(&mut lines, "playbook-heading-inputs");
        lines.extend(inputs(frame, draft));
    }
    blank(&mut lines, "playbook-heading-steps");
    for (index, step) in plan.steps.iter().enumerate() {
        lines.extend(self::step(frame, index + 1, step));
    }
    blank(&mut lines, "playbook-heading-way");
    lines.extend(diagram::lines(frame, plan));
    blank(&mut lines, "playbook-heading-unwinding");
    lines.extend(unwinding(frame, plan));
    blank(&mut lines, "playbook-heading-production");
    lines.extend(production(frame, draft));
    lines
}

fn head(frame: &Frame, plan: &Plan) -> Vec<String> {
    let mut list = List::default();
    let title = words::exact(frame, words::of(frame, &plan.title));
    list.row(frame.word("label-playbook"), format!("{}, {title}", plan.playbook));
    list.row(frame.word("label-portal"), &plan.portal);
    let mut lines = list.lines();
    lines.push(words::hash(frame, plan.hash()));
    lines
}

fn inputs(frame: &Frame, draft: &Draft) -> Vec<String> {
    let column = |id: &str| (frame.word(id), Align::Left);
    let columns = ["playbook-label-input", "label-origin", "playbook-label-value"];
    let mut table = Table::new(columns.map(column));
    for (name, value) in &draft.plan.inputs {
        let kind = draft.playbook.inputs.iter().find(|input| input.name == *name);
        let origin = draft.origins.get(name).copied().unwrap_or(Origin::Default);
        table.row([
            name.clone(),
            frame.word(match origin {
                Origin::Given => "playbook-origin-given",
                Origin::Configuration => "playbook-origin-configuration",
                Origin::Default => "playbook-origin-default",
            }),
            words::value(frame, value, kind.map(|input| input.kind)),
        ]);
    }
    table.lines()
}

fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Given => "given",
        Origin::Configuration => "configuration",
        Origin::Default => "default",
    }
}

/// A step: what is done, by what it counts as done, how it is taken back.
fn step(frame: &Frame, number: usize, step: &PlannedStep) -> Vec<String> {
    let title = words::exact(frame, words::of(frame, &step.title));
    let mut lines = hanging(&format!("{number:>3}  "), &format!("{} — {title}", step.id));
    lines.extend(words::call(frame, "     ", &step.call));
    if Action::named(&step.call.action) == Some(Action::Gate) {
        // It has no attempts and no effect: what it waits for stands among its values.
        lines.extend(hanging("     ", &frame.word("playbook-step-gate")));
        lines.push(String::new());
        return lines;
    }
    let time = |ms| frame.catalog.format().duration(Duration::from_millis(ms));
    let limits = Values::none()
        .text("timeout", time(step.timeout_ms))
        .number("attempts", u64::from(step.attempts))
        .text("again", if step.idempotent { "yes" } else { "no" });
    lines.extend(hanging("     ", &frame.say("playbook-step-limits", limits)));
    for (id, calls) in [("playbook-done-when", &step.done_when), ("playbook-proof", &step.proof)] {
        for call in calls {
            lines.extend(words::call(frame, &format!("     {}: ", frame.word(id)), call));
        }
    }
    let reason = |id, reason| {
        let reason = words::exact(frame, words::of(frame, reason));
        hanging("     ", &frame.say(id, Values::none().text("reason", reason)))
    };
    lines.extend(match &step.undo {
        PlannedUndo::By { call, timeout_ms, done_when } => {
            let prefix = format!("     {}: ", frame.word("playbook-undone-by"));
            let mut lines = words::call(frame, &prefix, call);
            let timeout = Values::none().text("timeout", time(*timeout_ms));
            lines.extend(hanging("       ", &frame.say("playbook-undo-limit", timeout)));
            for call in done_when {
                let prefix = format!("       {}: ", frame.word("playbook-undone-when"));
                lines.extend(words::call(frame, &prefix, call));
            }
            lines
        }
        PlannedUndo::Needless { reason: why } => reason("playbook-undo-needless", why),
        PlannedUndo::NoReturn { reason: why } => reason("playbook-no-return", why),
    });
    lines.push(String::new());
    lines
}

/// The first step behind which nothing is taken back any more.
pub(super) fn no_return(plan: &Plan) -> Option<(usize, &PlannedStep)> {
    let is_it =
        |(_, step): &(usize, &PlannedStep)| matches!(step.undo, PlannedUndo::NoReturn { .. });
    plan.steps.iter().enumerate().find(is_it)
}

fn unwinding(frame: &Frame, plan: &Plan) -> Vec<String> {
    let order: Vec<_> = diagram::unwinding(plan).map(|step| step.id.as_str()).collect();
    let mut lines = if order.is_empty() {
        hanging("  ", &frame.word("playbook-unwinding-nothing"))
    } else {
        let values = Values::none().text("steps", order.join(" → "));
        hanging("  ", &frame.say("playbook-unwinding-order", values))
    };
    lines.extend(match no_return(plan) {
        Some((index, step)) => {
            let values = Values::none().number("number", index as u64 + 1).text("step", &step.id);
            hanging("  ", &frame.say("playbook-unwinding-until", values))
        }
        None => hanging("  ", &frame.word("playbook-unwinding-always")),
    });
    lines
}

fn production(frame: &Frame, draft: &Draft) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &draft.plan.steps {
        let seen = [&draft.plan.production, &draft.beside].into_iter();
        for (name, value) in seen.filter_map(|seen| seen.get(&step.id)).flatten() {
            lines.extend(words::fact(frame, &step.id, name, value));
        }
    }
    if lines.is_empty() {
        lines.extend(hanging("  ", &frame.word("playbook-production-nothing")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Given>) {
        let expected = expected.map(|given| ("a".to_owned(), given));
        assert_eq!(read_input(text), expected, "{text}");
    }

    #[test]
    fn an_input_is_a_text_or_a_command_in_brackets() {
        let text = |text: &str| Some(Given::Text(text.to_owned()));
        let list = |items: &[&str]| {
            Some(Given::List(items.iter().map(|item| (*item).to_owned()).collect()))
        };
        check("a=b", text("b"));
        check("a=", text(""));
        check("a=b=c [d]", text("b=c [d]"));
        check("a=[/bin/sleep, 5]", list(&["/bin/sleep", "5"]));
        check(
            "a=[ /bin/sh , -c, 'echo \"a, b\"', \"it's\" ]",
            list(&["/bin/sh", "-c", "echo \"a, b\"", "it's"]),
        );
        check("a=[x, '']", list(&["x", ""]));
        check("a=[]", list(&[]));
        for wrong in ["a", "=b", "a=[x,]", "a=[,x]", "a=['x]", "a=['x'y]", "a=[x,,y]"] {
            check(wrong, None);
        }
    }
}
