//! The shipped example is a configuration that works.

use std::collections::BTreeSet;
use std::path::Path;

use duphong::config::load;
use duphong::config::settings::Engine;

#[test]
fn the_example_loads_without_a_warning_and_shows_every_kind_of_source() {
    let loaded = load(Path::new("config/example.yaml"), None).unwrap();
    assert_eq!(loaded.warnings, []);
    let engines: BTreeSet<_> = loaded
        .settings
        .portals
        .iter()
        .flat_map(|portal| &portal.databases)
        .map(|database| match database.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
            Engine::PostgresBase(_) => "postgres, physical",
            Engine::Mariadb(_) => "mariadb",
            Engine::Command(_) => "command",
        })
        .collect();
    let roles: BTreeSet<_> =
        loaded.settings.portals[0].trees.iter().map(|tree| tree.role).collect();
    assert_eq!((engines.len(), roles.len()), (4, 3));
    assert!(loaded.settings.portals[0].drill.start.is_some());
}
