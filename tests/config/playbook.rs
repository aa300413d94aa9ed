//! Playbooks: what is accepted, what is refused, where, and with which words.

mod finding;
mod hostile;
mod reading;
mod refusals;
mod schema;

use std::path::Path;

use duphong::config::playbook::read;
use duphong::config::problem::Problems;
use duphong::playbook::model::Playbook;

use super::told;

/// A small playbook of every nature of action. Tests change one place of it; its lines are counted
/// in what they expect.
const SMALL: &str = "\
playbook: small
version: 1
title: { vi: Nhỏ, en: Small }
about: { vi: Để thử, en: For tests }
inputs:
  close: { type: command, about: { vi: Đóng, en: Close } }
  page: { type: url, about: { vi: Trang, en: Page } }
  set: { type: set, default: latest, about: { vi: Bản sao lưu, en: Set } }
steps:
  - step: ask
    title: { vi: Hỏi, en: Ask }
    action: gate
  - step: fence
    title: { vi: Cô lập, en: Fence }
    action: fence
    with: { command: \"{{ close }}\" }
    timeout: 1m
    proof: [{ observe: http.answers, with: { url: \"{{ page }}\", status: 503 } }]
    cannot-compensate: { vi: Không, en: No }
  - step: stage
    title: { vi: Phục hồi, en: Restore }
    action: restore.stage
    with: { set: \"{{ set }}\" }
    timeout: 1h
    compensate: { action: restore.unstage }
  - step: tell
    title: { vi: Báo, en: Tell }
    action: command
    with: { command: [notify, \"{{ portal }}\"] }
    timeout: 10s
    no-return: { vi: Đã báo, en: Told }
  - step: look
    title: { vi: Xem, en: Look }
    action: http.answers
    with: { url: \"{{ page }}\" }
    timeout: 1m
";

fn load(yaml: &str) -> Result<Playbook, Problems> {
    read(yaml.as_bytes(), Path::new("small.yaml"))
}

/// [`SMALL`] with one place changed.
#[track_caller]
fn changed(old: &str, new: &str) -> String {
    assert_eq!(SMALL.matches(old).count(), 1, "`{old}` must be in SMALL once");
    SMALL.replace(old, new)
}

/// The one door: exactly these problems, in this order.
#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    let found = load(yaml).map_or_else(|problems| told(&problems.list), |_| Vec::new());
    assert_eq!(found, expected, "\n{yaml}");
}

/// The door for one change of [`SMALL`].
#[track_caller]
fn check_change(old: &str, new: &str, expected: &[&str]) {
    check(&changed(old, new), expected);
}
