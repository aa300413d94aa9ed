//! `incident open`: a new incident, or a proposal that a person takes up.

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::ask::{Ask, Choice};
use crate::cli::frame::Frame;
use crate::cli::incident::{group, show, time, word_of};
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::incident::fact::{Group, Kind, Notice};
use crate::job::incident;
use crate::job::incident::open::{Adoption, Opening, adopt, open};

const VERB: &str = "incident open";

/// What `incident open` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["portal", "what", "first_alarm", "notice_from"])]
    pub proposal: Option<u64>,
    #[arg(long, value_name = "GROUP", value_parser = group())]
    pub group: Option<Group>,
    #[arg(long, value_name = "KIND", value_parser = word_of(&Kind::WORDS))]
    pub kind: Option<Kind>,
    #[arg(long, value_name = "TEXT")]
    pub what: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub detected_at: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub first_alarm: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long, value_name = "NAME", requires = "notice_at")]
    pub notice_from: Option<String>,
    #[arg(long, value_name = "TIME", requires = "notice_from")]
    pub notice_at: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// Opens it and shows its clocks at once.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let ask = Ask::of(VERB, frame);
    let detected_at = time(VERB, "--detected-at", args.detected_at.as_ref(), frame)?;
    let reason = args.reason.clone();
    let case = if let Some(number) = args.proposal {
        let proposal = incident::find(&site, number)?;
        let group = args.group.or(proposal.group);
        let group = ask.choice(group, "--group", "ask-group", &groups(frame))?;
        let kind = args.kind.or(proposal.kind.filter(|_| group == Group::Attack));
        let kind = kind_of(&ask, frame, group, kind)?;
        let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
        let adoption = Adoption { group: Some(group), kind, detected_at, reason, by };
        adopt(&site, number, &adoption)?
    } else {
        let portal = match (&args.portal, site.settings.portals.as_slice()) {
            (Some(portal), _) => portal.clone(),
            (None, [only]) => only.id.clone(),
            (None, _) => ask.text(None, "--portal", "ask-portal")?,
        };
        site.portal(&portal)?;
        let first_alarm = time(VERB, "--first-alarm", args.first_alarm.as_ref(), frame)?;
        let notice_at = time(VERB, "--notice-at", args.notice_at.as_ref(), frame)?;
        let notice = args.notice_from.clone().zip(notice_at);
        let group = ask.choice(args.group, "--group", "ask-group", &groups(frame))?;
        let kind = kind_of(&ask, frame, group, args.kind)?;
        let what = ask.text(args.what.as_ref(), "--what", "ask-what")?;
        let by = ask.text(args.by.as_ref(), "--by", "ask-by")?;
        let notice = notice.map(|(from, at)| Notice { from, at });
        let opening =
            Opening { portal, group, kind, what, detected_at, first_alarm, reason, notice, by };
        open(&site, &opening)?
    };
    let number = Values::none().number("number", case.number);
    let report = show::report(frame, &case, false);
    Ok(Report { lines: Vec::new(), ..report }
        .sentence(&frame.say("incident-opened", number.clone()))
        .lines([String::new()])
        .lines(show::told(frame, &case, false))
        .lines([String::new()])
        .sentence(&frame.say("incident-open-next", number)))
}

fn kind_of(
    ask: &Ask<'_>,
    frame: &Frame,
    group: Group,
    given: Option<Kind>,
) -> Result<Option<Kind>, AnyFault> {
    if group != Group::Attack {
        // A kind with another group is refused with the rule, not dropped here.
        return Ok(given);
    }
    if given.is_none() && !ask.can() {
        return Err(UsageFault::missing(VERB, "--kind").into());
    }
    ask.choice(given, "--kind", "ask-kind", &kinds(frame)).map(Some)
}

fn groups(frame: &Frame) -> Vec<Choice<Group>> {
    let choice = |(word, value): (&'static str, Group)| Choice {
        word,
        also: value.numeral(),
        title: frame.catalog.say(&value.message()),
        value,
    };
    Group::WORDS.map(choice).into()
}

fn kinds(frame: &Frame) -> Vec<Choice<Kind>> {
    const NUMBERS: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    let choice = |((word, value), also): ((&'static str, Kind), &'static str)| Choice {
        word,
        also,
        title: frame.catalog.say(&value.message()),
        value,
    };
    Kind::WORDS.into_iter().zip(NUMBERS).map(choice).collect()
}
