//! Holds what portals give to playbooks against the playbooks as they are now.
//!
//! Part of looking at the machine, since own playbooks are files that may change. What is missing
//! is not told: it may be given on the command line.

use crate::config::decode::listed;
use crate::config::playbook::{PlaybookError, find};
use crate::config::problem::Complaint;
use crate::config::settings::{Portal, Settings};
use crate::config::suggest::nearest;
use crate::playbook::model::Playbook;
use crate::playbook::settings::Inputs;
use crate::playbook::value;

/// Tells `complain`, with the key at which it stands, what no plan could be made with.
pub(in crate::config) fn check(settings: &Settings, complain: impl Fn(&str, Complaint)) {
    for Portal { id, playbooks, .. } in &settings.portals {
        for (name, inputs) in playbooks {
            let key = format!("portals.{id}.playbooks.{name}");
            match find(&settings.playbooks, name) {
                Ok(playbook) => check_inputs(&playbook, inputs, &key, &complain),
                Err(PlaybookError::Unknown { known, .. }) => {
                    let complaint = Complaint::error("config-no-playbook").text("name", name);
                    complain(&key, complaint.text("known", known).hint("config-no-playbook-hint"));
                }
                Err(PlaybookError::Wrong(problems)) => {
                    let complaint = Complaint::error("config-playbook-wrong")
                        .text("name", name)
                        .text("path", problems.file.display());
                    complain(&key, complaint.hint("config-playbook-wrong-hint"));
                }
                // The folder as a whole has been told.
                Err(PlaybookError::Read { .. } | PlaybookError::Shadows { .. }) => {}
            }
        }
    }
}

fn check_inputs(
    playbook: &Playbook,
    inputs: &Inputs,
    key: &str,
    complain: &impl Fn(&str, Complaint),
) {
    let known = || playbook.inputs.iter().map(|input| input.name.as_str());
    for (name, given) in inputs {
        let key = format!("{key}.{name}");
        let Some(input) = playbook.inputs.iter().find(|input| input.name == *name) else {
            let complaint = Complaint::error("playbook-input-unknown")
                .text("name", name)
                .text("known", listed(known()));
            let complaint = match nearest(name, known()) {
                Some(name) => complaint.hint("config-did-you-mean-hint").text("nearest", name),
                None => complaint.hint("playbook-input-unknown-hint"),
            };
            complain(&key, complaint);
            continue;
        };
        if let Err(wrong) = value::read(input.kind, given) {
            let complaint = Complaint::of(wrong.message(), wrong.hint());
            complain(&key, if wrong.is_secret() { complaint.secret() } else { complaint });
        }
    }
}
