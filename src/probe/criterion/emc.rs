//! Finding the tracking code of the EMC system as it really stands in pages (law.md §7.4).
//!
//! The code is a queue like Matomo's in an inline script, written in many ways: minified, inside a
//! string of another script, with its id in a variable. What only a running script would add
//! cannot be seen here, and is not guessed.

use crate::probe::page::{Page, Role};

/// What stands in a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    /// Addresses of the loader or tracker, with `http:`, `https:`, or none of them in front.
    pub(super) loaders: Vec<Loader>,
    /// The ids that are set, each once.
    pub(super) ids: Vec<String>,
    /// Whether an id is set in a way that cannot be resolved.
    pub(super) unresolved: bool,
    /// Whether the queue or the host is spoken of at all.
    pub(super) mentioned: bool,
    /// Whether it is spoken of so often that only the first places were looked at.
    pub(super) cut: bool,
}

/// One address of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loader {
    /// Whether it is asked for without TLS.
    pub(super) plain: bool,
}

/// Looks for the code.
pub(super) fn find(page: &Page, hosts: &[String]) -> Code {
    let mut code = Code::default();
    let sources = page.references.iter().filter(|one| one.role == Role::Script);
    let texts = page.scripts.iter().map(|script| unescaped(script));
    for text in sources.map(|one| one.url.to_string()).chain(texts) {
        for host in hosts {
            loaders(&text, host, &mut code);
        }
        ids(&text, &mut code);
    }
    code
}

/// Scripts are often strings of other scripts or of JSON.
fn unescaped(script: &str) -> String {
    let mut plain = script.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&");
    for sign in ['"', '\'', '/'] {
        plain = plain.replace(&format!("\\{sign}"), &sign.to_string());
    }
    plain.replace("\\n", "\n")
}

/// `\bHOST/(embed/gov-tracking(\.min)?\.js|tracking)`, in any case.
fn loaders(text: &str, host: &str, code: &mut Code) {
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices(host) {
        let before = lower[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == '-') {
            continue;
        }
        code.mentioned = true;
        let path = &lower[at + host.len()..];
        let known = ["/embed/gov-tracking.js", "/embed/gov-tracking.min.js", "/tracking"];
        if known.iter().any(|known| path.starts_with(known)) {
            code.loaders.push(Loader { plain: lower[..at].ends_with("http://") });
        }
    }
}

/// A real page speaks of the code a dozen times.
const SPOKEN_MAX: usize = 200;

/// `_govaq.push([ 'setSiteId', 33 ])` in all its ways.
fn ids(text: &str, code: &mut Code) {
    let lower = text.to_ascii_lowercase();
    for (count, (at, word)) in lower.match_indices("_govaq").enumerate() {
        code.mentioned = true;
        // Each may cost a walk through the script.
        if count == SPOKEN_MAX {
            code.cut = true;
            break;
        }
        let rest = at + word.len();
        let Some(at) = after(&lower, rest, &[".push", "(", "["]) else { continue };
        let quoted = ["'setsiteid'", "\"setsiteid\""];
        let Some(at) = quoted.iter().find_map(|name| after(&lower, at, &[name, ","])) else {
            continue;
        };
        // Lower case has the same bytes here: only ASCII letters change.
        match value(text, text[at..].trim_start()) {
            Some(id) if !code.ids.contains(&id) => code.ids.push(id),
            Some(_) => {}
            None => code.unresolved = true,
        }
    }
}

/// The place behind these pieces, with blanks allowed before each.
fn after(text: &str, from: usize, pieces: &[&str]) -> Option<usize> {
    pieces.iter().try_fold(from, |at, piece| {
        let blanks = text[at..].len() - text[at..].trim_start().len();
        text[at + blanks..].starts_with(piece).then_some(at + blanks + piece.len())
    })
}

/// A value: digits, a text in quotes, or a variable that the script declares.
fn value(script: &str, rest: &str) -> Option<String> {
    if let Some(text) = quoted(rest) {
        return Some(text);
    }
    let name: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'))
        .collect();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(name);
    }
    let name = name.strip_prefix("window.").unwrap_or(&name);
    if name.is_empty() {
        return None;
    }
    script.match_indices(name).find_map(|(at, _)| {
        let before = script[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')) {
            return None;
        }
        let at = after(script, at + name.len(), &["="])?;
        let rest = script[at..].trim_start();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        quoted(rest).or_else(|| (!digits.is_empty()).then_some(digits))
    })
}

fn quoted(rest: &str) -> Option<String> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let text = rest[1..].split(quote).next()?;
    // An id is short; what is longer is not one.
    (text.len() <= 40).then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;

    const VERBATIM: &str = "var _govaq = window._govaq || [];\n  _govaq.push(['trackPageView']);\n  \
        _govaq.push(['enableLinkTracking']);\n  (function () {\n    _govaq.push(['setTrackerUrl', \
        'https://f-emc.ngsp.gov.vn/tracking']);\n    _govaq.push(['setSiteId', '33']);\n    var d = \
        document, g = d.createElement('script');\n    g.src = \
        'https://f-emc.ngsp.gov.vn/embed/gov-tracking.min.js';\n  })();";

    #[track_caller]
    fn check(html: &str, loaders: usize, plain: bool, ids: &[&str]) -> Code {
        let url = Url::parse("https://cong.example/").expect("a constant");
        let page = Page::read(&url, None, html.as_bytes());
        let code = find(&page, &["f-emc.ngsp.gov.vn".to_owned()]);
        assert_eq!(code.loaders.len(), loaders, "{html}: {code:?}");
        assert_eq!(code.loaders.iter().any(|one| one.plain), plain, "{html}: {code:?}");
        assert_eq!(code.ids, ids, "{html}: {code:?}");
        code
    }

    #[test]
    fn the_code_is_found_in_all_its_ways() {
        check(&format!("<script>{VERBATIM}</script>"), 2, false, &["33"]);
        check(
            &format!("<script>{}</script>", VERBATIM.replace("https:", "http:")),
            2,
            true,
            &["33"],
        );
        check(
            "<script>var _govaq=window._govaq||[];_govaq.push([\"setSiteId\",\"205\"]),g.src=\"//f-emc.ngsp.gov.vn/embed/gov-tracking.js\"</script>",
            1,
            false,
            &["205"],
        );
        check("<script>_govaq.push( [ 'setSiteId' , 47 ] )</script>", 0, false, &["47"]);
        check(
            "<script>x={\"html\":\"_govaq.push([\\\"setSiteId\\\",\\\"60\\\"]);g.src='https:\\/\\/f-emc.ngsp.gov.vn\\/tracking'\"}</script>",
            1,
            false,
            &["60"],
        );
        check(
            "<script>var x = '1914'; _govaq.push(['setSiteId', x]);</script>",
            0,
            false,
            &["1914"],
        );
        check(
            "<script src='https://f-emc.ngsp.gov.vn/embed/gov-tracking.min.js'></script>",
            1,
            false,
            &[],
        );
        check(
            "<script>_govaq.push(['setSiteId','33']);_govaq.push(['setSiteId','227']);</script>",
            0,
            false,
            &["33", "227"],
        );
    }

    #[test]
    fn what_is_not_the_code_is_not_taken_for_it() {
        let code = check("<script>_govaq.push(['setSiteId', ids[0]])</script>", 0, false, &[]);
        assert!(code.unresolved);
        check("<script>u='https://not-f-emc.ngsp.gov.vn/tracking'</script>", 0, false, &[]);
        check("<!-- <script>_govaq.push(['setSiteId','33'])</script> -->", 0, false, &[]);
        check("<p>_govaq.push(['setSiteId','33'])</p>", 0, false, &[]);
        let code = check("<script>u='https://f-emc.ngsp.gov.vn/'+p</script>", 0, false, &[]);
        assert!(code.mentioned);
    }
}
