//! Reads one portal: its sources and where its sets go. How recovery is proved is read in `drill`.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::base::manifest::TreeRole;
use crate::config::approval;
use crate::config::command_source::{command_source, pull};
use crate::config::decode::{Cursor, Section, listed};
use crate::config::drill::{drill, hook};
use crate::config::dsn::dsn;
use crate::config::keys;
use crate::config::media;
use crate::config::outside;
use crate::config::overlap::{Place, Role};
use crate::config::probe;
use crate::config::problem::Complaint;
use crate::config::retention::{retention, set_tags};
use crate::config::scalar::{is_id, milliseconds};
use crate::config::sealed::{self, Server};
use crate::config::settings::{
    Database, Engine, Mariadb, MariadbPlace, OnChange, Portal, PortalKind, Postgres, Snapshot,
    Sqlite, TREE_ROLES, Tree,
};
use crate::config::spot_check::{check_beyond, spot_check};
use crate::config::standby::standby;
use crate::config::suggest::nearest;
use crate::config::tree::Value;
use crate::config::wal;
use crate::source::alarm::Thresholds;

/// One portal of this many sources is several portals.
const SOURCES_MAX: usize = 100;

/// A list of patterns longer than this hides what is left out.
const PATTERNS_MAX: usize = 200;

/// Sets that go to more places than this go nowhere in particular.
const TARGETS_MAX: usize = 20;

/// A shorter quiet period is none; a longer one is a schedule.
const QUIET: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

/// People who upload an album pause for minutes between two pictures, not for five.
const QUIET_DEFAULT: Duration = Duration::from_mins(5);

/// As `quiet`; a month of changes without a set is no protection.
const LONGEST: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(720);

/// What an editor loses at most on a day on which somebody uploads without a pause.
const LONGEST_DEFAULT: Duration = Duration::from_hours(1);

/// One file is no mass; beyond a million an attack is over before it is told.
const ALARM_FILES: RangeInclusive<u64> = 2..=1_000_000;

/// What a portal may refer to beside itself.
#[derive(Debug)]
pub(super) struct Surroundings<'s> {
    /// Names of the repositories, as they stand in the file.
    pub(super) repositories: &'s [&'s str],
    /// Where scratch places are made unless the portal says otherwise.
    pub(super) scratch: Option<&'s Path>,
    /// In which schedules are read.
    pub(super) zone: &'s TimeZone,
}

/// The names of a portal's sources, known even where the sources themselves have problems.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) databases: Vec<String>,
    pub(super) trees: Vec<String>,
}

/// Reads the portal under the key `id`.
pub(super) fn portal<'a>(
    id: &str,
    value: &Cursor<'a>,
    surroundings: &Surroundings<'_>,
    places: &mut Vec<Place>,
    servers: &mut Vec<Server<'a>>,
) -> Option<Portal> {
    let section = value.section(&keys::PORTAL)?;
    let name = section.may("name", Cursor::text);
    let url = section.may("url", Cursor::url);
    let kind = section.need("kind", |value| value.word(&PortalKind::WORDS));
    let owner = section.need("owner", Cursor::text);
    let operator = section.need("operator", Cursor::text);
    let level = section.need("level", |value| value.number(1..=5));
    let mut names = Names::default();
    let mut asked = Vec::new();
    let databases = section
        .may("databases", |value| Some(databases(value, &mut names, places, &mut asked, servers)));
    let trees = section.may("trees", |value| Some(trees(id, value, &mut names, places)));
    media::check_trees(&asked, &names.trees);
    media::check_sealed(&asked, trees.as_deref().unwrap_or_default());
    check_has_sources(&section);
    let identity = section.may("identity", Cursor::secret);
    let mut targets = Vec::new();
    let snapshot = section.need("snapshot", |value| snapshot(value, surroundings, &mut targets));
    check_watches(&section, trees.as_deref(), snapshot.as_ref());
    let (database, tree) = (databases.as_deref(), trees.as_deref());
    sealed::check_identity(&section, database, tree, snapshot.as_ref());
    let drill = drill(&section, operator.as_deref(), &targets, &names, surroundings, places);
    let spot_check = section.may("spot-check", |value| spot_check(value, surroundings.zone));
    check_beyond(&section, database.unwrap_or_default(), tree.unwrap_or_default());
    let home = url.as_deref();
    let probes = section.may("probes", |value| Some(probe::probes(value, home)));
    let criteria = section.may("criteria", probe::criteria);
    let defacement = section.may("defacement", |value| probe::defacement(value, home));
    let standing = outside::standing(&section);
    let system = section.may("system", outside::system);
    let playbooks = section.may("playbooks", |value| Some(approval::inputs(value)));
    let erasure = section.may("erasure", |value| hook(value, &keys::ERASURE, &names));
    Some(Portal {
        id: id.to_owned(),
        name: name.unwrap_or_else(|| id.to_owned()),
        url,
        kind: kind?,
        owner: owner?,
        operator: operator?,
        level: level?,
        databases: databases.unwrap_or_default(),
        trees: trees.unwrap_or_default(),
        identity,
        snapshot: snapshot?,
        drill: drill?,
        spot_check,
        probes: probes.unwrap_or_default(),
        criteria: criteria.unwrap_or_default(),
        defacement,
        standing,
        system: system.unwrap_or_default(),
        playbooks: playbooks.unwrap_or_default(),
        erasure,
    })
}

fn check_has_sources(portal: &Section<'_>) {
    // What cannot be read has its own problem; here only what the person left out counts.
    let empty = |key| {
        portal
            .get(key)
            .is_none_or(|list| matches!(list.value, Value::List(items) if items.is_empty()))
    };
    if empty("databases") && empty("trees") {
        let complaint = Complaint::error("config-portal-empty");
        portal.cursor.complain(complaint.hint("config-portal-empty-hint"));
    }
}

fn databases<'a>(
    value: &Cursor<'a>,
    names: &mut Names,
    places: &mut Vec<Place>,
    asked: &mut Vec<(Cursor<'a>, String)>,
    servers: &mut Vec<Server<'a>>,
) -> Vec<Database> {
    let mut databases = Vec::new();
    for item in value.list(0..=SOURCES_MAX) {
        let Some(section) = item.section(&keys::DATABASE) else { continue };
        let name = section.need("name", |value| unique_id(value, &mut names.databases));
        let engine = match section.one_of(keys::DATABASE.one_of) {
            Some(("sqlite", value)) => sqlite(&value, places),
            Some(("mariadb", value)) => mariadb(&value),
            Some(("command", value)) => {
                command_source(&value, asked).map(|source| Engine::Command(Box::new(source)))
            }
            Some((_, value)) => postgres(&value),
            None => None,
        };
        let media = media::media(&section, engine.as_ref(), asked);
        let sealed = section.may("sealed", sealed::recipients);
        servers.extend(Server::of(&section, engine.as_ref()));
        let found = name.zip(engine);
        databases.extend(found.map(|(name, engine)| Database { name, engine, media, sealed }));
    }
    databases
}

fn sqlite(value: &Cursor<'_>, places: &mut Vec<Place>) -> Option<Engine> {
    let path = value.section(&keys::SQLITE)?.need("path", |value| {
        let path = value.path()?;
        places.push(Place::new(Role::Database, path.clone(), value));
        Some(path)
    })?;
    Some(Engine::Sqlite(Sqlite { path }))
}

fn postgres(value: &Cursor<'_>) -> Option<Engine> {
    let section = value.section(&keys::POSTGRES)?;
    let dsn = section.need("dsn", dsn);
    let password = section.may("password", Cursor::secret);
    let bin_dir = section.may("bin-dir", Cursor::path);
    let user = section.may("user", Cursor::account);
    let physical = section.may("physical", Cursor::boolean).unwrap_or(false);
    let wal = section.may("wal", wal::wal);
    let standby = section.may("standby", standby);
    let server = Postgres { dsn: dsn?, password, bin_dir, user, wal, standby };
    Some(if physical { Engine::PostgresBase(server) } else { Engine::Postgres(server) })
}

fn mariadb(value: &Cursor<'_>) -> Option<Engine> {
    let section = value.section(&keys::MARIADB)?;
    let database = section.need("database", Cursor::text);
    let user = section.need("user", Cursor::text);
    let password = section.may("password", Cursor::secret);
    let bin_dir = section.may("bin-dir", Cursor::path);
    let account = section.may("account", Cursor::account);
    let binlog = section.may("binlog", wal::binlog);
    let place = mariadb_place(&section);
    Some(Engine::Mariadb(Mariadb {
        place: place?,
        user: user?,
        password,
        database: database?,
        bin_dir,
        account,
        binlog,
    }))
}

/// A socket or a host. What leaves the machine is encrypted, for it is the whole database.
fn mariadb_place(section: &Section<'_>) -> Option<MariadbPlace> {
    let socket = section.may("socket", Cursor::path);
    let host = section.may("host", Cursor::host);
    let port = section.may("port", |value| value.number(1..=65535));
    let authorities = section.may("authorities", Cursor::path);
    let of_host = ["port", "authorities"].iter().find_map(|key| section.get(key));
    match (section.get("socket"), section.get("host")) {
        (Some(_), Some(host)) => {
            let complaint = Complaint::error("config-mariadb-place");
            host.refuse(complaint.hint("config-mariadb-place-hint"))
        }
        (_, None) => match of_host {
            Some(stray) => {
                let complaint = Complaint::error("config-mariadb-stray");
                stray.refuse(complaint.hint("config-mariadb-place-hint"))
            }
            None => Some(MariadbPlace::Socket(socket)),
        },
        (None, Some(value)) => {
            let host = host?;
            let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
            if !is_here && section.get("authorities").is_none() {
                let complaint = Complaint::error("config-mariadb-tls").text("host", &host);
                return value.refuse(complaint.hint("config-mariadb-tls-hint"));
            }
            Some(MariadbPlace::Host { host, port, authorities })
        }
    }
}

fn trees(
    portal: &str,
    value: &Cursor<'_>,
    names: &mut Names,
    places: &mut Vec<Place>,
) -> Vec<Tree> {
    let mut trees = Vec::new();
    for item in value.list(0..=SOURCES_MAX) {
        let Some(section) = item.section(&keys::TREE) else { continue };
        let role = section.need("role", |value| value.word(&TREE_ROLES));
        let exclude = section
            .may("exclude", |value| Some(value.list_of(0..=PATTERNS_MAX, Cursor::pattern)))
            .unwrap_or_default();
        let pull = section.may("pull", pull);
        let is_pulled = section.get("pull").is_some();
        if let (true, Some(value)) = (is_pulled, section.get("exclude")) {
            let complaint = Complaint::error("config-pull-exclude");
            value.complain(complaint.hint("config-pull-exclude-hint"));
        }
        for key in ["watch", "alarm"] {
            if let (true, Some(value)) = (is_pulled, section.get(key)) {
                value.complain(Complaint::error("config-pull-watch"));
            }
        }
        let path = section.need("path", |value| {
            let path = value.path()?;
            if is_pulled {
                // A folder of another host lies in nothing of this one.
                return Some(path);
            }
            let role = Role::Tree { portal: portal.to_owned(), exclude: exclude.clone() };
            places.push(Place::new(role, path.clone(), value));
            Some(path)
        });
        let name = match section.get("name") {
            Some(value) => unique_id(&value, &mut names.trees),
            None => path.as_deref().and_then(|path| name_of(&section, path, &mut names.trees)),
        };
        let watch = section.may("watch", Cursor::boolean).unwrap_or(false);
        let alarm = alarm(&section, role);
        let sealed = section.may("sealed", sealed::recipients);
        let tree = || {
            let (name, role, path) = (name?, role?, path?);
            Some(Tree { name, role, path, exclude, sealed, watch, alarm, pull })
        };
        trees.extend(tree());
    }
    trees
}

/// Thresholds of the tree's role, but for those that are given.
fn alarm(tree: &Section<'_>, role: Option<TreeRole>) -> Thresholds {
    let defaults = match role {
        Some(TreeRole::Media) => Thresholds::MEDIA,
        _ => Thresholds::OTHERS,
    };
    let given = tree.may("alarm", |value| {
        let section = value.section(&keys::ALARM)?;
        let percent =
            |key, default| section.may(key, |value| value.number(0..=100)).unwrap_or(default);
        Some(Thresholds {
            files: section
                .may("files", |value| value.number(ALARM_FILES))
                .unwrap_or(defaults.files),
            scrambled: percent("scrambled", defaults.scrambled),
            renamed: percent("renamed", defaults.renamed),
            rewritten: percent("rewritten", defaults.rewritten),
            vanished: percent("vanished", defaults.vanished),
        })
    });
    given.unwrap_or(defaults)
}

/// A tree without a name is called as its folder is.
fn name_of(tree: &Section<'_>, path: &Path, taken: &mut Vec<String>) -> Option<String> {
    let folder = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !is_id(folder) {
        let complaint = Complaint::error("config-tree-name").text("folder", folder);
        return tree.cursor.refuse(complaint.hint("config-tree-name-hint"));
    }
    claim(&tree.cursor, folder.to_owned(), taken)
}

fn unique_id(value: &Cursor<'_>, taken: &mut Vec<String>) -> Option<String> {
    claim(value, value.id()?, taken)
}

fn claim(value: &Cursor<'_>, name: String, taken: &mut Vec<String>) -> Option<String> {
    if taken.contains(&name) {
        let complaint = Complaint::error("config-name-taken").text("name", &name);
        return value.refuse(complaint.hint("config-name-taken-hint"));
    }
    taken.push(name.clone());
    Some(name)
}

/// `targets` gets the names that exist, even where the section as a whole has problems.
fn snapshot(
    value: &Cursor<'_>,
    surroundings: &Surroundings<'_>,
    targets: &mut Vec<String>,
) -> Option<Snapshot> {
    let section = value.section(&keys::SNAPSHOT)?;
    let to = section.need("to", |value| {
        for item in value.list(1..=TARGETS_MAX) {
            let Some(name) = repository_name(&item, surroundings.repositories) else { continue };
            if targets.contains(&name) {
                item.complain(Complaint::error("config-twice").text("name", &name));
            } else {
                targets.push(name);
            }
        }
        Some(targets.clone())
    });
    let rpo = section.need("rpo", Cursor::objective);
    let schedule = section.may("schedule", |value| value.schedule(surroundings.zone));
    let on_change = section.may("on-change", on_change);
    let tags = section.may("tags", |value| Some(set_tags(value))).unwrap_or_default();
    // Whoever starts every set by hand would believe them tagged.
    if let (Some(value), None, None) =
        (section.get("tags"), section.get("schedule"), section.get("on-change"))
    {
        let complaint = Complaint::error("config-tags-unscheduled");
        value.complain(complaint.hint("config-tags-unscheduled-hint"));
    }
    let retention = section.may("retention", retention);
    Some(Snapshot { schedule, on_change, to: to?, rpo: rpo?, tags, retention })
}

/// A longest wait below the quiet period would make that one a lie.
fn on_change(value: &Cursor<'_>) -> Option<OnChange> {
    let section = value.section(&keys::ON_CHANGE)?;
    let quiet = section.may("quiet", |value| value.duration(QUIET)).unwrap_or(QUIET_DEFAULT);
    let longest = section.may("longest", |value| {
        let longest = value.duration(LONGEST)?;
        if longest < quiet {
            let complaint = Complaint::error("config-on-change-longest")
                .number("longest", milliseconds(longest))
                .number("quiet", milliseconds(quiet));
            return value.refuse(complaint.hint("config-on-change-longest-hint"));
        }
        Some(longest)
    });
    // A long quiet period without a longest wait means a day of patience, not an hour's.
    Some(OnChange { quiet, longest: longest.unwrap_or(LONGEST_DEFAULT.max(quiet)) })
}

/// Without a tree that is watched no change would ever be seen.
fn check_watches(portal: &Section<'_>, trees: Option<&[Tree]>, snapshot: Option<&Snapshot>) {
    let wanted = snapshot.is_some_and(|snapshot| snapshot.on_change.is_some());
    // Trees with problems of their own may be the ones that are watched.
    let listed = match portal.get("trees").map(|list| list.value) {
        Some(Value::List(items)) => items.len(),
        _ => 0,
    };
    let trees = trees.unwrap_or_default();
    if wanted && trees.len() == listed && !trees.iter().any(|tree| tree.watch) {
        let complaint = Complaint::error("config-on-change-unwatched");
        portal.cursor.complain(complaint.hint("config-on-change-unwatched-hint"));
    }
}

/// The name of a repository that exists.
pub(super) fn repository_name(value: &Cursor<'_>, known: &[&str]) -> Option<String> {
    let name = value.text()?;
    if known.contains(&name.as_str()) {
        return Some(name);
    }
    let complaint = Complaint::error("config-no-repository")
        .text("name", &name)
        .text("known", listed(known.iter().copied()));
    value.refuse(match nearest(&name, known.iter().copied()) {
        Some(nearest) => complaint.hint("config-did-you-mean-hint").text("nearest", nearest),
        None => complaint.hint("config-no-repository-hint"),
    })
}
