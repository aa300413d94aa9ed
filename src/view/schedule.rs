//! What the state of the daemon means for the whole: schedules without a daemon, a pause, settings
//! that were refused, a log that cannot be written. Pure.

use crate::base::fault::{Args, Message};
use crate::view::{Colour, Remark};

/// The daemon as it answers, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Nobody answers.
    Absent,
    /// Somebody is there, but what was said could not be understood.
    Unclear,
    /// It answers.
    Present(Answering),
}

/// What it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answering {
    /// Since when it runs.
    pub started: String,
    /// Who paused it, and why.
    pub paused: Option<(String, String)>,
    /// The code of what was wrong with the newest configuration.
    pub refused: Option<String>,
    /// Why the log cannot be written.
    pub log_fault: Option<String>,
    /// Whether its scheduler looks around as it should.
    pub ticks: bool,
    /// Jobs that changes bring about, with when they start.
    pub wished: Vec<(String, String)>,
}

/// What a person should know of it. `subject` is the installation, `scheduled` how many jobs the
/// configuration wants done by themselves.
pub fn watch_remarks(watch: &Watch, subject: &str, scheduled: usize) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |colour, id, args| {
        let message = Message::with(id, args);
        remarks.push(Remark { colour, subject: subject.to_owned(), message });
    };
    match watch {
        // Whoever runs the commands by hand or by cron needs no daemon.
        Watch::Absent if scheduled == 0 => {}
        Watch::Absent => {
            let count = Args::none().number("count", scheduled as u64);
            say(Colour::Amber, "view-no-daemon", count);
        }
        Watch::Unclear => say(Colour::Amber, "view-daemon-unclear", Args::none()),
        Watch::Present(daemon) => {
            if let Some(code) = &daemon.log_fault {
                say(Colour::Red, "view-log-unwritable", Args::none().text("code", code));
            }
            if !daemon.ticks {
                say(Colour::Red, "view-daemon-hangs", Args::none());
            }
            if let Some((by, reason)) = &daemon.paused {
                let args = Args::none().text("by", by).text("reason", reason);
                say(Colour::Amber, "view-daemon-paused", args);
            }
            if let Some(code) = &daemon.refused {
                say(Colour::Amber, "view-reload-refused", Args::none().text("code", code));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(watch: &Watch, scheduled: usize, expected: &[(Colour, &str)]) {
        let found = watch_remarks(watch, "mau", scheduled);
        let found: Vec<_> = found.iter().map(|one| (one.colour, one.message.id)).collect();
        assert_eq!(found, expected, "{watch:?}");
    }

    #[test]
    fn schedules_that_nobody_follows_are_not_green() {
        check(&Watch::Absent, 0, &[]);
        check(&Watch::Absent, 2, &[(Colour::Amber, "view-no-daemon")]);
        check(&Watch::Unclear, 0, &[(Colour::Amber, "view-daemon-unclear")]);
        let well = Answering { ticks: true, ..Answering::default() };
        check(&Watch::Present(well.clone()), 2, &[]);
        let paused = Some(("an".to_owned(), "thay đĩa".to_owned()));
        let paused = Answering { paused, ..well.clone() };
        check(&Watch::Present(paused), 2, &[(Colour::Amber, "view-daemon-paused")]);
        let refused = Answering { refused: Some("config.problems".to_owned()), ..well.clone() };
        check(&Watch::Present(refused), 2, &[(Colour::Amber, "view-reload-refused")]);
        let broken = Answering { log_fault: Some("audit.unwritable".to_owned()), ..well };
        check(&Watch::Present(broken), 2, &[(Colour::Red, "view-log-unwritable")]);
        let hangs = Answering::default();
        check(&Watch::Present(hangs), 2, &[(Colour::Red, "view-daemon-hangs")]);
    }
}
