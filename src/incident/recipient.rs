//! Whom the rules can ask a portal to tell: what the address book must hold before it is needed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::incident::duty::binds;
use crate::incident::fact::PortalFacts;
use crate::incident::rule::{Recipient, RuleSet};

/// A recipient without whose contact a duty cannot be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed<'a> {
    /// Who.
    pub recipient: &'a Recipient,
    /// The ids of the duties that go there.
    pub duties: Vec<&'a str>,
}

/// The recipients that duties in force on `day` may require of this portal, by id. Not those that
/// are told only "nếu có", nor those whom only an incident makes known.
pub fn needed_recipients<'a>(
    sets: &'a [RuleSet],
    portal: &PortalFacts,
    day: Date,
) -> Vec<Needed<'a>> {
    let mut needed: BTreeMap<&str, Needed<'a>> = BTreeMap::new();
    for set in sets {
        for duty in set.duties.iter().filter(|duty| binds(duty, portal, day).is_ok()) {
            for to in duty.recipients.iter().filter(|to| !to.if_any) {
                let Some(recipient) = set.recipient(&to.id) else { continue };
                if recipient.of_the_incident {
                    continue;
                }
                let entry = needed.entry(&to.id);
                let entry = entry.or_insert(Needed { recipient, duties: Vec::new() });
                entry.duties.push(&duty.id);
            }
        }
    }
    needed.into_values().collect()
}
