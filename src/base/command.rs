//! Commands that a person configured: a program and its arguments, with places to fill in.
//!
//! A list of arguments, never a line for a shell: what is filled in is one argument or a part of
//! one, whatever it holds. Pure.

use std::ffi::OsString;

/// What is filled in when the command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// `{folder}`: the folder that a dump leaves its files in, or that a load finds them in.
    Folder,
    /// `{target}`: where a person wants the database.
    Target,
    /// `{scratch}`: the private folder of a drill.
    Scratch,
}

impl Blank {
    /// Its name between the braces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Target => "target",
            Self::Scratch => "scratch",
        }
    }
}

/// A part of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// To be filled in.
    Blank(Blank),
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program: an absolute path, or a name on the standard PATH. Nothing in it is filled in.
    pub program: String,
    /// Its arguments, each in parts.
    pub arguments: Vec<Vec<Part>>,
}

impl Command {
    /// Whether the command asks for this to be filled in.
    pub fn has(&self, blank: Blank) -> bool {
        self.arguments.iter().flatten().any(|part| *part == Part::Blank(blank))
    }

    /// The arguments with every blank filled in by `value`.
    pub fn fill(&self, value: impl Fn(Blank) -> OsString) -> Vec<OsString> {
        let filled = |argument: &Vec<Part>| {
            argument.iter().fold(OsString::new(), |mut filled, part| {
                match part {
                    Part::Text(text) => filled.push(text),
                    Part::Blank(blank) => filled.push(value(*blank)),
                }
                filled
            })
        };
        self.arguments.iter().map(filled).collect()
    }
}

/// How the question is called, in manifests too, that the command answers which prints the paths of
/// this tree.
pub fn paths_of(tree: &str) -> String {
    format!("command.paths.{tree}")
}

/// What a dump command leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// A stream, on its standard output.
    Stream {
        /// The ending of the file's name in the set, without the dot.
        extension: String,
        /// What its last bytes must hold, where the engine marks the end of a dump.
        end: Option<String>,
    },
    /// Files, in a folder that it is given.
    Files {
        /// Patterns of names; each must be that of one file at least.
        wanted: Vec<String>,
    },
}

/// Whether `name` is as `pattern` says, in which `*` stands for any run of characters.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        // The first place is the best: it leaves most for what follows.
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blanks_are_filled_in() {
        let command = Command {
            program: "/bin/dump".to_owned(),
            arguments: vec![
                vec![Part::Text("--to=".to_owned()), Part::Blank(Blank::Folder)],
                vec![Part::Text("{target}".to_owned())],
            ],
        };
        let filled = command.fill(|blank| format!("<{}> $x; {{scratch}}", blank.as_str()).into());
        assert_eq!(filled, ["--to=<folder> $x; {scratch}", "{target}"]);
        assert!(command.has(Blank::Folder) && !command.has(Blank::Target));
    }

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, name) in [
            ("*.bak", "a.bak"),
            ("*", ""),
            ("a*b*c", "abxbc"),
            ("a", "a"),
            ("a*", "a"),
            ("*a*", "a"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.bak", "a.bak.tmp"), ("a", "ab"), ("", "a"), ("a*a", "a"), ("a*b*c", "acb")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
