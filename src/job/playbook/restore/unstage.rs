//! `restore.unstage`: what was brought back beside production is removed again.
//!
//! So is the dump that a killed attempt left in the spool. Roles that were made for a database
//! stay, since others may own things by now, and are told.
//!
//! Only with this run's mark: what has one of our names and not our mark is left, and told. What
//! stands in production's place is production and stays, and so does a copy that stood there once:
//! what citizens wrote meanwhile is in it and nowhere else. The output says where it is and what
//! removes it. While production is aside and nothing is
//! in its place, the restored copy is all that there is: then nothing is removed.

use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::job::playbook::restore::mark::{Mark, Standing, remove_folder};
use crate::job::playbook::restore::part::{self, Kind, Part};
use crate::job::playbook::restore::stage::{drop_staged, spool, tell_roles};
use crate::job::site::Site;
use crate::playbook::fact::Output;
use crate::world::files::FileError;

/// Removes what there is of each source; what is left, and why, is in the output.
pub(super) fn unstage(site: &Site, portal: &Portal, run: u64) -> Result<Output, AnyFault> {
    let parts = part::of(site, portal, run)?;
    // First of all, whatever stops the rest: only a kill leaves it, and nothing else removes it.
    remove_folder(&spool(site, portal, run))?;
    let mut marked = Vec::new();
    let mut output = Output::new();
    for part in &parts {
        match part.mark() {
            Ok(mark) => marked.push((part, mark)),
            // Not marked by us, so not made by us: an empty folder at most, which is.
            Err(fault) if fault.code() == "in-place.not-staged" => part.shelf.remove()?,
            Err(fault) if fault.code() == "in-place.taken" => {
                let left = part.shelf.path.display().to_string();
                output.insert(format!("left {}", part.name), left);
            }
            Err(other) => return Err(other),
        }
    }
    for (part, mark) in &marked {
        refuse_half(part, mark)?;
    }
    for (part, mark) in &marked {
        if mark.served {
            let (place, remove) = part.waiting();
            output.insert(format!("left {}", part.name), place);
            output.insert(format!("remove-later {}", part.name), remove);
            continue;
        }
        if let Kind::Postgres(names) = &part.kind {
            let server = names.server(&site.world)?;
            drop_staged(&server, names, mark)?;
            tell_roles(part, mark, &server, &mut output)?;
        }
        part.shelf.remove()?;
    }
    remove_empty(site, portal, run)?;
    Ok(output)
}

/// An exchange that was killed in the middle must be ended first, one way or the other.
fn refuse_half(part: &Part, mark: &Mark) -> Result<(), AnyFault> {
    let Some(place) = part.place() else { return Ok(()) };
    let names = place.names(mark)?;
    if names.old[0] && !names.live[0] {
        return Err(InPlaceFault::Half { part: part.name.clone() }.into());
    }
    Ok(())
}

/// The folder of the marks of databases, once the last is gone.
fn remove_empty(site: &Site, portal: &Portal, run: u64) -> Result<(), FileError> {
    let folder = site.settings.state.join("in-place").join(format!("{}-{run}", portal.id));
    match std::fs::remove_dir(&folder) {
        Ok(()) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(FileError::io("remove", &folder)(error)),
    }
}

/// Ends what a killed attempt at staging left working on the server; files have nobody who writes
/// them but us.
pub(super) fn quiet(site: &Site, portal: &Portal, run: u64) -> Result<(), AnyFault> {
    for part in &part::of(site, portal, run)? {
        let (Kind::Postgres(names), Standing::Marked(_)) = (&part.kind, part.shelf.standing()?)
        else {
            continue;
        };
        let mark = part.mark()?;
        let server = names.server(&site.world)?;
        // A copy that is whole, or in production's place, has sessions that are not ours.
        if let (false, Some(number)) = (mark.whole, server.number(&names.staged)?) {
            server.end_sessions(&[number])?;
        }
    }
    Ok(())
}
