//! What a page says and where it points, read from hostile bytes.
//!
//! Guarantees: any bytes give a [`Page`], in time and memory linear in their number and bounded
//! by the constants below; what was left out is told by [`Page::cut`]. Nothing here fetches
//! anything, runs a script or knows what a change means.

mod charset;
mod entity;
pub mod fold;
mod html;
mod reading;
pub mod sketch;

use reqwest::Url;

use crate::probe::page::sketch::Sketch;

/// Longer titles are not titles; browsers show about sixty characters of one.
pub const TITLE_MAX: usize = 300;

/// The text of a home page is tens of kilobytes; twenty times that is still read.
pub const TEXT_MAX: usize = 1024 * 1024;

/// Inline scripts, all together: portals built on frameworks carry their data in them.
pub const SCRIPTS_MAX: usize = 4 * 1024 * 1024;

/// Home pages have hundreds of links, injected ones came by the thousand.
pub const REFERENCES_MAX: usize = 20_000;

/// No page for people is nested deeper; Chromium itself stops at 512.
pub const DEPTH_MAX: usize = 256;

/// Longer addresses are pictures written out (`data:`), which point at no host.
pub const ADDRESS_MAX: usize = 8 * 1024;

/// A page as far as anybody here asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Where it was found.
    pub url: Url,
    /// Its title on one line, without characters that could harm a terminal.
    pub title: String,
    /// The language that it says it is in.
    pub language: Option<String>,
    /// What a person can read.
    pub text: String,
    /// Text in elements that their own style hides.
    pub hidden_text: String,
    /// Short texts in its head, foot and menus: what news do not change.
    pub lasting: Vec<String>,
    /// Where it points, in the order of the page.
    pub references: Vec<Reference>,
    /// `meta` elements: their name or property in lower case, and the content.
    pub metas: Vec<(String, String)>,
    /// Inline scripts, each as it stands.
    pub scripts: Vec<String>,
    /// Ids and classes of elements, as far as a criterion asks for one (`yhy-btn-emc`).
    pub marks: Vec<String>,
    /// The set of paths of elements.
    pub skeleton: Sketch,
    /// The set of pairs of words.
    pub wording: Sketch,
    /// Whether some bytes were no characters.
    pub lossy: bool,
    /// Whether something was left out because a bound was reached.
    pub cut: bool,
}

/// One place a page points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// By what.
    pub role: Role,
    /// Where to; absolute.
    pub url: Url,
    /// The words of a link, or the alternative text of a picture.
    pub words: String,
    /// Whether its own style, or that of an element around it, hides it.
    pub hidden: bool,
}

/// By what a page points at another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A program that runs in the page.
    Script,
    /// A page, or a program of its own kind, inside the page.
    Frame,
    /// Where what a visitor types goes.
    Form,
    /// Where the page sends the visitor by itself.
    Refresh,
    /// A style sheet, an icon, or another `link`.
    Link,
    /// A picture, a film, a sound.
    Image,
    /// A link that a visitor may follow.
    Anchor,
}

impl Role {
    /// All of them, the most dangerous first.
    pub const ALL: [Self; 7] = [
        Self::Script,
        Self::Frame,
        Self::Form,
        Self::Refresh,
        Self::Link,
        Self::Image,
        Self::Anchor,
    ];

    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Frame => "frame",
            Self::Form => "form",
            Self::Refresh => "refresh",
            Self::Link => "link",
            Self::Image => "image",
            Self::Anchor => "anchor",
        }
    }
}

impl Reference {
    /// The host it points at, without the root's dot; nothing for `mailto:`, `data:` and such.
    pub fn host(&self) -> Option<&str> {
        host(&self.url)
    }
}

impl Page {
    /// Reads a page; `content_type` is the header of that name.
    pub fn read(url: &Url, content_type: Option<&str>, body: &[u8]) -> Self {
        let decoded = charset::decode(content_type, body);
        reading::read(url, &decoded.text, decoded.lossy)
    }

    /// The content of the first `meta` of one of these names (in lower case) that has any.
    pub fn meta(&self, names: &[&str]) -> Option<&str> {
        let these = self.metas.iter().filter(|(name, _)| names.contains(&name.as_str()));
        these.map(|(_, content)| content.as_str()).find(|content| !content.is_empty())
    }

    /// Whether hardly anything can be read while programs are loaded: a page that only they build,
    /// of which a static look sees nothing.
    pub fn is_built_by_scripts(&self) -> bool {
        /// A sentence or two, such as "please switch scripts on".
        const WORDS_FEW: usize = 40;
        let scripted = self.references.iter().any(|one| one.role == Role::Script);
        scripted && self.text.split_whitespace().take(WORDS_FEW).count() < WORDS_FEW
    }
}

/// The host of a web address, in lower case and without the root's dot.
pub fn host(url: &Url) -> Option<&str> {
    matches!(url.scheme(), "http" | "https").then(|| url.host_str()).flatten().map(undotted)
}

fn undotted(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether `host` is `site` or lies below it; `www.` of either does not count.
pub fn is_within(host: &str, site: &str) -> bool {
    let bare = |name: &'_ str| name.strip_prefix("www.").unwrap_or(name).to_ascii_lowercase();
    let (host, site) = (bare(undotted(host)), bare(undotted(site)));
    host == site || host.strip_suffix(&site).is_some_and(|front| front.ends_with('.'))
}
