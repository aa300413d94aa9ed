//! The languages that duphong speaks.

/// A language a person may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Tiếng Việt, the first language of every text.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// Each with its ISO 639-1 code, as it stands in configurations.
    pub const WORDS: [(&str, Self); 2] = [("vi", Self::Vietnamese), ("en", Self::English)];

    /// Both, Vietnamese first.
    pub const ALL: [Self; 2] = [Self::Vietnamese, Self::English];

    /// Understands a code or a POSIX locale: `vi`, `EN`, `vi_VN.UTF-8`, `en-US`. Others are `None`,
    /// `C` and `POSIX` too: they say that nobody chose a language.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.split(['_', '-', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| code.eq_ignore_ascii_case(language.code()))
    }

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_understood_as_codes_and_as_locales() {
        for (text, language) in [
            ("vi", Some(Language::Vietnamese)),
            ("VI", Some(Language::Vietnamese)),
            ("vi_VN.UTF-8", Some(Language::Vietnamese)),
            ("en-US", Some(Language::English)),
            ("en@euro", Some(Language::English)),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
            ("vietnamese", None),
        ] {
            assert_eq!(Language::parse(text), language, "{text}");
        }
    }
}
