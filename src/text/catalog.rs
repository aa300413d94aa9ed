//! Words for messages and faults.
//!
//! Message files may use, besides Fluent's own syntax:
//! `BYTES($n)` for a size, `DURATION($ms)` for milliseconds, `INSTANT($at)` for a text that is a
//! timestamp (RFC 3339, as `jiff::Timestamp` prints itself) with `style: "long"` on request, and
//! `NUMBER($n, useGrouping: "false")` for ports, years and line numbers.
//!
//! Values come from outside (file names, answers of programs), so control characters and
//! direction overrides in them are made visible: a file name cannot move the cursor of a terminal
//! nor turn a sentence around. Nothing here panics, whatever is asked for.

use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use unic_langid::langid;

use crate::base::fault::{Arg, Args, Fault, Message, chain};
use crate::text::Language;
use crate::text::format::Format;
use crate::text::messages::FILES;

/// Above this a Fluent number (an `f64`) loses digits: such a value goes in as finished text.
const EXACT_MAX: u64 = 1 << 53;

/// All messages in one language, and its way to write numbers and times.
pub struct Catalog {
    format: Format,
    bundle: FluentBundle<FluentResource>,
}

impl Catalog {
    /// The messages in `language`, with times as clocks in Vietnam show them.
    pub fn new(language: Language) -> Self {
        Self::in_zone(language, Format::vietnam())
    }

    /// The messages in `language`, with times as clocks in `zone` show them.
    pub fn in_zone(language: Language, zone: TimeZone) -> Self {
        let format = Format::new(language, zone);
        let locale = match language {
            Language::Vietnamese => langid!("vi"),
            Language::English => langid!("en"),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks would end up in files, terminals and PDFs; both languages run left to right.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match language {
            Language::Vietnamese => |value, _| grouped(value, Language::Vietnamese),
            Language::English => |value, _| grouped(value, Language::English),
        }));
        add_functions(&mut bundle, &format).expect("the functions have names of their own");
        for file in FILES {
            // A faulty entry or a second message of one id is a mistake in our own files, which the
            // tests refuse. Should one slip through, the other messages are still worth having.
            let resource = FluentResource::try_new(file.source(language).to_owned())
                .unwrap_or_else(|(readable, _errors)| readable);
            let _first_wins = bundle.add_resource(resource);
        }
        Self { format, bundle }
    }

    /// The language of the words.
    pub fn language(&self) -> Language {
        self.format.language()
    }

    /// How this language writes numbers, sizes, durations and times.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The message in words. An unknown id is told as it is, with its values.
    pub fn say(&self, message: &Message) -> String {
        self.find(message.id, None, &message.args)
            .unwrap_or_else(|| undressed(message.id, &message.args))
    }

    /// The message without values that has this id.
    pub fn id(&self, id: &str) -> String {
        self.find(id, None, &Args::none()).unwrap_or_else(|| id.to_owned())
    }

    /// Whether a message of this id exists.
    pub fn knows(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// What went wrong and, after colons, why: one sentence without a full stop.
    pub fn fault(&self, fault: &dyn Fault) -> String {
        let id = fault_id(fault);
        let mut text = self.find(&id, None, &fault.args()).unwrap_or_else(|| fault.to_string());
        if let Some(beneath) = fault.beneath() {
            text.push_str(": ");
            text.push_str(&self.fault(beneath));
        } else if let Some(source) = fault.source() {
            text.push_str(": ");
            text.push_str(&visible(&chain(source)));
        }
        text
    }

    /// What a person can do about it: the outermost fault knows the situation best; where it has
    /// no advice, the cause that lies deepest is the one to act on.
    pub fn hint(&self, fault: &dyn Fault) -> Option<String> {
        let own = |fault: &dyn Fault| self.find(&fault_id(fault), Some("hint"), &fault.args());
        own(fault).or_else(|| {
            std::iter::successors(fault.beneath(), |fault| fault.beneath()).filter_map(own).last()
        })
    }

    fn find(&self, id: &str, attribute: Option<&str>, args: &Args) -> Option<String> {
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut values = FluentArgs::with_capacity(args.0.len());
        for (name, value) in &args.0 {
            values.set(*name, self.value(value));
        }
        // A missing value leaves its name in braces in the text: visible, and better than nothing.
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned())
    }

    fn value(&self, arg: &Arg) -> FluentValue<'static> {
        match arg {
            Arg::Text(text) => FluentValue::String(visible(text).into()),
            Arg::Number(number) if *number <= EXACT_MAX => {
                FluentValue::Number(FluentNumber::from(*number))
            }
            Arg::Number(number) => FluentValue::String(self.format.number(*number).into()),
        }
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("format", &self.format).finish_non_exhaustive()
    }
}

/// The message id of a fault's code: `store.not_found` → `fault-store-not-found`.
fn fault_id(fault: &dyn Fault) -> String {
    format!("fault-{}", fault.code().replace(['.', '_'], "-"))
}

fn undressed(id: &str, args: &Args) -> String {
    let values: Vec<_> = args
        .0
        .iter()
        .map(|(name, value)| match value {
            Arg::Text(text) => format!("{name}={}", visible(text)),
            Arg::Number(number) => format!("{name}={number}"),
        })
        .collect();
    if values.is_empty() { id.to_owned() } else { format!("{id} ({})", values.join(", ")) }
}

/// Line ends stay, since programs answer in lines; every other control character and every
/// direction override becomes a replacement character.
fn visible(text: &str) -> String {
    let harmful = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
    };
    text.chars().map(|c| if harmful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn grouped(value: &FluentValue<'_>, language: Language) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let digits = number.as_string();
    Some(if number.options.use_grouping {
        Format::group(language, &digits)
    } else {
        digits.into_owned()
    })
}

fn add_functions(
    bundle: &mut FluentBundle<FluentResource>,
    format: &Format,
) -> Result<(), FluentError> {
    bundle.add_function("NUMBER", |positional, named| match positional.first() {
        Some(FluentValue::Number(number)) => {
            let mut number = number.clone();
            number.options.merge(named);
            FluentValue::Number(number)
        }
        // The library's own would print its name in place of the value.
        _ => as_given(positional),
    })?;
    let sizes = format.clone();
    bundle.add_function("BYTES", move |positional, _| match count(positional) {
        Some(bytes) => sizes.bytes(bytes).into(),
        None => as_given(positional),
    })?;
    let durations = format.clone();
    bundle.add_function("DURATION", move |positional, _| match count(positional) {
        Some(milliseconds) => durations.duration(Duration::from_millis(milliseconds)).into(),
        None => as_given(positional),
    })?;
    let instants = format.clone();
    bundle.add_function("INSTANT", move |positional, named| match positional.first() {
        Some(FluentValue::String(text)) => match text.parse::<Timestamp>() {
            Ok(at) if named.get("style") == Some(&FluentValue::from("long")) => {
                instants.instant_long(at).into()
            }
            Ok(at) => instants.instant(at).into(),
            Err(_) => as_given(positional),
        },
        _ => as_given(positional),
    })
}

/// What a function was given, where it cannot make more of it: a number beyond [`EXACT_MAX`], or
/// a text that is no timestamp.
fn as_given<'a>(positional: &[FluentValue<'a>]) -> FluentValue<'a> {
    positional.first().cloned().unwrap_or(FluentValue::Error)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "arguments are whole numbers from zero to EXACT_MAX"
)]
fn count(positional: &[FluentValue<'_>]) -> Option<u64> {
    match positional.first() {
        Some(FluentValue::Number(number)) => Some(number.value as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::FaultKind;

    fn catalogs() -> [Catalog; 2] {
        Language::ALL.map(Catalog::new)
    }

    #[test]
    fn an_unknown_message_is_told_by_its_id_and_values() {
        for catalog in catalogs() {
            let message = Message::with(
                "no-such-id",
                Args::none().text("path", "/a\u{1b}[2J").number("n", 3),
            );
            assert_eq!(catalog.say(&message), "no-such-id (path=/a\u{FFFD}[2J, n=3)");
            assert_eq!(catalog.id("no-such-id"), "no-such-id");
        }
    }

    #[test]
    fn a_missing_value_is_visible_and_no_panic() {
        for catalog in catalogs() {
            let text = catalog.say(&Message::new("fault-file-missing"));
            assert!(text.contains("{$path}"), "{text}");
        }
    }

    /// Words `source` with these values, in both languages.
    fn worded(source: &str, args: &Args) -> [String; 2] {
        catalogs().map(|mut catalog| {
            let resource = FluentResource::try_new(format!("test-message = {source}\n")).unwrap();
            catalog.bundle.add_resource(resource).unwrap();
            catalog.say(&Message::with("test-message", args.clone()))
        })
    }

    #[test]
    fn message_files_write_numbers_sizes_durations_and_times() {
        let args = Args::none()
            .number("n", 1_234_500)
            .number("huge", u64::MAX)
            .text("at", "2026-11-22T07:05:09Z")
            .text("odd", "yesterday");
        for (source, vietnamese, english) in [
            ("{ $n }", "1.234.500", "1,234,500"),
            ("{ NUMBER($n, useGrouping: \"false\") }", "1234500", "1234500"),
            ("{ $huge }", "18.446.744.073.709.551.615", "18,446,744,073,709,551,615"),
            ("{ BYTES($n) }", "1,2 MB", "1.2 MB"),
            ("{ BYTES($huge) }", "18.446.744.073.709.551.615", "18,446,744,073,709,551,615"),
            ("{ DURATION($n) }", "20 phút 35 giây", "20 min 35 s"),
            ("{ INSTANT($at) }", "22/11/2026 14:05:09", "2026-11-22 14:05:09"),
            (
                "{ INSTANT($at, style: \"long\") }",
                "14 giờ 05 phút, ngày 22 tháng 11 năm 2026",
                "14:05 on 22 November 2026",
            ),
            ("{ INSTANT($odd) }", "yesterday", "yesterday"),
            ("{ NUMBER($odd, useGrouping: \"false\") }", "yesterday", "yesterday"),
            ("{ $n ->\n   [one] one\n  *[other] many\n }", "many", "many"),
        ] {
            assert_eq!(worded(source, &args), [vietnamese, english], "{source}");
        }
    }

    /// A fault over a fault of the operating system, some of them worded in the real files.
    #[derive(Debug, thiserror::Error)]
    #[error("diagnostics of {code}")]
    struct Broken {
        code: &'static str,
        beneath: Option<Box<Broken>>,
        #[source]
        source: Option<std::io::Error>,
    }

    impl Fault for Broken {
        fn kind(&self) -> FaultKind {
            FaultKind::Environment
        }
        fn code(&self) -> &'static str {
            self.code
        }
        fn args(&self) -> Args {
            Args::none().text("act", "write").text("path", "/srv/a\u{202E}b")
        }
        fn beneath(&self) -> Option<&dyn Fault> {
            self.beneath.as_deref().map(|fault| fault as &dyn Fault)
        }
    }

    fn over(code: &'static str, beneath: Broken) -> Broken {
        Broken { code, beneath: Some(Box::new(beneath)), source: None }
    }

    fn system(code: &'static str) -> Broken {
        let source = std::io::Error::other("device\u{7} on fire");
        Broken { code, beneath: None, source: Some(source) }
    }

    #[test]
    fn a_fault_is_told_with_every_cause_beneath_it() {
        let fault = over("test.unworded", system("file.denied"));
        let [vi, en] = catalogs();
        assert_eq!(
            en.fault(&fault),
            "diagnostics of test.unworded: failed to write “/srv/a\u{FFFD}b”: permission denied: \
             device\u{FFFD} on fire"
        );
        assert!(vi.fault(&fault).contains("không có quyền"));
    }

    #[test]
    fn the_outermost_advice_wins_then_the_deepest() {
        let [_, en] = catalogs();
        let hint = |fault: Broken| en.hint(&fault).unwrap_or_default();
        assert!(hint(over("file.disk-full", system("file.denied"))).starts_with("Free some space"));
        let middle = over("file.disk-full", system("file.denied"));
        assert!(hint(over("test.unworded", middle)).starts_with("Run as the user"));
        let middle = over("file.disk-full", system("file.io"));
        assert!(hint(over("test.unworded", middle)).starts_with("Free some space"));
        assert_eq!(hint(system("file.io")), "");
    }
}
