//! `restore.swap` and `restore.swap-back`: production and the restored copy exchange their names.
//!
//! Nothing is copied and nothing is removed. Files and folders are renamed one by one, each rename
//! durable before the next; which are left is decided anew from the names that exist
//! (`exchange`), so that a process killed between any two is gone on with, in either direction.
//! The two names of a PostgreSQL database change in one transaction. All sources are looked at
//! before the first is moved, and before that every mark says that its copy may have served: from
//! then on it can hold what citizens wrote, and nothing of ours removes it any more.

use crate::base::fault::{AnyFault, Fault};
use crate::config::settings::Portal;
use crate::job::playbook::restore::exchange::{self, NAMES, Rename, Slot, Trouble};
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::job::playbook::restore::mark::Mark;
use crate::job::playbook::restore::part::{
    self, Kind, Neighbours, Part, Place, quoted, shell_word,
};
use crate::job::site::Site;
use crate::playbook::fact::Output;
use crate::source::postgres::beside::Server;
use crate::world::moves;

/// Into production's place, or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forth,
    Back,
}

/// What is left to do for one source.
enum Left<'a> {
    Files(&'a Place, Vec<Rename>),
    Databases(Box<Server>, Vec<(&'a str, &'a str)>),
}

/// Puts what was staged in production's place. Fails before anything is moved unless every source
/// is staged whole, from one and the same set.
pub(super) fn swap(site: &Site, portal: &Portal, run: u64) -> Result<Output, AnyFault> {
    let parts = part::of(site, portal, run)?;
    part::check(&parts)?;
    let marks = parts.iter().map(Part::whole).collect::<Result<Vec<_>, _>>()?;
    for (part, mark) in parts.iter().zip(&marks) {
        if mark.set != marks[0].set {
            return Err(part.not_staged().into());
        }
    }
    let mut left = Vec::new();
    for (part, mark) in parts.iter().zip(&marks) {
        left.push(decide(site, part, mark, Way::Forth)?);
    }
    // The last moment to stop: from here to the end it is a matter of seconds.
    site.go_on()?;
    for (part, mark) in parts.iter().zip(&marks).filter(|(_, mark)| !mark.served) {
        part.shelf.write(&Mark { served: true, ..mark.clone() })?;
    }
    go(site, left)?;
    let mut output = Output::from([("set".to_owned(), marks[0].set.clone())]);
    for part in &parts {
        tell_old(site, part, &mut output)?;
    }
    Ok(output)
}

/// Puts back what a swap set aside, of every source as far as it was exchanged; the restored copy
/// waits again beside it.
pub(super) fn swap_back(site: &Site, portal: &Portal, run: u64) -> Result<Output, AnyFault> {
    let parts = part::of(site, portal, run)?;
    let mut left = Vec::new();
    let mut marks = Vec::new();
    for part in &parts {
        marks.push(match part.whole() {
            Ok(mark) => Some(mark),
            // What is not staged whole was never exchanged, unless somebody took our mark away.
            Err(fault) if is_about_the_mark(fault.as_ref()) && !has_old(site, part)? => None,
            Err(fault) => return Err(fault),
        });
    }
    for (part, mark) in parts.iter().zip(&marks) {
        if let Some(mark) = mark {
            left.push(decide(site, part, mark, Way::Back)?);
        }
    }
    site.go_on()?;
    go(site, left)?;
    Ok(Output::new())
}

fn is_about_the_mark(fault: &dyn Fault) -> bool {
    ["in-place.not-staged", "in-place.taken"].contains(&fault.code())
}

fn decide<'a>(site: &Site, part: &'a Part, mark: &Mark, way: Way) -> Result<Left<'a>, AnyFault> {
    match &part.kind {
        Kind::Tree(place) | Kind::Sqlite(place) => {
            let names = place.names(mark)?;
            let left = match way {
                Way::Forth => exchange::forth(names),
                Way::Back => exchange::back(names),
            };
            let left = left.map_err(|trouble| match trouble {
                Trouble::Lost => part.lost(),
                Trouble::InTheWay(slot) => {
                    InPlaceFault::InTheWay { place: in_the_way(place, slot) }
                }
            })?;
            Ok(Left::Files(place, left))
        }
        Kind::Postgres(names) => {
            let server = names.server(&site.world)?;
            server.check_rights(&names.live)?;
            let left = databases_left(part, names, &server, mark, way)?;
            Ok(Left::Databases(Box::new(server), left))
        }
    }
}

/// The first name at this place that exists and should not.
fn in_the_way(place: &Place, slot: Slot) -> String {
    let mut paths = (0..NAMES).map(|name| place.path(slot, name));
    let there = paths.find(|path| moves::is_there(path).unwrap_or(false));
    there.unwrap_or_else(|| place.path(slot, 0)).display().to_string()
}

/// The renames of databases that are left, as one transaction does them.
fn databases_left<'a>(
    part: &Part,
    names: &'a Neighbours,
    server: &Server,
    mark: &Mark,
    way: Way,
) -> Result<Vec<(&'a str, &'a str)>, AnyFault> {
    let Neighbours { live, old, staged, .. } = names;
    let (live, old, staged) = (live.as_str(), old.as_str(), staged.as_str());
    let is_there = |name: &str| Ok::<bool, AnyFault>(server.number(name)?.is_some());
    let in_place = match names.restored(server, mark)? {
        Some(name) => name == live,
        None => return Err(part.lost().into()),
    };
    let free = |place: &str, taken: bool| -> Result<(), AnyFault> {
        if taken { Err(InPlaceFault::InTheWay { place: place.to_owned() }.into()) } else { Ok(()) }
    };
    let mut left = Vec::new();
    match (way, in_place) {
        (Way::Forth, true) => {}
        (Way::Forth, false) => {
            if is_there(live)? {
                free(old, is_there(old)?)?;
                left.push((live, old));
            }
            left.push((staged, live));
        }
        (Way::Back, true) => {
            free(staged, is_there(staged)?)?;
            left.push((live, staged));
            if is_there(old)? {
                left.push((old, live));
            }
        }
        (Way::Back, false) => {
            if is_there(old)? {
                free(live, is_there(live)?)?;
                left.push((old, live));
            }
        }
    }
    Ok(left)
}

fn go(site: &Site, left: Vec<Left<'_>>) -> Result<(), AnyFault> {
    for left in left {
        match left {
            Left::Files(place, renames) => {
                for Rename { name, from, to } in renames {
                    moves::rename_to_free(&place.path(from, name), &place.path(to, name))?;
                }
            }
            Left::Databases(_, renames) if renames.is_empty() => {}
            Left::Databases(server, renames) => server.rename(&renames, &site.world)?,
        }
    }
    Ok(())
}

fn has_old(site: &Site, part: &Part) -> Result<bool, AnyFault> {
    match &part.kind {
        Kind::Tree(place) | Kind::Sqlite(place) => Ok(moves::is_there(&place.old)?),
        Kind::Postgres(names) => Ok(names.server(&site.world)?.number(&names.old)?.is_some()),
    }
}

/// Where what production held is kept, and what removes it when nobody needs it any more.
fn tell_old(site: &Site, part: &Part, output: &mut Output) -> Result<(), AnyFault> {
    if !has_old(site, part)? {
        return Ok(());
    }
    let (place, remove) = match &part.kind {
        Kind::Tree(place) | Kind::Sqlite(place) => {
            let there = (0..NAMES).map(|name| place.path(Slot::Old, name));
            let there = there.filter(|path| moves::is_there(path).unwrap_or(false));
            let mut all: Vec<String> = there.map(|path| shell_word(&path)).collect();
            all.dedup();
            all.push(shell_word(&part.shelf.path));
            (place.old.display().to_string(), format!("rm -rf -- {}", all.join(" ")))
        }
        Kind::Postgres(names) => {
            (names.old.clone(), format!("DROP DATABASE {}", quoted(&names.old)))
        }
    };
    output.insert(format!("old {}", part.name), place);
    output.insert(format!("remove-later {}", part.name), remove);
    Ok(())
}
