//! `incident classify`: answers on which duties depend, each with a name.

use std::collections::BTreeMap;

use crate::base::fault::AnyFault;
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::incident::{YES_NO, group, show, time, word_of};
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::incident::case::Case;
use crate::incident::fact::{
    Answer, Classified, Detection, Fact, Group, Kind, Notice, Question, Said,
};
use crate::job::incident;

const VERB: &str = "incident classify";

/// What `incident classify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "GROUP", value_parser = group())]
    pub group: Option<Group>,
    #[arg(long, value_name = "KIND", value_parser = word_of(&Kind::WORDS))]
    pub kind: Option<Kind>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub serious_331: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub disruption_331: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub serious_05: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub over_capacity: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub personal_data: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub location_biometric: Option<bool>,
    #[arg(long, value_name = "YES-NO", value_parser = word_of(&YES_NO))]
    pub complex: Option<bool>,
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub detected_at: Option<String>,
    #[arg(long, value_name = "NAME", requires = "notice_at")]
    pub notice_from: Option<String>,
    #[arg(long, value_name = "TIME", requires = "notice_from")]
    pub notice_at: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Records the answers and shows what they change.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let case = incident::find(&site, args.number)?;
    let ask = Ask::of(VERB, frame);
    let since = time(VERB, "--since", args.since.as_ref(), frame)?;
    let detected_at = time(VERB, "--detected-at", args.detected_at.as_ref(), frame)?;
    let notice_at = time(VERB, "--notice-at", args.notice_at.as_ref(), frame)?;
    let mut answers = given(args);
    let nothing = answers.is_empty()
        && args.group.is_none()
        && args.kind.is_none()
        && args.notice_from.is_none()
        && detected_at.is_none();
    if nothing {
        if !ask.can() {
            return Err(UsageFault::missing(VERB, "--serious-331, …").into());
        }
        answers = asked(&ask, frame, &case)?;
    }
    let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
    let detection = detected_at.map(|at| {
        let later = at > case.detection.first_alarm.unwrap_or(case.detection.at);
        let said = |reason: &String| Said { by: by.clone(), reason: reason.clone() };
        let later = args.reason.as_ref().filter(|_| later).map(said);
        Detection { at, first_alarm: None, later }
    });
    // A reason is asked for where the answers need one, so that nobody types it all again.
    let mut reason = args.reason.clone();
    if reason.is_none() && ask.can() && answers.values().any(|yes| !yes) {
        reason = Some(ask.text(None, "--reason", "ask-reason")?);
    }
    let answer = |(question, yes)| (question, Answer { yes, since: since.filter(|_| yes) });
    let classified = Classified {
        by,
        reason,
        group: args.group,
        kind: args.kind,
        answers: answers.into_iter().map(answer).collect(),
        detection,
        notice: args.notice_from.clone().zip(notice_at).map(|(from, at)| Notice { from, at }),
    };
    let case = incident::record(&site, args.number, Fact::Classified(classified))?;
    Ok(show::after(frame, &case, "incident-classified"))
}

fn given(args: &Args) -> BTreeMap<Question, bool> {
    let answers = [
        (Question::Serious331, args.serious_331),
        (Question::Disruption331, args.disruption_331),
        (Question::Serious05, args.serious_05),
        (Question::OverCapacity, args.over_capacity),
        (Question::PersonalData, args.personal_data),
        (Question::LocationBiometric, args.location_biometric),
        (Question::Complex, args.complex),
    ];
    answers.into_iter().filter_map(|(question, yes)| Some((question, yes?))).collect()
}

/// Every question that nobody has answered yet; whoever does not know passes over it.
fn asked(ask: &Ask<'_>, frame: &Frame, case: &Case) -> Result<BTreeMap<Question, bool>, AnyFault> {
    let mut answers = BTreeMap::new();
    for (_, question) in Question::WORDS {
        if case.answer(question).is_none() {
            let words = frame.catalog.say(&question.message());
            if let Some(yes) = ask.perhaps(&words)? {
                answers.insert(question, yes);
            }
        }
    }
    Ok(answers)
}
