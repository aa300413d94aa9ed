//! Reads the one spelling in which our logs and exports write entries, where they lie: nothing is
//! copied, no tree is made.
//!
//! It stands before the exact way (`opening`, `rules`), never in its place: what is not in that
//! spelling, or is rare, or is wrong in any way, is `None` here and read there. So it may refuse what
//! it likes, but must read nothing otherwise than the exact way does; a property test and the fuzzer
//! hold the two against each other.

use jiff::Timestamp;

/// Lists and objects within each other; the exact way goes deeper.
const DEPTH_MAX: u8 = 16;

/// A whole number of so many digits fits into any type for one.
const DIGITS_MAX: usize = 18;

/// Verbs that are about the log itself; the exact way remembers more of them.
const OF_THE_LOG: [&[u8]; 2] = [b"audit.anchor", b"audit.rotate-key"];

/// Where something stands in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    pub(super) fn of(self, line: &[u8]) -> &[u8] {
        line.get(self.from..self.to).unwrap_or_default()
    }
}

/// Where one fact stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// Its name, without quotes.
    pub(super) name: Span,
    pub(super) value: Span,
}

/// What an entry is to those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Intent,
    /// Of the intent at this place.
    Outcome(u64),
    /// A record, or one of a gap.
    Alone,
}

/// An entry of version 2, as a leaf or a line of a tail has it.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) back_ms: Option<u64>,
    /// The actor's name, with its quotes.
    pub(super) name: Span,
    pub(super) kind: Kind,
    pub(super) verb: &'a [u8],
    /// With its quotes.
    pub(super) subject: Span,
    pub(super) number: Option<(&'a [u8], u64)>,
    /// Behind the facts.
    pub(super) end: usize,
    /// Of a line of a tail, in base64.
    pub(super) seed: Option<&'a [u8]>,
}

/// Reads an entry, and puts where its facts stand into `facts`.
pub(super) fn entry<'a>(line: &'a [u8], facts: &mut Vec<Fact>) -> Option<Line<'a>> {
    std::str::from_utf8(line).ok()?;
    let mut scanner = Scanner::of(line);
    scanner.word(br#"{"v":2,"seq":"#)?;
    let seq = scanner.number()?;
    scanner.word(br#","at":"#)?;
    let at = time(scanner.plain()?.of(line))?;
    let back_ms = scanner.optional(br#","clock_back_ms":"#, Scanner::number)?;
    scanner.word(br#","actor":{"kind":"#)?;
    scanner.plain()?;
    scanner.word(br#","name":"#)?;
    let name = scanner.quoted()?;
    scanner.word(br#"},"kind":"#)?;
    let kind = scanner.plain()?.of(line);
    scanner.word(br#","verb":"#)?;
    let verb = scanner.plain()?.of(line);
    scanner.word(br#","subject":"#)?;
    let subject = scanner.quoted()?;
    let intent = scanner.optional(br#","intent":"#, Scanner::number)?;
    scanner.optional(br#","took_ms":"#, Scanner::number)?;
    let result = scanner.optional(br#","result":"#, Scanner::plain)?;
    scanner.optional(br#","code":"#, Scanner::plain)?;
    let number = scanner.optional(br#","number":{"series":"#, |scanner| {
        let series = scanner.plain()?;
        scanner.word(br#","n":"#)?;
        let n = scanner.number()?;
        scanner.word(b"}")?;
        Some((series.of(line), n))
    })?;
    scanner.optional(br#","session":"#, Scanner::plain)?;
    scanner.word(br#","facts":"#)?;
    scanner.facts(facts)?;
    let end = scanner.at();
    let seed = scanner.optional(br#","seed":"#, Scanner::plain)?.map(|seed| seed.of(line));
    scanner.word(b"}")?;
    let kind = match kind {
        b"intent" => Kind::Intent,
        b"outcome" => Kind::Outcome(result.and(intent)?),
        b"record" | b"gap" => Kind::Alone,
        _ => return None,
    };
    let is_common = scanner.rest.is_empty() && seq > 0 && !OF_THE_LOG.contains(&verb);
    is_common.then_some(Line { seq, at, back_ms, name, kind, verb, subject, number, end, seed })
}

/// Goes through a line from its begin.
pub(super) struct Scanner<'a> {
    line: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) fn of(line: &'a [u8]) -> Self {
        Self { line, rest: line }
    }

    fn at(&self) -> usize {
        self.line.len() - self.rest.len()
    }

    /// Exactly this.
    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// What follows on this word, if the word stands here; `None` if it does and that does not.
    #[expect(clippy::option_option, reason = "there, not there, and none of ours are three things")]
    fn optional<T>(
        &mut self,
        word: &[u8],
        then: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.word(word) {
            Some(()) => then(self).map(Some),
            None => Some(None),
        }
    }

    /// A text without escapes; where it stands within its quotes.
    pub(super) fn plain(&mut self) -> Option<Span> {
        self.word(b"\"")?;
        let from = self.at();
        self.rest = self.rest.get(plain_run(self.rest)..)?;
        let to = self.at();
        self.word(b"\"")?;
        Some(Span { from, to })
    }

    /// The same with its quotes.
    pub(super) fn quoted(&mut self) -> Option<Span> {
        self.plain().map(|Span { from, to }| Span { from: from - 1, to: to + 1 })
    }

    /// A whole number from zero.
    pub(super) fn number(&mut self) -> Option<u64> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let is_one = (1..=DIGITS_MAX).contains(&count) && (count == 1 || digits[0] != b'0');
        self.rest = rest;
        is_one.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
    }

    /// Any value; where it stands.
    pub(super) fn value(&mut self, depth: u8) -> Option<Span> {
        let from = self.at();
        match self.rest.first()? {
            b'"' => self.text()?,
            b'{' => self.object(depth, |_| ())?,
            b'[' => self.list(depth)?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            b'-' => {
                self.word(b"-")?;
                // A zero with a sign is a fraction to those who read JSON.
                (self.number()? > 0).then_some(())?;
            }
            _ => {
                self.number()?;
            }
        }
        Some(Span { from, to: self.at() })
    }

    fn facts(&mut self, facts: &mut Vec<Fact>) -> Option<()> {
        facts.clear();
        self.object(0, |fact| facts.push(fact))
    }

    /// Names in their order; so none is there twice.
    fn object(&mut self, depth: u8, mut take: impl FnMut(Fact)) -> Option<()> {
        self.word(b"{")?;
        if self.word(b"}").is_some() {
            return Some(());
        }
        let depth = Some(depth + 1).filter(|depth| *depth < DEPTH_MAX)?;
        let mut last: Option<Span> = None;
        loop {
            let name = self.plain()?;
            let is_sorted = last.is_none_or(|last| last.of(self.line) < name.of(self.line));
            is_sorted.then_some(())?;
            last = Some(name);
            self.word(b":")?;
            take(Fact { name, value: self.value(depth)? });
            if self.word(b",").is_none() {
                return self.word(b"}");
            }
        }
    }

    fn list(&mut self, depth: u8) -> Option<()> {
        self.word(b"[")?;
        if self.word(b"]").is_some() {
            return Some(());
        }
        let depth = Some(depth + 1).filter(|depth| *depth < DEPTH_MAX)?;
        loop {
            self.value(depth)?;
            if self.word(b",").is_none() {
                return self.word(b"]");
            }
        }
    }

    /// A text whose escapes are those that our JSON writes.
    fn text(&mut self) -> Option<()> {
        self.word(b"\"")?;
        loop {
            self.rest = self.rest.get(plain_run(self.rest)..)?;
            self.rest = match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Some(());
                }
                // Control characters that have a letter, and those that have none.
                [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..]
                | [b'\\', b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', rest @ ..]
                | [b'\\', b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', rest @ ..] => rest,
                _ => return None,
            };
        }
    }
}

/// How many bytes stand here before a quote, a backslash or a control character: eight at a time.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        // In the lowest byte that is below the limit, and only behind it elsewhere, the high bit.
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = below(word, 0x20) | is(b'"') | is(b'\\');
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_end = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    bytes.len() - rest.len() + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// A time in UTC with three digits behind the second, from 1970 on.
fn time(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 24] = text.try_into().ok()?;
    for (index, mark) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.')] {
        (text[index] == mark).then_some(())?;
    }
    (text[23] == b'Z').then_some(())?;
    let number = |from: usize, to: usize| {
        text[from..to].iter().try_fold(0, |sum: i64, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        1..=12 => 31,
        _ => return None,
    };
    let is_time = hour < 24 && minute < 60 && second < 60;
    (year >= 1970 && (1..=days).contains(&day) && is_time).then_some(())?;
    // Years that begin in March end with the leap day; their months come in fives of 153 days.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leaps = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - DAYS_TO_1970;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Timestamp::from_millisecond(seconds * 1_000 + number(20, 23)?).ok()
}

/// From the first of March of the year 0.
const DAYS_TO_1970: i64 = 719_468;
