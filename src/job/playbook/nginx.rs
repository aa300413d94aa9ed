//! Pointing an nginx upstream at an address, and leaving everything as it was if nginx refuses.
//!
//! The file is replaced durably and keeps its owner and mode; what it held when the run first came
//! is kept beside it under a name that no `include` of nginx matches. nginx tests its whole
//! configuration before it is told to reload, and the switch counts only when new workers serve. In
//! every other case the bytes of before are put back, so that the file never says what is not so; where
//! nginx had accepted the reload, it is told to reload these, too, and who cannot see it do so says
//! that file and workers may differ.

mod upstream;
mod workers;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, chain};
use crate::job::playbook::action::ActionFault;
use crate::job::playbook::command;
use crate::job::playbook::nginx::workers::Workers;
use crate::job::site::Site;
use crate::playbook::fact::Output;
use crate::playbook::model::Call;
use crate::playbook::port::Place;
use crate::world::files::{self, FileError};

/// The commands where the playbook names none.
const TEST: [&str; 2] = ["nginx", "-t"];
const RELOAD: [&str; 3] = ["nginx", "-s", "reload"];

/// How long nginx may take to come back to the old bytes. The step's own time is over by then.
const SETTLE_MAX: Duration = Duration::from_secs(10);

/// While new workers are waited for.
const POLL: Duration = Duration::from_millis(50);

/// The end of nginx's words that goes on record: it names file and line first.
const KEEP: usize = 4 * 1024;

/// The largest file that is still one upstream with comments.
const FILE_MAX: u64 = 64 * 1024;

/// Switches. When the file says so already it is still tested and loaded: a killed attempt may have
/// written it and no more.
pub(super) fn perform(site: &Site, place: &Place, call: &Call) -> Result<Output, AnyFault> {
    let file = File::read(call)?;
    let to = text(call, "to")?;
    if !upstream::is_address(to) {
        return Err(ActionFault::NotAnAddress { address: to.to_owned() }.into());
    }
    let began = site.world.clock.monotonic();
    let left = || place.timeout.saturating_sub(site.world.clock.monotonic().since(began));
    let before = Workers::now();
    if before.is_empty() {
        return Err(ActionFault::NginxUnseen.into());
    }
    let from = file.server().to_owned();
    if from != to {
        file.keep(place.run)?;
        file.write(file.pointed_at(to).as_bytes())?;
    }
    let mut accepted = false;
    let switched = (|| {
        test(site, place, call, left())?;
        reload(site, place, call, left())?;
        accepted = true;
        wait_for_workers(site, &before, place.timeout, left)
    })();
    if let Err(fault) = switched {
        if let Some(bytes) = file.previous(place.run, to)? {
            file.write(&bytes)?;
            if accepted {
                settle(site, place, call, &file.path)?;
            }
        }
        return Err(fault);
    }
    Ok(Output::from([
        ("from".to_owned(), from),
        ("to".to_owned(), to.to_owned()),
        ("kept".to_owned(), file.kept(place.run).display().to_string()),
    ]))
}

/// What the file holds now, and which programs will test and load it.
pub(super) fn survey(_site: &Site, call: &Call) -> Result<Output, AnyFault> {
    let file = File::read(call)?;
    let to = text(call, "to")?;
    if !upstream::is_address(to) {
        return Err(ActionFault::NotAnAddress { address: to.to_owned() }.into());
    }
    let mut output = Output::from([
        ("file".to_owned(), file.path.display().to_string()),
        ("sha256".to_owned(), Digest::of(file.text.as_bytes()).to_string()),
        ("server".to_owned(), file.server().to_owned()),
    ]);
    for (name, command) in
        [("test", command_of(call, "test", &TEST)), ("reload", command_of(call, "reload", &RELOAD))]
    {
        for (what, value) in command::fingerprint(&command)? {
            output.insert(format!("{name}-{what}"), value);
        }
    }
    Ok(output)
}

fn test(site: &Site, place: &Place, call: &Call, limit: Duration) -> Result<(), AnyFault> {
    let command = command_of(call, "test", &TEST);
    match command::run(site, place, &command, limit, KEEP) {
        Ok(_) => Ok(()),
        // What lives on is no refusal.
        Err(fault) if fault.is_lost() => Err(fault),
        Err(fault) => Err(ActionFault::NginxRefused { said: chain(fault.as_ref()) }.into()),
    }
}

fn reload(site: &Site, place: &Place, call: &Call, limit: Duration) -> Result<(), AnyFault> {
    let command = command_of(call, "reload", &RELOAD);
    match command::run(site, place, &command, limit, KEEP) {
        Ok(_) => Ok(()),
        // What lives on is no refusal.
        Err(fault) if fault.is_lost() => Err(fault),
        Err(fault) => Err(ActionFault::NginxNotReloaded { said: chain(fault.as_ref()) }.into()),
    }
}

fn wait_for_workers(
    site: &Site,
    before: &Workers,
    limit: Duration,
    left: impl Fn() -> Duration,
) -> Result<(), AnyFault> {
    while !Workers::now().changed_since(before) {
        if left().is_zero() {
            return Err(ActionFault::NginxUnchanged { seconds: limit.as_secs() }.into());
        }
        site.world.clock.sleep(POLL);
    }
    Ok(())
}

/// Tells nginx once more to reload. It has accepted a reload that was not seen to happen, and may
/// follow it at any time: with the bytes that were there then, unless it is seen to read these.
fn settle(site: &Site, place: &Place, call: &Call, file: &Path) -> Result<(), AnyFault> {
    let began = site.world.clock.monotonic();
    let left = || SETTLE_MAX.saturating_sub(site.world.clock.monotonic().since(began));
    let before = Workers::now();
    let settled = reload(site, place, call, left())
        .and_then(|()| wait_for_workers(site, &before, SETTLE_MAX, left));
    settled.map_err(|fault| {
        if fault.is_lost() {
            return fault;
        }
        let (path, said) = (file.to_owned(), chain(fault.as_ref()));
        ActionFault::NginxUnsettled { path, said }.into()
    })
}

fn command_of(call: &Call, parameter: &str, default: &[&str]) -> Vec<String> {
    match call.command(parameter) {
        Some(command) if !command.is_empty() => command.to_vec(),
        _ => default.iter().map(|&part| part.to_owned()).collect(),
    }
}

/// The file with the upstream, as it was when it was read.
struct File {
    /// Where it really is: a link to it, as in `sites-enabled`, stays a link.
    path: PathBuf,
    text: String,
    /// Where in it the server's address stands.
    address: std::ops::Range<usize>,
    mode: u32,
    owner: (u32, u32),
}

impl File {
    fn read(call: &Call) -> Result<Self, AnyFault> {
        let named = Path::new(text(call, "file")?);
        let path = fs::canonicalize(named).map_err(FileError::io("read", named))?;
        let meta = fs::metadata(&path).map_err(FileError::io("read", &path))?;
        let odd = |found: &str| ActionFault::NotAnUpstream {
            path: path.clone(),
            line: 1,
            column: 1,
            found: found.to_owned(),
        };
        if !meta.is_file() || meta.len() > FILE_MAX {
            return Err(odd("no file, or one too large for a single upstream").into());
        }
        let text = String::from_utf8(files::read(&path)?).map_err(|_| odd("no UTF-8 text"))?;
        let name = self::text(call, "upstream")?;
        let address =
            upstream::address(&text, name).map_err(|wrong| ActionFault::NotAnUpstream {
                path: path.clone(),
                line: wrong.line,
                column: wrong.column,
                found: wrong.found,
            })?;
        let (mode, owner) = (meta.permissions().mode() & 0o7777, (meta.uid(), meta.gid()));
        Ok(Self { path, text, address, mode, owner })
    }

    fn server(&self) -> &str {
        &self.text[self.address.clone()]
    }

    fn pointed_at(&self, to: &str) -> String {
        let mut text = self.text.clone();
        text.replace_range(self.address.clone(), to);
        text
    }

    /// Beside it, with a dot before its name: `include *` matches no such name.
    fn beside(&self, suffix: &str) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.duphong-{suffix}"))
    }

    fn kept(&self, run: u64) -> PathBuf {
        self.beside(&run.to_string())
    }

    /// Keeps what the file holds, once in a run: later attempts find what the run itself wrote.
    fn keep(&self, run: u64) -> Result<(), AnyFault> {
        let kept = self.kept(run);
        if kept.exists() {
            return Ok(());
        }
        self.replace(&kept, self.text.as_bytes())
    }

    /// What to put back when it may not point at `to`: what it held, or, where a killed attempt of
    /// this run wrote that already, what it held before the run.
    fn previous(&self, run: u64, to: &str) -> Result<Option<Vec<u8>>, AnyFault> {
        let kept = self.kept(run);
        if self.server() != to {
            Ok(Some(self.text.clone().into_bytes()))
        } else if kept.exists() {
            Ok(Some(files::read(&kept)?))
        } else {
            Ok(None)
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), AnyFault> {
        self.replace(&self.path, bytes)
    }

    /// Replaces `path` with `bytes`; after a crash it holds the old or the new content, whole.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), AnyFault> {
        let temporary = self.beside("tmp");
        files::write_synced(&temporary, bytes, self.mode)?;
        // A leftover of a crash may have another mode and owner than the file.
        let mode = fs::Permissions::from_mode(self.mode);
        fs::set_permissions(&temporary, mode).map_err(FileError::io("write", &temporary))?;
        std::os::unix::fs::chown(&temporary, Some(self.owner.0), Some(self.owner.1))
            .map_err(FileError::io("change the owner of", &temporary))?;
        Ok(files::rename_durably(&temporary, path)?)
    }
}

fn text<'a>(call: &'a Call, parameter: &'static str) -> Result<&'a str, ActionFault> {
    let action = call.action.as_str();
    call.text(parameter).ok_or(ActionFault::Incomplete { action, parameter })
}
