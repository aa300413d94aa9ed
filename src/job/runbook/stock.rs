//! The fallback of a runbook: the same with nothing but stock tools.

use crate::config::settings::{Database, Engine, Store};
use crate::job::runbook::commands::{Commands, Step};
use crate::job::runbook::engines::{
    beside, broken, look_at_base, make_database, mariadb, open_sealed, password_file, postgres_dsn,
    postgres_name, repositories, swap_file, words_of,
};
use crate::job::shell;
use crate::job::site::{Layout, portal_tag};
use crate::source::postgres::physical;

/// The steps from an empty host to the portal's data.
pub(super) fn steps(commands: &Commands<'_>) -> Vec<Step> {
    let mut steps = vec![("runbook-stock-install", install(commands)), open(commands)];
    let tag = portal_tag(commands.portal());
    steps.push(("runbook-stock-list", broken(&["restic", "snapshots", "--tag", &tag])));
    let path = format!("/{}", commands.portal());
    let restore =
        ["restic", "restore", "$BAN", "--tag", &tag, "--path", &path, "--target", "$NOI/restic"];
    steps.push(("runbook-stock-restore", broken(&restore)));
    if commands.is_sealed() {
        let mut lines = Commands::identity();
        lines.extend(open_sealed(&sealed_places(commands)));
        steps.push(("runbook-stock-unseal", lines));
    }
    for database in &commands.portal.databases {
        let of = format!("$NOI/restic/{}", Layout::DATABASES);
        steps.extend(one(database, &of));
    }
    for tree in commands.portal.trees.iter().filter(|tree| tree.folder().is_some()) {
        let from = format!("$NOI/restic/{}/.", Layout::tree(tree.role, &tree.name));
        let to = format!("{}/", tree.path.display());
        let mut lines = broken(&["mkdir", "-p", &to]);
        lines.extend(broken(&["cp", "-a", &from, &to]));
        steps.push(("runbook-stock-tree", lines));
    }
    steps
}

/// The folders of a restored set in which something is sealed.
fn sealed_places(commands: &Commands<'_>) -> Vec<String> {
    let portal = commands.portal;
    let dumps = portal.databases.iter().any(|one| one.sealed.is_some());
    let trees = portal.trees.iter().filter(|one| one.sealed.is_some());
    let trees = trees.map(|one| Layout::tree(one.role, &one.name));
    let places = dumps.then(|| Layout::DATABASES.to_owned()).into_iter().chain(trees);
    places.map(|place| format!("$NOI/restic/{place}")).collect()
}

fn install(commands: &Commands<'_>) -> Vec<String> {
    let mut packages = vec!["restic"];
    for database in &commands.portal.databases {
        packages.push(match &database.engine {
            Engine::Sqlite(_) => "sqlite3",
            Engine::Postgres(_) => "postgresql-client",
            Engine::PostgresBase(_) => "postgresql",
            Engine::Mariadb(_) => "mariadb-client",
            Engine::Command(_) => continue,
        });
    }
    if commands.is_sealed() {
        packages.extend(["age", "zstd"]);
    }
    packages.sort_unstable();
    packages.dedup();
    let mut words = vec!["apt-get", "install", "-y"];
    words.extend(packages);
    let mut lines = broken(&words);
    lines.push("restic version".to_owned());
    lines
}

/// The first repository; the password comes from its file, or off the key sheet.
fn open(commands: &Commands<'_>) -> Step {
    let all = repositories(commands.site, commands.portal);
    let Some(repository) = all.first() else { return ("runbook-stock-open", Vec::new()) };
    let export = |name: &str, value: &str| format!("export {name}={}", shell::line(&[value]));
    // What a person may have on paper only is left open.
    let mut lines = vec![
        format!("export NOI=/srv/phuc-hoi-{}", commands.portal()),
        "export BAN=latest".to_owned(),
        export("RESTIC_REPOSITORY", &repository.store.to_string()),
    ];
    if let Store::S3(bucket) = &repository.store {
        lines.push("export AWS_ACCESS_KEY_ID=".to_owned());
        lines.push("export AWS_SECRET_ACCESS_KEY=".to_owned());
        lines.push(export("AWS_DEFAULT_REGION", &bucket.region));
    }
    match password_file(&repository.password) {
        Some(file) => {
            lines.push(export("RESTIC_PASSWORD_FILE", &file));
            ("runbook-stock-open", lines)
        }
        None => ("runbook-stock-open-typed", lines),
    }
}

fn one(database: &Database, of: &str) -> Vec<Step> {
    let name = &database.name;
    let dump = format!("{of}/{name}");
    let globals = format!("{of}/{name}.globals.sql");
    match &database.engine {
        Engine::Sqlite(settings) => {
            let file = format!("{of}/{name}.sqlite");
            let mut lines = broken(&["sqlite3", &file, "PRAGMA integrity_check"]);
            lines.extend(swap_file(&file, &settings.path.display().to_string()));
            vec![("runbook-stock-sqlite", lines)]
        }
        Engine::Postgres(settings) => {
            let Some(old) = postgres_name(settings) else { return Vec::new() };
            let roles =
                broken(&["psql", "-d", &postgres_dsn(settings, "postgres"), "-f", &globals]);
            let mut lines = make_database(database).unwrap_or_default();
            let new = beside(&old);
            let target = postgres_dsn(settings, &new);
            lines.extend(broken(&["pg_restore", "--jobs=2", "-d", &target, &dump]));
            vec![("runbook-stock-roles", roles), ("runbook-stock-postgres", lines)]
        }
        // Not a dump: it lies beside the folder of dumps.
        Engine::PostgresBase(_) => {
            let folder = format!("{of}/../{}", physical::place(name));
            vec![("runbook-base", look_at_base(&folder))]
        }
        Engine::Mariadb(settings) => {
            let new = beside(&settings.database);
            let mut lines = mariadb(settings, &["--force"]);
            if let Some(last) = lines.last_mut() {
                last.extend([" < ", &shell::line(&[&globals])]);
            }
            lines.extend(make_database(database).unwrap_or_default());
            lines.push(format!("cat {}/*.sql |", shell::line(&[&dump])));
            lines.extend(mariadb(settings, &["--comments", "--binary-mode", &new]));
            vec![("runbook-stock-mariadb", lines)]
        }
        Engine::Command(source) => {
            let load = source.load.as_ref().map(words_of);
            let load = load.unwrap_or_else(|| "…".to_owned());
            vec![("runbook-stock-command", vec![format!("{load}  ←  {}", shell::line(&[&dump]))])]
        }
    }
}
