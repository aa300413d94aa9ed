//! *Biên bản diễn tập phục hồi dữ liệu*: the minutes of a drill, from its record alone.
//!
//! Every figure comes from the [`DrillRecord`] in the audit log; what the drill did not test has
//! a section of its own, so that nobody reads more into a PASS than there is.

use std::time::Duration;

use crate::base::fault::{Args, Message};
use crate::document::{Align, Chart, Code, Column, Document, Letterhead, Signature, Table, Text};
use crate::drill::choice::fact::Choice;
use crate::drill::fact::{Check, CheckKind, CheckOutcome, DrillRecord, Finding, PhaseName, Scope};

/// The words of QĐ 75/2025/QĐ-UBND Điều 12.4 that a drill answers to.
const LEGAL_WORDS: &str = "sẵn sàng phục hồi dữ liệu trong 24 giờ ngay sau khi hệ thống gặp sự cố";

/// Who issues the minutes and who signs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issuer {
    /// The agency directly above, when the configuration names one.
    pub superior: Option<String>,
    /// The issuing agency.
    pub agency: String,
    /// The place in the date line.
    pub place: String,
    /// The portal's full name.
    pub portal_name: String,
}

/// Where the record stands in the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// Position of the entry that holds the record.
    pub entry: u64,
    /// The log's name.
    pub origin: String,
    /// Entries under the head that the minutes were made from.
    pub size: u64,
    /// Root of the tree at that head, in hexadecimal.
    pub root: String,
    /// The signed head itself: whoever keeps the minutes keeps an anchor of the log.
    pub checkpoint: Vec<u8>,
    /// The log's public key, which whoever verifies the log should not take from its folder.
    pub vkey: String,
}

/// The minutes of `record`.
pub fn minutes(record: &DrillRecord, issuer: &Issuer, place: &LogPlace) -> Document {
    let number = u32::try_from(record.number).unwrap_or(u32::MAX);
    let mut letterhead = Letterhead::new(issuer.agency.clone(), issuer.place.clone())
        .symbol("BB-DTPH")
        .number(number)
        .date(record.decided);
    if let Some(superior) = &issuer.superior {
        letterhead = letterhead.superior(superior.clone());
    }
    let title = say("drill-minutes-title", Args::none().text("portal", &issuer.portal_name));
    let mut document = Document::new(letterhead, Text::message("drill-minutes-kind"), title)
        .mark(mark(record))
        .basis(Text::message("drill-minutes-basis-law"))
        .basis(Text::message("drill-minutes-basis-decree"))
        .basis(say("drill-minutes-basis", Args::none().text("quote", LEGAL_WORDS)))
        .paragraph(say(
            "drill-minutes-opening",
            Args::none()
                .text("agency", &issuer.agency)
                .text("portal", &issuer.portal_name)
                .text("repository", &record.repository)
                .text("program", &record.program),
        ));
    document = verdict(document, record);
    document = set(document, record);
    document = times(document, record);
    document = checks(document, record);
    document
        .section(Text::message("drill-minutes-heading-untested"))
        .list(untested(record))
        .note(say(
            "drill-minutes-log",
            Args::none()
                .number("entry", place.entry)
                .text("origin", &place.origin)
                .text("root", &place.root)
                .text("key", &place.vkey),
        ))
        .code(Code::new(
            place.checkpoint.clone(),
            say(
                "drill-minutes-head",
                Args::none().number("size", place.size).text("root", &place.root),
            ),
        ))
        .paragraph(Text::message("drill-minutes-closing"))
        .signature(Signature::new(Text::message("drill-minutes-signer-operator")))
        .signature(Signature::new(Text::message("drill-minutes-signer-witness")))
        .signature(Signature::new(Text::message("drill-minutes-signer-head")))
}

fn say(id: &'static str, args: Args) -> Text {
    Text::Message(Message::with(id, args))
}

fn mark(record: &DrillRecord) -> Text {
    Text::message(match record.sabotage {
        Some(_) => "drill-minutes-sabotage-mark",
        None => "drill-minutes-mark",
    })
}

fn verdict(document: Document, record: &DrillRecord) -> Document {
    let mut document = document
        .section(Text::message("drill-minutes-heading-verdict"))
        .statement(Text::Message(record.verdict.message()));
    if let Some(kind) = &record.sabotage {
        document =
            document.paragraph(say("drill-minutes-sabotage", Args::none().text("kind", kind)));
    }
    if let Some(at) = record.as_of {
        document = document.paragraph(say("drill-minutes-as-of", Args::none().text("at", at)));
    }
    if !record.reasons.is_empty() {
        let reasons = record.reasons.iter().map(|reason| Text::Message(reason.message()));
        document = document.list(reasons);
    }
    match &record.work {
        Some(work) => document.paragraph(say(
            "drill-minutes-work",
            Args::none().text("owner", &work.owner).time("due", work.due),
        )),
        None => document,
    }
}

fn set(document: Document, record: &DrillRecord) -> Document {
    let document = document.section(Text::message("drill-minutes-heading-set"));
    let scope = match record.scope {
        Scope::Data => "drill-scope-data",
        Scope::Portal => "drill-scope-portal",
    };
    let scope = (Text::message("drill-minutes-scope"), Text::message(scope));
    let mut facts = Vec::new();
    if let Some(place) = &record.place {
        let from = say(
            "drill-from",
            Args::none().text("repository", &record.repository).text("place", place),
        );
        facts.push((Text::message("drill-minutes-from"), from));
    }
    if let Some(choice) = &record.choice {
        facts.push((Text::message("drill-minutes-choice"), Text::Message(choice.message())));
    }
    let Some(set) = &record.set else {
        facts.push(scope);
        return document.paragraph(Text::message("drill-minutes-set-none")).facts(facts);
    };
    facts.extend([
        (Text::message("drill-minutes-set-id"), Text::data(&set.id)),
        (Text::message("drill-minutes-set-taken"), Text::Instant(set.taken)),
        (Text::message("drill-minutes-set-files"), Text::Number(set.files)),
        (Text::message("drill-minutes-set-bytes"), Text::Bytes(set.bytes)),
        scope,
    ]);
    let mut document = document.facts(facts);
    if let Some(to) = record.to {
        document = document.paragraph(say("drill-minutes-to", Args::none().text("to", to)));
        for reached in &record.reached {
            document = document.paragraph(Text::Message(reached.message()));
        }
    }
    match record.choice.as_ref().and_then(Choice::draw_message) {
        Some(draw) => document.paragraph(Text::Message(draw)),
        None => document,
    }
}

fn times(document: Document, record: &DrillRecord) -> Document {
    let known = |time: Option<Duration>| match time {
        Some(time) => Text::Duration(time),
        None => Text::message("drill-minutes-unknown"),
    };
    let rto = record.measured_rto_ms.map(Duration::from_millis);
    let rpo = record.measured_rpo_ms.map(Duration::from_millis);
    let allowance = Duration::from_secs(record.allowance_s);
    let total = rto.map(|rto| rto.saturating_add(allowance));
    let objective = |seconds| Text::Duration(Duration::from_secs(seconds));
    let document = document.section(Text::message("drill-minutes-heading-time")).facts([
        (Text::message("drill-minutes-decided"), Text::InstantLong(record.decided)),
        (Text::message("drill-minutes-rto"), known(rto)),
        (Text::message("drill-minutes-rto-objective"), objective(record.objective_rto_s)),
        (Text::message("drill-minutes-allowance"), Text::Duration(allowance)),
        (Text::message("drill-minutes-total"), known(total)),
        (Text::message("drill-minutes-rpo"), known(rpo)),
        (Text::message("drill-minutes-rpo-objective"), objective(record.objective_rpo_s)),
    ]);
    if record.phases.is_empty() {
        return document;
    }
    let empty = Chart::new(Text::message("drill-minutes-phases-caption"));
    document.chart(record.phases.iter().fold(empty, |chart, phase| {
        chart.interval(
            Text::Message(phase.name.message()),
            Duration::from_millis(phase.start_ms),
            Duration::from_millis(phase.length_ms),
        )
    }))
}

fn checks(document: Document, record: &DrillRecord) -> Document {
    let table = Table::new([
        Column::new(Text::message("drill-minutes-column-check")).share(4),
        Column::new(Text::message("drill-minutes-column-subject")).share(3),
        Column::new(Text::message("drill-minutes-column-compared")).share(2).align(Align::Right),
        Column::new(Text::message("drill-minutes-column-result")).share(3),
    ]);
    let rows = record.checks.iter().map(|check| {
        [
            Text::Message(check.kind.message()),
            Text::data(&check.subject),
            Text::Number(check.compared),
            Text::message(outcome_id(&check.outcome)),
        ]
    });
    let document =
        document.section(Text::message("drill-minutes-heading-checks")).table(table.rows(rows));
    let document = record.references.iter().fold(document, |document, one| {
        document.paragraph(say(
            "drill-minutes-references",
            Args::none()
                .text("database", &one.database)
                .text("tree", &one.tree)
                .number("rows", one.rows)
                .number("missing", one.missing)
                .number("noted", one.noted),
        ))
    });
    let findings: Vec<Text> = record.checks.iter().flat_map(findings).collect();
    if findings.is_empty() {
        return document;
    }
    document.subsection(Text::message("drill-minutes-heading-findings")).list(findings)
}

/// The message id of how a check ended.
pub fn outcome_id(outcome: &CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Passed => "drill-outcome-passed",
        CheckOutcome::Failed { .. } => "drill-outcome-failed",
        CheckOutcome::NotRun { .. } => "drill-outcome-not-run",
    }
}

fn findings(check: &Check) -> Vec<Text> {
    match &check.outcome {
        CheckOutcome::Passed | CheckOutcome::NotRun { reason: Finding::EarlierStep } => Vec::new(),
        CheckOutcome::NotRun { reason } => vec![Text::Message(reason.message())],
        CheckOutcome::Failed { findings, more } => {
            let mut texts: Vec<Text> =
                findings.iter().map(|finding| Text::Message(finding.message())).collect();
            if *more > 0 {
                texts.push(say("drill-finding-more", Args::none().number("count", *more)));
            }
            texts
        }
    }
}

/// What the drill left untested: what it could not look at first, then what no drill of its kind
/// tests, said in every set of minutes.
fn untested(record: &DrillRecord) -> Vec<Text> {
    let ran = |kind| {
        let is = |check: &&Check| check.kind == kind;
        record.checks.iter().filter(is).any(|check| check.outcome == CheckOutcome::Passed)
    };
    let skipped = |check: &Check| matches!(check.outcome, CheckOutcome::NotRun { .. });
    let skipped = record.checks.iter().filter(|check| skipped(check));
    let mut gaps: Vec<Text> = skipped.map(not_run).collect();
    if !record.checks.iter().any(|check| check.kind.proves_data()) {
        gaps.push(Text::message("drill-untested-data"));
    }
    if !ran(CheckKind::Smoke) {
        gaps.push(Text::message("drill-untested-portal-start"));
    }
    if let Some(to) = record.to {
        gaps.push(say("drill-untested-instant", Args::none().text("to", to)));
    }
    gaps.push(say("drill-untested-others", Args::none().text("repository", &record.repository)));
    gaps.push(Text::message("drill-untested-offsite"));
    gaps.push(Text::message("drill-untested-load"));
    if record.phases.iter().any(|phase| phase.name == PhaseName::Scratch) {
        gaps.push(Text::message("drill-untested-globals"));
    }
    gaps
}

/// A check that did not take place. Each kind has a sentence of its own: words cannot be put into
/// words of another message.
fn not_run(check: &Check) -> Text {
    let id = match check.kind {
        CheckKind::Restore => "drill-untested-restore",
        CheckKind::Load => "drill-untested-loading",
        CheckKind::Inventory => "drill-untested-inventory",
        CheckKind::RowCounts => "drill-untested-row-counts",
        CheckKind::RowDigests => "drill-untested-row-digests",
        CheckKind::Files => "drill-untested-files",
        CheckKind::Replay => "drill-untested-replay",
        CheckKind::Pages => "drill-untested-pages",
        CheckKind::References => "drill-untested-references",
        CheckKind::Smoke => "drill-untested-smoke",
        CheckKind::Defacement => "drill-untested-defacement",
        CheckKind::Scan => "drill-untested-scan",
        CheckKind::Erasure => "drill-untested-erasure",
    };
    say(id, Args::none().text("subject", &check.subject))
}
