//! `notice`: tries the channels by which people are told, and shows what they were told.

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{WIDTH, hanging, wrapped};
use crate::job::notice::{self, Posted};
use crate::view::notices::Telling;

/// What `notice` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `notice`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Test(Test),
    List(List),
}

/// What `notice test` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    #[arg(long, value_name = "NAME")]
    pub channel: Option<String>,
}

/// What `notice list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub last: u64,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Test(args) => test(args, frame),
        Verb::List(args) => list(args, frame),
    }
}

fn test(args: &Test, frame: &Frame) -> Result<Report, AnyFault> {
    let posted = notice::test(&frame.site()?, args.channel.as_deref())?;
    let arrived = posted.iter().all(Posted::arrived);
    let exit = if arrived { ExitCode::Done } else { ExitCode::Failed };
    let (mut lines, mut hints) = (Vec::new(), Vec::new());
    for fate in posted.iter().flat_map(|posted| &posted.fates) {
        let values = Values::none()
            .text("recipient", &fate.recipient)
            .text("arrival", frame.catalog.say(&fate.arrival.message()));
        let mut those = posted.iter().flat_map(|posted| &posted.faults);
        let fault = those.find(|(recipient, _)| *recipient == fate.recipient);
        let words = match fault {
            None => frame.say("notice-tested", values),
            Some((_, fault)) => {
                hints.extend(frame.catalog.hint(fault.as_ref()));
                let values = values.text("fault", frame.catalog.fault(fault.as_ref()));
                frame.say("notice-tested-fault", values)
            }
        };
        lines.extend(wrapped(&words, WIDTH));
    }
    hints.dedup();
    let channels: Vec<_> = posted.iter().map(posted_json).collect();
    let json = json!({ "arrived": arrived, "channels": channels });
    Ok(Report::done(json).exit(exit).lines(lines).warnings(hints))
}

fn posted_json(posted: &Posted) -> Value {
    json!({ "channel": posted.channel, "id": posted.id, "recipients": posted.fates })
}

fn list(args: &List, frame: &Frame) -> Result<Report, AnyFault> {
    let mut tellings = notice::list(&frame.site()?)?;
    let last = usize::try_from(args.last).unwrap_or(usize::MAX);
    tellings.drain(..tellings.len().saturating_sub(last));
    let json: Vec<_> = tellings.iter().map(telling_json).collect();
    let lines = if tellings.is_empty() {
        vec![frame.word("notice-list-empty")]
    } else {
        tellings.iter().flat_map(|telling| told(frame, telling)).collect()
    };
    Ok(Report::done(json!({ "notices": json })).lines(lines))
}

/// Who was told, with what result; then what. Words of items are sentences: no column holds them.
fn told(frame: &Frame, telling: &Telling) -> Vec<String> {
    let at = frame.catalog.format().instant(telling.at);
    let mut lines = Vec::new();
    for recipient in &telling.sending.recipients {
        let outcome = match telling.arrival(recipient) {
            Some(arrival) => frame.catalog.say(&arrival.message()),
            None => frame.word("notice-arrival-on-the-way"),
        };
        lines.extend(hanging(&format!("{at}  "), &frame.about(recipient, &outcome)));
    }
    if telling.sending.items.is_empty() {
        lines.push(format!("  {}", frame.word("notice-list-test")));
    }
    for item in &telling.sending.items {
        let news = frame.catalog.say(&item.news.message());
        lines.extend(hanging(&format!("  {news}  "), &frame.about(&item.subject, &item.words)));
    }
    lines
}

fn telling_json(telling: &Telling) -> Value {
    let recipients = telling.sending.recipients.iter().map(|recipient| {
        let fates = telling.sent.iter().flat_map(|sent| &sent.recipients);
        let fate = fates.into_iter().find(|fate| fate.recipient == *recipient);
        json!({
            "recipient": recipient,
            "arrival": telling.arrival(recipient),
            "code": fate.and_then(|fate| fate.code.as_ref()),
            "detail": fate.and_then(|fate| fate.detail.as_ref()),
        })
    });
    let recipients: Vec<_> = recipients.collect();
    json!({
        "entry": telling.entry,
        "at": telling.at.to_string(),
        "test": telling.test,
        "id": telling.sending.id,
        "items": telling.sending.items,
        "held": telling.sending.held,
        "recipients": recipients,
    })
}
