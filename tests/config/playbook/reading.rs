//! What a good playbook becomes.

use std::path::Path;
use std::time::Duration;

use duphong::config::playbook::{read, shipped};
use duphong::playbook::action::Action;
use duphong::playbook::model::{Filling, Piece, Undo, Value};

use super::{SMALL, changed, load};

#[test]
fn the_shipped_playbooks_are_right() {
    for (id, text) in shipped() {
        let playbook = read(text.as_bytes(), Path::new(id))
            .unwrap_or_else(|problems| panic!("{id}: {:#?}", problems.list));
        assert_eq!(playbook.id, id);
    }
}

#[test]
fn a_step_is_read_with_what_follows_from_its_action() {
    let playbook = load(SMALL).unwrap_or_else(|problems| panic!("{:#?}", problems.list));
    let [ask, fence, stage, tell, look] = &playbook.steps[..] else { panic!("five steps") };
    assert_eq!((ask.timeout, ask.idempotent), (Duration::ZERO, true));
    assert!(
        matches!(&ask.undo, Undo::Needless(words) if words.en == "An approval changes nothing")
    );
    assert_eq!(fence.call.with["command"], Filling::Input("close".into()));
    assert_eq!(fence.proof[0].with["status"], Filling::Value(Value::Number(503)));
    assert!(fence.idempotent && !tell.idempotent && look.idempotent);
    let Undo::By(undo) = &stage.undo else { panic!("compensated") };
    assert_eq!((undo.call.action, undo.timeout), (Action::RestoreUnstage, stage.timeout));
    let parts = [
        Filling::Value(Value::Text("notify".into())),
        Filling::Text(vec![Piece::Input("portal".into())]),
    ];
    assert_eq!(tell.call.with["command"], Filling::Command(parts.into()));
    assert!(matches!(&tell.undo, Undo::NoReturn(words) if words.vi == "Đã báo"));
    assert!(matches!(&look.undo, Undo::Needless(words) if words.en.contains("only looks")));
    assert_eq!(playbook.inputs[2].default, Some(Value::Text("latest".into())));
}

#[test]
fn steps_keep_their_order_and_move_only_behind_what_they_need() {
    let order = |yaml: &str| -> Vec<String> {
        let steps = load(yaml).unwrap_or_else(|problems| panic!("{:#?}", problems.list)).steps;
        steps.into_iter().map(|step| step.id).collect()
    };
    assert_eq!(order(SMALL), ["ask", "fence", "stage", "tell", "look"]);
    let yaml = changed("action: gate\n", "action: gate\n    needs: [stage, fence]\n");
    assert_eq!(order(&yaml), ["fence", "stage", "ask", "tell", "look"]);
    let yaml = changed("action: fence\n", "action: fence\n    needs: [stage]\n");
    assert_eq!(order(&yaml), ["ask", "stage", "fence", "tell", "look"]);
}

#[test]
fn an_input_stands_alone_in_a_text_or_for_all_parts_of_a_command() {
    let filled = |command: &str| {
        let yaml = changed("[notify, \"{{ portal }}\"]", command);
        let playbook = load(&yaml).unwrap_or_else(|problems| panic!("{:#?}", problems.list));
        playbook.steps[3].call.with["command"].clone()
    };
    let text = |text: &str| Filling::Value(Value::Text(text.into()));
    assert_eq!(filled("'{{close}}'"), Filling::Input("close".into()));
    assert_eq!(filled("/bin/true"), Filling::Value(Value::Command(vec!["/bin/true".into()])));
    assert_eq!(
        filled("[sudo, '{{ close }}', '']"),
        Filling::Command(vec![text("sudo"), Filling::Input("close".into()), text("")])
    );
    assert_eq!(
        filled("[curl, 'a={{ page }}&b={ x }', '{\"k\": 1}']"),
        Filling::Command(vec![
            text("curl"),
            Filling::Text(vec![
                Piece::Text("a=".into()),
                Piece::Input("page".into()),
                Piece::Text("&b={ x }".into()),
            ]),
            text("{\"k\": 1}"),
        ])
    );
}
