//! `incident`: opens, judges, reports, records, closes; every verb in a file beneath.

mod classify;
mod close;
mod decide;
mod evidence;
mod form;
pub(super) mod list;
mod open;
mod receipt;
mod show;
mod submit;
pub(super) mod words;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::incident::fact::Group;
use crate::view::incidents::Incidents;

/// What `incident` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `incident`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Open(open::Args),
    Dismiss(close::Args),
    List(list::Args),
    Show(show::Args),
    Classify(classify::Args),
    Decide(decide::Args),
    Note(evidence::Note),
    Evidence(evidence::Args),
    Form(form::Args),
    Submit(submit::Args),
    Receipt(receipt::Args),
    End(close::End),
    Close(close::Args),
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Open(args) => open::run(args, frame),
        Verb::Dismiss(args) => close::dismiss(args, frame),
        Verb::List(args) => list::run(args, frame),
        Verb::Show(args) => show::run(args, frame),
        Verb::Classify(args) => classify::run(args, frame),
        Verb::Decide(args) => decide::run(args, frame),
        Verb::Note(args) => evidence::note(args, frame),
        Verb::Evidence(args) => evidence::run(args, frame),
        Verb::Form(args) => form::run(args, frame),
        Verb::Submit(args) => submit::run(args, frame),
        Verb::Receipt(args) => receipt::run(args, frame),
        Verb::End(args) => close::end(args, frame),
        Verb::Close(args) => close::run(args, frame),
    }
}

/// What of the log could not be taken in: what is shown may lack it.
pub(super) fn unreadable(frame: &Frame, incidents: &Incidents) -> Vec<String> {
    let told = |(entry, why): &(u64, String)| {
        let values = Values::none().number("entry", *entry).text("why", why);
        frame.say("view-incident-unreadable", values)
    };
    incidents.refused.iter().map(told).collect()
}

/// One of a table's words.
fn word_of<T: Copy + Send + Sync + 'static>(
    words: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let value = move |word: String| words.iter().find(|(each, _)| *each == word).map(|(_, v)| *v);
    PossibleValuesParser::new(words.iter().map(|(word, _)| *word))
        .map(move |word| value(word).expect("the parser lets only these words through"))
}

/// A scenario group, by its word or by its number as the law has it: `attack` or `I`.
fn group() -> impl TypedValueParser<Value = Group> {
    let named =
        |(word, group): &(&'static str, Group)| PossibleValue::new(*word).alias(group.numeral());
    let value = |text: String| {
        let known = |(word, group): &&(&str, Group)| *word == text || group.numeral() == text;
        Group::WORDS.iter().find(known).map(|(_, group)| *group)
    };
    PossibleValuesParser::new(Group::WORDS.iter().map(named))
        .map(move |text| value(text).expect("the parser lets only these words through"))
}

/// Yes or no, as an option's value.
const YES_NO: [(&str, bool); 2] = [("yes", true), ("no", false)];

/// A time as people write it, on the clocks of the site: `2026-11-22 14:05`, `22/11/2026 14:05`,
/// `14:05` for today; or with its offset, as in RFC 3339.
pub(super) fn time(
    verb: &str,
    option: &str,
    text: Option<&String>,
    frame: &Frame,
) -> Result<Option<Timestamp>, AnyFault> {
    let Some(text) = text else { return Ok(None) };
    let zone = frame.site()?.settings.site.timezone;
    let now = frame.world.clock.now().to_zoned(zone.clone());
    read_time(text, &now).map(Some).ok_or_else(|| UsageFault::invalid(verb, option, text).into())
}

fn read_time(text: &str, now: &jiff::Zoned) -> Option<Timestamp> {
    use jiff::civil::{DateTime, Time};
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    for pattern in ["%Y-%m-%d %H:%M:%S %:z", "%Y-%m-%d %H:%M %:z", "%d/%m/%Y %H:%M %:z"] {
        if let Ok(instant) = Timestamp::strptime(pattern, text) {
            return Some(instant);
        }
    }
    let local = |at: DateTime| at.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp());
    for pattern in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"] {
        if let Ok(at) = DateTime::strptime(pattern, text) {
            return local(at);
        }
    }
    let time = Time::strptime("%H:%M:%S", text).or_else(|_| Time::strptime("%H:%M", text)).ok()?;
    local(now.date().to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &jiff::Zoned, text: &str, instant: Option<&str>) {
        let instant = instant.map(|text| text.parse().expect("a valid instant"));
        assert_eq!(read_time(text, now), instant, "{text}");
    }

    #[test]
    fn times_are_read_as_people_in_vietnam_write_them() {
        let now: jiff::Zoned = "2026-11-22T20:00:00+07:00[+07:00]".parse().expect("a valid time");
        check(&now, "14:05", Some("2026-11-22T07:05:00Z"));
        check(&now, "00:30:15", Some("2026-11-21T17:30:15Z"));
        check(&now, "2026-11-21 14:05", Some("2026-11-21T07:05:00Z"));
        check(&now, "01/03/2026 00:00", Some("2026-02-28T17:00:00Z"));
        check(&now, "2026-11-20 08:15 +07:00", Some("2026-11-20T01:15:00Z"));
        check(&now, "20/11/2026 08:15 +00:00", Some("2026-11-20T08:15:00Z"));
        check(&now, "2026-11-22T14:05:00Z", Some("2026-11-22T14:05:00Z"));
        check(&now, "2026-11-22T14:05:00+07:00", Some("2026-11-22T07:05:00Z"));
        for text in ["", "yesterday", "25:00", "31/02/2026 10:00", "2026-11-22"] {
            check(&now, text, None);
        }
    }
}
