//! Where a page leads: what it refers to, what its scripts load, and where they send a visitor.
//!
//! Scripts are not run. What they write out in full is seen; what they put together from pieces is
//! not, and shows itself in another way or in a browser only.

use std::collections::BTreeSet;

use reqwest::Url;

use crate::probe::page::{Page, Role, host};

/// No program's address is longer up to its parameters.
const LOADED_MAX: usize = 1024;

/// Every role and host that a page refers to, once.
pub(super) fn referred(page: &Page) -> BTreeSet<(Role, String)> {
    let tags = page.references.iter().filter_map(|one| Some((one.role, one.host()?.to_owned())));
    let loaded = page.scripts.iter().flat_map(|script| loaded(script));
    tags.chain(loaded.map(|host| (Role::Script, host))).collect()
}

/// Hosts of the programs whose addresses stand in a script.
fn loaded(script: &str) -> BTreeSet<String> {
    let plain = script.replace("\\/", "/");
    let mut hosts = BTreeSet::new();
    let mut end = 0;
    for (at, _) in plain.match_indices("//") {
        // Each run is walked once, however many addresses begin in it.
        if at >= end {
            let stop = |c: char| c.is_whitespace() || "\"'`<>\\)?#".contains(c);
            end = plain[at..].find(stop).map_or(plain.len(), |length| at + length);
        }
        let address = &plain[at..end];
        if address.len() > LOADED_MAX {
            continue;
        }
        if address.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("js")) {
            hosts.extend(of(address));
        }
    }
    hosts
}

/// Hosts to which a page's scripts send whoever opens it.
pub(super) fn sends_to(page: &Page) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for script in &page.scripts {
        let plain = script.replace("\\/", "/");
        for (at, word) in plain.match_indices("location") {
            hosts.extend(target(&plain[at + word.len()..]).and_then(of));
        }
    }
    hosts
}

/// The address in `.href = "…"`, `.replace('…')`, `.assign("…")` or ` = "…"` behind `location`.
fn target(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let rest = [".href", ".replace", ".assign", "['href']", "[\"href\"]"]
        .iter()
        .find_map(|member| rest.strip_prefix(member))
        .unwrap_or(rest)
        .trim_start();
    let rest = rest.strip_prefix(['=', '('])?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    rest[1..].split(quote).next()
}

fn of(address: &str) -> Option<String> {
    let base = Url::parse("https://own.invalid/").ok()?;
    let url = base.join(address).ok()?;
    host(&url).filter(|host| *host != "own.invalid").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(script: &str) -> Page {
        let url = Url::parse("https://cong.example/").expect("a constant");
        Page::read(&url, None, format!("<script>{script}</script>").as_bytes())
    }

    #[test]
    fn scripts_that_send_away_are_seen() {
        for (script, host) in [
            ("window.location.href = 'https://x.example/a'", Some("x.example")),
            ("if(a)location=\"//x.example\"", Some("x.example")),
            ("top.location.replace(`http:\\/\\/x.example`)", Some("x.example")),
            ("location.assign( 'https://X.example.')", Some("x.example")),
            ("location.href='/tin/1'", None),
            ("if (location.href == 'https://x.example') {}", None),
            ("location.reload()", None),
            ("var a = location", None),
        ] {
            let found = sends_to(&page(script)).into_iter().next();
            assert_eq!(found.as_deref(), host, "{script}");
        }
    }

    #[test]
    fn programs_that_scripts_load_are_seen_and_their_data_are_not() {
        let hosts = loaded(
            "s.src='https:\\/\\/a.example\\/x.js?v=1'; t.src=\"//b.example/y.js\"; \
             u={\"tin\":\"https://c.example/tin.html\"}; // d.example/z",
        );
        assert_eq!(hosts.into_iter().collect::<Vec<_>>(), ["a.example", "b.example"]);
    }
}
