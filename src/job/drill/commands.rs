//! Databases that commands know, in a drill: loaded by the drill's own commands, cleared away by them.
//!
//! **Invariant: no command of production is run.** The settings that a drill works with are made of
//! the drill's commands alone. What a killed drill has left behind, the next one clears away before
//! it loads, with the folder that the killed one had still there: a server that runs in it can be
//! ended only by what lies in it.

use std::path::Path;

use crate::base::cancel::Cancel;
use crate::base::command::Command;
use crate::base::fault::AnyFault;
use crate::base::manifest::DatabaseFacts;
use crate::config::settings::{CommandDrill, CommandSource, Engine};
use crate::drill::compare::{check, not_run};
use crate::drill::fact::{CheckKind, Finding};
use crate::job::databases;
use crate::job::drill::way::{Databases, Ended, Restored, Way};
use crate::job::site::Layout;
use crate::source::{Database, Dump, command};
use crate::world::files;

/// Why a database without commands of its own for it is not drilled.
const UNDRILLED: &str = "the configuration has no drill commands for this database";

/// What was loaded, or was about to be.
pub(super) struct Loaded {
    name: String,
    settings: command::Settings,
    clean: Command,
}

/// Loads one database into the place that the drill's commands make. One without such commands is
/// not proven, and says so.
pub(super) fn load(
    way: &mut Way<'_>,
    name: &str,
    facts: &DatabaseFacts,
    restored: &Restored,
    databases: &mut Databases,
) -> Result<(), Ended> {
    let Some((source, drill)) = configured(way, name) else {
        let detail = UNDRILLED.to_owned();
        way.checks.push(not_run(CheckKind::Load, name, Finding::Blind { detail }));
        databases.unproven.insert(name.to_owned());
        return Ok(());
    };
    let scratch = restored.root.with_file_name(folder_name(name));
    let settings = files::create_private_dir(&scratch)
        .map_err(AnyFault::from)
        .and_then(|()| databases::command_drill(source, drill, &scratch));
    let settings = way.must(CheckKind::Load, name, settings)?;
    let (clean, noted) = (drill.clean.clone(), settings.clone());
    way.to_clean.push(Loaded { name: name.to_owned(), settings: noted, clean });
    let loaded = load_one(way, drill, &settings, name, facts, restored);
    way.must(CheckKind::Load, name, loaded)?;
    way.checks.push(check(CheckKind::Load, name, 1, Vec::new()));
    databases.loaded.insert(name.to_owned(), Database::Command(Box::new(settings)));
    Ok(())
}

/// The folder of a database's commands within the drill's own.
fn folder_name(database: &str) -> String {
    format!("load-{database}")
}

/// Clears away what a killed drill of this portal has loaded, before `scratch`, which was its own
/// folder, is removed.
pub(super) fn clear_leftovers(way: &mut Way<'_>, scratch: &Path) -> Result<(), Ended> {
    for database in &way.portal().databases {
        let Some((source, drill)) = configured(way, &database.name) else { continue };
        let folder = scratch.join(folder_name(&database.name));
        if folder.symlink_metadata().is_err() {
            continue;
        }
        let site = way.site();
        let cleared = databases::command_drill(source, drill, &folder).and_then(|settings| {
            let (world, cancel, progress) = (&site.world, &site.cancel, site.progress.as_ref());
            Ok(command::run(&settings, "clean", &drill.clean, world, cancel, progress)?)
        });
        way.must(CheckKind::Load, &database.name, cleared)?;
    }
    Ok(())
}

fn configured<'a>(way: &Way<'a>, name: &str) -> Option<(&'a CommandSource, &'a CommandDrill)> {
    let database = way.portal().database(name)?;
    match &database.engine {
        Engine::Command(source) => source.drill.as_ref().map(|drill| (source.as_ref(), drill)),
        Engine::Sqlite(_) | Engine::Postgres(_) | Engine::PostgresBase(_) | Engine::Mariadb(_) => {
            None
        }
    }
}

fn load_one(
    way: &Way<'_>,
    drill: &CommandDrill,
    settings: &command::Settings,
    name: &str,
    facts: &DatabaseFacts,
    restored: &Restored,
) -> Result<(), AnyFault> {
    let site = way.site();
    site.go_on()?;
    let (world, cancel, progress) = (&site.world, &site.cancel, site.progress.as_ref());
    command::run(settings, "clean", &drill.clean, world, cancel, progress)?;
    if let Some(prepare) = &drill.prepare {
        command::run(settings, "prepare", prepare, world, cancel, progress)?;
    }
    let dump = Dump { folder: &restored.root.join(Layout::DATABASES), name, facts };
    Ok(command::load(dump, settings, world, cancel, progress)?)
}

/// Clears away what was loaded, also where the drill was asked to stop; what cannot be is a failed
/// check, since a copy of production's data stays where nobody expects it.
pub(super) fn clean_up(way: &mut Way<'_>) {
    let site = way.site();
    for loaded in std::mem::take(&mut way.to_clean) {
        let Loaded { name, settings, clean } = loaded;
        let (unstopped, progress) = (Cancel::default(), site.progress.as_ref());
        let cleaned = command::run(&settings, "clean", &clean, &site.world, &unstopped, progress);
        if let Err(fault) = cleaned {
            way.failed(CheckKind::Load, &name, &fault);
        }
    }
}
