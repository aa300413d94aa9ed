//! Nothing longer than a reader can hold: 700 lines a file, 70 lines a function.
//!
//! 400 and 40 are questions in review; these are the limits at which the test fails. The inline
//! tests of a file do not count towards its length, but each of their functions is measured.

use super::report;
use super::source::{
    Source, behind_block, in_name, line_at, rust_files, without_inline_tests, words,
};

/// Lines of a file, its inline tests left out.
const FILE_LINES_MAX: usize = 700;

/// Lines of a function, from its `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn no_file_and_no_function_is_longer_than_a_reader_can_hold() {
    report(&rust_files().iter().filter_map(long_file).collect::<Vec<_>>());
    report(&rust_files().iter().flat_map(long_functions).collect::<Vec<_>>());
}

fn long_file(file: &Source) -> Option<String> {
    let code = file.code();
    let tests = code.lines().count() - inhabited(&code, &without_inline_tests(&code));
    let lines = file.text.lines().count() - tests;
    (lines > FILE_LINES_MAX).then(|| {
        format!("{}: {lines} lines without inline tests, over {FILE_LINES_MAX}", file.path)
    })
}

/// Lines of `code` that are the same in `rest`: those that belong to no inline test.
fn inhabited(code: &str, rest: &str) -> usize {
    code.lines().zip(rest.lines()).filter(|(one, other)| one == other).count()
}

fn long_functions(file: &Source) -> Vec<String> {
    let code = file.code();
    let mut offences = Vec::new();
    for start in words(&code, "fn") {
        let name: String =
            code[start + 2..].trim_start().chars().take_while(|c| in_name(*c)).collect();
        let Some(open) = body(&code, start) else { continue };
        let lines = line_at(&code, behind_block(&code, open)) - line_at(&code, start) + 1;
        if !name.is_empty() && lines > FUNCTION_LINES_MAX {
            offences.push(format!(
                "{}:{}: `{name}` has {lines} lines, over {FUNCTION_LINES_MAX}",
                file.path,
                line_at(&code, start)
            ));
        }
    }
    offences
}

/// Where the body of the function declared at `start` opens; a declaration without a body ends
/// in a semicolon, but one inside brackets is the length of an array.
fn body(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'{' if depth == 0 => return Some(offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[test]
fn a_long_file_is_found_and_its_inline_tests_are_not_counted() {
    let long = "fn a() {}\n".repeat(FILE_LINES_MAX + 1);
    assert!(long_file(&Source::planted("src/a.rs", &long)).is_some());
    let fits = "fn a() {}\n".repeat(FILE_LINES_MAX);
    let tested = format!("{fits}#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn b() {}\n".repeat(99));
    assert_eq!(long_file(&Source::planted("src/a.rs", &tested)), None);
}

#[test]
fn a_long_function_is_found_wherever_it_hides() {
    #[track_caller]
    fn check(head: &str, lines: usize, found: usize) {
        let text = format!("{head}{}}}\nfn after() {{}}\n", "    x();\n".repeat(lines - 2));
        assert_eq!(long_functions(&Source::planted("src/a.rs", &text)).len(), found, "{head}");
    }
    check("fn a() {\n", FUNCTION_LINES_MAX, 0);
    check("fn a() {\n", FUNCTION_LINES_MAX + 1, 1);
    check("pub async fn a(b: [u8; 4]) -> [u8; 2] {\n", FUNCTION_LINES_MAX + 1, 1);
    check("fn a() { \"}\"; '}'; // }\n", FUNCTION_LINES_MAX + 1, 1);
    check("const A: fn(u8) -> u8 = b;\nmod c {\n", FUNCTION_LINES_MAX + 1, 0);
    check("trait A { fn a(); }\nmod c {\n", FUNCTION_LINES_MAX + 1, 0);
}
