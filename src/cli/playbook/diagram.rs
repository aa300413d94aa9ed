//! The way of a plan, in 80 columns: steps downwards on the left, what takes each back on the
//! right, and the line behind which there is no way back.

use crate::base::fault::Args as Values;
use crate::cli::frame::Frame;
use crate::cli::playbook::words;
use crate::cli::table::{WIDTH, width};
use crate::playbook::action::{Action, Nature};
use crate::playbook::plan::{Plan, PlannedStep, PlannedUndo};

/// The steps with a compensation, in the order in which a whole run would be taken back, as far as
/// it ever is: not from behind the point of no return.
pub(super) fn unwinding(plan: &Plan) -> impl Iterator<Item = &PlannedStep> {
    let is_end = |step: &PlannedStep| matches!(step.undo, PlannedUndo::NoReturn { .. });
    let end = plan.steps.iter().position(is_end).unwrap_or(plan.steps.len());
    let before = plan.steps[..end].iter().rev();
    before.filter(|step| matches!(step.undo, PlannedUndo::By { .. }))
}

/// The diagram.
pub(super) fn lines(frame: &Frame, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut behind = false;
    let column = plan.steps.iter().map(|step| width(&step.id)).max().unwrap_or_default();
    for (index, step) in plan.steps.iter().enumerate() {
        if index > 0 {
            lines.push(if behind { "      ║".to_owned() } else { "      │".to_owned() });
        }
        let no_return = matches!(step.undo, PlannedUndo::NoReturn { .. });
        if no_return && !behind {
            lines.push(barrier(&frame.word("playbook-diagram-no-return")));
            behind = true;
        }
        let space = " ".repeat(column - width(&step.id) + 2);
        let (sign, action) = (sign(step), &step.call.action);
        let left = format!(" {:>3}  {sign} {}{space}{action}", index + 1, step.id);
        let right = match &step.undo {
            PlannedUndo::By { call, .. } if behind => {
                let values = Values::none().text("action", &call.action);
                frame.say("playbook-diagram-not-any-more", values)
            }
            PlannedUndo::By { call, .. } => format!("◄─ {}", call.action),
            PlannedUndo::Needless { .. } | PlannedUndo::NoReturn { .. } => String::new(),
        };
        lines.extend(joined(&words::exact(frame, &left), &words::exact(frame, &right)));
    }
    lines.push(String::new());
    lines.push(frame.word("playbook-diagram-legend"));
    lines
}

/// Left and right on one line where there is room, else the right below.
fn joined(left: &str, right: &str) -> Vec<String> {
    let room = WIDTH.saturating_sub(width(left) + width(right));
    match room {
        _ if right.is_empty() => vec![left.to_owned()],
        0..2 => vec![
            left.to_owned(),
            format!("{}{right}", " ".repeat(WIDTH.saturating_sub(width(right)))),
        ],
        _ => vec![format!("{left}{}{right}", " ".repeat(room))],
    }
}

fn barrier(words: &str) -> String {
    let room = WIDTH.saturating_sub(width(words) + 2);
    let left = room / 2;
    format!("{} {words} {}", "═".repeat(left), "═".repeat(room - left))
}

fn sign(step: &PlannedStep) -> &'static str {
    match Action::named(&step.call.action).map(Action::signature) {
        Some(signature) if signature.no_return => "▲",
        Some(signature) if signature.action == Action::Fence => "■",
        Some(signature) => match signature.nature {
            Nature::Gate => "◆",
            Nature::Observation => "○",
            Nature::Idempotent | Nature::Once => "●",
        },
        None => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_or_is_broken_between_left_and_right() {
        assert_eq!(width(&joined("a", "b")[0]), WIDTH);
        assert_eq!(joined("a", ""), ["a"]);
        let long = "x".repeat(70);
        let broken = joined(&long, "◄─ nginx.switch");
        assert_eq!((broken.len(), width(&broken[1])), (2, WIDTH));
        assert_eq!(width(&barrier("không quay lại")), WIDTH);
    }
}
