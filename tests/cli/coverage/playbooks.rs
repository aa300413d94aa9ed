//! Playbooks: plans leave nothing, runs everything.

use crate::cli::coverage::Leaves::{Deed, Fact, Nothing};
use crate::cli::coverage::{Step, play, step};
use crate::cli::playbook::host::{Host, STEPS as PLAYBOOK};

pub(super) const STEPS: &[Step] = &[
    step("playbook list", Nothing),
    step("playbook check tat-mo", Nothing),
    step("playbook plan tat-mo --portal mau", Nothing),
    step("playbook run tat-mo --portal mau", Deed("playbook.begin")).ends(&[30]),
    step("playbook show 1", Nothing),
    step("playbook approve 1 --statement giay.txt", Nothing),
    step("playbook approve 1 --key binh", Fact("playbook.fact")),
    step("playbook resume 1", Deed("playbook.step")),
    step("playbook run tat-mo --portal mau", Deed("playbook.begin")).ends(&[30]),
    step("playbook reject 2 --reason không", Fact("playbook.fact")).ends(&[1]),
    step("playbook run tat-mo --portal mau", Deed("playbook.begin")).ends(&[30]),
    step("playbook abort 3 --reason nhầm", Fact("playbook.fact")).ends(&[1]),
];

#[test]
fn what_a_playbook_does_is_on_record() {
    let host = Host::new("en");
    host.playbook("tat-mo", PLAYBOOK);
    play(&host.home, STEPS);
}
