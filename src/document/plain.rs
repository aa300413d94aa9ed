//! The model on a terminal: the same words in the same order, 80 columns, no layout of the decree.
//!
//! Tables become lines of `name: value`, since a terminal cannot wrap cells; charts become a bar
//! of characters. What the PDF leaves out (rows beyond its limit) is left out here too.

use serde_json::Value;

use crate::document::data::{BREAK, data};
use crate::document::error::DocumentError;
use crate::document::letter::Document;
use crate::text::Catalog;

const WIDTH: usize = 80;

/// Columns of a chart's bars.
const BAR: usize = 40;

/// The document as text in the language of `catalog`, each line at most 80 characters unless a
/// single word is longer. It holds no control characters but line ends.
pub fn plain(document: &Document, catalog: &Catalog) -> Result<String, DocumentError> {
    let data = data(document, catalog)?;
    let mut page = Page { text: String::new(), section: 0 };
    let head = &data["letterhead"];
    for line in [&data["mark"], &head["superior"], &head["agency"], &head["number"], &head["date"]]
    {
        page.line(line);
    }
    page.gap();
    page.line(&data["kind"]);
    page.line(&data["subject"]);
    page.gap();
    for basis in list(&data["bases"]) {
        page.line(basis);
    }
    for addressee in list(&data["addressees"]) {
        page.wrapped(&format!("{} {}", word(&data["labels"]["to"]), word(addressee)), 0);
    }
    for block in list(&data["blocks"]) {
        page.block(block);
    }
    page.gap();
    for person in list(&data["signatures"]) {
        let parts = [&person["capacity"], &person["position"], &person["name"]];
        let parts: Vec<_> = parts.into_iter().map(word).filter(|part| !part.is_empty()).collect();
        page.wrapped(&parts.join(" · "), 0);
    }
    Ok(page.text)
}

struct Page {
    text: String,
    section: usize,
}

impl Page {
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, value: &Value) {
        self.wrapped(&word(value), 0);
    }

    /// Adds words to the line begun, wrapped; lines after the first are indented.
    fn wrapped(&mut self, words: &str, indent: usize) {
        let mut used = self.text.rsplit('\n').next().unwrap_or_default().chars().count();
        let mut first = true;
        for word in words.split_whitespace() {
            let length = word.chars().count();
            if !first && used + 1 + length > WIDTH {
                self.text.push('\n');
                self.text.push_str(&" ".repeat(indent));
                used = indent;
            } else if !first {
                self.text.push(' ');
                used += 1;
            }
            self.text.push_str(word);
            used += length;
            first = false;
        }
        if !first {
            self.text.push('\n');
        }
    }

    fn block(&mut self, block: &Value) {
        let Some((kind, content)) = block.as_object().and_then(|block| block.iter().next()) else {
            return;
        };
        match kind.as_str() {
            "section" => {
                self.section += 1;
                self.gap();
                self.wrapped(&format!("{}. {}", self.section, word(content)), 3);
            }
            "list" => {
                for item in list(content) {
                    self.wrapped(&format!("- {}", word(item)), 2);
                }
            }
            "facts" => {
                for fact in list(content) {
                    self.wrapped(&format!("{}: {}", word(&fact[0]), word(&fact[1])), 4);
                }
            }
            "statement" => {
                self.gap();
                self.wrapped(&format!("=> {}", word(content)), 3);
                self.gap();
            }
            "table" => self.table(content),
            "chart" => self.chart(content),
            "code" => self.line(&content["description"]),
            "task" => self.wrapped(&format!("[ ] {}", word(content)), 4),
            "commands" => {
                for line in list(content) {
                    self.text.extend(["    ", &word(line), "\n"]);
                }
            }
            _ => self.line(content),
        }
    }

    fn table(&mut self, table: &Value) {
        for row in list(&table["rows"]) {
            let cells = list(&table["columns"]).iter().zip(list(row));
            let cells: Vec<_> = cells
                .map(|(column, cell)| format!("{}: {}", word(&column["title"]), word(cell)))
                .collect();
            self.wrapped(&format!("- {}", cells.join("; ")), 2);
        }
        self.line(&table["omitted"]);
    }

    fn chart(&mut self, chart: &Value) {
        self.line(&chart["title"]);
        for bar in list(&chart["bars"]) {
            let (start, length) = (columns(&bar["start"]), columns(&bar["length"]).max(1));
            let start = start.min(BAR - 1);
            let length = length.min(BAR - start);
            let gaps = [start, BAR - start - length].map(|gap| " ".repeat(gap));
            for part in ["  |", &gaps[0], &"█".repeat(length), &gaps[1], "| "] {
                self.text.push_str(part);
            }
            self.wrapped(&format!("{} · {}", word(&bar["figure"]), word(&bar["label"])), 4);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace(BREAK, "")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares lie between 0 and 1"
)]
fn columns(share: &Value) -> usize {
    (share.as_f64().unwrap_or_default() * BAR as f64).round() as usize
}
