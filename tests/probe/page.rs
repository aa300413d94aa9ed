//! Pages from hostile servers: nothing panics, nothing takes long, nothing gets out of its bounds.

use std::collections::BTreeSet;

use duphong::probe::page::{DEPTH_MAX, Page, REFERENCES_MAX, Role, TEXT_MAX, TITLE_MAX};
use proptest::prelude::*;
use reqwest::Url;

fn read(body: &[u8]) -> Page {
    Page::read(&Url::parse("https://cong.example/").unwrap(), Some("text/html"), body)
}

/// A piece of what pages are made of, whole or broken.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zà-ỹ <>&;#\"'=/!-]{0,12}",
        "<(a|p|div|title|script|style|svg|img|form|meta|textarea)( (href|src|class|style|id)=['\"]?[a-z0-9:;/.-]{0,12}['\"]?){0,3}/?>",
        "</(a|p|div|title|script|style|svg|textarea)>",
        "<!--[a-z>-]{0,6}(-->)?",
        "&(#x?[0-9a-f]{0,9}|[a-zA-Z]{0,9});?",
    ]
}

proptest! {
    #[test]
    fn random_bytes_are_a_page_of_some_kind(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let page = read(&bytes);
        prop_assert!(page.text.len() <= TEXT_MAX && !page.title.chars().any(char::is_control));
    }

    #[test]
    fn random_markup_is_read_without_a_panic_and_twice_alike(pieces in proptest::collection::vec(piece(), 0..40)) {
        let body = pieces.concat();
        prop_assert_eq!(read(body.as_bytes()), read(body.as_bytes()));
    }
}

/// What a browser's parser sees: title, and the addresses of links, programs and pictures.
fn by_a_browser(body: &str) -> BTreeSet<String> {
    let tree = scraper::Html::parse_document(body);
    let base = Url::parse("https://cong.example/").unwrap();
    let mut seen = BTreeSet::new();
    for (selector, attribute) in [("a[href]", "href"), ("script[src]", "src"), ("img[src]", "src")]
    {
        let selector = scraper::Selector::parse(selector).unwrap();
        let addresses = tree.select(&selector).filter_map(|one| one.value().attr(attribute));
        let urls = addresses.filter(|one| !one.trim_start().starts_with("data:"));
        seen.extend(
            urls.filter_map(|one| Some(format!("{attribute} {}", base.join(one.trim()).ok()?))),
        );
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn what_a_browser_finds_is_found(pieces in proptest::collection::vec(piece(), 0..12)) {
        let body = pieces.concat();
        let ours: BTreeSet<String> = read(body.as_bytes())
            .references
            .iter()
            .filter_map(|one| match one.role {
                Role::Anchor => Some(format!("href {}", one.url)),
                Role::Script | Role::Image => Some(format!("src {}", one.url)),
                _ => None,
            })
            .collect();
        let missed: Vec<_> = by_a_browser(&body).difference(&ours).cloned().collect();
        prop_assert!(missed.is_empty(), "{body:?}: {missed:?}");
    }
}

#[test]
fn a_million_nested_elements_are_read_and_told_to_be_cut() {
    let page = read(format!("{}đáy", "<div>".repeat(1_000_000)).as_bytes());
    assert!(page.cut && page.text.contains("đáy"));
    assert!(page.skeleton.to_string().len() / 8 <= DEPTH_MAX);
}

#[test]
fn a_hundred_thousand_attributes_hide_none_that_matters() {
    let attributes: String = (0..100_000).map(|n| format!("a{n}=1 ")).collect::<Vec<_>>().concat();
    let page = read(format!("<script {attributes} src=//x.example/a.js></script>").as_bytes());
    assert_eq!(page.references[0].url.host_str(), Some("x.example"));
}

#[test]
fn unclosed_formatting_does_not_multiply() {
    let fonts: String = (0..100_000).map(|n| format!("<font a={n}>")).collect::<Vec<_>>().concat();
    let page = read(format!("<p>{fonts}</p>{}", "<p>x</p>".repeat(100_000)).as_bytes());
    assert!(page.cut);
}

#[test]
fn more_links_than_any_page_has_are_told_to_be_cut() {
    let page = read("<a href=//x.example>x</a>".repeat(REFERENCES_MAX + 1).as_bytes());
    assert_eq!(page.references.len(), REFERENCES_MAX);
    assert!(page.cut && page.references.iter().all(|one| one.role == Role::Anchor));
}

#[test]
fn a_giant_title_of_steering_characters_becomes_one_harmless_line() {
    let title = "\u{1b}]0;x\u{7}\u{202e}A\0\r\n".repeat(1_000_000);
    let page = read(format!("<title>{title}</title>").as_bytes());
    assert!(page.title.chars().count() <= TITLE_MAX);
    assert!(!page.title.contains(|c: char| c.is_control() || c == '\u{202e}'));
}

#[test]
fn bytes_that_are_no_characters_are_told() {
    let page = read(b"<title>C\xffng</title><a href=//x.example/\xff>\xc3</a>\0<p>\xe1\xbb");
    assert!(page.lossy);
    assert_eq!(page.references[0].url.host_str(), Some("x.example"));
}

#[test]
fn many_comments_that_never_end_well_are_read_once() {
    let page = read(format!("{}<p>sau", "<!--a--!b".repeat(200_000)).as_bytes());
    assert_eq!(page.text, "");
    let page = read("<!--a-->".repeat(200_000).as_bytes());
    assert_eq!(page.text, "");
}
