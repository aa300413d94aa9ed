//! New settings while at work: taken up as a whole, or not at all.

use crate::daemon::kit::{SELDOM, Schedules, Town, configuration};

const OFTEN: Schedules<'static> = Schedules { snapshot: "7 */6 * * *", verify: "" };

#[test]
fn a_wrong_file_keeps_the_old_settings_and_is_told_everywhere() {
    let town = Town::new(SELDOM);
    let mut daemon = town.start();
    town.configure("site: {");
    daemon.signal("HUP");
    daemon.wait_for("the refusal", |daemon| {
        daemon.metric("duphong_config_last_reload_success") == Some(0.0)
    });
    let (code, body) = daemon.get("/healthz").unwrap();
    assert_eq!(code, 200, "it works on with the settings of before");
    assert!(body.contains("note: the configuration was refused"), "{body}");
    let refused = town.of("daemon.reload").pop().unwrap();
    assert_eq!(refused.facts["result"], "refused");
    assert_eq!(refused.facts["code"], "config.problems");
    assert!(daemon.get("/metrics").unwrap().1.contains("{job=\"snapshot/mau\"}"));

    town.configure(&configuration(town.port, OFTEN));
    daemon.signal("HUP");
    daemon.wait_for("the new settings", |daemon| {
        daemon.metric("duphong_config_last_reload_success") == Some(1.0)
    });
    let taken_up = town.of("daemon.reload").pop().unwrap();
    assert_eq!(taken_up.facts["schedules"]["snapshot/mau"], "7 */6 * * *");
    assert!(taken_up.facts["schedules"].get("verify/local").is_none());
    let next = daemon.metric("duphong_job_next_seconds{job=\"snapshot/mau\"}").unwrap();
    assert!(next <= 6.0 * 3600.0 + 60.0, "{next}");
}

#[test]
fn whoever_asks_for_it_is_told_what_is_wrong_and_where() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    let good = configuration(town.port, SELDOM);
    town.configure(&good.replace("rpo: 6h", "rpo: never"));
    assert_eq!(town.run("ctl reload").code, 78, "the command cannot read the file either");
    // Told where the daemon is, it asks: the file is at fault, with its place.
    let reload = town.run("ctl reload --socket state/control.sock --lang en");
    assert_eq!(reload.code, 78, "{}{}", reload.out, reload.err);
    let line = good.lines().position(|line| line.contains("rpo: 6h")).unwrap() + 1;
    assert!(reload.out.contains(&format!("{line}:")), "{}", reload.out);
    assert!(reload.out.contains("portals.mau.snapshot.rpo"), "{}", reload.out);
    assert_eq!(daemon.metric("duphong_config_last_reload_success"), Some(0.0));
}

#[test]
fn what_only_a_new_start_takes_up_is_refused_by_name() {
    let town = Town::new(SELDOM);
    let daemon = town.start();
    town.configure(&configuration(1, OFTEN));
    let reload = town.json("ctl reload");
    assert_eq!(reload["exit"], 78, "{reload}");
    assert_eq!(reload["result"]["code"], "daemon.needs-restart");
    assert_eq!(daemon.metric("duphong_config_last_reload_success"), Some(0.0));
    let status = town.json("status")["result"].clone();
    assert_eq!(status["daemon"]["refused"], "daemon.needs-restart", "{status}");
    town.configure(&configuration(town.port, OFTEN));
    assert_eq!(town.run("ctl reload").code, 0);
}
