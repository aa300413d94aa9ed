//! What a runbook says of time: what drills measured, and how fast the repositories are.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audit::Reader;
use crate::base::fault::{AnyFault, Args, Message};
use crate::document::{Align, Column, Document, Table, Text};
use crate::drill::fact::DrillRecord;
use crate::job::drill;
use crate::job::restore::plan::measured;
use crate::job::restore::rates::Phase;
use crate::job::runbook::{Page, say};
use crate::job::site::Site;
use crate::view::Now;

/// Drills that are listed.
const DRILLS: usize = 5;

/// Amounts for which times are told: the largest for which what was measured says anything.
const AMOUNTS: [(u64, &str); 4] = [
    (1_000_000_000_000, "1 TB"),
    (100_000_000_000, "100 GB"),
    (10_000_000_000, "10 GB"),
    (1_000_000_000, "1 GB"),
];

/// What the log knows.
pub(super) struct Known {
    pub(super) now: Now,
    /// The newest drills of the portal that were not sabotaged, newest first.
    pub(super) drills: Vec<DrillRecord>,
}

impl Known {
    pub(super) fn of(site: &Site, portal: &str) -> Result<Self, AnyFault> {
        let (mut now, mut drills) = (Now::default(), VecDeque::new());
        for entry in Reader::open(&site.settings.audit_dir())?.entries() {
            let entry = entry?;
            now.take(&entry);
            let drill = drill::record_of(&entry)?;
            let of_portal = |one: &DrillRecord| one.portal == portal && one.sabotage.is_none();
            if let Some(drill) = drill.filter(of_portal) {
                drills.push_front(drill);
                drills.truncate(DRILLS);
            }
        }
        Ok(Self { now, drills: drills.into() })
    }
}

impl Page<'_> {
    pub(super) fn times(&self, document: Document) -> Document {
        let document = document.section(say("runbook-heading-times"));
        let document = if self.known.drills.is_empty() {
            document.paragraph(say("runbook-no-drill"))
        } else {
            let column = |id| Column::new(say(id)).align(Align::Center);
            let row = |drill: &DrillRecord| {
                let bytes = drill.set.as_ref().map(|set| Text::Bytes(set.bytes));
                let rto = drill.measured_rto_ms.map(Duration::from_millis);
                [
                    Text::Number(drill.number),
                    Text::Instant(drill.decided),
                    Text::Message(drill.verdict.message()),
                    bytes.unwrap_or(Text::Words("—")),
                    rto.map_or(Text::Words("—"), Text::Duration),
                ]
            };
            let table = Table::new([
                column("runbook-drill"),
                column("runbook-at").share(3),
                column("runbook-verdict").share(2),
                column("runbook-bytes").share(2),
                column("runbook-took").share(3),
            ]);
            document
                .paragraph(say("runbook-times"))
                .table(table.rows(self.known.drills.iter().map(row)))
        };
        let mut known = Vec::new();
        for repository in self.repositories() {
            let rates = measured(self.site, &self.portal.id, &repository.name).unwrap_or_default();
            let expected = AMOUNTS
                .into_iter()
                .find_map(|(bytes, amount)| Some((rates.expected(Phase::Fetch, bytes)?, amount)));
            let name = Args::none().text("repository", &repository.name);
            known.push(Text::Message(match expected {
                None => Message::with("runbook-rate-unknown", name),
                Some((expected, amount)) => Message::with(
                    "runbook-rate",
                    name.text("amount", amount)
                        .number("least", expected.least.as_secs().div_ceil(60))
                        .number("most", expected.most.as_secs().div_ceil(60))
                        .number("count", expected.measurements as u64),
                ),
            }));
        }
        document.list(known)
    }
}
