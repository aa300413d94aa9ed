//! What a state portal is held against, as data: which rule, which article, how it is checked.
//!
//! The rules change faster than programs: each file names its law, each criterion its article and
//! the days on which it holds, and a site adds files of its own. Nothing is checked here that the
//! law's text in hand does not say; where an annex is not known, a criterion says so
//! (`uncertain`) and never concludes *không đạt*. Format: `docs/formats/criteria.md`.

mod check;
mod emc;
pub mod fact;

use jiff::civil::Date;
use serde::Deserialize;

pub use check::{Asked, Observed, Outcome, Portal, Result, Way, evaluate, own_label};

/// The version of the files that this program reads.
pub const VERSION: u32 = 1;

/// The files of the program.
const SHIPPED: [&str; 4] = [
    include_str!("criteria/tt22-2023.yaml"),
    include_str!("criteria/nd224-2026.yaml"),
    include_str!("criteria/qd75-2025-hungyen.yaml"),
    include_str!("criteria/tt20-2017.yaml"),
];

/// A file of criteria.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CriterionSet {
    /// Version of the format.
    pub version: u32,
    /// Short name.
    pub set: String,
    /// The law, as it is cited.
    pub law: String,
    /// In the order in which they are shown.
    pub criteria: Vec<Criterion>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Criterion {
    /// Unique over all files.
    pub id: String,
    /// The article of the law.
    pub article: String,
    /// What it asks for.
    pub name: Words,
    /// The kinds of portals that it binds; all where empty.
    #[serde(default)]
    pub binds: Vec<String>,
    /// Whether it binds only members of the response network.
    #[serde(default)]
    pub members_only: bool,
    /// Whether its text in force is not fully known: then nothing is concluded against a portal.
    #[serde(default)]
    pub uncertain: bool,
    /// The first day on which it holds.
    #[serde(default)]
    pub from: Option<Date>,
    /// The last day on which it holds.
    #[serde(default)]
    pub until: Option<Date>,
    /// How it is checked.
    pub check: Check,
}

impl Criterion {
    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// A text in both languages. It stands in the data since a site's own criteria have no message
/// files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Tiếng Việt.
    pub vi: String,
    /// English.
    pub en: String,
}

/// The ways of checking.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Check {
    /// The tracking code of the EMC system stands in the page and names the portal's id.
    EmcCode {
        /// Hosts of the system; its successor may have another.
        hosts: Vec<String>,
        /// Ids that stand for none.
        placeholders: Vec<String>,
    },
    /// The label of the EMC system is shown.
    EmcLabel {
        /// Hosts of the system.
        hosts: Vec<String>,
        /// Texts of the label.
        texts: Vec<String>,
        /// Ids and classes of its elements.
        marks: Vec<String>,
        /// The alternative text of its picture.
        alternative: String,
    },
    /// The trust label is shown and is this portal's own.
    TrustLabel {
        /// The issuer's host.
        host: String,
        /// The path of its pictures.
        path: String,
        /// The parameter that names the portal.
        parameter: String,
    },
    /// The home page links to every configured component page.
    LinksToComponents,
    /// The home page links to the portal that it belongs to.
    LinkToParent,
    /// The home page links to one of these hosts.
    LinkTo {
        /// The hosts.
        hosts: Vec<String>,
    },
    /// Its name lies below that of the portal that it belongs to.
    BelowParent,
    /// Its name ends in this.
    Domain {
        /// Without the leading dot.
        suffix: String,
    },
    /// It has an AAAA record and answers over IPv6.
    Ipv6,
    /// It answers over HTTPS with a good certificate, and over HTTP only to send visitors there.
    Https,
    /// Its approved level.
    Level {
        /// The least.
        least: u8,
    },
    /// The home page says where incidents are to be reported, or `security.txt` does.
    Contact {
        /// Words that say it.
        phrases: Vec<String>,
    },
    /// The home page carries these fields with values.
    Metadata {
        /// The fields.
        fields: Vec<Field>,
    },
}

/// A field of metadata.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What it is called.
    pub name: Words,
    /// Names of `meta` elements that carry it, in lower case.
    pub metas: Vec<String>,
}

/// Why a file of criteria cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCriteria {
    /// It is not of the format.
    #[error("not a file of criteria: {0}")]
    Format(String),
    /// It is of another version.
    #[error("version {0} is not known")]
    Version(u32),
    /// Two criteria have one id.
    #[error("`{0}` stands twice")]
    Twice(String),
}

/// The criteria of the program, then those of a site's own files.
pub fn sets(own: &[String]) -> std::result::Result<Vec<CriterionSet>, BadCriteria> {
    let mut sets: Vec<CriterionSet> = Vec::new();
    for text in SHIPPED.iter().copied().chain(own.iter().map(String::as_str)) {
        let set: CriterionSet =
            serde_yaml::from_str(text).map_err(|error| BadCriteria::Format(error.to_string()))?;
        if set.version != VERSION {
            return Err(BadCriteria::Version(set.version));
        }
        let mut known: Vec<&str> = ids(&sets);
        for criterion in &set.criteria {
            if known.contains(&criterion.id.as_str()) {
                return Err(BadCriteria::Twice(criterion.id.clone()));
            }
            known.push(&criterion.id);
        }
        sets.push(set);
    }
    Ok(sets)
}

fn ids(sets: &[CriterionSet]) -> Vec<&str> {
    sets.iter().flat_map(|set| &set.criteria).map(|criterion| criterion.id.as_str()).collect()
}
