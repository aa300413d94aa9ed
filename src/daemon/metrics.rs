//! The state of everything as Prometheus reads it. Pure.
//!
//! Ages rather than instants, so that an alarm needs no arithmetic with clocks of two machines.
//! What never happened has the age `+Inf`: it is older than every limit, and no alarm forgets it.
//! `docs/OPERATIONS.md` says what each one means.

mod anchors;
mod logs;

use std::time::Duration;

use jiff::Timestamp;

use crate::daemon::board::Seen;
use crate::view::drills;
use crate::world::clock::Monotonic;

/// The text format's own name.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything at `now`.
pub(super) fn text(seen: &Seen, now: Timestamp, clock: Monotonic) -> String {
    let mut page = Page::default();
    itself(&mut page, seen, now, clock);
    jobs(&mut page, seen, now);
    portals(&mut page, seen, now);
    spots(&mut page, seen, now);
    repositories(&mut page, seen, now);
    probes(&mut page, seen, now);
    incidents(&mut page, seen, now);
    logs::text(&mut page, &seen.logs, now);
    anchors::text(&mut page, seen, now);
    page.text
}

fn itself(page: &mut Page, seen: &Seen, now: Timestamp, clock: Monotonic) {
    page.about("duphong_build_info", "Always 1; the version is a label.");
    page.one("duphong_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.about("duphong_started_age_seconds", "Time since the daemon started.");
    page.one("duphong_started_age_seconds", &[], age(Some(seen.started), now));
    page.about("duphong_scheduler_tick_age_seconds", "Time since the scheduler looked around.");
    let ticked = seen.ticked.map_or(f64::INFINITY, |tick| clock.since(tick).as_secs_f64());
    page.one("duphong_scheduler_tick_age_seconds", &[], ticked);
    page.about("duphong_log_writable", "1 while the audit log can be written.");
    page.one("duphong_log_writable", &[], flag(seen.log_fault.is_none()));
    page.about("duphong_log_entries", "Entries of the audit log.");
    page.one("duphong_log_entries", &[], seen.now.entries as f64);
    page.about("duphong_config_last_reload_success", "1 if the newest configuration is in force.");
    page.one("duphong_config_last_reload_success", &[], flag(seen.reload.failed.is_none()));
    page.about("duphong_config_last_reload_age_seconds", "Time since it was last read.");
    page.one("duphong_config_last_reload_age_seconds", &[], age(Some(seen.reload.at), now));
    page.about("duphong_paused", "1 while a person has paused heavy work.");
    page.one("duphong_paused", &[], flag(seen.paused.is_some()));
}

fn jobs(page: &mut Page, seen: &Seen, now: Timestamp) {
    page.about("duphong_jobs_running", "Jobs at work.");
    page.one("duphong_jobs_running", &[], seen.running.len() as f64);
    page.about("duphong_job_running_seconds", "How long a job has been at work.");
    for (job, since) in &seen.running {
        page.one("duphong_job_running_seconds", &[("job", job)], age(Some(*since), now));
    }
    page.about("duphong_job_last_exit", "The exit code of the job's last run since the start.");
    for (job, ran) in &seen.ended {
        page.one("duphong_job_last_exit", &[("job", job)], f64::from(ran.exit.number()));
    }
    page.about("duphong_job_last_success", "1 if that run did what the job is for.");
    for (job, ran) in &seen.ended {
        page.one("duphong_job_last_success", &[("job", job)], flag(ran.success));
    }
    page.about("duphong_job_next_seconds", "Time until the job starts; negative when it waits.");
    for coming in &seen.coming {
        let Some(at) = coming.at else { continue };
        let seconds = at.duration_since(now).as_secs_f64();
        page.one("duphong_job_next_seconds", &[("job", &coming.job)], seconds);
    }
}

fn portals(page: &mut Page, seen: &Seen, now: Timestamp) {
    let settings = &seen.settings.portals;
    let known = |id: &str| seen.now.portals.get(id);
    page.about("duphong_rpo_seconds", "The most data, as time, that the owner accepts to lose.");
    for portal in settings {
        page.one("duphong_rpo_seconds", &[("portal", &portal.id)], seconds(portal.snapshot.rpo));
    }
    page.about("duphong_set_age_seconds", "Age of the newest set's content: the RPO as it is now.");
    for portal in settings {
        for repository in &portal.snapshot.to {
            let taken = known(&portal.id).and_then(|one| one.sets.get(repository));
            let labels = [("portal", portal.id.as_str()), ("repository", repository.as_str())];
            page.one("duphong_set_age_seconds", &labels, age(taken.map(|set| set.taken), now));
        }
    }
    page.about("duphong_snapshot_failed", "1 if the newest snapshot run did not end well.");
    for portal in settings {
        let failed = known(&portal.id).is_some_and(|one| one.failed.is_some());
        page.one("duphong_snapshot_failed", &[("portal", &portal.id)], flag(failed));
    }
    page.about("duphong_rto_seconds", "The longest measured RTO that passes.");
    for portal in settings {
        page.one("duphong_rto_seconds", &[("portal", &portal.id)], seconds(portal.drill.rto));
    }
    page.about("duphong_drill_age_seconds", "Time since the newest drill.");
    for portal in settings {
        let at = known(&portal.id).and_then(|one| one.drill.as_ref()).map(|drill| drill.at);
        page.one("duphong_drill_age_seconds", &[("portal", &portal.id)], age(at, now));
    }
    page.about("duphong_drill_verdict", "1 for the verdict of the newest drill.");
    for portal in settings {
        let Some(drill) = known(&portal.id).and_then(|one| one.drill.as_ref()) else { continue };
        let labels = [("portal", portal.id.as_str()), ("verdict", drill.verdict.as_str())];
        page.one("duphong_drill_verdict", &labels, 1.0);
    }
    page.about("duphong_drill_measured_rto_seconds", "The measured RTO of the newest drill.");
    for portal in settings {
        let drill = known(&portal.id).and_then(|one| one.drill.as_ref());
        let Some(rto) = drill.and_then(|drill| drill.rto_ms) else { continue };
        let rto = seconds(Duration::from_millis(rto));
        page.one("duphong_drill_measured_rto_seconds", &[("portal", &portal.id)], rto);
    }
    page.about("duphong_drill_median_rto_seconds", "The median of earlier drills of its kind.");
    for portal in settings {
        let newest = known(&portal.id).and_then(drills::newest);
        let Some((_, Some(change))) = newest else { continue };
        let labels = [("portal", portal.id.as_str())];
        page.one("duphong_drill_median_rto_seconds", &labels, seconds(change.median));
    }
}

/// Of portals that have a schedule of it, or had one by hand.
fn spots(page: &mut Page, seen: &Seen, now: Timestamp) {
    let known = |id: &str| seen.now.portals.get(id).and_then(|one| one.spot);
    let portals = || {
        let all = seen.settings.portals.iter().map(|one| (one, known(&one.id)));
        all.filter(|(one, spot)| one.spot_check.is_some() || spot.is_some())
    };
    page.about("duphong_spot_age_seconds", "Time since the newest spot check came to its end.");
    for (portal, spot) in portals() {
        let at = age(spot.map(|spot| spot.at), now);
        page.one("duphong_spot_age_seconds", &[("portal", &portal.id)], at);
    }
    page.about("duphong_spot_things", "What it found wrong, far off, unread or not claimed.");
    for (portal, spot) in portals() {
        let Some(spot) = spot else { continue };
        for (kind, count) in [
            ("findings", spot.findings),
            ("outside", spot.outside),
            ("unread", spot.unread),
            ("beyond", spot.beyond),
            ("apart", spot.apart),
        ] {
            let labels = [("portal", portal.id.as_str()), ("kind", kind)];
            page.one("duphong_spot_things", &labels, count as f64);
        }
    }
    page.about("duphong_spot_failed", "1 if the newest spot check did not come to its end.");
    for (portal, _) in portals() {
        let failed = seen.now.portals.get(&portal.id).is_some_and(|one| one.spot_failed.is_some());
        page.one("duphong_spot_failed", &[("portal", &portal.id)], flag(failed));
    }
}

fn repositories(page: &mut Page, seen: &Seen, now: Timestamp) {
    let known = |name: &str| seen.now.repositories.get(name).and_then(|one| one.verified);
    page.about("duphong_verify_age_seconds", "Time since all data of the repository was read.");
    for repository in &seen.settings.repositories {
        let at = known(&repository.name).map(|(at, _)| at);
        let labels = [("repository", repository.name.as_str())];
        page.one("duphong_verify_age_seconds", &labels, age(at, now));
    }
    page.about("duphong_verify_damages", "Damages that this reading found.");
    for repository in &seen.settings.repositories {
        let Some((_, damages)) = known(&repository.name) else { continue };
        let labels = [("repository", repository.name.as_str())];
        page.one("duphong_verify_damages", &labels, damages as f64);
    }
}

fn probes(page: &mut Page, seen: &Seen, now: Timestamp) {
    let configured = || {
        seen.settings.portals.iter().flat_map(|portal| {
            portal.probes.iter().map(move |probe| {
                let known = seen.now.portals.get(&portal.id);
                (
                    portal.id.as_str(),
                    probe.name.as_str(),
                    known.and_then(|k| k.probes.get(&probe.name)),
                )
            })
        })
    };
    page.about("duphong_probe_look_age_seconds", "Time since the probe last could look.");
    for (portal, probe, _) in configured() {
        let job = format!("probe/{portal}/{probe}");
        let looked = seen.ended.get(&job).and_then(|ran| ran.succeeded_at);
        let labels = [("portal", portal), ("probe", probe)];
        page.one("duphong_probe_look_age_seconds", &labels, age(looked, now));
    }
    page.about(
        "duphong_probe_state",
        "1 for the settled state of a probe; unsettled ones lack it.",
    );
    for (portal, probe, known) in configured() {
        let Some(state) = known.and_then(|known| known.state) else { continue };
        let labels = [("portal", portal), ("probe", probe), ("state", state.as_str())];
        page.one("duphong_probe_state", &labels, 1.0);
    }
    page.about("duphong_probe_state_age_seconds", "Time since that state holds.");
    for (portal, probe, known) in configured() {
        let Some(known) = known else { continue };
        let labels = [("portal", portal), ("probe", probe)];
        page.one("duphong_probe_state_age_seconds", &labels, age(Some(known.since), now));
    }
    page.about("duphong_probe_verdict", "1 for the verdict of each family when the state settled.");
    for (portal, probe, known) in configured() {
        for family in known.iter().flat_map(|known| &known.families) {
            let labels = [
                ("portal", portal),
                ("probe", probe),
                ("family", family.family.as_str()),
                ("verdict", family.verdict.as_str()),
            ];
            page.one("duphong_probe_verdict", &labels, 1.0);
        }
    }
}

fn incidents(page: &mut Page, seen: &Seen, now: Timestamp) {
    let due = seen.now.incidents.due(now);
    page.about("duphong_incidents_open", "Incidents whose duties are still owed.");
    page.one("duphong_incidents_open", &[], seen.now.incidents.live().count() as f64);
    page.about("duphong_duties_open", "Duties that are owed or wait for a receipt.");
    page.one("duphong_duties_open", &[], due.len() as f64);
    page.about("duphong_duties_overdue", "Duties past their deadline.");
    let overdue = due.iter().filter(|(_, duty)| duty.overdue).count();
    page.one("duphong_duties_overdue", &[], overdue as f64);
    page.about("duphong_duty_next_seconds", "Time until the next deadline; negative when past.");
    if let Some(at) = due.iter().filter_map(|(_, duty)| duty.due_at).min() {
        page.one("duphong_duty_next_seconds", &[], at.duration_since(now).as_secs_f64());
    }
}

/// Never is older than everything; the future is a wrong clock, and no age at all.
fn age(at: Option<Timestamp>, now: Timestamp) -> f64 {
    at.map_or(f64::INFINITY, |at| now.duration_since(at).as_secs_f64())
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn about(&mut self, name: &str, help: &str) {
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    }

    fn owned(&mut self, name: &str, labels: &[(&str, String)], value: f64) {
        let labels: Vec<_> = labels.iter().map(|(label, text)| (*label, text.as_str())).collect();
        self.one(name, &labels, value);
    }

    fn one(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(name);
        for (position, (label, content)) in labels.iter().enumerate() {
            let sign = if position == 0 { '{' } else { ',' };
            self.text.push_str(&format!("{sign}{label}=\"{}\"", escaped(content)));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let value = if value.is_infinite() { "+Inf".to_owned() } else { value.to_string() };
        self.text.push_str(&format!(" {value}\n"));
    }
}

/// As the text format wants label values.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_older_than_everything_and_labels_cannot_break_out() {
        let now = "2026-11-22T08:00:00Z".parse().expect("a valid time");
        let mut page = Page::default();
        page.one("a", &[], age(None, now));
        page.one("b", &[("x", "1"), ("y", "\"}\n\\")], age(Some(now), now));
        assert_eq!(page.text, "a +Inf\nb{x=\"1\",y=\"\\\"}\\n\\\\\"} 0\n");
    }
}
