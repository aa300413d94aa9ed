//! The files that databases name, for people: what was found, and what is wrong with it.

use crate::base::fault::Args as Values;
use crate::base::manifest::References;
use crate::cli::frame::Frame;
use crate::cli::table::{Align, Table};

/// What a person should know of them.
pub(super) fn warnings(frame: &Frame, references: &[References]) -> Vec<String> {
    let mut warnings = Vec::new();
    for one in references {
        let values = || Values::none().text("database", &one.database).text("tree", &one.tree);
        let of_rows = |count: u64, examples: &[String]| {
            let examples = examples.iter().map(|path| format!("“{path}”")).collect::<Vec<_>>();
            let values = values().number("count", count).number("rows", one.rows);
            values.text("examples", examples.join(", "))
        };
        match one.missing {
            None => {
                let detail = one.fault.as_deref().unwrap_or_default();
                let values = values().text("detail", detail);
                warnings.push(frame.say("snapshot-references-unknown", values));
            }
            Some(0) => {}
            Some(count) => {
                let values = of_rows(count, &one.missing_examples);
                warnings.push(frame.say("snapshot-references-missing", values));
            }
        }
        if one.refused > 0 {
            let values = of_rows(one.refused, &one.refused_examples);
            warnings.push(frame.say("snapshot-references-refused", values));
        }
    }
    warnings
}

/// All of them: how many rows, and the times between which a file may have gone.
pub(super) fn table(frame: &Frame, references: &[References]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-database", Align::Left),
        column("label-tree", Align::Left),
        column("label-naming-rows", Align::Right),
        column("label-without-file", Align::Right),
        column("label-instant", Align::Left),
        column("label-walked-until", Align::Left),
    ]);
    let format = frame.catalog.format();
    for one in references {
        let about = if one.exact || one.missing.is_none() { "" } else { "≈ " };
        table.row([
            one.database.clone(),
            one.tree.clone(),
            format.number(one.rows),
            one.missing.map_or_else(|| "?".to_owned(), |count| format.number(count + one.refused)),
            format!("{about}{}", format.instant(one.instant)),
            format.instant(one.scan_finished),
        ]);
    }
    table
}
