//! Everything that people may have to hear of: what `status` remarks, what happened, which duties
//! are running out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::fault::{Arg, Args, Message};
use crate::base::language::Language;
use crate::drill::work::Work;
use crate::incident::duty::{Reminder, duties};
use crate::job::binlog::now as binlog;
use crate::job::site::Site;
use crate::job::status;
use crate::job::wal::now as log;
use crate::notice::fact::Urgency;
use crate::notice::{Event, Nature};
use crate::text::Catalog;
use crate::view::incidents::reminders;
use crate::view::{self, Colour, Now, Remark, assess};

/// Words in a letter are cut here, in characters: they hold answers from outside.
const WORDS_MAX: usize = 500;

/// From this share of a clock on a duty cannot wait for daylight.
const PRESSING: u8 = 80;

/// So many letters in a row that do not reach a recipient are told to the others.
const FAILURES_TOLD: u64 = 3;

/// Values of remarks that change while the remark stays the same. All other texts name what the
/// remark is about; a new kind of value therefore tells too often rather than too seldom.
const CHANGING: &[&str] = &["code", "since", "at", "duties", "why", "detail", "error", "last"];

/// Numbers that name what a remark is about. All others are amounts.
const NAMING: &[&str] = &["incident", "entry", "run"];

/// Remarks about a run are one thing for as long as the run is open, whichever way it stands.
const OF_A_RUN: &str = "view-playbook-";

/// Everything that is so at `at`, and what happened.
pub(super) fn events(site: &Site, now: &Now, catalog: &Catalog, at: Timestamp) -> Vec<Event> {
    let mut events = states(site, now, catalog, at);
    events.extend(now.happened.iter().map(|happened| {
        let nature = Nature::Once { at: happened.at, entry: Some(happened.entry) };
        let remark = Remark {
            colour: happened.colour,
            subject: happened.subject.clone(),
            message: happened.message.clone(),
        };
        let key = format!("entry/{}", happened.entry);
        Event { since: Some(happened.at), ..event(catalog, &remark, key, nature) }
    }));
    events.extend(reminders(&now.incidents, at).iter().map(|reminder| {
        let name = named(now, catalog, reminder, at);
        due(catalog, reminder, name.as_deref(), at)
    }));
    let owed = view::work::reminders(&now.works, at);
    events.extend(owed.into_iter().map(|(work, percent)| of_work(catalog, work, percent, at)));
    events
}

/// That the log cannot be used, and everything red that is known from before.
pub(super) fn alarm(
    site: &Site,
    now: &Now,
    catalog: &Catalog,
    code: &str,
    at: Timestamp,
) -> Vec<Event> {
    let remark = Remark {
        colour: Colour::Red,
        subject: "audit".to_owned(),
        message: Message::with("view-audit-unusable", Args::none().text("code", code)),
    };
    let first = event(catalog, &remark, "state/audit/unusable".to_owned(), Nature::State);
    let red = |event: &Event| event.urgency == Urgency::Red;
    let known = states(site, now, catalog, at).into_iter().filter(red);
    std::iter::once(first).chain(known).collect()
}

fn states(site: &Site, now: &Now, catalog: &Catalog, at: Timestamp) -> Vec<Event> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut remarks = assess(now, &status::expected(&site.settings, at), at);
    remarks.extend(log::remarks(&log::watched(site), at));
    remarks.extend(binlog::remarks(&binlog::watched(site), at));
    let told = remarks.iter().filter(|remark| is_told(&remark.message));
    told.map(|remark| {
        let mut key = key(remark);
        let times = seen.entry(key.clone()).or_default();
        *times += 1;
        if *times > 1 {
            // Two remarks that this file takes for one: both are told.
            key = format!("{key}#{times}");
        }
        event(catalog, remark, key, Nature::State)
    })
    .collect()
}

/// Whether a remark is news for others: nobody can be told that nobody can be told, and a server
/// that puts off a letter once (greylisting) takes it a minute later.
fn is_told(message: &Message) -> bool {
    let failed = |(name, value): &(&str, Arg)| {
        *name == "failures" && matches!(value, Arg::Number(count) if *count >= FAILURES_TOLD)
    };
    match message.id {
        // Nobody has to act while a run goes on by itself.
        "view-notice-nobody" | "view-playbook-going" | "view-playbook-unwinding" => false,
        "view-notice-failing" => message.args.0.iter().any(failed),
        _ => true,
    }
}

/// The same for the same thing at every pass, whatever amounts and reasons change meanwhile.
fn key(remark: &Remark) -> String {
    let mut key = format!("state/{}/{}", remark.subject, topic(remark.message.id).0);
    let of_a_run = remark.message.id.starts_with(OF_A_RUN);
    for (name, value) in &remark.message.args.0 {
        match value {
            Arg::Text(_) if of_a_run => {}
            Arg::Text(text) if !CHANGING.contains(name) => key = format!("{key}/{text}"),
            Arg::Number(number) if NAMING.contains(name) => key = format!("{key}/{number}"),
            _ => {}
        }
    }
    key
}

fn event(catalog: &Catalog, remark: &Remark, key: String, nature: Nature) -> Event {
    let (_, advice, look) = topic(remark.message.id);
    let subject = remark.subject.clone();
    Event {
        key,
        nature,
        urgency: if remark.colour == Colour::Red { Urgency::Red } else { Urgency::Amber },
        words: cut(catalog.say(&remark.message)),
        advice: advice.map(|advice| catalog.id(advice)),
        look: Some(look.replace("{}", &subject)),
        subject,
        since: since(&remark.message),
    }
}

fn since(message: &Message) -> Option<Timestamp> {
    message.args.0.iter().find_map(|(name, value)| match value {
        Arg::Text(text) if *name == "since" => text.parse().ok(),
        _ => None,
    })
}

/// The recipient as the rules name it: whoever is woken need not know our ids.
fn named(now: &Now, catalog: &Catalog, reminder: &Reminder, at: Timestamp) -> Option<String> {
    let case = now.incidents.cases.get(&reminder.incident)?;
    let duty = duties(case, at).into_iter().find(|duty| duty.rule.id == reminder.duty)?;
    let mut recipients = duty.deliveries.iter().map(|delivery| delivery.recipient);
    let found = recipients.find(|one| Some(&one.id) == reminder.recipient.as_ref())?;
    Some(match catalog.language() {
        Language::Vietnamese => found.name.vi.clone(),
        Language::English => found.name.en.clone(),
    })
}

fn due(catalog: &Catalog, reminder: &Reminder, name: Option<&str>, at: Timestamp) -> Event {
    let recipient = reminder.recipient.as_deref().unwrap_or("");
    let due = reminder.due_at.map(|due| catalog.format().instant(due));
    let args = Args::none()
        .number("incident", reminder.incident)
        .text("duty", &reminder.duty)
        .text("recipient", name.or(reminder.recipient.as_deref()).unwrap_or("none"))
        .number("percent", u64::from(reminder.percent))
        .text("due", due.as_deref().unwrap_or("none"));
    let parts = [&reminder.incident.to_string(), &reminder.duty, recipient].join("/");
    Event {
        key: format!("duty/{parts}/{}", reminder.percent),
        // Time brings it about, no entry; whoever begins to hear now hears of what runs now.
        nature: Nature::Once { at, entry: None },
        urgency: if reminder.percent >= PRESSING { Urgency::Red } else { Urgency::Amber },
        subject: reminder.portal.clone(),
        words: cut(catalog.say(&Message::with("notice-duty-reminder", args))),
        advice: Some(match &reminder.recipient {
            Some(_) => catalog.id("notice-advice-duty"),
            None => catalog.id("notice-advice-deed"),
        }),
        look: Some(format!("duphong incident show {}", reminder.incident)),
        since: None,
    }
}

/// The same of the work that a failed drill opened.
fn of_work(catalog: &Catalog, work: &Work, percent: u8, at: Timestamp) -> Event {
    let args = Args::none()
        .number("number", work.number)
        .text("owner", &work.owner)
        .number("percent", u64::from(percent))
        .time("due", work.due);
    Event {
        key: format!("drill-work/{}/{percent}", work.number),
        nature: Nature::Once { at, entry: None },
        urgency: if percent >= PRESSING { Urgency::Red } else { Urgency::Amber },
        subject: work.portal.clone(),
        words: cut(catalog.say(&Message::with("notice-drill-work", args))),
        advice: Some(catalog.id("notice-advice-drill-work")),
        look: Some(format!("duphong drill show {}", work.number)),
        since: None,
    }
}

fn cut(words: String) -> String {
    match words.char_indices().nth(WORDS_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// What a remark is about, whichever way it stands; what to do about it; and the command that shows
/// more, in which `{}` is the subject. Remarks of one topic exclude each other.
fn topic(id: &'static str) -> (&'static str, Option<&'static str>, &'static str) {
    match id {
        "view-no-set" | "view-set-too-old" | "view-set-from-future" => {
            ("set", Some("notice-advice-set"), "duphong snapshot list --portal {}")
        }
        "view-snapshot-failed" => {
            (id, Some("notice-advice-set"), "duphong audit log --verb snapshot.create --last 2")
        }
        "view-sets-held" => (id, Some("notice-advice-held"), "duphong incident list"),
        "view-spot-differs" | "view-spot-outside" | "view-spot-unread" => {
            (id, Some("notice-advice-spot"), "duphong audit log --verb snapshot.spot --last 2")
        }
        "view-spot-nothing" => (
            id,
            Some("notice-advice-spot-nothing"),
            "duphong audit log --verb snapshot.spot --last 2",
        ),
        "view-spot-never" | "view-spot-missed" | "view-spot-failed" => {
            (id, Some("notice-advice-spot-run"), "duphong audit log --verb snapshot.spot --last 2")
        }
        "view-set-without-file" | "view-set-unanswered" | "view-set-incomplete" => {
            (id, None, "duphong snapshot list --portal {}")
        }
        "view-never-drilled" => topic_of_drill(id),
        id if id.starts_with("view-drill-") => topic_of_drill(id),
        "view-never-verified" | "view-damaged" => {
            ("verified", Some("notice-advice-verify"), "duphong repository verify {} --read-data")
        }
        id if id.starts_with("view-wal-") || id.starts_with("view-binlog-") => topic_of_log(id),
        "view-notice-failing" => (id, Some("notice-advice-failing"), "duphong notice test"),
        "view-anchor-never" | "view-anchor-late" => {
            ("anchor", Some("notice-advice-anchor"), "duphong audit anchor --dry-run")
        }
        "view-anchor-failed" => {
            (id, Some("notice-advice-anchor"), "duphong audit log --verb audit.anchor --last 2")
        }
        "view-audit-unusable" => (id, Some("notice-advice-audit"), "duphong audit verify"),
        "view-happened-drill-stopped" => (id, None, "duphong audit log --verb drill.run --last 2"),
        "view-happened-verify-stopped" => {
            (id, None, "duphong audit log --verb repository.verify --last 2")
        }
        "view-happened-reload-refused" => {
            (id, Some("notice-advice-reload"), "duphong validate --live")
        }
        id if id.starts_with("view-probe-") && id != "view-probe-flapping" => {
            ("probe", Some("notice-advice-probe"), "duphong probe list --portal {}")
        }
        "view-playbook-unreadable" => (id, Some("notice-advice-audit"), "duphong audit verify"),
        "view-playbook-waiting" => {
            ("playbook", Some("notice-advice-approve"), "duphong playbook list")
        }
        id if id.starts_with(OF_A_RUN) => {
            ("playbook", Some("notice-advice-playbook"), "duphong playbook list")
        }
        id if id.starts_with("view-happened-playbook-") => {
            (id, None, "duphong playbook list --all")
        }
        id if id.starts_with("view-incident-") => {
            (id, Some("notice-advice-incident"), "duphong incident list")
        }
        id => (id, None, "duphong status"),
    }
}

/// The same of a remark about drills.
fn topic_of_drill(id: &'static str) -> (&'static str, Option<&'static str>, &'static str) {
    match id {
        "view-never-drilled" | "view-drill-not-proven" | "view-drill-failed" => {
            ("drill", Some("notice-advice-drill"), "duphong drill list --portal {}")
        }
        "view-drill-slower" | "view-drill-half" => {
            (id, Some("notice-advice-drill-slower"), "duphong drill trend --portal {}")
        }
        "view-drill-work" | "view-drill-work-late" => {
            ("drill-work", Some("notice-advice-drill-work"), "duphong drill list --portal {}")
        }
        "view-drill-off-site" => {
            (id, Some("notice-advice-drill-off-site"), "duphong drill list --portal {}")
        }
        "view-drill-missed" => (id, Some("notice-advice-drill-missed"), "duphong next"),
        id => (id, None, "duphong status"),
    }
}

/// The same of a remark about a log that is kept.
fn topic_of_log(id: &'static str) -> (&'static str, Option<&'static str>, &'static str) {
    match id {
        "view-wal-nothing" | "view-wal-behind" => {
            ("wal-held", Some("notice-advice-wal"), "duphong wal check")
        }
        "view-wal-never" | "view-wal-unreadable" | "view-wal-unlooked" => {
            ("wal-looked", Some("notice-advice-wal-look"), "duphong wal check")
        }
        "view-wal-gap" => (id, Some("notice-advice-wal-gap"), "duphong wal list"),
        "view-wal-no-base" | "view-wal-other-line" => {
            ("wal-base", Some("notice-advice-wal-base"), "duphong snapshot list --portal {}")
        }
        "view-binlog-gap" => (id, Some("notice-advice-binlog-gap"), "duphong wal list"),
        "view-binlog-no-set" | "view-binlog-other-line" | "view-binlog-unplaced" => {
            ("binlog-set", Some("notice-advice-set"), "duphong snapshot list --portal {}")
        }
        "view-binlog-rewound" => (id, Some("notice-advice-binlog-gap"), "duphong wal check"),
        id => (id, Some("notice-advice-wal"), "duphong wal check"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(id: &'static str, run: u64, step: &str) -> Remark {
        let args = Args::none().number("run", run).text("step", step).text("command", id);
        let message = Message::with(id, args);
        Remark { colour: Colour::Red, subject: "mau".to_owned(), message }
    }

    #[test]
    fn a_run_is_one_thing_whichever_way_it_stands() {
        let waits = key(&remark("view-playbook-waiting", 7, "approval"));
        for other in ["view-playbook-stuck", "view-playbook-unknown", "view-playbook-halted"] {
            assert_eq!(key(&remark(other, 7, "fence")), waits);
            assert_ne!(key(&remark(other, 8, "fence")), waits);
            assert!(is_told(&remark(other, 7, "fence").message));
        }
        for quiet in ["view-playbook-going", "view-playbook-unwinding"] {
            assert!(!is_told(&remark(quiet, 7, "fence").message));
        }
    }
}
