//! The command line: one file per verb; words, JSON and exit codes at the edge.
//!
//! [`main`] understands the arguments, prepares what a verb needs ([`frame`]) and tells its answer
//! or its fault ([`voice`]). The order matters: the language is settled first, from whatever can be
//! read, so that even a command line that cannot be understood is answered in words the reader
//! understands. Jobs do the work; a verb's file turns arguments into a job and its result into a
//! report.

mod arguments;
mod ask;
mod audit;
mod backup_report;
mod baseline;
mod bucket;
mod bug;
mod ctl;
mod daemon;
mod drill;
mod duties;
mod frame;
mod glance;
mod help;
mod incident;
mod init;
mod key;
mod next;
mod notice;
mod person;
mod playbook;
mod portal_sample;
mod probe;
mod progress;
mod quickstart;
mod recover;
mod report;
mod repository;
mod restore;
mod runbook;
mod scan;
mod signal;
mod snapshot;
mod status;
mod surroundings;
mod table;
mod usage;
mod validate;
mod voice;
mod wal;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, FromArgMatches as _};
use tracing::level_filters::LevelFilter;

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;
use crate::base::fault::AnyFault;
use crate::base::progress::{Progress, Silent};
use crate::cli::arguments::{CommandLine, Common, Verb};
use crate::cli::bug::NoRuntime;
use crate::cli::frame::{Configuration, Frame};
use crate::cli::glance::Glance;
use crate::cli::progress::Terminal;
use crate::cli::progress::lines::Lines;
use crate::cli::report::Report;
use crate::cli::surroundings::Surroundings;
use crate::cli::usage::UsageFault;
use crate::cli::voice::Voice;
use crate::job::site::Notices;
use crate::job::unrecorded::Unrecorded;
use crate::text::Catalog;
use crate::text::Language;
use crate::world::World;

/// What a person types, whatever the file is called that runs.
const PROGRAM: &str = "duphong";

/// Runs one command line, its first argument the program's name, and returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let surroundings = Surroundings::read();
    let arguments = help_first(arguments.into_iter().skip(1).collect());
    let glance = Glance::at(&arguments);
    let voice = Voice::new(glance.json, surroundings.color && !glance.no_color);
    let configuration = Configuration::find(glance.config.clone(), surroundings.credentials);
    let catalog = Arc::new(words(&glance, &configuration, surroundings.language));
    let command = CommandLine::command();
    let verb = verb_at(&command, &arguments);
    let notices = Notices::default();
    let told = || notices.take().iter().map(|notice| catalog.say(notice)).collect::<Vec<_>>();
    let outcome = bug::caught(|| {
        let mut command = help::worded(command, &catalog);
        match command.try_get_matches_from_mut(program_and(&arguments)) {
            Ok(matches) => {
                let line = CommandLine::from_arg_matches(&matches)
                    .expect("the parser accepted these arguments for this very type");
                let mut report = run(&line, voice, &catalog, configuration, &notices)?;
                report.warnings.splice(..0, told());
                Ok(voice.tell(&catalog, &verb, &report))
            }
            Err(error) => Ok(not_run(&error, voice, &catalog, &verb)?),
        }
    });
    let is_fetch = verb == ["wal", "fetch"];
    let outcome = outcome.map_err(|fault| if is_fetch { wal::halting(fault) } else { fault });
    outcome.unwrap_or_else(|fault| voice.fail(&catalog, &verb, &*fault, &told())).number()
}

/// The words for this reader: by wish, by the site's configuration, by the session, else
/// Vietnamese; with the site's clocks, else Vietnam's.
fn words(glance: &Glance, configuration: &Configuration, session: Option<Language>) -> Catalog {
    let site = configuration.peek().map(|loaded| &loaded.settings.site);
    let language = glance
        .language
        .or_else(|| site.map(|site| site.language))
        .or(session)
        .unwrap_or(Language::Vietnamese);
    match site {
        Some(site) => Catalog::in_zone(language, site.timezone.clone()),
        None => Catalog::new(language),
    }
}

/// Every verb as it is typed (`snapshot create`), hidden ones too: for the test that holds each of
/// them to leaving an intent and an outcome, or nothing.
#[cfg(feature = "testkit")]
pub fn verbs() -> Vec<String> {
    fn leaves(command: &Command, path: &str, verbs: &mut Vec<String>) {
        if !command.has_subcommands() {
            verbs.push(path.to_owned());
        }
        for sub in command.get_subcommands() {
            leaves(sub, format!("{path} {}", sub.get_name()).trim_start(), verbs);
        }
    }
    let mut verbs = Vec::new();
    leaves(&CommandLine::command(), "", &mut verbs);
    verbs
}

/// Runs the verb on the calling thread, with everything it may want.
fn run(
    line: &CommandLine,
    voice: Voice,
    catalog: &Arc<Catalog>,
    configuration: Configuration,
    notices: &Notices,
) -> Result<Report, AnyFault> {
    tell_diagnostics(&line.common, &line.verb, voice);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| NoRuntime { source })?;
    let cancel = Cancel::default();
    let display = display(&line.common, catalog).map(Arc::new);
    let (shown, notice) = (display.clone(), catalog.id("cli-stopping"));
    let is_daemon = matches!(line.verb, Verb::Daemon(_));
    signal::listen(runtime.handle(), cancel.clone(), move || match &shown {
        // Its standard error is a log, read by programs.
        _ if is_daemon => tracing::info!("Asked to stop."),
        Some(display) => display.interject(&notice),
        None => Voice::aside(&notice),
    });
    let world = World::system(runtime.handle().clone());
    let progress: Arc<dyn Progress> = match display {
        Some(display) => display,
        None if line.common.progress => Arc::new(Lines::new(Arc::clone(&world.clock))),
        None => Arc::new(Silent),
    };
    let frame = Frame {
        world,
        catalog: Arc::clone(catalog),
        cancel,
        actor: person::actor(),
        progress,
        notices: notices.clone(),
        unrecorded: Unrecorded::default(),
        json: line.common.json,
        quiet: line.common.quiet,
        configuration,
    };
    let report = line.verb.run(&frame);
    // A disk that hangs would keep the runtime from ending, and with it this program.
    runtime.shutdown_background();
    let mut report = report?;
    // Done, and yet nobody can prove it: a warning says so.
    if frame.unrecorded.open().is_some() && report.exit == ExitCode::Done {
        report.exit = ExitCode::Warnings;
    }
    Ok(report)
}

/// Answers a command line that asks for a page, or that cannot be understood.
fn not_run(
    error: &clap::Error,
    voice: Voice,
    catalog: &Catalog,
    verb: &[String],
) -> Result<ExitCode, UsageFault> {
    let page = error.render().ansi().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp => return Ok(voice.page(catalog, verb, "help", &page)),
        ErrorKind::DisplayVersion => return Ok(voice.page(catalog, verb, "version", &page)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => voice.unasked(&page),
        _ => {}
    }
    Err(UsageFault::new(verb, error))
}

/// `duphong help snapshot create` is what many type for `duphong snapshot create --help`.
fn help_first(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.first().is_some_and(|argument| argument == "help") {
        arguments.remove(0);
        arguments.push(OsString::from("--help"));
    }
    arguments
}

fn program_and(arguments: &[OsString]) -> impl Iterator<Item = OsString> {
    std::iter::once(OsString::from(PROGRAM)).chain(arguments.iter().cloned())
}

/// The verbs that the arguments name, as far as the tree knows them, whatever else is wrong.
fn verb_at(root: &Command, arguments: &[OsString]) -> Vec<String> {
    let mut command = root;
    let mut verb = Vec::new();
    let mut rest = arguments.iter().take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        let Some(argument) = argument.to_str() else { continue };
        if let Some(name) = argument.strip_prefix("--") {
            let has_value = |option: &&clap::Arg| option.get_long() == Some(name);
            let option = command.get_opts().chain(root.get_opts()).find(has_value);
            if option.is_some_and(|option| option.get_action().takes_values()) {
                rest.next();
            }
        } else if let Some(found) = command.find_subcommand(argument) {
            command = found;
            verb.push(found.get_name().to_owned());
        }
    }
    verb
}

/// Diagnostics go to standard error and are for those who look for a defect; words for everyone
/// come from [`voice`].
fn tell_diagnostics(common: &Common, verb: &Verb, voice: Voice) {
    // Nobody watches a daemon's screen: what it does is told without being asked for.
    let log = match verb {
        Verb::Daemon(args) => Some(args.log.as_str()),
        _ => None,
    };
    let level = match common.verbose + u8::from(log.is_some()) {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = tracing_subscriber::EnvFilter::default()
        .add_directive(LevelFilter::OFF.into())
        .add_directive(format!("duphong={level}").parse().expect("a directive of our own"));
    // A second subscriber in one process is a test that runs `main` twice: the first one stays.
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _first = match log {
        Some("json") => subscriber.event_format(daemon::JsonLines).try_init(),
        _ => subscriber.with_ansi(voice.color_err()).try_init(),
    };
}

/// A display of progress, where somebody sees it and diagnostics do not run through it.
fn display(common: &Common, catalog: &Arc<Catalog>) -> Option<Terminal> {
    let wanted = !common.json && !common.quiet && !common.progress && common.verbose == 0;
    (wanted && std::io::stderr().is_terminal()).then(|| Terminal::new(Arc::clone(catalog)))
}
