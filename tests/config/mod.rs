//! The configuration: what is accepted, what is refused, where, and with which words.

mod anchor;
mod approval;
mod bucket;
mod command;
mod environment;
mod example;
mod hostile;
mod lock;
mod playbook;
mod reading;
mod refusals;
mod schema;
mod sealed;
mod tags;

use std::path::Path;
use std::sync::LazyLock;

use duphong::config::problem::{Problem, Problems};
use duphong::config::{Loaded, check_text};
use duphong::text::{Catalog, Language};

/// The smallest useful configuration. Tests change one place of it; its lines are counted in what
/// they expect.
const SMALL: &str = "\
site: { id: mau, name: Tỉnh Mẫu }
state: /var/lib/duphong
repositories:
  local: { path: /srv/repo, password: { file: /etc/duphong/pass } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases:
      - { name: portal, sqlite: { path: /srv/portal/data/portal.db } }
    trees:
      - { role: media, path: /srv/portal/media }
    snapshot: { to: [local], rpo: 6h }
    drill: { rto: 20h }
";

fn load(yaml: &str) -> Result<Loaded, Problems> {
    check_text(yaml.as_bytes(), Path::new("/etc/duphong/duphong.yaml"), None)
}

/// [`SMALL`] with one place changed.
#[track_caller]
fn changed(old: &str, new: &str) -> String {
    assert_eq!(SMALL.matches(old).count(), 1, "`{old}` must be in SMALL once");
    SMALL.replace(old, new)
}

/// Both languages, made once.
static CATALOGS: LazyLock<[Catalog; 2]> =
    LazyLock::new(|| [Language::Vietnamese, Language::English].map(Catalog::new));

/// Every problem has words for people in both languages, with all their values.
#[track_caller]
fn check_words(problem: &Problem) {
    for catalog in CATALOGS.iter() {
        for message in [Some(&problem.message), problem.hint.as_ref()].into_iter().flatten() {
            assert!(catalog.knows(message.id), "{}", message.id);
            let words = catalog.say(message);
            assert!(!words.contains("{$"), "{}: {words}", message.id);
        }
    }
}

/// `line:column key.path message-id`, with `(warning)` where it is one.
#[track_caller]
fn told(problems: &[Problem]) -> Vec<String> {
    problems.iter().for_each(check_words);
    problems
        .iter()
        .map(|problem| {
            let kind = match problem.severity.as_str() {
                "warning" => " (warning)",
                _ => "",
            };
            let path = if problem.path.is_empty() { "-" } else { &problem.path };
            format!("{} {path} {}{kind}", problem.at, problem.message.id)
        })
        .collect()
}

/// The one door: exactly these problems, in this order.
#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    let found = match load(yaml) {
        Ok(loaded) => told(&loaded.warnings),
        Err(problems) => told(&problems.list),
    };
    assert_eq!(found, expected, "\n{yaml}");
}

/// The door for one change of [`SMALL`].
#[track_caller]
fn check_change(old: &str, new: &str, expected: &[&str]) {
    check(&changed(old, new), expected);
}
