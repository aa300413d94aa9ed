//! A run as it happens: a line on standard error for each fact, with the time it took.

use std::cell::Cell;

use crate::base::fault::Args as Values;
use crate::cli::frame::Frame;
use crate::cli::playbook::words;
use crate::cli::table::hanging;
use crate::playbook::fact::{Ended, Fact, Found, How, Result, Tried, Way};
use crate::playbook::journal::Run;
use crate::world::clock::Monotonic;

/// Who tells a run while it happens.
pub(super) struct Live<'a> {
    frame: &'a Frame,
    /// When the attempt under way was announced.
    begun: Cell<Option<Monotonic>>,
}

impl<'a> Live<'a> {
    /// Tells it to whoever sits before this frame.
    pub(super) fn new(frame: &'a Frame) -> Self {
        Self { frame, begun: Cell::new(None) }
    }

    /// Tells one fact.
    pub(super) fn tell(&self, run: &Run, fact: &Fact) {
        if let Fact::Tried(_) = fact {
            self.begun.set(Some(self.frame.world.clock.monotonic()));
        }
        let words = self.words(run, fact);
        let now = self.frame.catalog.format().instant(self.frame.world.clock.now());
        for line in hanging(&format!("{now}  "), &words) {
            self.frame.aside(&line);
        }
    }

    fn words(&self, run: &Run, fact: &Fact) -> String {
        let frame = self.frame;
        let of = |step: &str| {
            let at = run.plan.steps.iter().position(|planned| planned.id == step);
            let title = at.map(|at| words::of(frame, &run.plan.steps[at].title));
            Values::none()
                .number("number", at.map_or(0, |at| at as u64 + 1))
                .number("steps", run.plan.steps.len() as u64)
                .text("step", step)
                .text("title", title.unwrap_or(step))
        };
        match fact {
            Fact::Begun(_) => {
                frame.say("playbook-live-begun", Values::none().number("run", run.number))
            }
            Fact::Tried(Tried { step, way, attempt }) => {
                let id = match way {
                    Way::Do => "playbook-live-doing",
                    Way::Undo => "playbook-live-undoing",
                };
                frame.say(id, of(step).number("attempt", u64::from(*attempt)))
            }
            Fact::Ended(ended) => self.ended(ended, of(&ended.step)),
            Fact::Asked(asked) => {
                let values = of(&asked.step).number("wanted", u64::from(asked.approvals));
                frame.say("playbook-live-asked", values.text("expires", asked.expires))
            }
            Fact::Approved(one) => {
                frame.say("playbook-live-approved", of(&one.step).text("approver", &one.approver))
            }
            Fact::Rejected(said) => {
                let values = Values::none().text("by", &said.by).text("reason", &said.reason);
                frame.say("playbook-live-rejected", values)
            }
            Fact::Found(Found { step, done, by, .. }) => {
                let values = of(step).text("by", by.as_deref().unwrap_or("none"));
                let id = if *done { "playbook-live-found-done" } else { "playbook-live-found-not" };
                frame.say(id, values)
            }
            Fact::Retry(said) => {
                let values = Values::none().text("by", &said.by).text("reason", &said.reason);
                frame.say("playbook-live-retry", values)
            }
            Fact::Abort(said) => {
                let values = Values::none().text("by", &said.by).text("reason", &said.reason);
                frame.say("playbook-live-abort", values)
            }
            Fact::Closed(closed) => {
                let id = match closed.how {
                    How::Finished => "playbook-live-finished",
                    How::Unwound => "playbook-live-unwound",
                    How::Left => "playbook-live-left",
                };
                let took = words::took(frame, closed.took_ms);
                frame.say(id, Values::none().number("run", run.number).text("took", took))
            }
        }
    }

    fn ended(&self, ended: &Ended, values: Values) -> String {
        let clock = &self.frame.world.clock;
        let took = self.begun.take().map(|begun| clock.monotonic().since(begun));
        let took = took.map_or_else(String::new, |took| self.frame.catalog.format().duration(took));
        let values = values.text("took", took);
        let (id, values) = match (&ended.result, ended.way) {
            (Result::Done { .. }, Way::Do) => ("playbook-live-done", values),
            (Result::Done { .. }, Way::Undo) => ("playbook-live-undone", values),
            (Result::Failed { code, error }, _) => {
                ("playbook-live-failed", values.text("code", code).text("error", error))
            }
            (Result::Unknown, _) => ("playbook-live-stopped", values),
        };
        self.frame.say(id, values)
    }
}
