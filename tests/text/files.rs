//! Reads the message files from disk as syntax trees: what the tests compare.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use duphong::text::Language;
use fluent_syntax::ast;

/// A message or a term.
pub(super) struct Entry {
    /// The file's name.
    pub file: String,
    /// Whether it is a term (`-name`), which only other messages see.
    pub term: bool,
    /// The text (under the empty name) and its attributes (under `.name`).
    pub parts: BTreeMap<String, Part>,
}

/// One text.
#[derive(Default)]
pub(super) struct Part {
    /// Everything a person may read, run together.
    pub words: String,
    /// The values it takes.
    pub variables: BTreeSet<String>,
    /// Other messages and terms it includes.
    pub references: BTreeSet<String>,
}

/// All entries in one language, by id. Fails on syntax errors and on an id that stands twice.
pub(super) fn entries(language: Language) -> BTreeMap<String, Entry> {
    let folder = format!("src/text/messages/{}", language.code());
    let mut found = BTreeMap::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let resource = fluent_syntax::parser::parse(text.as_str())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for entry in &resource.body {
            let (id, term, value, attributes) = match entry {
                ast::Entry::Message(m) => (m.id.name, false, m.value.as_ref(), &m.attributes),
                ast::Entry::Term(t) => (t.id.name, true, Some(&t.value), &t.attributes),
                _ => continue,
            };
            let mut parts = BTreeMap::new();
            if let Some(pattern) = value {
                parts.insert(String::new(), part(pattern));
            }
            for attribute in attributes {
                parts.insert(format!(".{}", attribute.id.name), part(&attribute.value));
            }
            let id = if term { format!("-{id}") } else { id.to_owned() };
            let twice = found.insert(id.clone(), Entry { file: file.clone(), term, parts });
            assert!(twice.is_none(), "{}: `{id}` stands twice", path.display());
        }
    }
    found
}

fn part(pattern: &ast::Pattern<&str>) -> Part {
    let mut part = Part::default();
    part.read(pattern);
    part
}

impl Part {
    fn read(&mut self, pattern: &ast::Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                ast::PatternElement::TextElement { value } => self.words.push_str(value),
                ast::PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &ast::Expression<&str>) {
        match expression {
            ast::Expression::Inline(inline) => self.inline(inline),
            ast::Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.read(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &ast::InlineExpression<&str>) {
        match inline {
            ast::InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
            }
            ast::InlineExpression::MessageReference { id, .. } => {
                self.references.insert(id.name.to_owned());
            }
            ast::InlineExpression::TermReference { id, .. } => {
                self.references.insert(format!("-{}", id.name));
            }
            ast::InlineExpression::FunctionReference { arguments, .. } => {
                for argument in &arguments.positional {
                    self.inline(argument);
                }
            }
            ast::InlineExpression::Placeable { expression } => self.expression(expression),
            ast::InlineExpression::StringLiteral { value } => self.words.push_str(value),
            ast::InlineExpression::NumberLiteral { .. } => {}
        }
    }
}
