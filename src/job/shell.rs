//! Commands as a person types them into a shell: quoted where that is needed, broken over lines so
//! that they fit on paper. What is printed is what runs; a test types it off the page.

/// Characters that no shell gives a meaning to.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "/._-:=@%+,".contains(c)
}

/// One word, so that a shell takes it as it is. A word that begins with `$` is one variable and
/// stays one, within quotes.
fn word(text: &str) -> String {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if let Some((name, rest)) =
        text.strip_prefix('$').map(|text| text.split_at(text.find('/').unwrap_or(text.len())))
        && is_name(name)
        && rest.chars().all(is_plain)
    {
        return format!("\"${name}\"{rest}");
    }
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    quoted(text)
}

/// A command on one line.
pub fn line(words: &[&str]) -> String {
    words.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

/// The same on lines of at most `room` characters, each but the last ended by a backslash. Broken
/// between words; an option keeps its value. A quoted word that is longer is broken at its blanks,
/// into quoted parts that a shell puts together again; those stand at the edge, since a blank
/// before them would part them. Any other longer word stays whole.
pub fn lines(words: &[&str], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut option = String::new();
    for text in words {
        let written = word(text);
        if option.is_empty() && text.starts_with('-') && !text.contains('=') {
            option = written;
            continue;
        }
        if text.starts_with('-') && !option.is_empty() {
            add(&mut lines, vec![std::mem::take(&mut option)], room);
            option = written;
            continue;
        }
        let indent = if option.is_empty() { 0 } else { option.chars().count() + 1 };
        let mut parts = parts(text, room.saturating_sub(indent + 4));
        if !option.is_empty() {
            parts[0] = format!("{} {}", std::mem::take(&mut option), parts[0]);
        }
        add(&mut lines, parts, room);
    }
    if !option.is_empty() {
        add(&mut lines, vec![option], room);
    }
    lines
}

/// Adds a piece to the last line, or begins a line with it; what follows its first part stands on
/// lines of its own.
fn add(lines: &mut Vec<String>, mut parts: Vec<String>, room: usize) {
    let piece = parts.remove(0);
    // Room for the backslash that may follow.
    let fits = |line: &String| line.chars().count() + piece.chars().count() + 3 <= room;
    match lines.last_mut() {
        Some(line) if fits(line) => {
            line.push(' ');
            line.push_str(&piece);
        }
        Some(line) => {
            line.push_str(" \\");
            lines.push(format!("  {piece}"));
        }
        None => lines.push(piece),
    }
    for part in parts {
        if let Some(line) = lines.last_mut() {
            line.push('\\');
        }
        lines.push(part);
    }
}

/// A word, as parts of at most `room` characters where it is quoted and has blanks.
fn parts(text: &str, room: usize) -> Vec<String> {
    let whole = word(text);
    if whole.chars().count() <= room || !whole.starts_with('\'') {
        return vec![whole];
    }
    let mut parts: Vec<String> = Vec::new();
    for piece in text.split_inclusive(' ') {
        match parts.last_mut() {
            Some(part) if quoted(&format!("{part}{piece}")).chars().count() <= room => {
                part.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts.iter().map(|part| quoted(part)).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_word_as_it_is() {
        for (text, written) in [
            ("/srv/cổng/tệp", "/srv/cổng/tệp"),
            ("cong=host=/run dbname=x", "'cong=host=/run dbname=x'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(rm)", "'$(rm)'"),
            ("$D/db", "\"$D\"/db"),
            ("$D", "\"$D\""),
            ("$d", "'$d'"),
        ] {
            assert_eq!(word(text), written);
        }
    }

    #[test]
    fn a_long_command_is_broken_between_words_and_keeps_values_with_their_options() {
        let words = ["duphong", "restore", "latest", "--portal", "mau", "--target", "/srv/a b"];
        assert_eq!(lines(&words, 80), ["duphong restore latest --portal mau --target '/srv/a b'"]);
        assert_eq!(
            lines(&words, 30),
            ["duphong restore latest \\", "  --portal mau \\", "  --target '/srv/a b'"]
        );
        assert_eq!(lines(&["a", "--all", "-x", "b"], 80), ["a --all -x b"]);
        assert_eq!(
            lines(&["psql", "-d", "host=/run/pg user=nobody dbname=cong"], 32),
            ["psql -d 'host=/run/pg '\\", "'user=nobody dbname=cong'"]
        );
    }
}
