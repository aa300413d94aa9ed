//! The rule sets that come with the program, and the choice of those that hold here.

use crate::incident::fault::RuleFault;
use crate::incident::rule::RuleSet;

/// Each shipped set by its id, in the order in which they are told.
const SHIPPED: [(&str, &str); 5] = [
    ("nd331-2026", include_str!("rules/nd331-2026.yaml")),
    ("tt20-2017", include_str!("rules/tt20-2017.yaml")),
    ("dlcn-2025", include_str!("rules/dlcn-2025.yaml")),
    ("qd75-2025-hungyen", include_str!("rules/qd75-2025-hungyen.yaml")),
    ("nd224-2026", include_str!("rules/nd224-2026.yaml")),
];

/// The ids of the shipped sets.
pub fn ids() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(id, _)| *id)
}

/// The sets that hold here: the shipped ones that are wanted (all where nobody chose) and those of
/// the site, each a name for complaints and a text. An id means one thing over all of them.
pub fn choose(
    wanted: Option<&[String]>,
    files: &[(String, String)],
) -> Result<Vec<RuleSet>, RuleFault> {
    let mut sets = Vec::new();
    for (id, text) in shipped(wanted)? {
        sets.push(RuleSet::parse(text, id)?);
    }
    for (name, text) in files {
        sets.push(RuleSet::parse(text, name)?);
    }
    match twice(&sets) {
        None => Ok(sets),
        Some(fault) => Err(fault),
    }
}

fn shipped(wanted: Option<&[String]>) -> Result<Vec<(&'static str, &'static str)>, RuleFault> {
    let Some(wanted) = wanted else { return Ok(SHIPPED.to_vec()) };
    if let Some(id) = wanted.iter().find(|id| !ids().any(|known| known == id.as_str())) {
        let known = ids().collect::<Vec<_>>().join(", ");
        return Err(RuleFault::Unknown { id: id.clone(), known });
    }
    Ok(SHIPPED.iter().filter(|(id, _)| wanted.iter().any(|one| one == id)).copied().collect())
}

/// A duty under two sets would be counted twice, or once and nobody knows which.
fn twice(sets: &[RuleSet]) -> Option<RuleFault> {
    for (position, set) in sets.iter().enumerate() {
        for other in &sets[position + 1..] {
            let same = set.duties.iter().find(|duty| other.duty(&duty.id).is_some());
            let same = same.map(|duty| duty.id.clone());
            let id = if set.id == other.id { Some(set.id.clone()) } else { same };
            if let Some(id) = id {
                let (one, other) = (set.id.clone(), other.id.clone());
                return Some(RuleFault::Twice { id, one, other });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_set_is_sound_and_goes_by_its_own_id() {
        let sets = choose(None, &[]).expect("what we ship can be read");
        let read: Vec<_> = sets.iter().map(|set| set.id.as_str()).collect();
        assert_eq!(read, ids().collect::<Vec<_>>());
        let duties = sets.iter().flat_map(|set| &set.duties).map(|duty| duty.id.as_str());
        assert_eq!(
            duties.collect::<Vec<_>>().join(" "),
            "C01 C02 C03 C04 C05 C10 C11 C12 C13 C14 C15 C16 C30 C31 C32 C33 C40 C41 C51"
        );
    }

    #[test]
    fn a_site_chooses_and_cannot_say_one_thing_twice() {
        let wanted = |id: &str| choose(Some(&[id.to_owned()]), &[]).map(|sets| sets.len());
        assert_eq!(wanted("tt20-2017"), Ok(1));
        assert!(matches!(wanted("tt20-2018"), Err(RuleFault::Unknown { .. })));
        let own = |change: (&str, &str)| {
            let text = SHIPPED[4].1.replace(change.0, change.1);
            choose(None, &[("own.yaml".to_owned(), text)]).map(|sets| sets.len())
        };
        assert!(matches!(own(("", "")), Err(RuleFault::Twice { .. })));
        assert!(matches!(own(("nd224-2026", "own")), Err(RuleFault::Twice { .. })));
        assert!(matches!(own(("C51", "S51")), Err(RuleFault::Twice { .. })));
    }
}
