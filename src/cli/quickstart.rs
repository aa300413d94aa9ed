//! `quickstart`: the main job, end to end, on a made-up portal.
//!
//! The job does the work; here its story is told on one page, with the paths of everything it made
//! and the commands to go on with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::PROGRAM;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::{List, hanging};
use crate::config;
use crate::job::quickstart::{self, Answer, Answers, Recovered, Story};
use crate::world::files::FileError;

/// Folders that every shell searches: a program there needs no path.
const INSTALLED: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

/// What `quickstart` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR", default_value = "./quickstart")]
    pub dir: PathBuf,
}

/// Runs the story and tells it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let program =
        std::env::current_exe().map_err(FileError::io("resolve", Path::new("/proc/self/exe")))?;
    let language = frame.catalog.language().code();
    let prepared = quickstart::prepare(&args.dir, &program, language, &frame.world)?;
    let loaded = config::load(&prepared.paths.configuration, None)?;
    let story = quickstart::run(&frame.site_of(&loaded), prepared)?;
    let lines = lines(frame, &story, &program);
    Ok(Report::done(as_json(&story)).exit(exit(&story)).lines(lines))
}

/// The first thing that did not go as it should; done only if everything did. A machine without
/// IPv6 cannot say anything of it, and that is no failure.
fn exit(story: &Story) -> ExitCode {
    let v6 = |expected| if story.has_ipv6 { expected } else { Answer::Unknown };
    let answered =
        |answers: Answers, expected| answers == Answers { v4: expected, v6: v6(expected) };
    let taken = story.taken.sets.first().map(|set| set.written.id.to_string());
    let as_told = answered(story.before, Answer::Healthy)
        && answered(story.lost, Answer::Down)
        && answered(story.recovered.after, Answer::Healthy)
        && answered(story.cleaned.after, Answer::Healthy)
        && story.recovered.finished
        && story.cleaned.finished
        && story.alarm.altered
        && story.alarm.evidence > 0
        && story.alarm.set == taken
        && story.is_clean;
    let parts = [
        story.taken.exit(),
        story.drilled.exit(),
        if story.verified.is_sound() { ExitCode::Done } else { ExitCode::Integrity },
        story.log.exit(),
        if as_told { ExitCode::Done } else { ExitCode::Failed },
    ];
    parts.into_iter().find(|exit| *exit != ExitCode::Done).unwrap_or(ExitCode::Done)
}

fn lines(frame: &Frame, story: &Story, program: &Path) -> Vec<String> {
    let steps = [
        made(frame, story),
        taken(frame, story),
        frame.say("quickstart-lost", answers(frame, story.lost)),
        drilled(frame, story),
        recovered(frame, "quickstart-recovered", &story.recovered),
        altered(frame, story),
        incident(frame, story),
        cleaned(frame, story),
        frame.say("quickstart-verified", verified(frame, story)),
        frame.say("quickstart-log", log(frame, story)),
    ];
    let title = Values::none().text("folder", story.paths.folder.display());
    let mut lines = hanging("", &frame.say("quickstart-title", title));
    lines.push(String::new());
    for (number, step) in (1..).zip(steps) {
        lines.extend(hanging(&format!("{number:>2}. "), &step));
    }
    let took = Values::none().text("time", frame.catalog.format().duration(story.took));
    lines.extend([String::new(), frame.say("quickstart-took", took), String::new()]);
    lines.extend(places(frame, story).lines());
    lines.extend([String::new(), frame.word("quickstart-next")]);
    lines.extend(next(story, program));
    lines
}

fn made(frame: &Frame, story: &Story) -> String {
    let values = answers(frame, story.before)
        .number("articles", u64::from(story.made.articles))
        .number("uploads", u64::from(story.made.uploads))
        .number("bytes", story.made.bytes);
    frame.say("quickstart-made", values)
}

fn taken(frame: &Frame, story: &Story) -> String {
    let Some(set) = story.taken.sets.first() else { return String::new() };
    let figures = &set.written.statistics;
    let values = Values::none()
        .text("set", short(&set.written.id))
        .number("files", figures.files_new + figures.files_changed + figures.files_unchanged)
        .number("bytes", figures.bytes_total)
        .number("stored", figures.bytes_stored);
    frame.say("quickstart-taken", values)
}

fn drilled(frame: &Frame, story: &Story) -> String {
    let record = &story.drilled.record;
    let format = frame.catalog.format();
    let rto = record.measured_rto_ms.map(|ms| format.duration(Duration::from_millis(ms)));
    let values = Values::none()
        .number("number", record.number)
        .text("verdict", frame.catalog.say(&record.verdict.message()))
        .text("rto", rto.unwrap_or_else(|| "—".to_owned()))
        .text("objective", format.duration(Duration::from_secs(record.objective_rto_s)))
        .number("compared", record.checks.iter().map(|check| check.compared).sum());
    frame.say("quickstart-drilled", values)
}

/// The recovery by playbook: what it did where every step was done, else the step that failed.
fn recovered(frame: &Frame, id: &'static str, recovered: &Recovered) -> String {
    let values = answers(frame, recovered.after)
        .number("run", recovered.run)
        .number("steps", recovered.steps)
        .text("hash", recovered.hash.get(..8).unwrap_or_default())
        .text("took", frame.catalog.format().duration(recovered.took));
    if recovered.finished {
        return frame.say(id, values);
    }
    let (step, code) = recovered.failed.clone().unwrap_or_default();
    frame.say("quickstart-unfinished", values.text("step", step).text("code", code))
}

fn cleaned(frame: &Frame, story: &Story) -> String {
    let told = recovered(frame, "quickstart-cleaned", &story.cleaned);
    let page = if story.is_clean { "quickstart-clean" } else { "quickstart-not-clean" };
    format!("{told} {}", frame.word(page))
}

fn altered(frame: &Frame, story: &Story) -> String {
    let alarm = &story.alarm;
    let values = Values::none()
        .number("signs", alarm.signs)
        .number("score", alarm.score)
        .number("evidence", alarm.evidence)
        .text("set", alarm.set.as_deref().and_then(|set| set.get(..8)).unwrap_or("—"));
    frame.say("quickstart-altered", values)
}

fn incident(frame: &Frame, story: &Story) -> String {
    let alarm = &story.alarm;
    let format = frame.catalog.format();
    let first = alarm.first.as_ref().map(|clock| {
        let values = Values::none()
            .text("rule", &clock.rule)
            .text("article", &clock.article)
            .text("due", format.instant(clock.due));
        frame.say("quickstart-first-deadline", values)
    });
    let values = Values::none()
        .number("number", alarm.incident)
        .text("detected", format.instant(alarm.detected))
        .number("owed", alarm.owed)
        .text("first", first.unwrap_or_else(|| "—".to_owned()))
        .number("blanks", alarm.blanks);
    frame.say("quickstart-incident", values)
}

fn verified(frame: &Frame, story: &Story) -> Values {
    let id = if story.verified.is_sound() { "verify-sound" } else { "quickstart-damaged" };
    Values::none().text("verdict", frame.word(id)).number("bytes", story.verified.bytes_read)
}

fn log(frame: &Frame, story: &Story) -> Values {
    Values::none()
        .text("verdict", frame.catalog.say(&story.log.message()))
        .number("entries", story.entries)
}

/// How the portal answered over both address families.
fn answers(frame: &Frame, answers: Answers) -> Values {
    let word = |answer| {
        frame.word(match answer {
            Answer::Healthy => "quickstart-answer-healthy",
            Answer::Down => "quickstart-answer-down",
            Answer::Unknown => "quickstart-answer-unknown",
        })
    };
    Values::none().text("v4", word(answers.v4)).text("v6", word(answers.v6))
}

fn places(frame: &Frame, story: &Story) -> List {
    let mut list = List::default();
    let paths = &story.paths;
    list.row(frame.word("label-minutes"), paths.minutes.display().to_string());
    for path in &story.alarm.form {
        list.row(frame.word("label-form"), path.display().to_string());
    }
    for (label, path) in [
        ("label-configuration", &paths.configuration),
        ("label-repository", &paths.repository),
        ("label-password", &paths.password),
        ("label-log", &paths.log),
        ("label-anchor", &paths.anchor),
        ("label-approver-key", &paths.approver),
        ("label-portal-folder", &paths.portal),
    ] {
        list.row(frame.word(label), path.display().to_string());
    }
    list
}

/// Commands to be copied: they work as they stand, also where nothing is installed.
fn next(story: &Story, program: &Path) -> Vec<String> {
    let paths = &story.paths;
    let quoted = |path: &Path| quoted(&path.display().to_string());
    let is_installed = INSTALLED.iter().any(|folder| program.parent() == Some(Path::new(folder)));
    let name = if is_installed { PROGRAM.to_owned() } else { quoted(program) };
    let configuration = quoted(&paths.configuration);
    let command = |words: &str| format!("  {name} --config {configuration} {words}");
    let anchor = quoted(&paths.anchor);
    vec![
        command("status"),
        command("duties"),
        command(&format!("playbook show {}", story.recovered.run)),
        command("drill run --portal mau --sabotage pack-bit"),
        command(&format!("audit verify --anchor {anchor}")),
    ]
}

/// The path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

fn as_json(story: &Story) -> Value {
    let path = |path: &Path| path.display().to_string();
    let paths = &story.paths;
    let alarm = &story.alarm;
    json!({
        "paths": {
            "folder": path(&paths.folder),
            "configuration": path(&paths.configuration),
            "repository": path(&paths.repository),
            "password": path(&paths.password),
            "log": path(&paths.log),
            "anchor": path(&paths.anchor),
            "minutes": path(&paths.minutes),
            "documents": path(&paths.documents),
            "portal": path(&paths.portal),
            "approver": path(&paths.approver),
        },
        "portal": {
            "articles": story.made.articles,
            "uploads": story.made.uploads,
            "bytes": story.made.bytes,
        },
        "sets": story.taken.sets.iter().map(|set| {
            json!({
                "repository": set.repository,
                "id": set.written.id.to_string(),
                "bytes": set.written.statistics.bytes_total,
                "bytes-stored": set.written.statistics.bytes_stored,
            })
        }).collect::<Vec<_>>(),
        "answers": {
            "before": answers_json(story.before),
            "lost": answers_json(story.lost),
        },
        "drill": {"entry": story.drilled.entry, "record": story.drilled.record},
        "recovered": recovered_json(&story.recovered),
        "alarm": {
            "altered": alarm.altered,
            "score": alarm.score,
            "signs": alarm.signs,
            "evidence": alarm.evidence,
            "set": alarm.set,
        },
        "incident": {
            "number": alarm.incident,
            "detected": alarm.detected.to_string(),
            "owed": alarm.owed,
            "first": alarm.first.as_ref().map(|clock| {
                json!({"rule": clock.rule, "due": clock.due.to_string()})
            }),
            "form": alarm.form.iter().map(|file| path(file)).collect::<Vec<_>>(),
            "blanks": alarm.blanks,
        },
        "cleaned": recovered_json(&story.cleaned),
        "clean": story.is_clean,
        "repository": {
            "sound": story.verified.is_sound(),
            "bytes-read": story.verified.bytes_read,
        },
        "audit": {"verdict": story.log.as_str(), "entries": story.entries},
        "took-ms": u64::try_from(story.took.as_millis()).unwrap_or(u64::MAX),
    })
}

fn answers_json(answers: Answers) -> Value {
    json!({"v4": word(answers.v4), "v6": word(answers.v6)})
}

fn recovered_json(recovered: &Recovered) -> Value {
    json!({
        "run": recovered.run,
        "hash": recovered.hash,
        "finished": recovered.finished,
        "steps": recovered.steps,
        "failed": recovered.failed.as_ref().map(|(step, code)| json!({"step": step, "code": code})),
        "took-ms": u64::try_from(recovered.took.as_millis()).unwrap_or(u64::MAX),
        "answers": answers_json(recovered.after),
    })
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Healthy => "healthy",
        Answer::Down => "down",
        Answer::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell_where_they_need_it() {
        assert_eq!(quoted("/srv/a-b/c.yaml"), "/srv/a-b/c.yaml");
        assert_eq!(quoted("/srv/cổng mẫu/a"), "'/srv/cổng mẫu/a'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
