//! In which language the program answers.

use crate::cli::kit::{Home, configuration};

const VIETNAMESE: &str = "lỗi: ";
const ENGLISH: &str = "error: ";

/// `status` fails in each of these homes; the first word tells the language.
#[track_caller]
fn check(home: &Home, line: &str, expected: &str) {
    let answer = home.run(line);
    assert!(answer.err.starts_with(expected), "{line}: {}", answer.err);
}

#[test]
fn a_wish_goes_before_the_session_and_nobody_said_means_vietnamese() {
    check(&Home::new(), "status", VIETNAMESE);
    check(&Home::new().with("LANG", "C.UTF-8"), "status", VIETNAMESE);
    check(&Home::new().with("LANG", "en_US.UTF-8"), "status", ENGLISH);
    let home = Home::new().with("LANG", "vi_VN.UTF-8").with("LC_ALL", "en_GB.UTF-8");
    check(&home, "status", ENGLISH);
    check(&home, "--lang vi status", VIETNAMESE);
    check(&home, "status --lang=vi", VIETNAMESE);
}

#[test]
fn the_configuration_speaks_for_the_site() {
    let home = Home::new().with("LANG", "vi_VN.UTF-8");
    home.write("duphong.yaml", &configuration("en"));
    check(&home, "status", ENGLISH);
    check(&home, "status --lang vi", VIETNAMESE);
    home.write("other.yaml", &configuration("vi"));
    check(&home, "status --config other.yaml", VIETNAMESE);
    check(&home, "status --config=other.yaml", VIETNAMESE);
    // A line that cannot be understood is answered in the site's language too.
    check(&home, "statu", ENGLISH);
}

#[test]
fn a_configuration_that_cannot_be_used_decides_nothing() {
    let home = Home::new().with("LANG", "en_US.UTF-8");
    home.write("duphong.yaml", "site: { language: vi }\n");
    check(&home, "status", ENGLISH);
}
