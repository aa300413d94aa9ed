//! The rarer kinds of objects, and the rarer forms of common ones: all come back, and a stock dump of
//! what came back is the stock dump of what was there.

use super::*;

const COLLECTION: &str = include_str!("collection.sql");

/// As the stock program tells accounts and rights that have to do with the database.
fn accounts(of: &Settings) -> Vec<String> {
    ["doc_gia", "tong_bien_tap", "cho@localhost", "cho@'192.0.2.0/255.255.255.0'"]
        .iter()
        .flat_map(|name| {
            let told = run(of, &format!("SHOW GRANTS FOR {name}"));
            let mut lines: Vec<String> = told.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        })
        .collect()
}

#[test]
fn a_collection_of_rare_objects_comes_back_and_its_stock_dump_is_the_same() {
    let production = Production::start();
    let source = production.create("bo_suu_tap", COLLECTION);
    let dumped = dump(&source);
    assert_eq!(dumped.facts.inventory.blind, Vec::<String>::new());
    let target = server();
    // Under another name nothing touches one that is called as it was.
    target.create_database("ten_moi", &world()).unwrap();
    load(&dumped, &target.settings("ten_moi")).unwrap();
    assert_eq!(
        run(&target.settings("ten_moi"), "SELECT @@collation_database"),
        "latin1_swedish_ci\n"
    );
    drop(target);
    let target = server();
    target.create_database("bo_suu_tap", &world()).unwrap();
    let restored = target.settings("bo_suu_tap");
    let notes = load(&dumped, &restored).unwrap();
    assert!(notes.iter().all(|note| note.id.starts_with("restore-note-rights-")), "{notes:?}");
    let after = inventory(&restored, &dumped.facts.inventory);
    assert_eq!(differences(&dumped.facts.inventory, &after), Vec::<String>::new());
    check_same(&source, &restored);
    assert_eq!(accounts(&restored), accounts(&source));
    // A sequence goes on behind what it has given.
    let next = "SELECT NEXTVAL(vong) FROM seq_1_to_9";
    assert_eq!(run(&restored, next), run(&source, next));
    // What was there at an instant of the past is known here too.
    let past = "SELECT a, b FROM phien_ban FOR SYSTEM_TIME ALL ORDER BY a, b, c";
    assert_eq!(run(&restored, past), run(&source, past));
    assert_eq!(run(&restored, past).lines().count(), 3);
}
