//! What a person says that a form shall hold: a file of fields and values, and single ones.
//!
//! The file is YAML, of which JSON is a part: a mapping from a field's name or number to a value.
//! Text fields take words, lists take several, boxes take their words in the record, and a box with
//! room for words takes them as a mapping: `detection: [logs, {notice: "Công an tỉnh"}]`. Nothing
//! (`null`, or empty words) empties a field that duphong would fill.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::json;
use serde_yaml::Value as Yaml;

use crate::base::address::is_public;
use crate::incident::fact::TEXT_BYTES_MAX;
use crate::incident::form::error::FormError;
use crate::incident::form::fact::{Entry, Origin, Ticked, Value};
use crate::incident::form::fields::{Field, Kind};

/// Answers to fields, by number. An empty one empties the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    by_number: BTreeMap<u8, Option<Value>>,
}

impl Answers {
    /// Reads a file of answers.
    pub fn read(text: &str) -> Result<Self, FormError> {
        let unreadable = |detail: String| FormError::Unreadable { detail };
        let file: Yaml = serde_yaml::from_str(text).map_err(|e| unreadable(e.to_string()))?;
        let fields = match file {
            Yaml::Null => return Ok(Self::default()),
            Yaml::Mapping(fields) => fields,
            _ => return Err(unreadable("not a mapping of fields to values".to_owned())),
        };
        let mut answers = Self::default();
        for (name, value) in fields {
            let name = scalar(&name).ok_or_else(|| unreadable("a field has no name".to_owned()))?;
            let field = find(&name)?;
            let value = answer(field, &value)?;
            if answers.by_number.insert(field.number, value).is_some() {
                return Err(FormError::Twice { field });
            }
        }
        Ok(answers)
    }

    /// Reads `FIELD=VALUE` words, as the command line has them. Those of one field with boxes or a
    /// list add up; every other field takes one. A box takes its words behind a colon:
    /// `detection=notice: Công an tỉnh`.
    pub fn set(words: &[String]) -> Result<Self, FormError> {
        let mut gathered: BTreeMap<u8, Vec<String>> = BTreeMap::new();
        for word in words {
            let (name, value) = word
                .split_once('=')
                .ok_or_else(|| FormError::UnknownField { name: word.clone() })?;
            gathered.entry(find(name.trim())?.number).or_default().push(value.trim().to_owned());
        }
        let mut answers = Self::default();
        for (number, values) in gathered {
            let field = find(&number.to_string())?;
            let values: Vec<_> = values.iter().map(|value| spoken(field, value)).collect();
            let value = match <[Yaml; 1]>::try_from(values) {
                Ok([only]) => only,
                Err(_) if !is_several(field) => return Err(FormError::Twice { field }),
                Err(several) => Yaml::Sequence(several),
            };
            answers.by_number.insert(number, answer(field, &value)?);
        }
        Ok(answers)
    }

    /// The answers as a fact keeps them: by name, texts as they are, all else as the file of answers
    /// would have it in JSON; empty words for a field that was emptied.
    pub fn recorded(&self) -> BTreeMap<String, String> {
        let spoken = |(number, value): (&u8, &Option<Value>)| {
            let field = Field::find(&number.to_string())?;
            Some((field.key.to_owned(), value.as_ref().map(kept).unwrap_or_default()))
        };
        self.by_number.iter().filter_map(spoken).collect()
    }

    /// Reads back what [`recorded`](Self::recorded) gave.
    pub fn of_record(fields: &BTreeMap<String, String>) -> Result<Self, FormError> {
        let mut answers = Self::default();
        for (name, kept) in fields {
            let field = find(name)?;
            let value = if is_several(field) || !field.options().is_empty() {
                let unreadable =
                    |e: serde_yaml::Error| FormError::Unreadable { detail: e.to_string() };
                serde_yaml::from_str(kept).map_err(unreadable)?
            } else {
                Yaml::String(kept.clone())
            };
            answers.by_number.insert(field.number, answer(field, &value)?);
        }
        Ok(answers)
    }

    /// Whether nothing is answered.
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// These answers, and where they say something, `newer` ones instead.
    #[must_use]
    pub fn then(mut self, newer: Self) -> Self {
        self.by_number.extend(newer.by_number);
        self
    }

    /// Puts the answers in place of what duphong filled in.
    pub(super) fn apply(self, entries: &mut [Entry]) {
        for (number, value) in self.by_number {
            let entry = &mut entries[usize::from(number) - 1];
            entry.value = value;
            entry.origin = Origin::Person;
        }
    }
}

fn kept(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List(items) => json!(items).to_string(),
        Value::Ticked(ticked) => {
            let boxes = ticked.iter().map(|one| match &one.words {
                None => json!(one.option),
                Some(words) => json!({ one.option.as_str(): words }),
            });
            json!(boxes.collect::<Vec<_>>()).to_string()
        }
        Value::Time(at) => at.to_string(),
    }
}

fn find(name: &str) -> Result<&'static Field, FormError> {
    Field::find(name).ok_or_else(|| FormError::UnknownField { name: name.to_owned() })
}

fn is_several(field: &Field) -> bool {
    matches!(field.kind, Kind::Many(_) | Kind::Addresses | Kind::List)
}

/// A value of the command line in the shape that the file would give it.
fn spoken(field: &Field, value: &str) -> Yaml {
    let words = |value: &str| Yaml::String(value.to_owned());
    match value.split_once(':') {
        Some((option, rest)) if field.options().iter().any(|o| o.words && o.word == option) => {
            Yaml::Mapping([(words(option), words(rest.trim()))].into_iter().collect())
        }
        _ => words(value),
    }
}

/// The words of a scalar; `None` for what has parts of its own.
fn scalar(value: &Yaml) -> Option<String> {
    match value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(true) => Some("yes".to_owned()),
        Yaml::Bool(false) => Some("no".to_owned()),
        _ => None,
    }
}

fn answer(field: &'static Field, value: &Yaml) -> Result<Option<Value>, FormError> {
    if matches!(field.kind, Kind::Fixed) {
        return Err(FormError::Fixed { field });
    }
    if is_empty(value) {
        return Ok(None);
    }
    match field.kind {
        Kind::Line | Kind::Phone | Kind::Email | Kind::Signature | Kind::Long => {
            let words = scalar(value).ok_or(FormError::Shape { field })?;
            let words = match field.kind {
                Kind::Long => words.trim().to_owned(),
                _ => on_one_line(&words),
            };
            bounded(field, words).map(|words| Some(Value::Text(words)))
        }
        Kind::List => Ok(Some(Value::List(list(field, value)?))),
        Kind::Addresses => {
            let addresses = list(field, value)?;
            let addresses = addresses.into_iter().map(|given| public(field, given));
            Ok(Some(Value::List(addresses.collect::<Result<_, _>>()?)))
        }
        Kind::One(_) | Kind::Many(_) => {
            ticked(field, value).map(|ticked| Some(Value::Ticked(ticked)))
        }
        Kind::Fixed => Err(FormError::Fixed { field }),
    }
}

fn is_empty(value: &Yaml) -> bool {
    match value {
        Yaml::Null => true,
        Yaml::String(text) => text.trim().is_empty(),
        Yaml::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

/// A folded text of the file as one line.
fn on_one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bounded(field: &'static Field, words: String) -> Result<String, FormError> {
    if words.len() > TEXT_BYTES_MAX {
        return Err(FormError::TooLong { field, max: TEXT_BYTES_MAX });
    }
    Ok(words)
}

fn items(value: &Yaml) -> &[Yaml] {
    match value {
        Yaml::Sequence(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn list(field: &'static Field, value: &Yaml) -> Result<Vec<String>, FormError> {
    let words = |item: &Yaml| {
        let words = scalar(item).ok_or(FormError::Shape { field })?;
        bounded(field, on_one_line(&words))
    };
    items(value).iter().map(words).collect()
}

/// The address, if it is one that the label of the field allows.
pub(super) fn public(field: &'static Field, given: String) -> Result<String, FormError> {
    let Ok(address) = given.parse::<IpAddr>() else {
        return Err(FormError::NotAnAddress { field, given });
    };
    if is_public(address) { Ok(given) } else { Err(FormError::NotPublic { field, address }) }
}

fn ticked(field: &'static Field, value: &Yaml) -> Result<Vec<Ticked>, FormError> {
    let mut ticked: Vec<Ticked> = Vec::new();
    for item in items(value) {
        let one = tick(field, item)?;
        if ticked.iter().any(|other| other.option == one.option) {
            return Err(FormError::Twice { field });
        }
        ticked.push(one);
    }
    if matches!(field.kind, Kind::One(_)) && ticked.len() > 1 {
        return Err(FormError::OneOnly { field });
    }
    Ok(ticked)
}

fn tick(field: &'static Field, item: &Yaml) -> Result<Ticked, FormError> {
    let (word, words) = match item {
        Yaml::Mapping(pair) if pair.len() == 1 => {
            let (word, words) = pair.iter().next().ok_or(FormError::Shape { field })?;
            let words = scalar(words).ok_or(FormError::Shape { field })?;
            (scalar(word), Some(bounded(field, on_one_line(&words))?))
        }
        item => (scalar(item), None),
    };
    let given = word.ok_or(FormError::Shape { field })?;
    let Some(option) = field.options().iter().find(|option| option.word == given) else {
        return Err(FormError::UnknownOption { field, given });
    };
    let words = words.filter(|words| !words.is_empty());
    if words.is_some() != option.words {
        return Err(FormError::Words { field, option: given });
    }
    Ok(Ticked { option: given, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str, number: u8) -> Option<Value> {
        Answers::read(text).unwrap().by_number.get(&number).cloned().unwrap()
    }

    #[track_caller]
    fn refused(text: &str, code: &str) {
        use crate::base::fault::Fault as _;
        assert_eq!(Answers::read(text).unwrap_err().code(), code, "{text}");
    }

    fn ticks(of: &[(&str, Option<&str>)]) -> Option<Value> {
        let tick = |(option, words): &(&str, Option<&str>)| Ticked {
            option: (*option).to_owned(),
            words: words.map(str::to_owned),
        };
        Some(Value::Ticked(of.iter().map(tick).collect()))
    }

    #[test]
    fn a_file_answers_fields_of_every_kind() {
        assert_eq!(read("contact: Nguyễn Văn A", 5), Some(Value::Text("Nguyễn Văn A".to_owned())));
        assert_eq!(read("3: 02213863456", 3), Some(Value::Text("02213863456".to_owned())));
        assert_eq!(read(r#"{"level": 3}"#, 12), ticks(&[("3", None)]));
        assert_eq!(read("confidential: true", 30), ticks(&[("yes", None)]));
        assert_eq!(
            read("detection: [logs, {notice: Công an tỉnh}]", 20),
            ticks(&[("logs", None), ("notice", Some("Công an tỉnh"))])
        );
        let addresses = vec!["203.162.0.181".to_owned(), "2401:d800::1".to_owned()];
        assert_eq!(
            read("addresses: [203.162.0.181, '2401:d800::1']", 26),
            Some(Value::List(addresses))
        );
        assert_eq!(read("owner: ''", 10), None);
    }

    #[test]
    fn what_a_field_cannot_hold_is_refused_by_name() {
        refused("- 1", "incident.answers-unreadable");
        refused("a: [", "incident.answers-unreadable");
        refused("nonsense: 1", "incident.answer-unknown-field");
        refused("{5: A, contact: B}", "incident.answer-twice");
        refused("detected-at: now", "incident.answer-fixed");
        refused("32: now", "incident.answer-fixed");
        refused("contact: [A]", "incident.answer-shape");
        refused("level: 6", "incident.answer-unknown-option");
        refused("level: [1, 2]", "incident.answer-one-only");
        refused("detection: [logs, logs]", "incident.answer-twice");
        refused("detection: notice", "incident.answer-words");
        refused("detection: {logs: x}", "incident.answer-words");
        refused("addresses: gateway", "incident.answer-not-an-address");
        refused("addresses: [203.162.0.181, 192.168.1.10]", "incident.answer-not-public");
        refused(
            &format!("purpose: {}", "x".repeat(TEXT_BYTES_MAX + 1)),
            "incident.answer-too-long",
        );
    }

    #[test]
    fn answers_survive_their_record() {
        let file = "{5: Nguyễn Văn A, level: 3, addresses: [203.162.0.181], owner: null,
            detection: [logs, {notice: \"Công an 'tỉnh': A\"}], proposal: \"một\\n\\nhai\", 28: '[x'}";
        let answers = Answers::read(file).unwrap();
        assert_eq!(Answers::of_record(&answers.recorded()), Ok(answers));
    }

    #[test]
    fn the_command_line_says_the_same_as_the_file() {
        let words = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
        let set = Answers::set(&words(&[
            "detection=logs",
            "detection=notice: Công an tỉnh",
            "5=Nguyễn Văn A: trực ban",
        ]));
        let file = "{contact: 'Nguyễn Văn A: trực ban', detection: [logs, {notice: Công an tỉnh}]}";
        assert_eq!(set.unwrap(), Answers::read(file).unwrap());
        let twice = Answers::set(&words(&["5=A", "contact=B"]));
        assert!(matches!(twice, Err(FormError::Twice { field }) if field.number == 5));
        assert!(Answers::set(&words(&["contact"])).is_err());
    }
}
