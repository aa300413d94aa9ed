//! The same on a real server: two databases, sessions that will not leave, kills around the commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::manifest::Inventory;
use duphong::base::secret::Secret;
use duphong::job::playbook::restore;
use duphong::job::{sets, snapshot};
use duphong::playbook::action::Action;
use duphong::source::postgres::beside::Server;
use duphong::source::postgres::scratch::Cluster;
use duphong::source::postgres::{self, Settings};
use duphong::source::rows::RowKey;

use crate::job::portal::{Installation, configuration};
use crate::job::restore_in_place::killed::at_every_point;
use crate::job::restore_in_place::kit::{call, compare, perform, place, seen, stage, survey};
use crate::source::scratch::{cluster_with, query, run, world};

const RICH: &str = include_str!("../../source/rich.sql");

/// A second database of the same portal.
const SECOND: &str = "CREATE TABLE phan_anh (id int PRIMARY KEY, noi_dung text); \
    INSERT INTO phan_anh SELECT n, 'phản ánh ' || n FROM generate_series(1, 100) n;";

/// What an attacker leaves in both.
const ATTACK: &str =
    "DROP SCHEMA \"Lược đồ\" CASCADE; CREATE TABLE public.doi_tien AS SELECT 1 AS x";

/// A server with the two databases of one portal, and an installation that protects it.
struct Farm {
    here: Installation,
    first: Settings,
    second: Settings,
    /// From a database that nobody renames.
    common: Settings,
    _cluster: Cluster,
}

fn farm() -> Farm {
    let (cluster, first) = cluster_with("prod", None);
    run(&first, RICH);
    cluster.create_database("phụ \"2\"", None, &world()).unwrap();
    let second = cluster.settings("phụ \"2\"");
    run(&second, SECOND);
    let sources = format!(
        r"
    databases:
      - {{ name: cong, postgres: {{ dsn: {}, password: {{ file: secrets/db }} }} }}
      - {{ name: phu, postgres: {{ dsn: {}, password: {{ file: secrets/db }} }} }}
      - {{ name: nho, sqlite: {{ path: portal/data/cong.sqlite }} }}
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
",
        in_yaml(&first.dsn),
        in_yaml(&second.dsn)
    );
    let here = Installation::with(&configuration(&sources));
    let password = first.password.as_ref().map(Secret::expose).unwrap_or_default();
    std::fs::write(here.path("secrets/db"), password).unwrap();
    let common = cluster.settings("postgres");
    Farm { here, first, second, common, _cluster: cluster }
}

fn in_yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Farm {
    /// What the server says of each database, by its name.
    fn databases(&self) -> BTreeMap<String, String> {
        let sql = "SELECT json_object_agg(datname, concat_ws(' ', oid, datdba::regrole, \
            datallowconn, datconnlimit, (SELECT string_agg(a::text, ',' ORDER BY a::text) \
            FROM unnest(datacl) a), shobj_description(oid, 'pg_database'), (SELECT \
            string_agg(setrole || c, ' ' ORDER BY setrole, c) FROM pg_db_role_setting s, \
            unnest(setconfig) c WHERE s.setdatabase = d.oid))) \
            FROM pg_database d WHERE NOT datistemplate";
        serde_json::from_str(&query(&self.common, sql)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.databases().into_keys().collect()
    }

    fn inventory(settings: &Settings, like: &Inventory) -> Inventory {
        let key = RowKey::parse(&like.row_key).unwrap();
        postgres::inventory(settings, &key, &world(), &Cancel::default()).unwrap()
    }

    /// The inventories of the newest set.
    fn in_set(&self) -> (Inventory, Inventory) {
        let repository = self.here.site.open("local").unwrap();
        let (id, _) = sets::find(&repository, "local", "mau", None).unwrap();
        let manifest = sets::manifest(&repository, &id).unwrap();
        let of = |name: &str| manifest.databases[name].inventory.clone();
        (of("cong"), of("phu"))
    }
}

/// The name of an object beside the number that the server gave it, which a restored one has not.
fn without_number(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, rest)| rest)
}

#[test]
fn both_databases_are_exchanged_with_all_that_belongs_to_them_and_come_back() {
    let farm = farm();
    let (here, before) = (&farm.here, farm.databases());
    snapshot::create(&here.site, "mau").unwrap();
    let (first, second) = farm.in_set();
    run(&farm.first, ATTACK);
    run(
        &farm.first,
        "COMMENT ON DATABASE prod IS 'hacked'; ALTER DATABASE prod CONNECTION LIMIT 3",
    );
    run(&farm.second, "DELETE FROM phan_anh WHERE id > 7");
    let attacked = farm.databases();
    let in_production = Farm::inventory(&farm.first, &first);
    let found = survey(here, "latest").unwrap();
    assert!(found["db/cong"].starts_with("postgresql ") && found["db/cong"].contains("/prod "));

    let staged = stage(here, 7).unwrap();
    assert_eq!(staged["db/cong"], "prod_duphong_7_new");
    let kept: BTreeMap<_, _> =
        farm.databases().into_iter().filter(|(name, _)| !name.contains("_duphong_")).collect();
    assert_eq!(kept, attacked, "production is not touched");
    let compared = seen(compare(here, 7));
    assert!(compared["objects"].parse::<u32>().unwrap() > 100, "{compared:?}");

    let swapped = perform(here, 7, Action::RestoreSwap).unwrap();
    assert_eq!(swapped["remove-later db/phu"], "DROP DATABASE \"phụ \"\"2\"\"_duphong_7_old\"");
    let now = farm.databases();
    assert_eq!(without_number(&now["prod"]), without_number(&before["prod"]));
    assert_eq!(now["prod_duphong_7_old"], attacked["prod"], "only its name is another");
    assert_eq!(Farm::inventory(&farm.first, &first).tables, first.tables);
    assert_eq!(Farm::inventory(&farm.first, &first).objects, first.objects);
    assert_eq!(Farm::inventory(&farm.second, &second), second);
    seen(compare(here, 7));
    assert_eq!(perform(here, 7, Action::RestoreSwap).unwrap(), swapped);

    perform(here, 7, Action::RestoreSwapBack).unwrap();
    assert_eq!(Farm::inventory(&farm.first, &first), in_production);
    seen(compare(here, 7));
    run(&farm.common, "COMMENT ON DATABASE prod_duphong_7_new IS 'what citizens wrote'");
    let left = perform(here, 7, Action::RestoreUnstage).unwrap();
    assert_eq!(left["left db/cong"], "prod_duphong_7_new");
    for name in ["db/cong", "db/phu"] {
        run(&farm.common, &left[&format!("remove-later {name}")]);
    }
    assert_eq!(farm.databases(), attacked, "nothing was removed but what we told to");
}

#[test]
fn sessions_that_connect_again_and_again_do_not_keep_a_database_from_being_exchanged() {
    let farm = farm();
    let here = &farm.here;
    snapshot::create(&here.site, "mau").unwrap();
    stage(here, 7).unwrap();
    let (stop, connected) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        // Two clients of a pool: each connects, stays, and is back at once when it is thrown out.
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    stay_connected(&farm.first, &stop, &connected);
                }
            });
        }
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while connected.load(Ordering::SeqCst) < 2 && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        for action in [Action::RestoreSwap, Action::RestoreSwapBack, Action::RestoreSwap] {
            perform(here, 7, action).unwrap_or_else(|fault| {
                stop.store(true, Ordering::SeqCst);
                panic!("{fault:?}")
            });
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert!(connected.load(Ordering::SeqCst) > 2, "they came back");
    assert!(farm.names().contains(&"prod_duphong_7_old".to_owned()));
}

/// One session, from its beginning until it is ended or nobody wants it any more.
fn stay_connected(settings: &Settings, stop: &AtomicBool, connected: &AtomicU32) {
    let mut config: tokio_postgres::Config = settings.dsn.parse().unwrap();
    config.password(settings.password.as_ref().map(Secret::expose).unwrap_or_default());
    world().block_on(async {
        let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await else { return };
        let running = tokio::spawn(connection);
        connected.fetch_add(1, Ordering::SeqCst);
        while !stop.load(Ordering::SeqCst)
            && client.simple_query("SELECT pg_sleep(0.01)").await.is_ok()
        {}
        drop(client);
        let _ended = running.await;
    });
}

#[test]
fn a_kill_around_the_commit_leaves_a_state_from_which_both_ways_lead() {
    let farm = farm();
    let here = &farm.here;
    snapshot::create(&here.site, "mau").unwrap();
    stage(here, 7).unwrap();
    let staged = farm.databases();
    perform(here, 7, Action::RestoreSwap).unwrap();
    let swapped = farm.databases();
    perform(here, 7, Action::RestoreSwapBack).unwrap();
    let points = at_every_point(here, Action::RestoreSwap, |points| {
        if points % 2 == 0 {
            perform(here, 7, Action::RestoreSwap).unwrap();
            assert_eq!(farm.databases(), swapped, "killed at {points}, then on");
        }
        perform(here, 7, Action::RestoreSwapBack).unwrap();
        assert_eq!(farm.databases(), staged, "killed at {points}, then back");
    });
    // Two transactions, and two renames each of a file and a tree; side files come to that.
    assert!(points >= 2 * 2 + 2 * 2 * 2, "{points}");
}

#[test]
fn a_load_that_was_killed_is_made_anew_and_leaves_nothing() {
    let farm = farm();
    let here = &farm.here;
    snapshot::create(&here.site, "mau").unwrap();
    let before = farm.names();
    let mut spools = 0;
    let points = at_every_point(here, Action::RestoreStage, |points| {
        restore::quiet(&here.site, &place(7)).unwrap();
        // At some point the dump and the hashes of the roles' passwords lie there.
        let spool = here.path("state/spool/in-place-mau-7");
        spools += u32::from(spool.exists());
        if points % 4 == 3 {
            perform(here, 7, Action::RestoreUnstage).unwrap();
            assert!(!spool.exists(), "killed at {points}");
            assert_eq!(farm.names(), before, "killed at {points}");
        }
    });
    assert!(points > 12 && spools > 0, "{points}, {spools}");
    seen(compare(here, 7));
    perform(here, 7, Action::RestoreUnstage).unwrap();
    assert_eq!(farm.names(), before);
    assert!(std::fs::read_dir(here.path("state/spool")).unwrap().next().is_none());
}

#[test]
fn a_database_that_is_gone_comes_back_and_one_that_is_closed_stays_closed() {
    let farm = farm();
    let here = &farm.here;
    snapshot::create(&here.site, "mau").unwrap();
    let (_, second) = farm.in_set();
    run(&farm.common, "DROP DATABASE \"phụ \"\"2\"\"\"");
    // A fence that closes the database itself.
    run(&farm.common, "ALTER DATABASE prod ALLOW_CONNECTIONS false");
    let found = survey(here, "latest").unwrap();
    assert!(found["db/phu"].starts_with("absent "), "{found:?}");
    stage(here, 7).unwrap();
    seen(compare(here, 7));
    let allows = |name: &str| {
        query(
            &farm.common,
            &format!("SELECT datallowconn FROM pg_database WHERE datname = '{name}'"),
        )
    };
    perform(here, 7, Action::RestoreSwap).unwrap();
    assert_eq!(allows("prod"), "f", "an exchange does not open what a fence has closed");
    run(&farm.common, "ALTER DATABASE prod ALLOW_CONNECTIONS true");
    assert_eq!(Farm::inventory(&farm.second, &second), second);
    perform(here, 7, Action::RestoreSwapBack).unwrap();
    assert_eq!(allows("prod"), "t", "and what was opened since stays open");
    assert!(!farm.names().contains(&"phụ \"2\"".to_owned()));
    perform(here, 7, Action::RestoreUnstage).unwrap();
}

#[test]
fn a_server_is_asked_for_rights_and_free_names_before_anything_is_made() {
    let farm = farm();
    let here = &farm.here;
    snapshot::create(&here.site, "mau").unwrap();
    run(&farm.common, "CREATE DATABASE prod_duphong_7_new");
    assert_eq!(stage(here, 7).unwrap_err().code(), "in-place.taken");
    assert!(!here.path("portal/media.duphong-7-new").exists());
    perform(here, 7, Action::RestoreUnstage).unwrap();
    assert!(farm.names().contains(&"prod_duphong_7_new".to_owned()), "it is not ours");

    run(&farm.common, "CREATE ROLE chi_doc LOGIN PASSWORD 'x' IN ROLE pg_read_all_data");
    std::fs::write(here.path("secrets/db"), "x").unwrap();
    let mut site = here.site.clone();
    for database in &mut site.settings.portals[0].databases {
        if let duphong::config::settings::Engine::Postgres(server) = &mut database.engine {
            server.dsn = format!("{} user=chi_doc", server.dsn);
        }
    }
    let latest = call(Action::RestoreStage, Some("latest"));
    assert_eq!(restore::survey(&site, "mau", &latest).unwrap_err().code(), "source.rights");
    assert_eq!(restore::perform(&site, &place(8), &latest).unwrap_err().code(), "source.rights");
}

/// Roles that a killed attempt has made are told by the one that comes to its end.
#[test]
fn roles_that_a_killed_attempt_made_are_named_all_the_same() {
    let farm = farm();
    let here = &farm.here;
    run(&farm.first, "CREATE ROLE \"người mới\"; GRANT CONNECT ON DATABASE prod TO \"người mới\"");
    snapshot::create(&here.site, "mau").unwrap();
    run(&farm.first, "DROP OWNED BY \"người mới\"; DROP ROLE \"người mới\"");
    let is_there = || {
        let sql = "SELECT count(*) FROM pg_roles WHERE rolname = 'người mới'";
        query(&farm.common, sql) == "1"
    };
    let mut killed_after_roles = 0;
    at_every_point(here, Action::RestoreStage, |_| {
        killed_after_roles += u32::from(is_there());
        restore::quiet(&here.site, &place(7)).unwrap();
    });
    assert!(killed_after_roles > 0);
    assert_eq!(stage(here, 7).unwrap()["roles db/cong"], "người mới");
    let left = perform(here, 7, Action::RestoreUnstage).unwrap();
    assert_eq!(left["roles db/cong"], "người mới");
    assert!(is_there(), "it may own other things by now");
}

#[test]
fn a_commit_that_never_answers_is_ended_and_the_names_say_what_it_did() {
    let farm = farm();
    run(&farm.common, "CREATE DATABASE prod_moi");
    // A primary whose standby is gone commits, and never says so.
    run(&farm.common, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    run(&farm.common, "SELECT pg_reload_conf()");
    let limit = Duration::from_secs(2);
    let server = Server::open_within(&farm.first, &world(), limit).unwrap();
    let numbers = |names: [&str; 2]| names.map(|name| server.number(name).unwrap());
    let [prod, new] = numbers(["prod", "prod_moi"]);
    let moves = [("prod", "prod_cu"), ("prod_moi", "prod")];
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while query(&farm.common, "SHOW synchronous_standby_names") != "nobody" {
        assert!(std::time::Instant::now() < deadline, "the server reads its settings");
    }
    server.rename(&moves, &world()).unwrap();
    let server = Server::open_within(&farm.first, &world(), limit).unwrap();
    assert_eq!(server.number("prod_cu").unwrap(), prod);
    assert_eq!(server.number("prod").unwrap(), new);
    assert_eq!(server.number("prod_moi").unwrap(), None);
}
