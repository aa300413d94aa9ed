//! What the daemon tags its sets with.

use super::{SMALL, changed, check_change, load};

#[test]
fn a_portal_has_the_tags_that_are_written_and_none_without() {
    let tags = |rest: &str| {
        let yaml = changed("rpo: 6h }", &format!("rpo: 6h{rest} }}"));
        load(&yaml).unwrap().settings.portals.remove(0).snapshot.tags
    };
    assert!(load(SMALL).unwrap().settings.portals[0].snapshot.tags.is_empty());
    let given = tags(", schedule: \"0 1 * * *\", tags: [tu-dong, hang-ngay]");
    assert_eq!(given.into_iter().collect::<Vec<_>>(), ["hang-ngay", "tu-dong"]);
}

#[test]
fn tags_of_sets_are_those_that_a_person_may_give_and_the_daemon_takes_some_to_give_them_to() {
    let check = |rest: &str, expected: &[&str]| {
        check_change("rpo: 6h }", &format!("rpo: 6h, {rest} }}"), expected);
    };
    let schedule = "schedule: \"0 1 * * *\"";
    check(&format!("{schedule}, tags: [hang-ngay, tu-dong]"), &[]);
    check("tags: [hang-ngay]", &["15:45 portals.mau.snapshot.tags config-tags-unscheduled"]);
    check(&format!("{schedule}, tags: []"), &["15:68 portals.mau.snapshot.tags config-too-few"]);
    check(
        &format!("{schedule}, tags: [evidence, a, \"portal:x\", a]"),
        &[
            "15:69 portals.mau.snapshot.tags[0] config-set-tag",
            "15:82 portals.mau.snapshot.tags[2] config-set-tag",
            "15:94 portals.mau.snapshot.tags[3] config-twice",
        ],
    );
}
