//! The message files: complete, equal in both languages, and all of them used.

mod files;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use duphong::text::{Catalog, Language};
use unicode_normalization::is_nfc;

use crate::text::files::{Entry, entries};
use crate::text::sources::{Source, sources};

/// Texts that are rightly the same in both languages: names, units and signs only.
const SAME_IN_BOTH: &[&str] = &[];

/// Messages that `cli` finds by the place of a command or argument; its own tests hold them.
const OF_THE_COMMAND_TREE: &[&str] = &["help-", "more-", "value-"];

#[track_caller]
fn check(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

fn both() -> (BTreeMap<String, Entry>, BTreeMap<String, Entry>) {
    (entries(Language::Vietnamese), entries(Language::English))
}

#[test]
fn every_message_exists_in_both_languages() {
    let (vietnamese, english) = both();
    let vi: BTreeSet<_> = vietnamese.keys().collect();
    let en: BTreeSet<_> = english.keys().collect();
    check(
        &vi.symmetric_difference(&en)
            .map(|id| format!("`{id}`: one language only"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn both_languages_take_the_same_values_and_give_the_same_advice() {
    let (vietnamese, english) = both();
    let mut offences = Vec::new();
    for (id, vi) in &vietnamese {
        let Some(en) = english.get(id) else { continue };
        if vi.file != en.file {
            offences.push(format!("`{id}`: in {} and in {}", vi.file, en.file));
        }
        if vi.parts.keys().ne(en.parts.keys()) {
            offences.push(format!("`{id}`: different attributes"));
        }
        for (name, part) in &vi.parts {
            if en.parts.get(name).is_some_and(|other| other.variables != part.variables) {
                offences.push(format!("`{id}{name}`: different values"));
            }
        }
    }
    check(&offences);
}

#[test]
fn vietnamese_texts_are_composed_and_translated() {
    let (vietnamese, english) = both();
    let mut offences = Vec::new();
    for (id, vi) in &vietnamese {
        for (name, part) in &vi.parts {
            if !is_nfc(&part.words) {
                offences.push(format!("`{id}{name}`: not in Unicode form NFC"));
            }
            let same = english.get(id).and_then(|en| en.parts.get(name)).is_some_and(|other| {
                other.words == part.words && part.words.contains(char::is_alphabetic)
            });
            if same && !SAME_IN_BOTH.contains(&id.as_str()) {
                offences.push(format!("`{id}{name}`: the same words in both languages"));
            }
        }
    }
    check(&offences);
}

#[test]
fn the_program_knows_every_message_on_disk() {
    let mut offences = Vec::new();
    for language in Language::ALL {
        let catalog = Catalog::new(language);
        for (id, entry) in entries(language) {
            if !entry.term && !catalog.knows(&id) {
                offences.push(format!("`{id}`: {} is missing in src/text/messages.rs", entry.file));
            }
        }
    }
    check(&offences);
}

#[test]
fn every_fault_code_has_its_message_and_fills_it() {
    let (vietnamese, _) = both();
    let mut offences = Vec::new();
    for source in sources() {
        for code in &source.codes {
            let id = fault_id(code);
            let Some(entry) = vietnamese.get(&id) else {
                offences.push(format!("{}: `{code}` has no message `{id}`", source.path));
                continue;
            };
            for variable in entry.parts.values().flat_map(|part| &part.variables) {
                if !source.literals.contains(variable) {
                    offences.push(format!("{}: `{code}` never gives `{variable}`", source.path));
                }
            }
        }
    }
    check(&offences);
}

#[test]
fn every_message_that_the_sources_name_exists() {
    let (vietnamese, _) = both();
    let offences: Vec<_> = sources()
        .iter()
        .flat_map(|source| source.messages.iter().map(move |id| (source, id)))
        .filter(|(_, id)| !vietnamese.contains_key(*id))
        .map(|(source, id)| format!("{}: no message `{id}`", source.path))
        .collect();
    check(&offences);
}

#[test]
fn no_message_is_left_over() {
    let (vietnamese, english) = both();
    let sources = sources();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for Source { codes, literals, .. } in &sources {
        used.extend(codes.iter().map(|code| fault_id(code)));
        used.extend(literals.iter().filter(|text| !text.starts_with("fault-")).cloned());
    }
    for entry in vietnamese.values().chain(english.values()) {
        used.extend(entry.parts.values().flat_map(|part| part.references.clone()));
    }
    let verbs: BTreeSet<_> = used.iter().filter(|text| text.contains('.')).map(verb_id).collect();
    let offences: Vec<_> = vietnamese
        .iter()
        .filter(|(id, _)| {
            !used.contains(*id)
                && !OF_THE_COMMAND_TREE.iter().any(|p| id.starts_with(p))
                && !verbs.contains(*id)
        })
        .map(|(id, entry)| format!("`{id}` in {}: nothing uses it", entry.file))
        .collect();
    check(&offences);
}

/// The words for a verb of the audit log: an export tells them to whoever has no program of ours.
fn verb_id(verb: impl AsRef<str>) -> String {
    format!("audit-verb-{}", verb.as_ref().replace('.', "-"))
}

#[test]
fn every_verb_of_the_audit_log_has_its_words() {
    let (vietnamese, _) = both();
    let verbs: BTreeSet<_> = sources().into_iter().flat_map(|source| source.verbs).collect();
    assert!(verbs.len() > 50, "the scan found the verbs: {verbs:?}");
    let offences: Vec<_> = verbs
        .iter()
        .filter(|verb| !vietnamese.contains_key(&verb_id(verb)))
        .map(|verb| format!("`{verb}` goes on record and has no words: add `{}`", verb_id(verb)))
        .collect();
    check(&offences);
}

fn fault_id(code: &str) -> String {
    format!("fault-{}", code.replace(['.', '_'], "-"))
}
