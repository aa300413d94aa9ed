//! Counts as the operator's documents write them, against the real engines: half a count is none.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use duphong::base::secret::Secret;
use duphong::source::command::Settings;

use super::command::{dump, refused, shell, stream};
use super::mariadb::production;
use super::scratch::{cluster_with, run};

/// What stands in the documents between these two.
fn documented(begin: &str, end: &str) -> String {
    let text = include_str!("../../docs/OPERATIONS.md");
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0.to_owned()
}

fn private(file: &Path, text: &[u8]) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A count of two tables is taken, and one whose last query fails is none.
fn check(recipe: &str, file: &Path, environment: &[(String, Secret)], good: &str) {
    let settings = Settings {
        count: Some(shell(recipe)),
        environment: environment.to_vec(),
        ..stream(shell("echo x"))
    };
    private(file, good.as_bytes());
    assert_eq!(dump(&settings).unwrap().facts.inventory.tables.len(), 2, "{recipe}");
    let broken = good.replace("FROM tep", "FROM not_there") + good;
    private(file, broken.as_bytes());
    let (code, text) = refused(&settings);
    assert!(code == "source.command" && text.contains("not_there"), "{recipe}: {text}");
}

#[test]
fn the_documented_counts_stop_at_the_first_query_that_fails() {
    let here = tempfile::tempdir().unwrap();
    let (file, pass) = (here.path().join("count.sql"), here.path().join("pass"));
    let tables = "CREATE TABLE bai_viet (id int); CREATE TABLE tep (id int);";
    let at = |recipe: String| recipe.replace("/etc/portal/count.sql", file.to_str().unwrap());

    let (cluster, live) = cluster_with("cong", None);
    run(&live, tables);
    let password = String::from_utf8(cluster.password().expose().to_vec()).unwrap();
    private(&pass, format!("*:*:*:*:{password}\n").as_bytes());
    let recipe = at(documented("count) ", " ;;"));
    let recipe = recipe.replace("--dbname=cong", &format!("--dbname='{}'", live.dsn));
    let environment =
        [("PGPASSFILE".to_owned(), Secret::new(pass.to_str().unwrap().as_bytes().to_vec()))];
    let query = |table: &str| format!("SELECT '{table}' || chr(9) || count(*) FROM {table};\n");
    check(&recipe, &file, &environment, &(query("bai_viet") + &query("tep")));

    // Also where somebody's options say to go on.
    let production = production();
    let live = production.create("dem", tables);
    let options = here.path().join("options");
    let mut text = live.options_text().unwrap().to_vec();
    text.extend_from_slice(b"force\n");
    private(&options, &text);
    let recipe = at(documented("for `count` `", "`"));
    let recipe = recipe
        .replace("/etc/portal/pull.cnf", options.to_str().unwrap())
        .replace(" cong ", " dem ");
    let query = |table: &str| format!("SELECT '{table}', count(*) FROM {table};\n");
    check(&recipe, &file, &[], &(query("bai_viet") + &query("tep")));
}

#[test]
fn every_documented_psql_that_runs_a_script_stops_at_the_first_error() {
    let texts =
        [include_str!("../../docs/OPERATIONS.md"), include_str!("../../config/example.yaml")];
    let scripts =
        |line: &&str| line.contains("psql") && (line.contains("XAtf") || line.contains("-Xq"));
    let lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).filter(scripts).collect();
    assert!(lines.len() >= 3, "{lines:#?}");
    for line in lines {
        assert!(line.contains("ON_ERROR_STOP=1"), "{line}");
    }
}
