//! `probe baseline` and `probe deface`: how watched pages should look, and whether they do.

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::job::deface::{self, Looked, SetFound};
use crate::probe::deface::fact::{Reason, Verdict, serialized};
use crate::probe::page::fold::one_line;

/// What `probe baseline` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Baseline {
    #[arg(value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What `probe deface` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Deface {
    #[arg(value_name = "PORTAL")]
    pub portal: String,
}

/// Takes new baselines in a person's name.
pub(crate) fn take(args: &Baseline, frame: &Frame) -> Result<Report, AnyFault> {
    let by = args.by.as_deref().unwrap_or(&frame.actor.name);
    let baselines = deface::take_baselines(&frame.site()?, &args.portal, by, &args.reason)?;
    let mut lines = Vec::new();
    for baseline in &baselines {
        let values = Values::none().text("url", &baseline.url).text("title", &baseline.title);
        lines.extend(hanging("", &frame.say("baseline-taken", values)));
        if !baseline.accepted.is_empty() {
            let words: Vec<&str> = baseline.accepted.iter().map(String::as_str).collect();
            let values = Values::none().text("words", words.join(", "));
            lines.extend(hanging("  ", &frame.say("baseline-accepted", values)));
        }
    }
    let json: Vec<Value> = baselines.iter().map(serialized).collect();
    Ok(Report::done(json!({ "baselines": json })).lines(lines))
}

/// Looks at every watched page now.
pub(crate) fn look(args: &Deface, frame: &Frame) -> Result<Report, AnyFault> {
    let looked = deface::look(&frame.site()?, &args.portal)?;
    let mut lines = Vec::new();
    for (at, page) in looked.iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        lines.extend(told(frame, page));
    }
    let faults = looked.iter().flat_map(|page| &page.faults);
    let warnings: Vec<String> = faults.map(|fault| frame.catalog.fault(fault.as_ref())).collect();
    let pages: Vec<Value> = looked.iter().map(as_json).collect();
    let report = Report::done(json!({ "pages": pages })).exit(exit(&looked));
    Ok(report.lines(lines).warnings(warnings))
}

/// An altered page 1; one that could not be wholly looked at 3; else 0.
fn exit(looked: &[Looked]) -> ExitCode {
    let verdict = |page: &Looked| page.judged.verdict;
    let doubtful = |page: &Looked| {
        verdict(page) == Verdict::Unknown
            || !page.judged.unseen.is_empty()
            || !page.faults.is_empty()
    };
    if looked.iter().any(|page| verdict(page) == Verdict::Altered) {
        ExitCode::Failed
    } else if looked.is_empty() || looked.iter().any(doubtful) {
        ExitCode::Warnings
    } else {
        ExitCode::Done
    }
}

fn told(frame: &Frame, page: &Looked) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-address"), one_line(&page.url, 300));
    list.row(frame.word("label-verdict"), frame.catalog.say(&page.judged.verdict.message()));
    let score = Values::none().number("score", page.judged.score.into());
    list.row(frame.word("label-score"), frame.say("deface-score", score));
    for reason in &page.judged.reasons {
        list.row(frame.word("label-reason"), reason_told(frame, reason));
    }
    for unseen in &page.judged.unseen {
        let values = Values::none()
            .text("variant", frame.catalog.say(&unseen.variant.message()))
            .text("why", frame.catalog.say(&unseen.message()));
        list.row(frame.word("label-not-seen"), frame.say("deface-unseen", values));
    }
    if page.baseline_taken {
        list.row(frame.word("label-baseline"), frame.word("baseline-first"));
    }
    let sets = [
        ("deface-set-unaltered", &page.sets.before_last_unaltered),
        ("deface-set-altered", &page.sets.before_first_altered),
    ];
    for (id, set) in sets {
        let Some(set) = set else { continue };
        list.row(frame.word("label-set"), frame.say(id, set.values(&frame.catalog)));
    }
    if let Some(number) = page.incident {
        let values = Values::none().number("number", number);
        list.row(frame.word("label-incident"), frame.say("deface-incident", values));
    }
    list.lines()
}

fn reason_told(frame: &Frame, reason: &Reason) -> String {
    let variants: Vec<String> =
        reason.variants.iter().map(|variant| frame.catalog.say(&variant.message())).collect();
    let values = Values::none()
        .text("sign", frame.catalog.say(&reason.sign.message()))
        .text("variants", variants.join(", "))
        .number("weight", reason.weight.into());
    frame.say("deface-reason", values)
}

fn as_json(page: &Looked) -> Value {
    let set = |set: &Option<SetFound>| {
        set.as_ref().map(|set| {
            json!({"repository": set.repository, "id": set.id, "taken": set.taken.to_string()})
        })
    };
    let unseen = &page.judged.unseen;
    json!({
        "url": page.url,
        "at": page.at.to_string(),
        "verdict": serialized(&page.judged.verdict),
        "score": page.judged.score,
        "reasons": page.judged.reasons.iter().map(serialized).collect::<Vec<_>>(),
        "unseen": unseen.iter().map(serialized).collect::<Vec<_>>(),
        "baseline-taken": page.baseline_taken,
        "entry": page.entry,
        "incident": page.incident,
        "set-before-last-unaltered": set(&page.sets.before_last_unaltered),
        "set-before-first-altered": set(&page.sets.before_first_altered),
        "faults": page.faults.iter().map(|fault| fault.code()).collect::<Vec<_>>(),
    })
}
