//! `incident submit`: sends a signed document to the recipients of a duty, or writes down that a
//! person has sent it.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::incident::{time, word_of};
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::incident::fact::Channel;
use crate::job::incident::submit::{
    self, Fate, Plan, Send, Submission, SubmitFault, Submitted, Way,
};

/// What `incident submit` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "DUTY", required = true)]
    pub duty: Vec<String>,
    #[arg(long, value_name = "RECIPIENT", required = true, num_args = 1..)]
    pub to: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "KIND", value_parser = word_of(&Channel::WORDS), default_value = "email")]
    pub channel: Channel,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub sent_at: Option<String>,
    #[arg(long, value_name = "NO")]
    pub reference: Option<String>,
    #[arg(long, value_name = "TEXT", requires = "sent_at")]
    pub proof: Option<String>,
    #[arg(long, conflicts_with = "sent_at")]
    pub again: bool,
    #[arg(long)]
    pub dry_run: bool,
}

/// Plans, and unless it is only to be looked at, carries out.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let submission = Submission {
        number: args.number,
        duties: args.duty.clone(),
        to: args.to.clone(),
        file: args.file.clone(),
        way: way(args, frame)?,
        reference: args.reference.clone(),
        by: args.by.clone().unwrap_or_else(|| frame.actor.name.clone()),
    };
    let plan = submit::plan(&site, &submission)?;
    let document = json!({
        "name": plan.document.name,
        "digest": plan.document.digest,
        "bytes": plan.document.bytes.len(),
        "looks-signed": plan.document.looks_signed,
    });
    let remarks = remarks(frame, &plan);
    if args.dry_run {
        let sends: Vec<_> = plan.sends.iter().map(planned).collect();
        let json = json!({ "document": document, "dry-run": true, "sends": sends });
        return Ok(Report::done(json).lines(shown(frame, &plan)).warnings(remarks));
    }
    let submitted = plan.carry_out(&site)?;
    let fates: Vec<_> = submitted.fates.iter().map(|(send, fate)| outcome(send, fate)).collect();
    let json = json!({ "document": document, "dry-run": false, "sends": fates });
    Ok(Report::done(json).exit(submitted.exit()).lines(told(frame, &submitted)).warnings(remarks))
}

/// Mail is sent by duphong, unless somebody says when it was sent; all else a person has sent.
fn way(args: &Args, frame: &Frame) -> Result<Way, AnyFault> {
    let sent_at = time("incident submit", "--sent-at", args.sent_at.as_ref(), frame)?;
    match (sent_at, args.channel) {
        (Some(sent_at), channel) => Ok(Way::Hand { channel, sent_at, proof: args.proof.clone() }),
        (None, Channel::Email) => Ok(Way::Mail { again: args.again }),
        (None, channel) => Err(SubmitFault::NoTime { channel: channel.as_str() }.into()),
    }
}

fn planned(send: &Send) -> Value {
    json!({
        "recipient": send.recipient,
        "name": send.name,
        "address": send.address,
        "message-id": send.letter.as_ref().map(crate::world::mail::Letter::message_id),
        "from": send.letter.as_ref().map(|letter| letter.from.to_string()),
        "subject": send.letter.as_ref().map(|letter| letter.subject.as_str()),
        "body": send.letter.as_ref().map(|letter| letter.body.as_str()),
    })
}

fn outcome(send: &Send, fate: &Fate) -> Value {
    let (word, reply, code) = match fate {
        Fate::Accepted(reply) => ("accepted", Some(reply), None),
        Fate::AcceptedUnrecorded(reply, fault) => {
            ("accepted-unrecorded", Some(reply), Some(fault.code()))
        }
        Fate::Recorded => ("recorded", None, None),
        Fate::Failed(fault) if fault.may_have_arrived() => ("unknown", None, Some(fault.code())),
        Fate::Failed(fault) => ("failed", fault.reply(), Some(fault.code())),
    };
    json!({
        "recipient": send.recipient,
        "name": send.name,
        "address": send.address,
        "message-id": send.letter.as_ref().map(crate::world::mail::Letter::message_id),
        "fate": word,
        "code": code,
        "reply": reply.map(|reply| format!("{} {}", reply.code, reply.text)),
    })
}

/// What a person should know before a document leaves.
fn remarks(frame: &Frame, plan: &Plan) -> Vec<String> {
    let id = if plan.document.looks_signed {
        "incident-submit-not-verified"
    } else {
        "incident-submit-no-signature"
    };
    vec![frame.say(id, Values::none().text("file", &plan.document.name))]
}

fn shown(frame: &Frame, plan: &Plan) -> Vec<String> {
    let mut lines = hanging("", &frame.word("incident-submit-dry-run"));
    let mut list = List::default();
    list.row(frame.word("label-document"), &plan.document.name);
    list.row("SHA-256", plan.document.digest.to_string());
    lines.extend(list.lines());
    for send in &plan.sends {
        lines.push(String::new());
        lines.extend(hanging("", &about(frame, send)));
        if let Some(letter) = &send.letter {
            let mut list = List::default();
            list.row(frame.word("label-from"), letter.from.to_string());
            list.row(frame.word("label-mail-subject"), &letter.subject);
            list.row("Message-ID", letter.message_id());
            lines.extend(list.lines());
            lines.extend(letter.body.lines().map(|line| format!("  | {line}")));
        }
    }
    lines
}

/// A recipient with its address, where there is one.
fn about(frame: &Frame, send: &Send) -> String {
    let values = Values::none().text("recipient", &send.recipient).text("name", &send.name);
    match &send.address {
        Some(address) => frame.say("incident-submit-to", values.text("address", address)),
        None => frame.say("incident-submit-to-nowhere", values),
    }
}

fn told(frame: &Frame, submitted: &Submitted) -> Vec<String> {
    let mut lines = Vec::new();
    for (send, fate) in &submitted.fates {
        let answer = |reply: &crate::world::mail::Reply| {
            Values::none().text("answer", format!("{} {}", reply.code, reply.text))
        };
        let words = match fate {
            Fate::Accepted(reply) => frame.say("incident-submit-accepted", answer(reply)),
            Fate::AcceptedUnrecorded(reply, fault) => {
                let values = answer(reply).text("why", frame.catalog.fault(fault.as_ref()));
                frame.say("incident-submit-accepted-unrecorded", values)
            }
            Fate::Recorded => frame.word("incident-submit-recorded"),
            Fate::Failed(fault) => {
                let values = Values::none().text("why", frame.catalog.fault(fault));
                let id = if fault.may_have_arrived() {
                    "incident-submit-unknown"
                } else {
                    "incident-submit-failed"
                };
                frame.say(id, values)
            }
        };
        lines.extend(hanging("", &about(frame, send)));
        lines.extend(hanging("  ", &words));
    }
    let waits = |fate: &Fate| matches!(fate, Fate::Accepted(_) | Fate::Recorded);
    if submitted.fates.iter().any(|(_, fate)| waits(fate)) {
        lines.push(String::new());
        lines.extend(hanging("", &frame.word("incident-submit-next")));
    }
    lines
}
