//! `daemon`: the process that runs day and night, in the foreground.
//!
//! What it tells goes to standard error, one line an event, as systemd and containers want it.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::daemon;

/// What `daemon` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text")]
    pub log: String,
}

/// Runs until it is asked to stop.
pub(crate) fn run(frame: &Frame) -> Result<Report, AnyFault> {
    daemon::run(daemon::Start {
        loaded: frame.load_again()?,
        credentials: frame.credentials().map(Into::into),
        world: frame.world.clone(),
        cancel: frame.cancel.clone(),
    })?;
    Ok(Report::done(json!({ "stopped": true })))
}

/// An event as one line of JSON: time, level, module, message, and its fields.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(Map::new());
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        line.0.insert("at".to_owned(), json!(jiff::Timestamp::now().to_string()));
        line.0.insert("level".to_owned(), json!(level));
        line.0.insert("module".to_owned(), json!(event.metadata().target()));
        event.record(&mut line);
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

struct Line(Map<String, Value>);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), json!(value));
    }
}
