//! The plan of a restore in words and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::fault::{Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::restore::{counts, deletions};
use crate::cli::table::List;
use crate::job::restore::Request;
use crate::job::restore::plan::{Plan, PlannedLoad};
use crate::job::restore::rates::{Expected, Phase};

/// What will be done, a fact a line.
pub(super) fn lines(frame: &Frame, request: &Request, plan: &Plan) -> Vec<String> {
    let format = frame.catalog.format();
    let outline = &plan.outline;
    let mut list = List::default();
    list.row(frame.word("label-set"), plan.set.to_string());
    list.row(frame.word("label-taken"), format.instant(plan.taken));
    list.row(frame.word("label-repository"), format!("{} ({})", plan.repository, plan.place));
    if let Some(at) = request.as_of {
        list.row(frame.word("label-as-of"), format.instant(at));
    }
    if let Some(to) = request.to {
        list.row(frame.word("label-to"), format.instant(to));
    }
    if let Some(gtid) = request.to_gtid {
        list.row(frame.word("label-to-gtid"), gtid.to_string());
    }
    list.row(frame.word("label-target"), request.target.display().to_string());
    list.row(frame.word("label-files"), format.number(outline.files));
    list.row(frame.word("label-folders"), format.number(outline.folders));
    list.row(frame.word("label-size"), format.bytes(outline.bytes));
    counts(frame, outline, &mut list);
    list.row(frame.word("label-to-fetch"), format.bytes(outline.fetched_bytes));
    for space in &plan.space {
        let values = Values::none()
            .text("needed", format.bytes(space.needed))
            .text("free", format.bytes(space.free))
            .text("path", space.path.display());
        list.row(frame.word("label-space"), frame.say("restore-space", values));
    }
    for load in &plan.loads {
        list.row(frame.word("label-database"), database(frame, load));
    }
    list.row(frame.word("label-duration"), duration(frame, plan));
    let mut lines = vec![frame.word("restore-plan")];
    lines.extend(list.lines());
    if plan.over_production {
        let id = match &request.without_evidence {
            Some(_) => "restore-plan-no-evidence",
            None => "restore-plan-evidence",
        };
        lines.push(frame.word(id));
    }
    lines.extend(deletions(frame, outline, true));
    lines
}

fn database(frame: &Frame, load: &PlannedLoad) -> String {
    let format = frame.catalog.format();
    let values = Values::none()
        .text("name", &load.name)
        .text("engine", &load.engine)
        .text("version", &load.version)
        .text("bytes", format.bytes(load.bytes))
        .number("tables", load.tables as u64)
        .number("rows", load.rows)
        .text("target", &load.target)
        .text("server", if load.server.is_empty() { "—" } else { &load.server });
    frame.say("restore-plan-database", values)
}

/// What it is expected to take, and by what that is known.
fn duration(frame: &Frame, plan: &Plan) -> String {
    if plan.phases.is_empty() {
        return frame.word("restore-time-nothing");
    }
    let unknown = plan.phases.iter().filter(|phase| phase.expected.is_none());
    let unknown: Vec<_> = unknown.map(|phase| frame.word(phase_word(phase.phase))).collect();
    let known = plan.phases.iter().filter_map(|phase| {
        let expected = phase.expected?;
        Some(format!("{} {}", frame.word(phase_word(phase.phase)), of_phase(frame, &expected)))
    });
    let known: Vec<String> = known.collect();
    match plan.expected() {
        Some((least, most)) if plan.phases.len() > 1 => {
            let values = Values::none()
                .text("time", range(frame, least, most))
                .text("parts", known.join("; "));
            frame.say("restore-time-together", values)
        }
        Some(_) => known.join("; "),
        None => {
            let values = Values::none().text("phases", unknown.join(", "));
            let words = frame.say("restore-time-unknown", values);
            if known.is_empty() { words } else { format!("{}; {words}", known.join("; ")) }
        }
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Fetch => "restore-phase-fetch",
        Phase::Load => "restore-phase-load",
        Phase::Open => "restore-phase-open",
        Phase::Log => "restore-phase-log",
    }
}

fn of_phase(frame: &Frame, expected: &Expected) -> String {
    let format = frame.catalog.format();
    let values = Values::none()
        .text("time", range(frame, expected.least, expected.most))
        .number("count", expected.measurements as u64)
        .text("largest", format.bytes(expected.largest))
        .text("newest", format.instant(expected.newest));
    frame.say("restore-time-measured", values)
}

/// From one time to another, or one where they read alike.
pub(crate) fn range(frame: &Frame, least: Duration, most: Duration) -> String {
    let format = frame.catalog.format();
    let (least, most) = (format.duration(least), format.duration(most));
    if least == most {
        return least;
    }
    frame.say("restore-range", Values::none().text("least", least).text("most", most))
}

/// What may not fit, and what would stop it.
pub(super) fn warnings(frame: &Frame, plan: &Plan, with_obstacles: bool) -> Vec<String> {
    let obstacles = plan.obstacles.iter().filter(|_| with_obstacles).map(|obstacle| {
        let values = Values::none().text("fault", frame.catalog.fault(obstacle.as_ref()));
        frame.say("restore-obstacle", values)
    });
    let cautions = plan.loads.iter().flat_map(|load| &load.cautions);
    obstacles.chain(cautions.map(|caution| frame.catalog.fault(caution))).collect()
}

/// The same for programs.
pub(super) fn as_json(frame: &Frame, plan: &Plan) -> Value {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let phases = plan.phases.iter().map(|one| {
        let expected = one.expected.map(|expected| {
            json!({
                "least-ms": milliseconds(expected.least),
                "most-ms": milliseconds(expected.most),
                "measurements": expected.measurements,
                "largest": expected.largest,
                "newest": expected.newest.to_string(),
            })
        });
        json!({ "phase": one.phase.as_str(), "bytes": one.bytes, "expected": expected })
    });
    let loads = plan.loads.iter().map(|load| {
        let cautions = load
            .cautions
            .iter()
            .map(|one| json!({ "code": one.code(), "message": frame.catalog.fault(one) }));
        json!({
            "name": load.name,
            "engine": load.engine,
            "version": load.version,
            "bytes": load.bytes,
            "tables": load.tables,
            "rows": load.rows,
            "target": load.target,
            "server": load.server,
            "cautions": cautions.collect::<Vec<_>>(),
        })
    });
    let space = plan.space.iter().map(|one| {
        json!({ "path": one.path.display().to_string(), "needed": one.needed, "free": one.free })
    });
    let obstacles = plan
        .obstacles
        .iter()
        .map(|one| json!({ "code": one.code(), "message": frame.catalog.fault(one.as_ref()) }));
    json!({
        "place": plan.place,
        "only": plan.only.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "databases": loads.collect::<Vec<_>>(),
        "space": space.collect::<Vec<_>>(),
        "phases": phases.collect::<Vec<_>>(),
        "expected": plan.expected().map(|(least, most)| {
            json!({ "least-ms": milliseconds(least), "most-ms": milliseconds(most) })
        }),
        "over-production": plan.over_production,
        "obstacles": obstacles.collect::<Vec<_>>(),
    })
}
