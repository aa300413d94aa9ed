//! A form as the data that its template reads: resolved, checked, and ready to be set.

use serde_json::{Value as Json, json};

use crate::document::data::breakable;
use crate::document::error::DocumentError;
use crate::document::form::{Choice, Field, Form, Group, Part, Row, Tick, Value, Words};
use crate::document::text::Text;
use crate::text::Catalog;

/// Resolves every text of the form.
pub(super) fn form_data(form: &Form, catalog: &Catalog) -> Result<Json, DocumentError> {
    let sheet = Sheet { catalog };
    let mark = form.mark.as_ref().map(|mark| sheet.capitals(mark)).transpose()?;
    let name = form.title.resolve(catalog)?;
    Ok(json!({
        "language": catalog.language().code(),
        // For the reader of the file, who sees no page yet, and so no mark on it either.
        "name": mark.iter().cloned().chain([name]).collect::<Vec<_>>().join(" – "),
        "author": form.author.resolve(catalog)?,
        "title": sheet.set(&form.title)?,
        "mark": mark,
        "corner": sheet.each(&form.corner, Sheet::set)?,
        "parts": sheet.each(&form.parts, Sheet::part)?,
    }))
}

struct Sheet<'a> {
    catalog: &'a Catalog,
}

impl Sheet<'_> {
    /// Lines may end inside what others wrote; the words of the form were written to be printed.
    fn set(&self, text: &Text) -> Result<String, DocumentError> {
        let words = text.resolve(self.catalog)?;
        Ok(if matches!(text, Text::Words(_)) { words } else { breakable(&words) })
    }

    fn capitals(&self, text: &Text) -> Result<String, DocumentError> {
        text.resolve(self.catalog).map(|text| text.to_uppercase())
    }

    fn optional(&self, text: Option<&Text>) -> Result<Option<String>, DocumentError> {
        text.map(|text| self.set(text)).transpose()
    }

    fn each<T, R>(
        &self,
        items: &[T],
        one: impl Fn(&Self, &T) -> Result<R, DocumentError>,
    ) -> Result<Vec<R>, DocumentError> {
        items.iter().map(|item| one(self, item)).collect()
    }

    fn part(&self, part: &Part) -> Result<Json, DocumentError> {
        Ok(match part {
            Part::Group(group) => json!({ "group": self.group(group)? }),
            Part::Line(fields) => json!({ "line": self.each(fields, Self::field)? }),
            Part::Table(rows) => json!({ "table": self.each(rows, Self::row)? }),
            Part::Choice(choice) => json!({ "choice": self.choice(choice)? }),
            Part::Signature(signed) => json!({ "signature": {
                "capacity": self.set(&signed.capacity)?,
                "hint": self.set(&signed.hint)?,
                "name": self.optional(signed.name.as_ref())?,
            }}),
            Part::Notes(title, notes) => json!({ "notes": {
                "title": self.set(title)?,
                "notes": self.each(notes, Self::set)?,
            }}),
        })
    }

    fn group(&self, group: &Group) -> Result<Json, DocumentError> {
        Ok(json!({
            "title": self.set(&group.title)?,
            "value": group.value.as_ref().map(|value| self.value(value)).transpose()?,
            "remark": self.optional(group.remark.as_ref())?,
        }))
    }

    fn row(&self, row: &Row) -> Result<Json, DocumentError> {
        Ok(match row {
            Row::Pair(field) => json!({ "pair": self.field(field)? }),
            Row::Whole(field) => json!({ "whole": self.field(field)? }),
        })
    }

    fn field(&self, field: &Field) -> Result<Json, DocumentError> {
        Ok(json!({
            "label": self.set(&field.label)?,
            "remark": self.optional(field.remark.as_ref())?,
            "value": self.value(&field.value)?,
        }))
    }

    fn value(&self, value: &Value) -> Result<Json, DocumentError> {
        Ok(match value {
            Value::Blank => json!({ "blank": true }),
            Value::Pattern(pattern) => json!({ "pattern": self.set(pattern)? }),
            Value::Filled(paragraphs) => json!({ "filled": self.each(paragraphs, Self::set)? }),
            Value::Choice(choice) => json!({ "choice": self.choice(choice)? }),
        })
    }

    fn choice(&self, choice: &Choice) -> Result<Json, DocumentError> {
        Ok(json!({
            "options": self.each(&choice.options, Self::tick)?,
            "stacked": choice.stacked,
        }))
    }

    fn tick(&self, tick: &Tick) -> Result<Json, DocumentError> {
        Ok(json!({
            "label": self.set(&tick.label)?,
            "ticked": tick.ticked,
            "words": match &tick.words {
                Words::None => Json::Null,
                Words::Blank => json!({ "blank": true }),
                Words::Filled(words) => json!({ "filled": self.set(words)? }),
            },
        }))
    }
}
