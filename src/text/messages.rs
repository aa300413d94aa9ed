//! The message files, as part of the program. A new file is one line in [`FILES`].

use crate::text::Language;

/// One module's messages in both languages.
pub(super) struct MessageFile {
    vietnamese: &'static str,
    english: &'static str,
}

impl MessageFile {
    /// The source of the file in one language.
    pub(super) fn source(&self, language: Language) -> &'static str {
        match language {
            Language::Vietnamese => self.vietnamese,
            Language::English => self.english,
        }
    }
}

macro_rules! files {
    ($($module:literal),+ $(,)?) => {
        &[$(MessageFile {
            vietnamese: include_str!(concat!("messages/vi/", $module, ".ftl")),
            english: include_str!(concat!("messages/en/", $module, ".ftl")),
        }),+]
    };
}

/// Every message file.
pub(super) const FILES: &[MessageFile] = files![
    "action",
    "anchor",
    "approval",
    "audit",
    "backup",
    "base",
    "cli",
    "cli-playbook",
    "cli-repository",
    "config",
    "daemon",
    "document",
    "drill",
    "forecast",
    "in-place",
    "incident",
    "job",
    "notice",
    "playbook",
    "playbook-run",
    "probe",
    "quickstart",
    "record",
    "repository",
    "restore",
    "runbook",
    "scheduler",
    "seal",
    "source",
    "spot",
    "store",
    "view",
    "wal",
    "world",
];
