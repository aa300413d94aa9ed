//! The house rules that the compiler does not check: layers, sizes, headers, documents.
//!
//! `docs/ARCHITECTURE.md` says why the floors stand as they do; the table here is what holds.
//! Every rule is a function from files to offences, so that beside the test which runs it over
//! the project stands one which plants an offence and sees it found.

mod documents;
mod size;
mod source;

use std::path::Path;

use source::{Source, files, in_name, line_at, rust_files, without_inline_tests, words};

/// What each module may import from its siblings, from the ground up. This table is the
/// architecture: a row names only rows above it. `name::part` allows only that part.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // The ground: values, pure.
    ("base", &[]),
    // The first floor: the door outside, and what can be described without our domain.
    ("world", &["base"]),
    ("store", &["base", "world"]),
    ("audit", &["base", "world"]),
    ("text", &["base"]),
    ("document", &["base", "text"]),
    ("seal", &["base"]),
    // The second floor: what the program is about. These never import each other.
    ("repository", &["base", "world", "store"]),
    ("source", &["base", "world"]),
    ("drill", &["base", "document"]),
    ("probe", &["base", "world"]),
    ("incident", &["base", "document"]),
    ("playbook", &["base", "world"]),
    ("notice", &["base", "world"]),
    // The third floor: where they meet.
    (
        "view",
        &[
            "base",
            "audit",
            "drill::fact",
            "drill::trend",
            "drill::work",
            "probe::fact",
            "incident",
            "playbook",
            "notice::fact",
            "notice::memory",
        ],
    ),
    ("scheduler", &["base", "world", "audit"]),
    // `world` for the files that hold the configuration and its secrets; of the others the types
    // that it fills.
    (
        "config",
        &[
            "base",
            "world",
            "repository::retention",
            "probe::settings",
            "incident::settings",
            "notice::settings",
            "playbook::action",
            "playbook::model",
            "playbook::settings",
            "playbook::value",
            "scheduler::schedule",
            "seal",
            "source::alarm",
        ],
    ),
    ("job", EVERY_ROW_ABOVE),
    // The fourth floor: the edges, where people and scripts are.
    ("daemon", EVERY_ROW_ABOVE),
    ("cli", EVERY_ROW_ABOVE),
];

/// For the floors where the others meet.
const EVERY_ROW_ABOVE: &[&str] = &["*"];

/// The only files with types that can be serialized: what is stored, what is logged, what is
/// printed as JSON. A path that ends in `/` allows the folder.
const MAY_SERIALIZE: &[&str] = &[
    "src/base/digest.rs",
    "src/base/manifest.rs",
    "src/probe/criterion.rs",
    "src/playbook/plan.rs",
    "src/repository/blob.rs",
    "src/repository/config.rs",
    "src/repository/envelope.rs",
    "src/repository/id.rs",
    "src/repository/index_file.rs",
    "src/repository/key.rs",
    "src/repository/lock.rs",
    "src/repository/node.rs",
    "src/repository/polynomial.rs",
    "src/repository/snapshot.rs",
    "src/repository/tree.rs",
    "src/source/mariadb/fingerprint.rs",
    "src/source/postgres/fingerprint.rs",
    "src/source/postgres/physical/manifest.rs",
    "src/audit/entry.rs",
    "src/incident/rule.rs",
    "src/daemon/protocol.rs",
    "src/cli/",
];

/// A file of this name may hold such types in every module: what the module writes to the log.
const FACTS: &str = "/fact.rs";

/// Fails with every offence on a line of its own.
#[track_caller]
fn report(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn modules_import_downwards_only() {
    report(&files("src", &[".rs"]).iter().flat_map(upward_imports).collect::<Vec<_>>());
}

#[test]
fn the_table_knows_every_module_and_points_down() {
    let roots = files("src", &["src/lib.rs"]);
    let declared: Vec<String> = declared_modules(&roots[0]);
    for module in &declared {
        assert!(row(module).is_some(), "`{module}` has no row in MAY_IMPORT");
    }
    for (position, (module, _)) in MAY_IMPORT.iter().enumerate() {
        assert!(declared.iter().any(|name| name == module), "`{module}` is no module any more");
        for target in row(module).into_iter().flatten() {
            let name = target.split("::").next();
            let above = MAY_IMPORT[..position].iter().any(|(above, _)| Some(*above) == name);
            assert!(above, "`{module}` imports `{target}`, which does not stand above it");
        }
    }
}

#[test]
fn imports_name_one_module_a_line() {
    report(&rust_files().iter().flat_map(crowded_imports).collect::<Vec<_>>());
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    report(&rust_files().iter().filter_map(missing_header).collect::<Vec<_>>());
}

#[test]
fn only_formats_facts_and_edges_can_be_serialized() {
    for path in MAY_SERIALIZE {
        let there = Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists();
        assert!(there, "`{path}` is not there any more: take it out of MAY_SERIALIZE");
    }
    report(&files("src", &[".rs"]).iter().flat_map(stray_serde).collect::<Vec<_>>());
}

#[test]
fn no_test_is_switched_off_and_no_lint_silenced() {
    report(&rust_files().iter().flat_map(forbidden_attributes).collect::<Vec<_>>());
}

#[test]
fn no_closure_takes_the_values_of_a_message() {
    report(&rust_files().iter().flat_map(values_by_closure).collect::<Vec<_>>());
}

#[test]
fn no_rust_file_is_forgotten() {
    let all = rust_files();
    report(&all.iter().filter_map(|file| forgotten(file, &all)).collect::<Vec<_>>());
}

#[test]
fn open_work_names_its_issue() {
    let mut all = rust_files();
    all.extend(files("src", &[".ftl", ".typ", ".html"]));
    all.extend(files("docs", &[".md"]));
    all.extend(files(".ci", &["run"]));
    report(&all.iter().flat_map(open_work).collect::<Vec<_>>());
}

fn row(module: &str) -> Option<Vec<&'static str>> {
    let position = MAY_IMPORT.iter().position(|(name, _)| *name == module)?;
    Some(match MAY_IMPORT[position].1 {
        ["*"] => MAY_IMPORT[..position].iter().map(|(name, _)| *name).collect(),
        may => may.to_vec(),
    })
}

/// Every path into a sibling module that the table does not allow, and every way around it.
fn upward_imports(file: &Source) -> Vec<String> {
    let Some(module) = file.module() else { return Vec::new() };
    let Some(may) = row(module) else {
        return vec![format!("{}: `{module}` has no row in MAY_IMPORT", file.path)];
    };
    let code = file.code();
    let mut offences = Vec::new();
    let mut offend = |offset: usize, what: String| {
        offences.push(format!("{}:{}: {what}", file.path, line_at(&code, offset)));
    };
    for (offset, path) in crate_paths(&code) {
        if path[0] != module && !may.iter().any(|allowed| begins_with(&path, allowed)) {
            offend(offset, format!("`{module}` may not import `{}`", path.join("::")));
        }
    }
    for (offset, _) in code.match_indices("super::super") {
        offend(offset, "`super::super` hides the layer: start at `crate::`".to_owned());
    }
    // In `src/<module>/mod.rs` the parent is the crate root, and `super::` a way around the table.
    if file.path == format!("src/{module}/mod.rs") || file.path == format!("src/{module}.rs") {
        for offset in words(&without_inline_tests(&code), "super") {
            offend(offset, "`super` is the crate root here: start at `crate::`".to_owned());
        }
    }
    offences
}

/// Every `crate::a::b` (and `duphong::a::b`) as its segments; a brace group or glob is one too.
fn crate_paths(code: &str) -> Vec<(usize, Vec<&str>)> {
    let roots = ["crate", "duphong"];
    roots
        .iter()
        .flat_map(|root| words(code, root).map(move |offset| (offset, root.len())))
        .filter_map(|(offset, length)| {
            let mut path = Vec::new();
            let mut rest = &code[offset + length..];
            while let Some(behind) = rest.strip_prefix("::") {
                let end = behind.find(|c| !in_name(c)).unwrap_or(behind.len());
                path.push(if end == 0 { behind.get(..1).unwrap_or("") } else { &behind[..end] });
                rest = &behind[end..];
            }
            (!path.is_empty()).then_some((offset, path))
        })
        .collect()
}

fn begins_with(path: &[&str], allowed: &str) -> bool {
    allowed.split("::").enumerate().all(|(position, name)| path.get(position) == Some(&name))
}

/// Imports of ours that span several modules, so that a layer would hide inside a brace.
fn crowded_imports(file: &Source) -> Vec<String> {
    let code = file.code();
    let mut offences = Vec::new();
    for start in words(&code, "use") {
        let statement = &code[start..code[start..].find(';').map_or(code.len(), |at| start + at)];
        let ours = ["use crate::", "use duphong::"].iter().any(|head| statement.starts_with(head));
        let crowded = statement.split_once('{').is_some_and(|(head, group)| {
            group.contains("::") || head.ends_with("crate::") || head.ends_with("duphong::")
        });
        if ours && crowded {
            let line = line_at(&code, start);
            offences.push(format!("{}:{line}: one module a `use` line", file.path));
        }
    }
    offences
}

fn missing_header(file: &Source) -> Option<String> {
    let header = file.text.strip_prefix("//! ").and_then(|text| text.lines().next());
    match header {
        Some(sentence) if sentence.len() > 10 => None,
        _ => Some(format!("{}: no `//!` header says what it is for", file.path)),
    }
}

/// Types that can be serialized, by derivation or by hand. Functions over any such type may stand
/// anywhere: they do not say what is stored.
fn stray_serde(file: &Source) -> Vec<String> {
    let allowed = file.path.ends_with(FACTS)
        || MAY_SERIALIZE
            .iter()
            .any(|path| file.path == *path || (path.ends_with('/') && file.path.starts_with(path)));
    if allowed {
        return Vec::new();
    }
    let code = file.code();
    ["Serialize", "Deserialize"]
        .iter()
        .flat_map(|word| words(&code, word))
        .filter(|&offset| is_derived(&code, offset) || is_implemented(&code, offset))
        .map(|offset| {
            let line = line_at(&code, offset);
            format!("{}:{line}: what is stored belongs to formats, facts and edges", file.path)
        })
        .collect()
}

fn is_derived(code: &str, offset: usize) -> bool {
    code[..offset].rfind("derive(").is_some_and(|at| !code[at..offset].contains(')'))
}

fn is_implemented(code: &str, offset: usize) -> bool {
    let line = code[..offset].rfind('\n').map_or(0, |at| at + 1);
    let head = code[line..].lines().next().unwrap_or("");
    head.trim_start().starts_with("impl") && head.contains(" for ")
}

fn forbidden_attributes(file: &Source) -> Vec<String> {
    // The root of the tests lifts, for all of them and with its reason, what tests may do.
    let lifts = file.path == "tests/main.rs";
    let code = file.code();
    ["#[ignore", "#[should_panic", "#[allow(", "#![allow("]
        .iter()
        .filter(|attribute| !(lifts && **attribute == "#![allow("))
        .flat_map(|attribute| code.match_indices(attribute))
        .map(|(offset, attribute)| {
            format!("{}:{}: `{attribute}` is not used here", file.path, line_at(&code, offset))
        })
        .collect()
}

/// rustc 1.95 gives two closures one and the same empty `Args` when each is called with a new one,
/// and the memory is freed twice: docs/decisions/0009.
fn values_by_closure(file: &Source) -> Vec<String> {
    let code = file.code();
    ["FnOnce(Args", "FnMut(Args", "Fn(Args"]
        .iter()
        .flat_map(|taken| code.match_indices(taken))
        .map(|(offset, taken)| {
            format!("{}:{}: pass `Args`, not `{taken})`", file.path, line_at(&code, offset))
        })
        .collect()
}

/// The names that a file declares as modules with a file of their own.
fn declared_modules(file: &Source) -> Vec<String> {
    let code = file.code();
    words(&code, "mod")
        .filter_map(|offset| {
            let rest = code[offset + 3..].trim_start();
            let name: String = rest.chars().take_while(|c| in_name(*c)).collect();
            rest[name.len()..].starts_with(';').then_some(name)
        })
        .collect()
}

/// A file that no `mod` line names is neither compiled nor tested, and nothing says so.
fn forgotten(file: &Source, all: &[Source]) -> Option<String> {
    const ROOTS: [&str; 9] = [
        "src/build.rs",
        "src/lib.rs",
        "src/main.rs",
        "tests/main.rs",
        "tests/bench/mkdata.rs",
        // Of the next two, which are built by themselves.
        "tests/bench/frame.rs",
        "tests/bench/engine.rs",
        "tests/bench/log.rs",
        "tests/fuzz/fuzz_targets/parser.rs",
    ];
    if ROOTS.contains(&file.path.as_str()) {
        return None;
    }
    let stem = file.path.strip_suffix(".rs")?;
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let (folder, name) = stem.rsplit_once('/')?;
    let parents = [
        format!("{folder}.rs"),
        format!("{folder}/mod.rs"),
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
    ];
    let declared = all
        .iter()
        .filter(|parent| parents.contains(&parent.path))
        .any(|parent| declared_modules(parent).iter().any(|module| module == name));
    (!declared).then(|| format!("{}: no `mod {name};` names it", file.path))
}

/// Open work without the number of its issue, and marks that must not be committed at all.
fn open_work(file: &Source) -> Vec<String> {
    // Spelt in two so that this file does not find itself.
    let (later, broken) = (concat!("TO", "DO"), [concat!("FIX", "ME"), concat!("XX", "X")]);
    let mut offences = Vec::new();
    for offset in words(&file.text, later) {
        let named = file.text[offset + later.len()..].strip_prefix("(#").is_some_and(|rest| {
            rest.split_once(')').is_some_and(|(number, _)| number.parse::<u32>().is_ok())
        });
        if !named {
            let line = line_at(&file.text, offset);
            offences
                .push(format!("{}:{line}: `{later}` needs its issue: `{later}(#7)`", file.path));
        }
    }
    for offset in broken.iter().flat_map(|word| words(&file.text, word)) {
        offences.push(format!("{}:{}: mend it", file.path, line_at(&file.text, offset)));
    }
    offences
}

#[test]
fn every_way_up_is_found() {
    #[track_caller]
    fn check(path: &str, text: &str, offences: usize) {
        let found = upward_imports(&Source::planted(path, text));
        assert_eq!(found.len(), offences, "{path}: {text}: {found:?}");
    }
    check("src/store/disk.rs", "use crate::world::files;", 0);
    check("src/store/disk.rs", "use crate::store::ObjectStore;", 0);
    check("src/store/disk.rs", "use crate::repository::Pack;", 1);
    check("src/store/disk.rs", "fn a() { crate::cli::run(); }", 1);
    check("src/store/disk.rs", "use crate::{base, cli};", 1);
    check("src/store/disk.rs", "use crate::*;", 1);
    check("src/store/disk.rs", "use duphong::cli::run;", 1);
    check("src/store/disk.rs", "use super::super::cli;", 1);
    check("src/store/disk.rs", "// crate::cli\nlet a = \"crate::cli\"; pub(crate) fn b() {}", 0);
    check("src/source/mod.rs", "use crate::repository::Tree;", 1);
    check("src/store/mod.rs", "use super::cli;", 1);
    check("src/store/mod.rs", "#[cfg(test)]\nmod tests { use super::*; }", 0);
    check("src/view/now.rs", "use crate::drill::fact::Held;", 0);
    check("src/view/now.rs", "use crate::drill::plan::Plan;", 1);
    check("src/novelty/mod.rs", "", 1);
    check("src/main.rs", "use duphong::cli;", 0);
}

#[test]
fn every_other_planted_offence_is_found() {
    let crowded = |text: &str| crowded_imports(&Source::planted("src/job/a.rs", text)).len();
    assert_eq!(crowded("use crate::base::fault::{Fault, Args};"), 0);
    assert_eq!(crowded("use crate::base::{\n    fault::Fault,\n    exit::ExitCode,\n};"), 1);
    assert_eq!(crowded("use duphong::{base, world};"), 1);
    assert_eq!(crowded("use std::{fs, io::{self}};"), 0);

    let headed = |text: &str| missing_header(&Source::planted("src/a.rs", text)).is_none();
    assert!(headed("//! What it is for.\n"));
    assert!(!headed("use std::fs;\n"));
    assert!(!headed("//! a\n"));
    assert!(!headed(""));

    let serde = |path: &str, text: &str| stray_serde(&Source::planted(path, text)).len();
    assert_eq!(serde("src/drill/plan.rs", "#[derive(Serialize)] struct A;"), 1);
    assert_eq!(serde("src/drill/plan.rs", "use serde_json::Value;"), 0);
    assert_eq!(
        serde("src/drill/plan.rs", "#[derive(\n    Debug,\n    Serialize,\n)] struct A;"),
        1
    );
    assert_eq!(serde("src/drill/plan.rs", "impl serde::Serialize for A {"), 1);
    assert_eq!(serde("src/drill/plan.rs", "fn read<T: Deserialize>() -> T {}"), 0);
    assert_eq!(serde("src/drill/fact.rs", "#[derive(Serialize)] struct A;"), 0);
    assert_eq!(serde("src/cli/show.rs", "#[derive(Serialize)] struct A;"), 0);

    let switched = |text: &str| forbidden_attributes(&Source::planted("tests/a.rs", text)).len();
    assert_eq!(switched("#[test]\n#[ignore]\nfn a() {}"), 1);
    assert_eq!(switched("#[should_panic(expected = \"a\")]"), 1);
    assert_eq!(switched("#![allow(dead_code)]"), 1);
    assert_eq!(switched("#[expect(dead_code, reason = \"b\")]"), 0);

    let closure =
        Source::planted("src/a.rs", concat!("fn say(args: impl Fn", "Once(Args) -> Args)"));
    assert_eq!(values_by_closure(&closure).len(), 1);

    let issue = |text: &str| open_work(&Source::planted("src/a.rs", text)).len();
    assert_eq!(issue(concat!("// TO", "DO(#12): later")), 0);
    assert_eq!(issue(concat!("// TO", "DO: later")), 1);
    assert_eq!(issue(concat!("// FIX", "ME")), 1);
}

#[test]
fn a_file_that_no_module_names_is_found() {
    let all = [
        Source::planted("tests/main.rs", "mod store;\nmod tidy;"),
        Source::planted("tests/store/mod.rs", "mod disk;"),
        Source::planted("tests/store/disk.rs", ""),
        Source::planted("tests/store/lost.rs", ""),
        Source::planted("tests/tidy.rs", "mod size;\n// mod lost;"),
        Source::planted("tests/tidy/size.rs", ""),
        Source::planted("tests/tidy/lost.rs", ""),
    ];
    let found: Vec<String> = all.iter().filter_map(|file| forgotten(file, &all)).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|offence| offence.contains("/lost.rs")));
}
