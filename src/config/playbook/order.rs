//! Brings the steps into the order in which they run, and checks what depends on that order.
//!
//! The order of the file, moved only where `needs` asks for it: a step that needs a later one goes
//! behind it. Pure but for the complaints.

use std::collections::HashMap;

use crate::config::playbook::steps::Draft;
use crate::config::problem::Complaint;
use crate::config::suggest::nearest;
use crate::playbook::action::Action;
use crate::playbook::model::Step;

/// The steps in the order in which they run; `None` where any has a problem.
pub(super) fn ordered(drafts: &[Draft<'_>]) -> Option<Vec<Step>> {
    let places = places(drafts);
    let needs = needs(drafts, &places);
    refuse_cycles(drafts, &needs);
    let order = order(&needs)?;
    let sorted: Vec<&Draft<'_>> = order.iter().map(|place| &drafts[*place]).collect();
    refuse_promote_without_fence(&sorted);
    refuse_after_no_return(&sorted);
    sorted.iter().map(|draft| draft.step.clone()).collect()
}

/// Where each id stands; of two with one id the first.
fn places<'d>(drafts: &'d [Draft<'_>]) -> HashMap<&'d str, usize> {
    let mut places = HashMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let Some((id, cursor)) = &draft.id else { continue };
        match places.get(id.as_str()) {
            None => _ = places.insert(id.as_str(), place),
            Some(first) => {
                let line = drafts[*first].id.as_ref().map_or(0, |(_, first)| first.at.line);
                let complaint = Complaint::error("config-playbook-step-taken")
                    .text("step", id)
                    .number("line", u64::from(line));
                cursor.complain(complaint.hint("config-playbook-step-taken-hint"));
            }
        }
    }
    places
}

/// What each step needs, as places. Needs that cannot be met are told and left out.
fn needs(drafts: &[Draft<'_>], places: &HashMap<&str, usize>) -> Vec<Vec<usize>> {
    let resolve = |(place, draft): (usize, &Draft<'_>)| {
        let mut found = Vec::new();
        for (id, cursor) in &draft.needs {
            match places.get(id.as_str()) {
                Some(other) if *other == place => {
                    let complaint = Complaint::error("config-playbook-needs-itself");
                    cursor.complain(complaint.hint("config-playbook-needs-itself-hint"));
                }
                Some(other) if found.contains(other) => {
                    cursor.complain(Complaint::error("config-twice").text("name", id));
                }
                Some(other) => found.push(*other),
                None => {
                    // In the order of the file, so that the advice is always the same.
                    let known =
                        || drafts.iter().filter_map(|one| Some(one.id.as_ref()?.0.as_str()));
                    let complaint =
                        Complaint::error("config-playbook-unknown-step").text("step", id);
                    cursor.complain(match nearest(id, known()) {
                        Some(name) => {
                            complaint.hint("config-did-you-mean-hint").text("nearest", name)
                        }
                        None => complaint.hint("config-playbook-unknown-step-hint"),
                    });
                }
            }
        }
        found
    };
    drafts.iter().enumerate().map(resolve).collect()
}

/// Tells every circle that a walk along the needs comes upon, each with all its steps.
fn refuse_cycles(drafts: &[Draft<'_>], needs: &[Vec<usize>]) {
    let mut done = vec![false; needs.len()];
    for start in 0..needs.len() {
        walk(start, drafts, needs, &mut Vec::new(), &mut done);
    }
}

/// As deep as there are steps, which are few.
fn walk(
    place: usize,
    drafts: &[Draft<'_>],
    needs: &[Vec<usize>],
    way: &mut Vec<usize>,
    done: &mut [bool],
) {
    if done[place] {
        return;
    }
    way.push(place);
    for next in &needs[place] {
        match way.iter().position(|one| one == next) {
            Some(from) => refuse_circle(drafts, &way[from..]),
            None => walk(*next, drafts, needs, way, done),
        }
    }
    way.pop();
    done[place] = true;
}

fn refuse_circle(drafts: &[Draft<'_>], circle: &[usize]) {
    let id = |place: &usize| drafts[*place].id.as_ref().map_or("?", |(id, _)| id.as_str());
    let (Some(first), Some(last)) = (circle.first(), circle.last()) else { return };
    let mut names: Vec<&str> = circle.iter().map(id).collect();
    names.push(id(first));
    let closing = drafts[*last].needs.iter().find(|(need, _)| need == id(first));
    let cursor = closing.map_or(&drafts[*last].cursor, |(_, cursor)| cursor);
    let complaint = Complaint::error("config-playbook-cycle").text("cycle", names.join(" → "));
    cursor.complain(complaint.hint("config-playbook-cycle-hint"));
}

/// Again and again the first step of the file whose needs are met; `None` in a circle.
fn order(needs: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::with_capacity(needs.len());
    while order.len() < needs.len() {
        let ready = |place: &usize| {
            !order.contains(place) && needs[*place].iter().all(|need| order.contains(need))
        };
        let next = (0..needs.len()).find(ready)?;
        order.push(next);
    }
    Some(order)
}

/// Two servers that both take writes lose data: a standby becomes the primary only behind a fence.
fn refuse_promote_without_fence(sorted: &[&Draft<'_>]) {
    // A misspelt action may be the fence.
    if sorted.iter().any(|draft| draft.action.is_none()) {
        return;
    }
    let mut fenced = false;
    for draft in sorted {
        match &draft.action {
            Some((Action::Fence, _)) => fenced = true,
            Some((Action::PostgresPromote, cursor)) if !fenced => {
                let complaint = Complaint::error("config-playbook-promote-unfenced");
                cursor.complain(complaint.hint("config-playbook-promote-unfenced-hint"));
            }
            _ => {}
        }
    }
}

/// Behind a point of no return nothing is taken back by itself: a compensation there would be a
/// promise that nobody keeps, and a gate could not be refused any more.
fn refuse_after_no_return(sorted: &[&Draft<'_>]) {
    let Some(point) = sorted.iter().position(|draft| draft.no_return) else { return };
    let id = sorted[point].id.as_ref().map_or("?", |(id, _)| id.as_str());
    for draft in &sorted[point + 1..] {
        if let Some(cursor) = &draft.compensate {
            let complaint = Complaint::error("config-playbook-compensate-too-late");
            let complaint = complaint.text("step", id);
            cursor.complain(complaint.hint("config-playbook-compensate-too-late-hint"));
        }
        if let Some((Action::Gate, cursor)) = &draft.action {
            let complaint = Complaint::error("config-playbook-gate-too-late").text("step", id);
            cursor.complain(complaint.hint("config-playbook-gate-too-late-hint"));
        }
    }
}
