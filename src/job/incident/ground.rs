//! What holds for a new incident: the portal as configured, the rules as they are today, whose
//! text goes into the log with the first incident that is judged by it.

use crate::audit::{Deed, Log};
use crate::base::fault::AnyFault;
use crate::config::settings::{Portal, Settings};
use crate::incident::duty::day;
use crate::incident::fact::{Ground, Part, PortalFacts, RuleRef};
use crate::incident::fault::RuleFault;
use crate::incident::recipient::needed_recipients;
use crate::incident::rule::{RuleSet, Words};
use crate::incident::settings::{Incidents, PersonalData};
use crate::incident::shipped;
use crate::job::incident::read;
use crate::job::site::Site;
use crate::view::incidents;
use crate::view::incidents::RULES_VERB;

/// The rule sets that hold here.
pub fn rules(settings: &Settings) -> Result<Vec<RuleSet>, AnyFault> {
    let of_nobody = Incidents::default();
    let incidents = settings.incidents.as_ref().unwrap_or(&of_nobody);
    let mut files = Vec::new();
    for path in &incidents.rule_files {
        let name = path.display().to_string();
        let text = String::from_utf8(read(path)?);
        let text = text.map_err(|_| RuleFault::NotUtf8 { file: name.clone() })?;
        files.push((name, text));
    }
    Ok(shipped::choose(incidents.rules.as_deref(), &files)?)
}

/// The portal as an incident remembers it.
pub fn portal_facts(portal: &Portal) -> PortalFacts {
    PortalFacts {
        id: portal.id.clone(),
        name: portal.name.clone(),
        kind: portal.kind.as_str().to_owned(),
        owner: portal.owner.clone(),
        operator: portal.operator.clone(),
        level: portal.level,
        hosting: portal.standing.hosting.clone(),
        network_member: portal.standing.network_member,
        component: portal.standing.component,
        personal_data: match portal.standing.personal_data {
            PersonalData::Controller => Part::Controller,
            PersonalData::Processor => Part::Processor,
            PersonalData::None => Part::None,
        },
    }
}

/// A recipient that duties of a portal go to and that the address book does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The portal's id.
    pub portal: String,
    /// The recipient's id, a key of the address book.
    pub recipient: String,
    /// Its name.
    pub name: Words,
    /// The duties that go there.
    pub duties: Vec<String>,
}

/// What the address book lacks: an error at `validate`, since at three in the morning it is late
/// to ask for an address.
pub fn missing_contacts(site: &Site) -> Result<Vec<Missing>, AnyFault> {
    let sets = rules(&site.settings)?;
    let today = day(site.world.clock.now());
    let contacts = contacts(&site.settings);
    let mut missing = Vec::new();
    for portal in &site.settings.portals {
        for needed in needed_recipients(&sets, &portal_facts(portal), today) {
            if !contacts.contains(&needed.recipient.id) {
                missing.push(Missing {
                    portal: portal.id.clone(),
                    recipient: needed.recipient.id.clone(),
                    name: needed.recipient.name.clone(),
                    duties: needed.duties.into_iter().map(str::to_owned).collect(),
                });
            }
        }
    }
    Ok(missing)
}

fn contacts(settings: &Settings) -> Vec<String> {
    let contacts = settings.incidents.iter().flat_map(|incidents| incidents.contacts.keys());
    contacts.cloned().collect()
}

/// What holds for an incident of this portal that begins now; every text it names is in the log
/// when this returns.
pub(super) fn ground(
    site: &Site,
    log: &Log,
    portal: &Portal,
    known: &incidents::Incidents,
) -> Result<Ground, AnyFault> {
    let (mut refs, mut deeds) = (Vec::new(), Vec::new());
    for set in rules(&site.settings)? {
        if !known.rules.contains_key(&set.digest) {
            let deed = Deed::new(RULES_VERB, &set.id)
                .fact("digest", set.digest.to_string())
                .fact("text", set.text.clone());
            deeds.push(deed);
        }
        refs.push(RuleRef { id: set.id, digest: set.digest });
    }
    log.record_batch(&site.actor, deeds)?;
    let contacts = contacts(&site.settings);
    Ok(Ground { portal: portal_facts(portal), rules: refs, contacts })
}
