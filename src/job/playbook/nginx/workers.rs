//! Whether nginx works by its new configuration: only then do new workers take the old ones' place.
//!
//! A reload is a request: the master answers nobody, and where it cannot do it (a port that is
//! taken) it goes on as before. So its workers are looked at, as everyone on this machine can.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The workers that serve, by master; each by id and start, so that an id that is used again is
/// another worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Workers(BTreeMap<Worker, BTreeSet<Worker>>);

type Worker = (i32, u64);

impl Workers {
    /// Those of now.
    pub(super) fn now() -> Self {
        let mut masters = BTreeSet::new();
        let mut workers = Vec::new();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        for id in ids {
            // Whoever ends while it is looked at does not serve.
            let Some((title, parent, started)) = look(id) else { continue };
            if title.starts_with("nginx: master process") {
                masters.insert((id, started));
            } else if title == "nginx: worker process" {
                workers.push((parent, (id, started)));
            }
        }
        let of = |master: Worker| {
            let own = workers.iter().filter(|(parent, _)| *parent == master.0);
            (master, own.map(|(_, worker)| *worker).collect())
        };
        Self(masters.into_iter().map(of).collect())
    }

    /// Whether there is anything to tell by.
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(BTreeSet::is_empty)
    }

    /// Whether a master of before has all new workers now.
    pub(super) fn changed_since(&self, before: &Self) -> bool {
        before.0.iter().filter(|(_, workers)| !workers.is_empty()).any(|(master, old)| {
            self.0.get(master).is_some_and(|new| !new.is_empty() && new.is_disjoint(old))
        })
    }
}

/// The title that a process gives itself, its parent, its start.
fn look(id: i32) -> Option<(String, i32, u64)> {
    let title = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let end = title.iter().position(|&byte| byte == 0).unwrap_or(title.len());
    let title = String::from_utf8_lossy(&title[..end]).trim_end().to_owned();
    if !title.starts_with("nginx: ") {
        return None;
    }
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    // The parent is the fourth field of the file, the start the 22nd.
    Some((title, fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(list: &[(i32, &[i32])]) -> Workers {
        let of = |(master, workers): &(i32, &[i32])| {
            ((*master, 1), workers.iter().map(|id| (*id, 2)).collect())
        };
        Workers(list.iter().map(of).collect())
    }

    #[test]
    fn only_all_new_workers_of_the_same_master_are_a_change() {
        let before = workers(&[(1, &[10, 11]), (5, &[50])]);
        for (now, changed) in [
            (workers(&[(1, &[10, 11]), (5, &[50])]), false),
            (workers(&[(1, &[11, 12]), (5, &[50])]), false),
            (workers(&[(1, &[12, 13]), (5, &[50])]), true),
            (workers(&[(1, &[]), (5, &[50])]), false),
            (workers(&[(2, &[12]), (5, &[50])]), false),
            (workers(&[]), false),
        ] {
            assert_eq!(now.changed_since(&before), changed, "{now:?}");
        }
        assert!(!workers(&[(1, &[10])]).changed_since(&workers(&[(1, &[])])));
        assert!(workers(&[(1, &[])]).is_empty());
    }
}
