//! `repository forget`: drops sets that no rule keeps, and says of each why it stays or goes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::each;
use crate::cli::snapshot::{given_tags, short};
use crate::cli::table::{Align, List, Table};
use crate::job::forget::{self, Choice, Forgotten, Plan, PortalPlan};
use crate::job::site::Site;
use crate::repository::SnapshotId;
use crate::repository::retention::{Decision, Reason, Rules};
use crate::view::protection::Hold;

/// What `repository forget` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Forgets in one repository after the other.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let (mut report, results) = each(site, args.repository.as_ref(), frame, |name| {
        let done = one(site, args, name)?;
        let report = Report::done(as_json(name, &done)).exit(done.exit());
        Ok(told(report, frame, name, &done, args.dry_run))
    })?;
    report.json = json!({ "dry-run": args.dry_run, "repositories": results });
    Ok(report)
}

fn one(site: &Site, args: &Args, name: &str) -> Result<Forgotten, AnyFault> {
    let tags = args.tag.iter().cloned().collect();
    let choice = Choice { portal: args.portal.clone(), tags };
    if !args.dry_run {
        return forget::forget(site, name, choice);
    }
    let plan = forget::plan(site, name, choice)?;
    Ok(Forgotten { plan, gone: Vec::new(), fault: None })
}

fn told(mut report: Report, frame: &Frame, name: &str, done: &Forgotten, dry: bool) -> Report {
    let Forgotten { plan, gone, fault } = done;
    for portal in &plan.portals {
        report = report.lines(portal_lines(frame, name, portal, plan)).lines([String::new()]);
        report = report.warnings(warnings(frame, name, portal));
    }
    for (portal, sets) in plan.without_rules.iter().filter(|(_, sets)| *sets > 0) {
        let values = Values::none().text("portal", portal).number("count", *sets);
        report = report.sentence(&frame.say("forget-without-rules", values));
    }
    if plan.others > 0 {
        let values = Values::none().number("count", plan.others);
        report = report.sentence(&frame.say("forget-others", values));
    }
    let count = Values::none().text("repository", name);
    let sentence = match (dry, plan.going() as u64, gone.len() as u64) {
        (_, 0, _) => frame.say("forget-nothing", count),
        (true, going, _) => frame.say("forget-dry-run", count.number("count", going)),
        (false, _, gone) => frame.say("forget-done", count.number("count", gone)),
    };
    report = report.sentence(&sentence).lines([String::new()]);
    match fault {
        Some(fault) => report.warnings([frame.about(name, &frame.catalog.fault(fault.as_ref()))]),
        None => report,
    }
}

fn portal_lines(frame: &Frame, name: &str, portal: &PortalPlan, plan: &Plan) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("label-portal"), &portal.portal);
    let retention = &portal.rules;
    let verified = (retention.verified > 0).then(|| format!("verified {}", retention.verified));
    let all = rules(frame, &retention.rules).chain(verified).collect::<Vec<_>>();
    list.row(frame.word("label-rules"), all.join(", "));
    for (tag, own) in &retention.tags {
        let label = frame.say("label-rules-of-tag", Values::none().text("tag", tag));
        list.row(label, rules(frame, own).collect::<Vec<_>>().join(", "));
    }
    let mut lines = list.lines();
    if portal.plan.decisions.is_empty() {
        lines.push(frame.word("forget-no-sets"));
        return lines;
    }
    lines.extend(table(frame, portal, plan).lines());
    lines
}

fn table(frame: &Frame, portal: &PortalPlan, plan: &Plan) -> Table {
    let column = |id: &str| (frame.word(id), Align::Left);
    let columns = ["label-set", "label-time", "label-decision", "label-why"];
    let mut table = Table::new(columns.map(column));
    for decision in &portal.plan.decisions {
        let word = if decision.stays() { "forget-stays" } else { "forget-goes" };
        let why = why(frame, decision, &plan.holds);
        table.row([
            short(&decision.set.id),
            frame.catalog.format().instant(decision.set.time),
            frame.word(word),
            // Behind it, where a line may be broken: tags are long.
            match given_tags(&decision.set.tags) {
                tags if tags.is_empty() => why,
                tags => {
                    frame.say("forget-tagged", Values::none().text("why", why).text("tags", tags))
                }
            },
        ]);
    }
    table
}

/// Rules in the words of the configuration.
fn rules(frame: &Frame, rules: &Rules) -> impl Iterator<Item = String> {
    let within =
        rules.within.map(|within| format!("within {}", frame.catalog.format().duration(within)));
    let counted = [
        ("last", rules.last),
        ("hourly", rules.hourly),
        ("daily", rules.daily),
        ("weekly", rules.weekly),
        ("monthly", rules.monthly),
        ("yearly", rules.yearly),
    ];
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    within.into_iter().chain(counted.map(|(key, count)| format!("{key} {count}")))
}

fn why(frame: &Frame, decision: &Decision, holds: &BTreeMap<String, Hold>) -> String {
    if !decision.stays() {
        return frame.word("forget-no-rule");
    }
    let words = decision.reasons.iter().map(|reason| {
        let hold = holds.get(&decision.set.id.to_string());
        match (reason, hold) {
            (Reason::Held, Some(Hold { by, reason, .. })) => {
                let values = Values::none().text("by", by).text("reason", reason);
                frame.say("retention-held-by", values)
            }
            _ => frame.catalog.say(&reason.message()),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

fn warnings(frame: &Frame, name: &str, portal: &PortalPlan) -> Vec<String> {
    let mut warnings = Vec::new();
    let about = || Values::none().text("repository", name).text("portal", &portal.portal);
    for (reason, id) in [(Reason::Future, "forget-future"), (Reason::Undated, "forget-undated")] {
        let count = portal.plan.count(reason) as u64;
        if count > 0 {
            warnings.push(frame.say(id, about().number("count", count)));
        }
    }
    if portal.plan.lacks_verified() && !portal.plan.decisions.is_empty() {
        let values = about()
            .number("verified", portal.plan.verified as u64)
            .number("wanted", portal.plan.verified_min as u64);
        warnings.push(frame.say("forget-too-few-verified", values));
    }
    warnings
}

fn as_json(name: &str, done: &Forgotten) -> Value {
    let portals: Vec<_> = done.plan.portals.iter().map(portal_as_json).collect();
    let without: Vec<_> = done
        .plan
        .without_rules
        .iter()
        .map(|(portal, sets)| json!({"portal": portal, "sets": sets}))
        .collect();
    let mut json = json!({
        "name": name,
        "portals": portals,
        "without-rules": without,
        "others": done.plan.others,
        "forgotten": done.gone.iter().map(SnapshotId::to_string).collect::<Vec<_>>(),
    });
    if let Some(fault) = &done.fault {
        json["code"] = json!(fault.code());
        json["error"] = json!(chain(fault.as_ref()));
    }
    json
}

fn portal_as_json(portal: &PortalPlan) -> Value {
    let sets: Vec<_> = portal
        .plan
        .decisions
        .iter()
        .map(|decision| {
            json!({
                "id": decision.set.id.to_string(),
                "time": decision.set.time.to_string(),
                "tags": decision.set.tags,
                "reasons": decision.reasons.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "portal": portal.portal,
        "verified": portal.plan.verified,
        "verified-min": portal.plan.verified_min,
        "sets": sets,
    })
}
