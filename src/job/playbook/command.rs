//! Commands of playbooks: a program and its arguments, never a line for a shell.
//!
//! A child gets a cleared environment with the names of its run and step, no standard input, and
//! `/` as its folder. Both ends of what it says go on record, harmless, with the digest of the
//! whole. When [`run`] returns, its group is dead; at a failure or the time limit, so is everybody
//! who bears its mark. What a command that succeeded leaves running elsewhere is told and lives on:
//! whoever must stay (a server) belongs to the service manager, since [`quiet`] ends all that bears
//! the mark after we were killed.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, chain};
use crate::job::playbook::action::ActionFault;
use crate::job::playbook::heard::harmless;
use crate::job::site::Site;
use crate::playbook::fact::{Output, Way};
use crate::playbook::model::Call;
use crate::playbook::port::{Place, Sight};
use crate::world::files::{self, FileError};
use crate::world::process::mark::{self, Birth, LeftError, Mark};
use crate::world::process::watched::{End, Heard, Watched};
use crate::world::process::{self, Process};

/// The end of each output that goes on record: a screen of complaints. An entry of the log has room
/// for several.
const KEEP: usize = 2 * 1024;

/// What is searched for a text: much more than a program that only looks has to say.
const SEARCHED: usize = 1024 * 1024;

/// A program that only looks and has not answered by then hangs; it is asked again.
const LOOK_MAX: Duration = Duration::from_mins(1);

/// `command`, and the effect of `fence`.
pub(super) fn perform(site: &Site, place: &Place, call: &Call) -> Result<Output, AnyFault> {
    let command = parts(call, "command")?;
    let watched = run(site, place, command, place.timeout, KEEP)?;
    Ok(told(&watched))
}

/// `command.says`: the program ends with status 0, and its standard output holds the text.
pub(super) fn observe(site: &Site, place: &Place, call: &Call) -> Sight {
    let (Ok(command), Some(wanted)) = (parts(call, "command"), call.text("contains")) else {
        return Sight::CannotTell("the plan lacks a value".to_owned());
    };
    // One that fails has not looked: what it printed before proves nothing.
    let watched = match run(site, place, command, place.timeout.min(LOOK_MAX), SEARCHED) {
        Ok(watched) => watched,
        Err(fault) => return Sight::CannotTell(chain(fault.as_ref())),
    };
    let heard = &watched.stdout;
    let found = heard.end.windows(wanted.len().max(1)).any(|some| some == wanted.as_bytes());
    let shown = harmless(last(&heard.end, KEEP));
    if found || wanted.is_empty() {
        Sight::Seen(told(&watched))
    } else if heard.bytes > heard.end.len() as u64 {
        Sight::CannotTell(format!("it said {} bytes, and only the last were searched", heard.bytes))
    } else {
        Sight::NotSeen(format!("it said: {shown}"))
    }
}

/// Which program it is, to the byte. One that cannot be run is told before anything else happens.
pub(super) fn survey(_site: &Site, call: &Call) -> Result<Output, AnyFault> {
    fingerprint(parts(call, "command")?)
}

/// The same for any command.
pub(super) fn fingerprint(command: &[String]) -> Result<Output, AnyFault> {
    let path = resolved(command)?;
    let digest = digest_of(&path)?;
    Ok(Output::from([
        ("program".to_owned(), path.display().to_string()),
        ("sha256".to_owned(), digest.to_string()),
    ]))
}

/// Ends what a killed process of ours left running for this step; whether anything still ran.
pub(super) fn quiet(site: &Site, place: &Place) -> Result<bool, AnyFault> {
    let unlisted = |source| ActionFault::Unlisted { source };
    let mut since = None;
    let note = birth_note(site, place);
    match files::read(&note) {
        Ok(text) => {
            let birth = Birth::from_text(&String::from_utf8_lossy(&text));
            let birth = birth.ok_or_else(|| {
                let damaged = std::io::Error::new(ErrorKind::InvalidData, "not a note of ours");
                FileError::io("read", &note)(damaged)
            })?;
            if birth.is_of_this_boot().map_err(unlisted)? {
                since = Some(birth);
            }
        }
        // The note precedes the first command: none was ever started.
        Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
        Err(other) => return Err(other.into()),
    }
    let clock = site.world.clock.as_ref();
    let ended = mark_of(site, place).end_all(since.as_ref(), place.timeout, clock);
    ended.map_err(|error| left(place, error).into())
}

/// Runs a command of this step to its end; a fault unless it ends with status 0.
pub(super) fn run(
    site: &Site,
    place: &Place,
    command: &[String],
    limit: Duration,
    keep: usize,
) -> Result<Watched, AnyFault> {
    let path = resolved(command)?;
    note_birth(site, place)?;
    let process = Process::new(&path)
        .args(&command[1..])
        .current_dir("/")
        .env("DUPHONG_RUN", place.run.to_string())
        .env("DUPHONG_STEP", &place.step)
        .env("DUPHONG_PORTAL", &place.portal)
        .env("DUPHONG_WAY", word(place.way));
    let watched = process.watch(&mark_of(site, place), site.world.clock.as_ref(), limit, keep)?;
    let program = path.display().to_string();
    let said = both(&watched);
    match watched.end {
        // What it started lives on against our will: the worst of all is what a person must know.
        _ if watched.left.is_err() => {}
        End::Exited(0) => return Ok(watched),
        End::Exited(status) => return Err(ActionFault::Exited { program, status, said }.into()),
        End::Killed(signal) => return Err(ActionFault::Killed { program, signal, said }.into()),
        End::TimedOut => {
            let seconds = limit.as_secs();
            return Err(ActionFault::TimedOut { program, seconds, said }.into());
        }
    }
    match watched.left {
        Err(error) => Err(left(place, error).into()),
        Ok(_) => Ok(watched),
    }
}

/// The values of the command at this parameter; never empty.
pub(super) fn parts<'a>(
    call: &'a Call,
    parameter: &'static str,
) -> Result<&'a [String], ActionFault> {
    let command = call.command(parameter).filter(|command| !command.is_empty());
    command.ok_or(ActionFault::Incomplete { action: call.action.as_str(), parameter })
}

fn word(way: Way) -> &'static str {
    match way {
        Way::Do => "do",
        Way::Undo => "undo",
    }
}

fn resolved(command: &[String]) -> Result<PathBuf, ActionFault> {
    let program = command.first().map(String::as_str).unwrap_or_default().to_owned();
    if program.contains('/') && !program.starts_with('/') {
        return Err(ActionFault::RelativeProgram { program });
    }
    process::find(&program).map_err(|source| match source.kind() {
        ErrorKind::NotFound => ActionFault::NoProgram { program },
        _ => ActionFault::UnusableProgram { program, source },
    })
}

fn digest_of(path: &Path) -> Result<Digest, FileError> {
    let mut file = File::open(path).map_err(FileError::io("read", path))?;
    let mut digest = Sha256::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match file.read(&mut buffer).map_err(FileError::io("read", path))? {
            0 => return Ok(Digest(digest.finalize().into())),
            count => digest.update(&buffer[..count]),
        }
    }
}

/// Of this installation, run and step: nobody else's processes bear it.
fn mark_of(site: &Site, place: &Place) -> Mark {
    let state = site.settings.state.display().to_string();
    Mark::of(&[&state, &place.run.to_string(), &place.step])
}

/// Where it is noted since when, and in which control group, commands of this step may run.
fn birth_note(site: &Site, place: &Place) -> PathBuf {
    notes(site).join(format!("{}-{}.birth", place.run, place.step))
}

/// The folder of what actions must know again after we were killed, and the log need not.
pub(super) fn notes(site: &Site) -> PathBuf {
    site.settings.state.join("playbooks")
}

fn note_birth(site: &Site, place: &Place) -> Result<(), AnyFault> {
    let unlisted = |source| ActionFault::Unlisted { source };
    let note = birth_note(site, place);
    let known = files::read(&note).ok();
    let known = known.and_then(|text| Birth::from_text(&String::from_utf8_lossy(&text)));
    // The first of this boot stays: an earlier attempt may have left somebody, too.
    if let Some(birth) = known
        && birth.is_of_this_boot().map_err(unlisted)?
    {
        return Ok(());
    }
    files::create_private_dir(&notes(site))?;
    let birth = Birth::own().map_err(unlisted)?;
    Ok(files::replace_durably(&note, birth.to_text().as_bytes())?)
}

fn left(place: &Place, error: LeftError) -> ActionFault {
    let step = place.step.clone();
    match error {
        LeftError::Unreadable(source) => ActionFault::Unlisted { source },
        LeftError::Alive(found) => ActionFault::Undying { step, processes: mark::names(&found) },
        LeftError::Hidden(found) => ActionFault::Hidden { step, processes: mark::names(&found) },
    }
}

/// What it said for people: its complaints, or else its answers.
pub(super) fn both(watched: &Watched) -> String {
    let complaint = harmless(&watched.stderr.end);
    if complaint.is_empty() { harmless(last(&watched.stdout.end, KEEP)) } else { complaint }
}

/// What goes on record of a command that succeeded.
fn told(watched: &Watched) -> Output {
    let mut output = Output::from([("status".to_owned(), "0".to_owned())]);
    for (name, heard) in [("stdout", &watched.stdout), ("stderr", &watched.stderr)] {
        tell(&mut output, name, heard);
    }
    if let Ok(found) = &watched.left
        && !found.is_empty()
    {
        output.insert("left-running".to_owned(), mark::names(found));
    }
    output
}

fn tell(output: &mut Output, name: &str, heard: &Heard) {
    if heard.bytes == 0 {
        return;
    }
    output.insert(name.to_owned(), harmless(last(&heard.end, KEEP)));
    output.insert(format!("{name}-bytes"), heard.bytes.to_string());
    output.insert(format!("{name}-sha256"), heard.digest.to_string());
}

fn last(bytes: &[u8], most: usize) -> &[u8] {
    &bytes[bytes.len().saturating_sub(most)..]
}
