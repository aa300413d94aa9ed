//! Incidents: facts that people state, each one record; and the files that come into being.

use crate::cli::coverage::Leaves::{Deed, Fact, Nothing};
use crate::cli::coverage::{Step, play, step};
use crate::cli::kit::{Home, configuration};

fn evidence(home: &Home) -> String {
    home.write("log.txt", "I/O error\n");
    String::new()
}

fn signed(home: &Home) -> String {
    home.write("ky.pdf", "%PDF-1.7\n%%EOF\n");
    String::new()
}

pub(super) const STEPS: &[Step] = &[
    step(
        "incident open --group technical --what hỏng --detected-at 00:00 --by An",
        Deed("incident.open"),
    ),
    step("incident list", Nothing),
    step("incident show 1", Nothing),
    step("duties", Nothing).ends(&[3, 30]),
    step("incident note 1 đã-thay --by An", Fact("incident.note")),
    step("incident evidence 1 log.txt --what nhật-ký --by An", Deed("evidence.seal"))
        .after(evidence),
    step(
        "incident classify 1 --by An --reason rõ --serious-331 no --personal-data no",
        Fact("incident.classify"),
    ),
    step("incident form 1 --out mau.pdf --set contact=An", Deed("incident.form")).ends(&[3]),
    step("incident submit 1 --duty C12 --to owner --file ky.pdf --dry-run", Nothing)
        .ends(&[2, 30, 78])
        .after(signed),
    step(
        "incident submit 1 --duty C12 --to owner --file ky.pdf --channel letter --sent-at 00:00:01",
        Fact("incident.dispatch"),
    ),
    step(
        "incident receipt 1 --recipient owner --document ky.pdf --channel phone --who Văn --by An",
        Fact("incident.receipt"),
    ),
    step(
        "incident decide 1 --by An --reason nhỏ --as not-reportable --undetermined",
        Fact("incident.decide"),
    ),
    step("incident end 1 --by An", Fact("incident.end")),
    step("incident close 1 --by An --reason xong", Fact("incident.close")).after(all_decided),
];

/// What is still owed is decided, so that the incident can be closed.
fn all_decided(home: &Home) -> String {
    let shown = home.json("incident show 1");
    for duty in shown["result"]["duties"].as_array().unwrap() {
        let id = duty["id"].as_str().unwrap();
        // Duties that are not owed refuse it, and need none.
        home.run(&format!(
            "incident decide 1 --by An --reason nhỏ --as not-reportable --duty {id}"
        ));
        home.run(&format!("incident decide 1 --by An --reason xong --as met --duty {id}"));
    }
    String::new()
}

#[test]
fn what_people_state_of_an_incident_is_on_record() {
    let home = Home::new();
    home.write("duphong.yaml", &configuration("en"));
    std::fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.run("init").code, 0);
    play(&home, STEPS);
}
