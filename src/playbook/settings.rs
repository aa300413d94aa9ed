//! What the configuration says about playbooks: where they lie, who may approve, and the inputs of
//! each portal.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How playbooks are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A folder of own playbooks, each in a file named by its id with `.yaml`; an own one may not
    /// have the id of a shipped one.
    pub folder: Option<PathBuf>,
    /// Who may approve plans; ids are unique, keys are different.
    pub approvers: Vec<Approver>,
}

/// A person who may approve plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// Short name in records.
    pub id: String,
    /// Full name.
    pub name: String,
    /// The accounts of this person on this machine: whoever started a run from one of them cannot
    /// approve it.
    pub logins: Vec<String>,
    /// The public key, as OpenSSH writes it: `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`. Its
    /// private half never comes to duphong.
    pub key: String,
}

/// What one portal gives to one playbook, by input. Checked against the playbook when a plan is
/// made: the file may have changed since.
pub type Inputs = BTreeMap<String, Given>;

/// A value as a person wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One text.
    Text(String),
    /// A command.
    List(Vec<String>),
}
