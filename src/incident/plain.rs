//! Which YAML a rule file may use: mappings, lists and scalars of one document.
//!
//! What lets a file mean something else than it seems to (anchors and aliases, merge keys, tags,
//! several documents) or exhaust memory is refused before anything is read from it.

use saphyr_parser::{Event, Marker, Parser, StrInput};

use crate::incident::fault::{Place, RuleFault};

/// The deepest place of a rule file is at six: root, duties, duty, recipients, recipient, flag.
const DEPTH_MAX: usize = 8;

/// Refuses what is not plain, with its place.
pub(super) fn check(text: &str, name: &str) -> Result<(), RuleFault> {
    if let Some((line, content)) = text.lines().zip(1..).find_map(|(content, line)| {
        content.chars().any(|c| c.is_control() && c != '\t').then_some((line, content))
    }) {
        let before = content.chars().take_while(|c| !c.is_control() || *c == '\t').count();
        let place = Place::new(name, Some((line, before + 1)));
        return Err(RuleFault::NotPlain { place, what: "control character" });
    }
    let (mut depth, mut documents) = (0_usize, 0_u32);
    for event in Parser::new(StrInput::new(text)) {
        let (event, span) = event.map_err(|error| RuleFault::Syntax {
            place: place(name, *error.marker()),
            detail: error.info().to_owned(),
        })?;
        let refuse = |what| Err(RuleFault::NotPlain { place: place(name, span.start), what });
        let (anchor, tag, opens) = match &event {
            Event::Alias(_) => return refuse("alias"),
            Event::Scalar(text, _, _, _) if text == "<<" => return refuse("merge key"),
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some(), false),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                (*anchor, tag.is_some(), true)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return refuse("second document");
                }
                continue;
            }
            _ => continue,
        };
        if anchor > 0 {
            return refuse("anchor");
        }
        if tag {
            return refuse("tag");
        }
        depth += usize::from(opens);
        if depth > DEPTH_MAX {
            return refuse("nesting");
        }
    }
    Ok(())
}

/// The parser counts lines from one and columns from zero.
fn place(name: &str, marker: Marker) -> Place {
    Place::new(name, Some((marker.line().max(1), marker.col() + 1)))
}
