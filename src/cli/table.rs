//! Text in columns, 80 wide, counted as a terminal shows it.
//!
//! Nothing is ever cut: what does not fit is broken at spaces under its own column, and a word
//! longer than its column (a path, a digest) stays whole, so that it can be copied. A date stays
//! with its time, and a number with its unit.

use unicode_width::UnicodeWidthStr as _;

/// The narrowest terminal we write for.
pub(crate) const WIDTH: usize = 80;

/// A last column narrower than this would be broken into ribbons; it rather runs over the edge.
const LAST_COLUMN_MIN: usize = 20;

/// Units as [`Format`](crate::text::Format) writes them.
const UNITS: [&str; 16] = [
    "ms", "s", "min", "h", "d", "giây", "phút", "giờ", "ngày", "B", "kB", "MB", "GB", "TB", "PB",
    "%",
];

/// Between two columns.
const GAP: usize = 2;

/// Columns a terminal needs to show `text`. Vietnamese letters take one, whether composed or not.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `room` columns, broken at spaces; line ends in it stay.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in pieces(paragraph) {
            if !line.is_empty() && width(&line) + 1 + width(&word) > room {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// The words of a paragraph, those together that a reader reads as one.
fn pieces(paragraph: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = "";
    for word in paragraph.split(' ') {
        match pieces.last_mut() {
            Some(piece) if is_one(before, word) => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
        before = word;
    }
    pieces
}

/// A date and its time; a number and its unit; the two numbers of a duration.
fn is_one(before: &str, word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ';', ':', ')', '”']);
    let is_unit = |word: &str| UNITS.contains(&word);
    let is_number = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_digit())
            && word.chars().all(|one| one.is_ascii_digit() || matches!(one, '.' | ','))
    };
    let is_date = before.len() == 10 && before.matches(['-', '/']).count() == 2;
    let is_time = word.len() == 8 && word.matches(':').count() == 2;
    (is_date && is_time)
        || (is_number(before.trim_start_matches('(')) && is_unit(word))
        || (is_unit(before) && is_number(word) && word.len() == 2)
}

/// Which edge of a column its cells keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers and sizes.
    Right,
}

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns, each with its worded heading.
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row: one cell a column. A missing cell is empty, one too many is not shown.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, header first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let widths: Vec<_> = (0..self.columns.len()).map(|at| self.column_width(at)).collect();
        let headings: Vec<_> = self.columns.iter().map(|(heading, _)| heading.clone()).collect();
        std::iter::once(&headings)
            .chain(&self.rows)
            .flat_map(|row| self.row_lines(row, &widths))
            .collect()
    }

    fn column_width(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let heading = self.columns.get(at).map(|(heading, _)| heading);
        cells.chain(heading).map(|cell| width(cell)).max().unwrap_or_default()
    }

    fn row_lines(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let mut line = String::new();
        let last = self.columns.len().saturating_sub(1);
        for (at, (_, align)) in self.columns.iter().enumerate() {
            let cell = row.get(at).map_or("", String::as_str);
            if at == last && *align == Align::Left {
                return hanging(&line, cell);
            }
            let space = " ".repeat(widths[at].saturating_sub(width(cell)));
            match align {
                Align::Left => line.extend([cell, &space]),
                Align::Right => line.extend([&space, cell]),
            }
            line.push_str(&" ".repeat(GAP));
        }
        vec![line.trim_end().to_owned()]
    }
}

/// Names on the left, what they are on the right.
#[derive(Debug, Default)]
pub(crate) struct List {
    rows: Vec<(String, String)>,
}

impl List {
    /// Adds a worded name and its value.
    pub(crate) fn row(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.rows.push((name.into(), value.into()));
    }

    /// The lines, each value under the one before.
    pub(crate) fn lines(&self) -> Vec<String> {
        let column = self.rows.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
        let line = |(name, value): &(String, String)| {
            let space = " ".repeat(column - width(name) + GAP);
            hanging(&format!("{name}:{space}"), value)
        };
        self.rows.iter().flat_map(line).collect()
    }
}

/// `text` after `prefix`, its further lines indented to where it began.
pub(crate) fn hanging(prefix: &str, text: &str) -> Vec<String> {
    let indent = width(prefix);
    let room = WIDTH.saturating_sub(indent).max(LAST_COLUMN_MIN);
    let line = |(at, text): (usize, String)| {
        let line = if at == 0 { format!("{prefix}{text}") } else { " ".repeat(indent) + &text };
        line.trim_end().to_owned()
    };
    wrapped(text, room).into_iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_measure_are_not_torn_apart() {
        for (text, expected) in [
            ("hạn 22/11/2026 16:33:56, còn", vec!["hạn", "22/11/2026 16:33:56,", "còn"]),
            ("left 5 d 00 h of it", vec!["left", "5 d 00 h", "of", "it"]),
            ("(18,1 giây kể từ", vec!["(18,1 giây", "kể", "từ"]),
            ("tính 1, 2, 3 và 4", vec!["tính", "1,", "2,", "3", "và", "4"]),
            ("  thụt vào", vec!["", "", "thụt", "vào"]),
        ] {
            assert_eq!(pieces(text), expected);
        }
    }

    #[test]
    fn columns_stay_aligned_under_vietnamese_letters() {
        let mut table = Table::new([
            ("Cổng".to_owned(), Align::Left),
            ("Kích thước".to_owned(), Align::Right),
            ("Ghi chú".to_owned(), Align::Left),
        ]);
        table.row(["mẫu".to_owned(), "1,5 GB".to_owned(), "đủ".to_owned()]);
        // The same letters decomposed take the same room.
        table.row(["ma\u{302}\u{303}u".to_owned(), "20 kB".to_owned()]);
        assert_eq!(
            table.lines(),
            ["Cổng  Kích thước  Ghi chú", "mẫu       1,5 GB  đủ", "ma\u{302}\u{303}u        20 kB",]
        );
    }

    #[test]
    fn a_long_last_column_is_broken_under_itself_and_words_stay_whole() {
        let mut list = List::default();
        list.row("Tên", "x");
        list.row("Lý do", format!("{} {}", "từ ".repeat(30).trim_end(), "/".repeat(90)));
        let lines = list.lines();
        assert_eq!(lines[0], "Tên:    x");
        assert!(lines[1].starts_with("Lý do:  từ từ") && width(&lines[1]) <= WIDTH);
        assert!(lines[2].starts_with("        từ"));
        assert_eq!(lines.last().map(|line| line.trim_start()), Some("/".repeat(90).as_str()));
    }

    #[test]
    fn empty_cells_and_empty_texts_are_harmless() {
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("a\n\nb", 10), ["a", "", "b"]);
        assert!(Table::new([]).lines().iter().all(String::is_empty));
    }
}
