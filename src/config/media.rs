//! Reads how a database is asked which files of the portal's trees it names.

use crate::base::command::paths_of;
use crate::config::decode::{Cursor, Section, listed};
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::settings::{Engine, MediaQuery, Tree};
use crate::config::suggest::nearest;

/// Tables of one database that name files.
const QUERIES_MAX: usize = 20;

/// A query that needs more belongs into a view.
const QUERY_CHARACTERS_MAX: usize = 4000;

/// How a statement begins that reads.
const READS: [&str; 2] = ["select", "with"];

/// The list `media` of a database, or what its commands print of the same. `asked` gets the trees
/// that are named, with where they are.
pub(super) fn media<'a>(
    database: &Section<'a>,
    engine: Option<&Engine>,
    asked: &mut Vec<(Cursor<'a>, String)>,
) -> Vec<MediaQuery> {
    if let Some(Engine::Command(source)) = engine {
        if let (false, Some(value)) = (source.paths.is_empty(), database.get("sealed")) {
            let complaint = Complaint::error("config-media-beside");
            value.complain(complaint.hint("config-media-beside-hint"));
        }
        if database.get("media").is_none() {
            let asked = source
                .paths
                .iter()
                .map(|(tree, _)| MediaQuery { tree: tree.clone(), query: paths_of(tree) });
            return asked.collect();
        }
    }
    let queries = database.may("media", |value| {
        // A query is nothing to a command: which one prints paths stands with the commands.
        if database.get("command").is_some() {
            let complaint = Complaint::error("config-media-command");
            return value.refuse(complaint.hint("config-media-command-hint"));
        }
        // Answers stand readable in the set, and a base is not asked anything.
        let is_physical = matches!(engine, Some(Engine::PostgresBase(_)));
        if database.get("sealed").is_some() || is_physical {
            let complaint = Complaint::error("config-media-beside");
            return value.refuse(complaint.hint("config-media-beside-hint"));
        }
        let items = value.list(0..=QUERIES_MAX);
        Some(items.iter().filter_map(|item| one(item, asked)).collect())
    });
    queries.unwrap_or_default()
}

fn one<'a>(item: &Cursor<'a>, asked: &mut Vec<(Cursor<'a>, String)>) -> Option<MediaQuery> {
    let section = item.section(&keys::MEDIA)?;
    let tree = section.need("tree", |value| {
        let name = value.id()?;
        asked.push((value.clone(), name.clone()));
        Some(name)
    });
    let query = section.need("query", query);
    Some(MediaQuery { tree: tree?, query: query? })
}

fn query(value: &Cursor<'_>) -> Option<String> {
    let text = value.text_within(QUERY_CHARACTERS_MAX)?;
    let text = text.trim_end_matches([';', ' ']);
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if READS.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return Some(text.to_owned());
    }
    let complaint = Complaint::error("config-media-query").text("value", first);
    value.refuse(complaint.hint("config-media-query-hint"))
}

/// The files of a sealed tree have other names in the set, and their names are not for everybody.
pub(super) fn check_sealed(asked: &[(Cursor<'_>, String)], trees: &[Tree]) {
    let is_sealed =
        |name: &String| trees.iter().any(|one| one.name == *name && one.sealed.is_some());
    for (value, _) in asked.iter().filter(|(_, name)| is_sealed(name)) {
        let complaint = Complaint::error("config-media-beside");
        value.complain(complaint.hint("config-media-beside-hint"));
    }
}

/// Each question is about a tree of the same portal.
pub(super) fn check_trees(asked: &[(Cursor<'_>, String)], trees: &[String]) {
    for (value, name) in asked.iter().filter(|(_, name)| !trees.contains(name)) {
        let known = || trees.iter().map(String::as_str);
        let complaint = Complaint::error("config-media-tree")
            .text("value", name)
            .text("known", listed(known()));
        value.complain(match nearest(name, known()) {
            Some(word) => complaint.hint("config-did-you-mean-hint").text("nearest", word),
            None => complaint.hint("config-media-tree-hint"),
        });
    }
}
