//! How the program speaks: data to standard output, words about it to standard error.
//!
//! With `--json`, standard output gets exactly one JSON object, whatever happens. Colour goes only
//! to a terminal that wants it. A reader of a pipe who has seen enough and left is no error; a full
//! disk behind standard output is one.

use std::io::{self, IsTerminal as _, Write};

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{Args, Fault, FaultKind, chain};
use crate::cli::report::Report;
use crate::cli::table::hanging;
use crate::text::Catalog;

/// The version of the envelope (`docs/formats/json-output.md`). A new field keeps it; a changed meaning raises it.
const ENVELOPE: u32 = 1;

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// The edge between the program and whoever listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    json: bool,
    /// Whether standard output may be coloured.
    color_out: bool,
    /// Whether standard error may be coloured.
    color_err: bool,
}

impl Voice {
    /// Speaks JSON or text; `color` is what the person allows.
    pub(super) fn new(json: bool, color: bool) -> Self {
        Self {
            json,
            color_out: color && io::stdout().is_terminal(),
            color_err: color && io::stderr().is_terminal(),
        }
    }

    /// Whether standard error is a terminal that wants colour.
    pub(super) fn color_err(self) -> bool {
        self.color_err
    }

    /// Tells a verb's answer and returns the code to exit with.
    pub(super) fn tell(self, catalog: &Catalog, verb: &[String], report: &Report) -> ExitCode {
        let told = if self.json {
            let warnings = &report.warnings;
            envelope(verb, report.exit, &report.json, warnings, &Value::Null)
        } else {
            self.warn(catalog, &report.warnings);
            out(&report.lines.join("\n"))
        };
        self.after(catalog, told, report.exit)
    }

    /// Tells why it ended, after what is to be told besides, and returns the code to exit with.
    pub(super) fn fail(
        self,
        catalog: &Catalog,
        verb: &[String],
        fault: &dyn Fault,
        warnings: &[String],
    ) -> ExitCode {
        let message = catalog.fault(fault);
        let hint = catalog.hint(fault);
        if !self.json {
            self.warn(catalog, warnings);
            self.complain(catalog, &message, hint.as_deref());
            return fault.exit();
        }
        let error = json!({
            "code": fault.code(),
            "kind": fault.kind().as_str(),
            "message": message,
            "hint": hint,
            "chain": chain(fault),
        });
        let told = envelope(verb, fault.exit(), &Value::Null, warnings, &error);
        self.after(catalog, told, fault.exit())
    }

    /// Tells a page (help, version) that was asked for.
    pub(super) fn page(
        self,
        catalog: &Catalog,
        verb: &[String],
        name: &str,
        page: &str,
    ) -> ExitCode {
        let page = page.trim_end();
        let told = if self.json {
            let plain = without_color(page);
            envelope(verb, ExitCode::Done, &json!({ name: plain }), &[], &Value::Null)
        } else if self.color_out {
            out(page)
        } else {
            out(&without_color(page))
        };
        self.after(catalog, told, ExitCode::Done)
    }

    /// Says something in the middle of the work.
    pub(super) fn aside(words: &str) {
        err(words);
    }

    /// Shows a page that nobody asked for, ahead of a complaint.
    pub(super) fn unasked(self, page: &str) {
        if !self.json {
            let page = if self.color_err { page.to_owned() } else { without_color(page) };
            err(&format!("{}\n", page.trim_end()));
        }
    }

    fn warn(self, catalog: &Catalog, warnings: &[String]) {
        for words in warnings {
            self.remark("", YELLOW, &catalog.id("cli-warning"), words);
        }
    }

    fn complain(self, catalog: &Catalog, message: &str, hint: Option<&str>) {
        self.remark("", RED, &catalog.id("cli-error"), message);
        if let Some(hint) = hint {
            self.remark("  ", CYAN, &catalog.id("cli-hint"), hint);
        }
    }

    fn remark(self, indent: &str, color: &str, word: &str, text: &str) {
        let head = format!("{indent}{word}: ");
        // In a file each stays one line, for whoever searches it.
        let told = if io::stderr().is_terminal() {
            hanging(&head, text).join("\n")
        } else {
            format!("{head}{text}")
        };
        // Widths are counted without color.
        let colored = self.colored(color, word);
        err(&format!("{indent}{colored}{}", &told[head.len() - 1..]));
    }

    fn colored(self, color: &str, word: &str) -> String {
        if self.color_err { format!("{color}{word}:{PLAIN}") } else { format!("{word}:") }
    }

    fn after(self, catalog: &Catalog, told: io::Result<()>, exit: ExitCode) -> ExitCode {
        match told {
            Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
                let fault = OutputFault { source };
                self.complain(catalog, &catalog.fault(&fault), catalog.hint(&fault).as_deref());
                // The work has its own code; only "all well" would now be untrue.
                if exit == ExitCode::Done { fault.exit() } else { exit }
            }
            _ => exit,
        }
    }
}

/// The one object of `--json`.
fn envelope(
    verb: &[String],
    exit: ExitCode,
    result: &Value,
    warnings: &[String],
    error: &Value,
) -> io::Result<()> {
    let envelope = json!({
        "duphong": ENVELOPE,
        "verb": if verb.is_empty() { Value::Null } else { Value::from(verb.join(".")) },
        "exit": exit.number(),
        "result": result,
        "warnings": warnings,
        "error": error,
    });
    out(&envelope.to_string())
}

/// To standard output; nothing at all where there is nothing to say.
fn out(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush())
}

/// To standard error.
fn err(text: &str) {
    // When standard error is gone, there is nobody left to be told.
    let _gone = writeln!(io::stderr().lock(), "{text}");
}

/// Standard output did not take what was written to it.
#[derive(Debug, thiserror::Error)]
#[error("failed to write to standard output")]
pub(crate) struct OutputFault {
    #[source]
    pub(crate) source: io::Error,
}

impl Fault for OutputFault {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        "cli.output"
    }

    fn args(&self) -> Args {
        Args::none()
    }
}

/// The text without terminal sequences of the form that colours have (`ESC [ … m`).
fn without_color(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_can_be_taken_out() {
        assert_eq!(without_color("\u{1b}[1mm\u{1b}[0màu \u{1b}[1;31mđỏ\u{1b}[0m"), "màu đỏ");
        assert_eq!(without_color("không màu"), "không màu");
    }
}
