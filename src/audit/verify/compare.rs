//! Two exports held against each other: a log that tells two people different pasts is found even
//! though each of their exports is sound in itself.

use std::io;
use std::path::Path;

use crate::audit::verify::export::{Known, handovers_in, judge, open, read_frame};
use crate::audit::verify::folder::file_args;
use crate::audit::verify::lines::Lines;
use crate::audit::verify::place::Place;
use crate::audit::verify::report::Report;
use crate::audit::verify::source::NOTE_BYTES_MAX;
use crate::audit::verify::{Trust, Way};
use crate::base::fault::Args;

/// Verifies both exports, and then whether they are of one log: three answers, the last of which
/// speaks of nothing but the two together.
pub fn compare_exports(one: &Path, other: &Path, trust: &Trust) -> [Report; 3] {
    let (mut first, mut second, mut both) = (Report::new(), Report::new(), Report::new());
    let places = (open(one, &mut first), open(other, &mut second));
    let (Some(here), Some(there)) = places else {
        both.unknown("audit-found-incomparable", Args::none());
        return [first, second, both];
    };
    // What cannot be read of them is told when each is judged itself.
    let mut told = Report::new();
    let keys = (handovers_in(&here, &mut told), handovers_in(&there, &mut told));
    let told = judge(&here, (Way::Quick, trust, &keys.1), &sizes_of(&there), &mut first);
    let answered = judge(&there, (Way::Quick, trust, &keys.0), &sizes_of(&here), &mut second);
    match (told, answered) {
        (Some(told), Some(answered)) => {
            both.origin.clone_from(&told.keys.trusted.name);
            both.vkey = Some(told.keys.trusted.vkey());
            hold_against((&told, &here), (&answered, &there), &mut both);
        }
        _ => both.unknown("audit-found-incomparable", Args::none()),
    }
    [first, second, both]
}

/// The sizes of its log that an export speaks of: its ends and its head.
fn sizes_of(place: &Place) -> Vec<u64> {
    // What is wrong with it is told when it is judged itself.
    let mut unheard = Report::new();
    let Some(frame) = read_frame(place, &mut unheard) else { return Vec::new() };
    let mut sizes = vec![frame.from(), frame.to];
    let checkpoint = place.read("checkpoint", NOTE_BYTES_MAX);
    let text = checkpoint.map(|note| String::from_utf8_lossy(&note).into_owned());
    sizes.extend(text.ok().and_then(|text| text.lines().nth(1)?.parse::<u64>().ok()));
    sizes
}

fn hold_against(one: (&Known, &Place), other: (&Known, &Place), report: &mut Report) {
    let ((known, here), (answered, there)) = (one, other);
    if !known.keys.meet(&answered.keys) {
        return report.unknown("audit-found-other-log", Args::none());
    }
    let (ours, theirs) = (&known.keys.handovers, &answered.keys.handovers);
    if let Some((one, other)) = ours.iter().zip(theirs).find(|(one, other)| one.is_rival_of(other))
    {
        let args = file_args(&one.path).text("key", one.from.id());
        report.wrong("audit-found-key-fork", args.text("other", other.path.display()));
    }
    let differs = first_difference(here, there);
    if let Ok(Some(seq)) = differs {
        report.wrong_at(seq, "audit-found-fork-entry", Args::none());
    }
    let answers = [(known, answered), (answered, known)].map(|(asked, told)| {
        let roots = told.roots.iter().map(|(size, root)| (*size, *root));
        let answers = roots.filter_map(|(size, root)| Some((size, asked.agrees(size, root)?)));
        answers.collect::<Vec<_>>()
    });
    let answers = answers.concat();
    if let Some((size, _)) = answers.iter().filter(|(_, agrees)| !agrees).min() {
        report.wrong("audit-found-fork", Args::none().number("size", *size));
    } else if let Some((size, _)) = answers.iter().filter(|(size, _)| *size > 0).max() {
        let args = Args::none().number("size", *size);
        // Only where the older head is on the way to the newer one nothing is left open.
        if *size >= known.head.0.min(answered.head.0) {
            report.note("audit-found-agree", args);
        } else {
            report.unknown("audit-found-agree-part", args);
        }
    } else {
        report.unknown("audit-found-incomparable", Args::none());
    }
}

/// The first position at which both have an entry, and not the same.
fn first_difference(here: &Place, there: &Place) -> io::Result<Option<u64>> {
    let mut unheard = Report::new();
    let frames = (read_frame(here, &mut unheard), read_frame(there, &mut unheard));
    let (Some(ours), Some(theirs)) = frames else { return Ok(None) };
    let (mut left, mut right) = (Lines::of_entries(here)?, Lines::of_entries(there)?);
    let (from, to) = (ours.from().max(theirs.from()), ours.to.min(theirs.to));
    for (lines, begin) in [(&mut left, ours.from()), (&mut right, theirs.from())] {
        for _ in begin..from.min(to) {
            if lines.next()?.is_none() {
                return Ok(None);
            }
        }
    }
    for seq in from..to {
        match (left.next()?, right.next()?) {
            (Some(left), Some(right)) if left != right => return Ok(Some(seq)),
            (Some(_), Some(_)) => {}
            _ => return Ok(None),
        }
    }
    Ok(None)
}
