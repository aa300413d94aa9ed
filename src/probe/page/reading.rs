//! From tokens to a [`Page`].

use reqwest::Url;

use crate::probe::page::fold::{one_line, words};
use crate::probe::page::html::{Tag, Token, Tokens};
use crate::probe::page::sketch::Sketch;
use crate::probe::page::{
    ADDRESS_MAX, DEPTH_MAX, Page, REFERENCES_MAX, Reference, Role, SCRIPTS_MAX, TEXT_MAX, TITLE_MAX,
};

/// Elements that have no end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "source",
    "track", "wbr",
];

/// Elements that end where the next of their name begins.
const SIBLINGS: [&str; 9] = ["dd", "dt", "li", "optgroup", "option", "p", "td", "th", "tr"];

/// Elements around which a browser breaks the line: words on both sides are two words.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "mark", "s", "small",
    "span", "strong", "u",
];

/// Parts of a page that stay when its news change, by element and by the words of its class or id.
const LASTING_ELEMENTS: [&str; 3] = ["footer", "header", "nav"];
const LASTING_WORDS: [&str; 7] = ["banner", "bottom", "footer", "header", "logo", "menu", "nav"];

/// A menu has dozens of entries; a hundred are enough to know it again.
const LASTING_MAX: usize = 100;

/// Longer texts in a head or foot are news tickers and notices.
const LASTING_LENGTH_MAX: usize = 80;

/// The words of one link that are kept.
const WORDS_MAX: usize = 200;

/// Metadata of a page are dozens.
const METAS_MAX: usize = 500;

/// Ids and classes that are kept; frameworks produce tens of thousands.
const MARKS_MAX: usize = 20_000;

/// The steps of a path: enough to tell a menu's links from those of an article.
const PATH_STEPS: usize = 4;

/// An element that has begun and not ended.
struct Open {
    name: String,
    /// Its name with the first word of its class: a step of a path.
    step: String,
    hidden: bool,
    lasting: bool,
}

struct Reading {
    page: Page,
    base: Url,
    open: Vec<Open>,
    /// Elements that began beyond the greatest depth.
    beyond: usize,
    scripts_length: usize,
    /// The index of the link whose words come now.
    link: Option<usize>,
    /// The element that began last, while nothing has come since: that of raw text, even beyond
    /// the greatest depth.
    just_begun: String,
    title_seen: bool,
}

/// Reads a page's characters.
pub(super) fn read(url: &Url, text: &str, lossy: bool) -> Page {
    let page = Page {
        url: url.clone(),
        title: String::new(),
        language: None,
        text: String::new(),
        hidden_text: String::new(),
        lasting: Vec::new(),
        references: Vec::new(),
        metas: Vec::new(),
        scripts: Vec::new(),
        marks: Vec::new(),
        skeleton: Sketch::default(),
        wording: Sketch::default(),
        lossy,
        cut: false,
    };
    let mut reading = Reading {
        page,
        base: url.clone(),
        open: Vec::new(),
        beyond: 0,
        scripts_length: 0,
        link: None,
        just_begun: String::new(),
        title_seen: false,
    };
    for token in Tokens::of(text) {
        match token {
            Token::Start(tag) => reading.start(&tag),
            Token::End(name) => reading.end(&name),
            Token::Text(text) => reading.text(&text),
        }
    }
    reading.finish()
}

impl Reading {
    fn start(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        name.clone_into(&mut self.just_begun);
        if SIBLINGS.contains(&name) && self.open.last().is_some_and(|open| open.name == name) {
            self.open.pop();
        }
        if !INLINE.contains(&name) {
            self.part_words();
        }
        let class = tag.get("class").unwrap_or_default();
        let id = tag.get("id").unwrap_or_default();
        let open = self.opened(tag, &class, &id);
        self.mark(&class, &id);
        self.path(&open.step);
        self.refer(tag, open.hidden);
        match name {
            "html" if self.page.language.is_none() => {
                self.page.language = tag.get("lang").map(|lang| one_line(&lang, 20));
            }
            "meta" => self.meta(tag),
            _ => {}
        }
        if VOID.contains(&name) {
            return;
        }
        if self.open.len() < DEPTH_MAX {
            self.open.push(open);
        } else {
            self.beyond += 1;
            self.page.cut = true;
        }
    }

    fn opened(&self, tag: &Tag<'_>, class: &str, id: &str) -> Open {
        let (hidden, lasting) =
            self.open.last().map_or((false, false), |outer| (outer.hidden, outer.lasting));
        let first = class.split_ascii_whitespace().next().unwrap_or_default();
        // Numbers in classes are ids of articles: the same element on another day.
        let first: String = first.chars().filter(|c| !c.is_ascii_digit()).take(24).collect();
        let about = format!("{class} {id}").to_ascii_lowercase();
        let speaks_of = |word: &&str| about.contains(*word);
        let style = tag.get("style");
        Open {
            name: tag.name.clone(),
            step: if first.is_empty() { tag.name.clone() } else { format!("{}.{first}", tag.name) },
            hidden: hidden || tag.has("hidden") || style.is_some_and(|style| hides(&style)),
            lasting: lasting
                || LASTING_ELEMENTS.contains(&tag.name.as_str())
                || (tag.name != "body" && LASTING_WORDS.iter().any(speaks_of)),
        }
    }

    fn end(&mut self, name: &str) {
        if !INLINE.contains(&name) {
            self.part_words();
        }
        self.just_begun.clear();
        if name == "a" {
            self.link = None;
        }
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            self.open.truncate(at);
        }
    }

    fn text(&mut self, text: &str) {
        match std::mem::take(&mut self.just_begun).as_str() {
            "script" => return self.script(text),
            "style" | "noframes" | "noembed" | "iframe" => return,
            "title" => {
                if !self.title_seen {
                    self.page.title = one_line(text, TITLE_MAX);
                    self.title_seen = true;
                }
                return;
            }
            _ => {}
        }
        let open = self.open.last();
        let (hidden, lasting) = open.map_or((false, false), |open| (open.hidden, open.lasting));
        if lasting && !hidden {
            self.lasting(text);
        }
        if let Some(link) = self.link.and_then(|at| self.page.references.get_mut(at)) {
            let room = WORDS_MAX.saturating_sub(link.words.chars().count());
            link.words.extend(text.chars().take(room));
        }
        let into = if hidden { &mut self.page.hidden_text } else { &mut self.page.text };
        if into.len() + text.len() <= TEXT_MAX {
            into.push_str(text);
        } else {
            self.page.cut = true;
        }
    }

    fn script(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.scripts_length += text.len();
        if self.scripts_length <= SCRIPTS_MAX {
            self.page.scripts.push(text.to_owned());
        } else {
            self.page.cut = true;
        }
    }

    fn lasting(&mut self, text: &str) {
        let line = one_line(text, LASTING_LENGTH_MAX + 1);
        let length = line.chars().count();
        // Dates, counters and single signs say nothing.
        let tells = line.chars().filter(|c| c.is_alphabetic()).count() >= 4
            && !line.chars().any(|c| c.is_ascii_digit());
        let new = !self.page.lasting.contains(&line);
        if tells && new && length <= LASTING_LENGTH_MAX && self.page.lasting.len() < LASTING_MAX {
            self.page.lasting.push(line);
        }
    }

    /// A blank between two blocks, in both texts.
    fn part_words(&mut self) {
        for text in [&mut self.page.text, &mut self.page.hidden_text] {
            if !text.is_empty() && !text.ends_with(char::is_whitespace) {
                text.push(' ');
            }
        }
    }

    fn mark(&mut self, class: &str, id: &str) {
        let room = MARKS_MAX.saturating_sub(self.page.marks.len());
        let marks = class.split_ascii_whitespace().chain([id]).filter(|mark| !mark.is_empty());
        self.page.marks.extend(marks.take(room).map(|mark| one_line(mark, 60)));
    }

    fn path(&mut self, step: &str) {
        let above = self.open.iter().rev().take(PATH_STEPS - 1).map(|open| open.step.as_str());
        self.page.skeleton.add(std::iter::once(step).chain(above));
    }

    fn meta(&mut self, tag: &Tag<'_>) {
        let content = tag.get("content").unwrap_or_default();
        let name = tag.get("name").or_else(|| tag.get("property"));
        if let Some(name) = name.filter(|_| self.page.metas.len() < METAS_MAX) {
            self.page.metas.push((one_line(&name, 60).to_lowercase(), one_line(&content, 500)));
        }
        let directive = tag.get("http-equiv").map(|name| name.to_ascii_lowercase());
        if directive.as_deref() == Some("refresh")
            && let Some(address) = refresh_address(&content)
        {
            self.point(Role::Refresh, address, String::new(), false);
        }
    }

    fn refer(&mut self, tag: &Tag<'_>, hidden: bool) {
        let name = tag.name.as_str();
        let get = |names: &[&str]| names.iter().find_map(|name| tag.get(name));
        if name == "base" {
            if let Some(base) = tag.get("href").and_then(|href| self.base.join(&href).ok()) {
                self.base = base;
            }
            return;
        }
        let (role, address) = match name {
            "script" => (Role::Script, get(&["src", "href", "xlink:href"])),
            "iframe" | "frame" | "embed" => (Role::Frame, get(&["src", "data-src"])),
            "object" => (Role::Frame, get(&["data"])),
            "form" => (Role::Form, get(&["action"])),
            "button" => (Role::Form, get(&["formaction"])),
            "input" if tag.has("formaction") => (Role::Form, get(&["formaction"])),
            "link" => (Role::Link, get(&["href"])),
            "img" | "input" | "source" | "video" | "audio" | "track" => {
                let lazy = get(&["data-src", "data-original", "data-lazy-src"]);
                if let (Some(address), true) = (&lazy, tag.has("src")) {
                    self.point(Role::Image, address, alternative(tag), hidden);
                }
                (Role::Image, get(&["src"]).or(lazy))
            }
            "a" | "area" => (Role::Anchor, get(&["href", "xlink:href"])),
            _ => return,
        };
        let Some(address) = address else { return };
        let words = if role == Role::Image { alternative(tag) } else { String::new() };
        let pointed = self.point(role, &address, words, hidden);
        if name == "a" {
            self.link = pointed;
        }
    }

    fn point(&mut self, role: Role, address: &str, words: String, hidden: bool) -> Option<usize> {
        if address.len() > ADDRESS_MAX || address.trim_start().starts_with("data:") {
            return None;
        }
        let url = self.base.join(address.trim()).ok()?;
        if self.page.references.len() == REFERENCES_MAX {
            self.page.cut = true;
            return None;
        }
        self.page.references.push(Reference { role, url, words, hidden });
        Some(self.page.references.len() - 1)
    }

    fn finish(mut self) -> Page {
        for one in &mut self.page.references {
            one.words = one_line(&one.words, WORDS_MAX);
        }
        let words = words(&self.page.text);
        for pair in words.windows(2) {
            self.page.wording.add([pair[0].bare.as_str(), pair[1].bare.as_str()]);
        }
        self.page
    }
}

fn alternative(tag: &Tag<'_>) -> String {
    one_line(&tag.get("alt").or_else(|| tag.get("title")).unwrap_or_default(), WORDS_MAX)
}

/// The address in `5; url='https://…'`.
fn refresh_address(content: &str) -> Option<&str> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim_start();
    let value = match rest.get(..3) {
        Some(head) if head.eq_ignore_ascii_case("url") => {
            rest[3..].trim_start().strip_prefix('=').unwrap_or(rest).trim_start()
        }
        _ => rest,
    };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let address = match quote {
        Some(quote) => value[1..].split(quote).next().unwrap_or_default(),
        None => value,
    };
    let address = address.trim();
    (!address.is_empty()).then_some(address)
}

/// Whether a style takes its element out of sight: in one of the ways that injected links use.
fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let style = style.to_ascii_lowercase();
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(property, value)| {
        let value = value.strip_suffix("!important").unwrap_or(value);
        let number: String =
            value.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '.')).collect();
        let number: Option<f64> = number.parse().ok();
        match property {
            "display" => value == "none",
            "visibility" => matches!(value, "hidden" | "collapse"),
            "opacity" | "font-size" | "height" | "width" | "max-height" | "max-width" => {
                // `100%` is all of it, `0.9` of an opacity nearly.
                number.is_some_and(
                    |number| if property == "opacity" { number < 0.1 } else { number < 2.0 },
                ) && !value.ends_with("em")
                    && !value.ends_with("vh")
                    && !value.ends_with("vw")
                    || (property != "opacity" && number == Some(0.0))
            }
            "left" | "top" | "right" | "bottom" | "text-indent" | "margin-left" | "margin-top" => {
                number.is_some_and(|number| number <= -500.0)
            }
            "clip" => value.starts_with("rect(0") || value.starts_with("rect(1px"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        read(&Url::parse("https://cong.example/tin/").unwrap(), html, false)
    }

    #[test]
    fn a_page_is_read_for_its_words_and_where_it_points() {
        let page = page(
            "<html lang=vi><head><title> C&#7893;ng\n tỉnh </title><base href=/goc/>\
             <meta name=DC.Title content='Cổng'><meta http-equiv=Refresh content=\"3; URL='//x.example/a'\">\
             <script src=a.js></script><script>var a = '<a href=no>';</script><style>p{}</style></head>\
             <body><nav><a href=b>Giới thiệu</a></nav><p>Một<b>hai</b><p>Ba<form action=https://f.example>\
             <img data-src=https://i.example/p.png src=data:image/png;base64,AAAA alt=Ảnh><iframe src=//v.example>x</iframe>",
        );
        assert_eq!(page.title, "Cổng tỉnh");
        assert_eq!(page.language.as_deref(), Some("vi"));
        assert_eq!(page.meta(&["dc.title"]), Some("Cổng"));
        assert_eq!(
            page.text.split_whitespace().collect::<Vec<_>>(),
            ["Giới", "thiệu", "Mộthai", "Ba"]
        );
        assert_eq!(page.lasting, ["Giới thiệu"]);
        assert_eq!(page.scripts, ["var a = '<a href=no>';"]);
        let seen: Vec<_> = page
            .references
            .iter()
            .map(|one| (one.role, one.url.as_str(), one.words.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (Role::Refresh, "https://x.example/a", ""),
                (Role::Script, "https://cong.example/goc/a.js", ""),
                (Role::Anchor, "https://cong.example/goc/b", "Giới thiệu"),
                (Role::Form, "https://f.example/", ""),
                (Role::Image, "https://i.example/p.png", "Ảnh"),
                (Role::Frame, "https://v.example/", ""),
            ]
        );
    }

    #[test]
    fn what_styles_hide_is_hidden_with_all_inside() {
        for (style, hidden) in [
            ("display : NONE", true),
            ("position:absolute; left:-9999px", true),
            ("opacity:0", true),
            ("opacity:0.9", false),
            ("font-size:1px", true),
            ("font-size:1.2em", false),
            ("height:0px;overflow:hidden", true),
            ("width:100%", false),
            ("left:-20px", false),
            ("color:red", false),
        ] {
            let page =
                page(&format!("<div style='{style}'><p><a href=//x.example>chữ</a></div>sau"));
            assert_eq!(page.references[0].hidden, hidden, "{style}");
            assert_eq!(page.hidden_text.contains("chữ"), hidden, "{style}");
            assert!(page.text.contains("sau"), "{style}");
        }
    }

    #[test]
    fn the_skeleton_does_not_count_news_and_does_not_know_their_numbers() {
        let list = |count: usize, first: usize| {
            let item = |n: usize| format!("<li class='tin-{n}'><a href=/{n}>{n}</a>");
            page(&format!("<ul>{}</ul>", (first..first + count).map(item).collect::<String>()))
        };
        assert_eq!(list(3, 10).skeleton, list(20, 500).skeleton);
        assert_eq!(list(3, 0).skeleton.likeness(&page("<h1>Hacked</h1>").skeleton), 0);
    }

    #[test]
    fn a_refresh_names_its_address_in_many_ways() {
        for (content, address) in [
            ("0;url=/a", Some("/a")),
            ("0; URL = \"/a\" x", Some("/a")),
            ("5, '/a'", Some("/a")),
            ("0;/a", Some("/a")),
            ("30", None),
            ("0;url=", None),
        ] {
            assert_eq!(refresh_address(content), address, "{content}");
        }
    }
}
