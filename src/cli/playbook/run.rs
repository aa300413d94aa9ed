//! `playbook run`, `resume`, `reject`, `abort`: what brings a run on, and what takes it back.
//!
//! Each goes on until the run is over or a person must act, tells it live on standard error, and
//! ends with how the run stands; the exit code says whether anyone is needed.

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::ask::Ask;
use crate::cli::frame::Frame;
use crate::cli::playbook::live::Live;
use crate::cli::playbook::{plan, show, words};
use crate::cli::report::Report;
use crate::cli::usage::UsageFault;
use crate::job::playbook;
use crate::job::playbook::run::{self as job, Word};
use crate::job::site::Site;
use crate::playbook::fact::Fact;
use crate::playbook::journal::{Run, Standing};
use crate::playbook::settings::Given;

/// The code of a fault that is a wish to stop.
const INTERRUPTED: &str = "job.interrupted";

/// What `playbook run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "INPUT", value_parser = plan::input())]
    pub input: Vec<(String, Given)>,
    #[arg(long)]
    pub wait: bool,
}

/// What `playbook resume` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    #[arg(value_name = "RUN")]
    pub run: u64,
    #[arg(long, conflicts_with = "answer")]
    pub retry: bool,
    #[arg(long, value_name = "ANSWER", value_parser = ["done", "not-done"], requires = "step")]
    pub answer: Option<String>,
    #[arg(long, value_name = "STEP", requires = "answer")]
    pub step: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long)]
    pub wait: bool,
}

/// What `playbook reject` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Reject {
    #[arg(value_name = "RUN")]
    pub run: u64,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What `playbook abort` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Abort {
    #[arg(value_name = "RUN")]
    pub run: u64,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long)]
    pub leave: bool,
}

/// Plans and begins a run, and goes on.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    // Nothing is looked at for a run that could not be recorded.
    drop(site.log()?);
    let request = plan::request(&args.playbook, &args.portal, &args.input);
    let draft = job::plan(&site, &request)?;
    let run = job::begin(&site, draft.plan)?;
    Live::new(frame).tell(&run, &Fact::Begun(run.begun.clone()));
    go_on(frame, &site, run.number, &Word::Nothing, args.wait)
}

/// Goes on with a run, after a person's word where one is needed.
pub(crate) fn resume(args: &Resume, frame: &Frame) -> Result<Report, AnyFault> {
    const VERB: &str = "playbook resume";
    let reason = || Ask::of(VERB, frame).text(args.reason.as_ref(), "--reason", "ask-reason");
    let word = match (&args.answer, args.retry) {
        (Some(answer), _) => Word::Answer {
            step: args.step.clone().ok_or_else(|| UsageFault::missing(VERB, "--step"))?,
            done: answer == "done",
            reason: reason()?,
        },
        (None, true) => Word::Retry { reason: reason()? },
        (None, false) => Word::Nothing,
    };
    go_on(frame, &frame.site()?, args.run, &word, args.wait)
}

/// Refuses the gate that waits; what was done before it is taken back.
pub(crate) fn reject(args: &Reject, frame: &Frame) -> Result<Report, AnyFault> {
    let ask = Ask::of("playbook reject", frame);
    let reason = ask.text(args.reason.as_ref(), "--reason", "ask-reason")?;
    go_on(frame, &frame.site()?, args.run, &Word::Reject { reason }, false)
}

/// Takes a run back, or leaves it to a person as it stands.
pub(crate) fn abort(args: &Abort, frame: &Frame) -> Result<Report, AnyFault> {
    let ask = Ask::of("playbook abort", frame);
    let reason = ask.text(args.reason.as_ref(), "--reason", "ask-reason")?;
    let word = if args.leave { Word::Leave { reason } } else { Word::Abort { reason } };
    go_on(frame, &frame.site()?, args.run, &word, false)
}

fn go_on(
    frame: &Frame,
    site: &Site,
    number: u64,
    word: &Word,
    wait: bool,
) -> Result<Report, AnyFault> {
    let live = Live::new(frame);
    let watch = |run: &Run, fact: &Fact| live.tell(run, fact);
    let reached = job::go_on(site, number, word, &watch).and_then(|(run, standing)| {
        if wait && matches!(standing, Standing::Waiting { .. }) {
            let values = Values::none().number("run", number);
            frame.aside(&frame.say("playbook-live-waiting", values));
            return job::wait(site, run, standing, &watch);
        }
        Ok((run, standing))
    });
    // Whoever asked to stop while the run was being taken up has what was asked for.
    if let Err(fault) = reached
        && fault.code() != INTERRUPTED
    {
        return Err(fault);
    }
    let course = playbook::find(site, number)?;
    let standing = course.run.standing(frame.world.clock.now());
    Ok(Report::done(show::as_json(frame, &course))
        .exit(words::exit(frame, &standing))
        .lines(show::told(frame, &course)))
}
