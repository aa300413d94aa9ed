//! What duphong knows by itself, field by field, with where it knows it from.

use jiff::Timestamp;

use crate::incident::form::Filled;
use crate::incident::form::answers::{Answers, public};
use crate::incident::form::error::FormError;
use crate::incident::form::fact::{Entry, Origin, Ticked, Value};
use crate::incident::form::fields::{FIELDS, Field};
use crate::incident::settings::{Reporter, System};

/// The portal that suffers: as it stood when the incident began, its system as configured now.
#[derive(Clone, Copy, Debug)]
pub struct Portal<'a> {
    /// Its id: part of every key that an origin names.
    pub id: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// The host of its address, where it has one.
    pub host: Option<&'a str>,
    /// Chủ quản.
    pub owner: &'a str,
    /// Đơn vị vận hành.
    pub operator: &'a str,
    /// Cấp độ.
    pub level: u8,
    /// Đơn vị cung cấp dịch vụ lưu trữ, where it is hosted elsewhere.
    pub hosting: Option<&'a str>,
    /// Of its servers.
    pub system: &'a System,
}

/// What is known about the incident when the form is made.
#[derive(Clone, Debug)]
pub struct Known {
    /// Phát hiện: from here all clocks run.
    pub detected: Timestamp,
    /// When the form is made.
    pub made: Timestamp,
    /// What people said it is, and what duphong saw: a paragraph each, in Vietnamese.
    pub description: Vec<String>,
    /// Whether the handling has ended; `None` where nobody has said.
    pub handled: Option<bool>,
    /// What of duphong's own raised the alarm, in Vietnamese, where that is how it was found.
    pub alarm: Option<String>,
    /// Who gave notice of it, where somebody from outside did.
    pub notice: Option<String>,
    /// Boxes of field 21 whose recipients were sent a notice, as the log proves.
    pub notified: Vec<&'static str>,
}

/// The form with all that duphong knows, and with `answers` in place of it where a person said
/// something. An address that the label of its field forbids is refused, wherever it comes from.
pub fn prefilled(
    reporter: &Reporter,
    portal: &Portal<'_>,
    known: &Known,
    answers: Answers,
) -> Result<Filled, FormError> {
    let entries = FIELDS.map(|field| Entry {
        number: field.number,
        value: None,
        origin: if field.key == "signer" { Origin::Hand } else { Origin::Blank },
    });
    let mut sheet = Sheet { entries: entries.into(), portal: portal.id };
    sheet.reporter(reporter);
    sheet.portal(portal);
    sheet.system(portal.system);
    sheet.incident(known);
    answers.apply(&mut sheet.entries);
    refuse_private(&sheet.entries)?;
    Ok(Filled { entries: sheet.entries })
}

/// Answers were checked as they were read; this is for what the configuration says.
fn refuse_private(entries: &[Entry]) -> Result<(), FormError> {
    let field = Field::find("addresses").expect("a field of the form");
    if let Some(Value::List(addresses)) = &entries[usize::from(field.number) - 1].value {
        for address in addresses {
            public(field, address.clone())?;
        }
    }
    Ok(())
}

struct Sheet<'a> {
    entries: Vec<Entry>,
    portal: &'a str,
}

impl Sheet<'_> {
    fn put(&mut self, key: &str, value: Value, origin: Origin) {
        let field = Field::find(key).expect("a field of the form");
        let entry = &mut self.entries[usize::from(field.number) - 1];
        entry.value = Some(value);
        entry.origin = origin;
    }

    /// A text from the configuration, where it has any.
    fn configured(&mut self, key: &str, value: Option<&str>, from: String) {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            self.put(key, Value::Text(value.to_owned()), Origin::Configuration(from));
        }
    }

    fn reporter(&mut self, reporter: &Reporter) {
        for (key, value, from) in [
            ("reporter", &reporter.name, "name"),
            ("reporter-address", &reporter.address, "address"),
            ("reporter-phone", &reporter.phone, "phone"),
            ("reporter-email", &reporter.email, "email"),
            ("contact", &reporter.contact_name, "contact-name"),
            ("contact-title", &reporter.contact_title, "contact-title"),
            ("contact-phone", &reporter.contact_phone, "contact-phone"),
            ("contact-email", &reporter.contact_email, "contact-email"),
        ] {
            self.configured(key, value.as_deref(), format!("incidents.reporter.{from}"));
        }
    }

    fn portal(&mut self, portal: &Portal<'_>) {
        let key = |name: &str| format!("portals.{}.{name}", portal.id);
        self.configured("operator", Some(portal.operator), key("operator"));
        self.configured("owner", Some(portal.owner), key("owner"));
        self.configured("system", Some(&described(portal)), key("name"));
        let level = Ticked { option: portal.level.to_string(), words: None };
        self.put("level", Value::Ticked(vec![level]), Origin::Configuration(key("level")));
        if let Some(hosting) = portal.hosting {
            // The form's free row names a provider and what it provides.
            let hosting = format!("{hosting} (cung cấp dịch vụ lưu trữ)");
            self.configured("other-provider", Some(&hosting), key("hosting"));
        }
    }

    fn system(&mut self, system: &System) {
        let portal = self.portal.to_owned();
        let key = |name: &str| format!("portals.{portal}.system.{name}");
        for (field, value, from) in [
            ("security-provider", &system.security_provider, "security-provider"),
            ("connectivity", &system.connectivity, "connectivity"),
            ("os", &system.os, "os"),
            ("version", &system.version, "version"),
            ("purpose", &system.purpose, "purpose"),
        ] {
            self.configured(field, value.as_deref(), key(from));
        }
        for (field, words) in [("services", &system.services), ("measures", &system.measures)] {
            if !words.is_empty() {
                self.put(field, ticked(field, words), Origin::Configuration(key(field)));
            }
        }
        if !system.addresses.is_empty() {
            let addresses = system.addresses.iter().map(ToString::to_string).collect();
            let origin = Origin::Configuration(key("addresses"));
            self.put("addresses", Value::List(addresses), origin);
        }
        if !system.domains.is_empty() {
            let origin = Origin::Configuration(key("domains"));
            self.put("domains", Value::List(system.domains.clone()), origin);
        }
    }

    fn incident(&mut self, known: &Known) {
        if !known.description.is_empty() {
            let text = known.description.join("\n");
            self.put("description", Value::Text(text), Origin::Incident);
        }
        self.put("detected-on", Value::Time(known.detected), Origin::Incident);
        self.put("detected-at", Value::Time(known.detected), Origin::Incident);
        let plain = |option: &str| Ticked { option: option.to_owned(), words: None };
        if let Some(handled) = known.handled {
            let option = if handled { "handled" } else { "unhandled" };
            self.put("status", Value::Ticked(vec![plain(option)]), Origin::Incident);
        }
        let found = [("notice", &known.notice), ("other", &known.alarm)];
        let found: Vec<Ticked> = found
            .into_iter()
            .filter_map(|(option, words)| words.as_ref().map(|words| (option, words)))
            .map(|(option, words)| Ticked { words: Some(words.clone()), ..plain(option) })
            .collect();
        if !found.is_empty() {
            self.put("detection", Value::Ticked(found), Origin::Observation);
        }
        if !known.notified.is_empty() {
            let boxes = known.notified.iter().map(|option| plain(option)).collect();
            self.put("notified", Value::Ticked(boxes), Origin::Observation);
        }
        self.put("made-at", Value::Time(known.made), Origin::Clock);
    }
}

/// The name of the system with the domains and addresses that its field asks for.
fn described(portal: &Portal<'_>) -> String {
    let system = portal.system;
    let mut places: Vec<String> = system.domains.clone();
    if places.is_empty() {
        places.extend(portal.host.map(str::to_owned));
    }
    places.extend(system.addresses.iter().map(ToString::to_string));
    if places.is_empty() {
        return portal.name.to_owned();
    }
    format!("{} ({})", portal.name, places.join(", "))
}

/// Words of the configuration as boxes: those of the form where they are, all others together
/// behind the box for others.
fn ticked(field: &str, words: &[String]) -> Value {
    let options = Field::find(field).map(Field::options).unwrap_or_default();
    let is_box = |word: &String| options.iter().any(|option| !option.words && option.word == word);
    let (boxes, others): (Vec<_>, Vec<_>) = words.iter().cloned().partition(is_box);
    let mut ticked: Vec<Ticked> =
        boxes.into_iter().map(|option| Ticked { option, words: None }).collect();
    if !others.is_empty() {
        ticked.push(Ticked { option: "other".to_owned(), words: Some(others.join(", ")) });
    }
    Value::Ticked(ticked)
}
