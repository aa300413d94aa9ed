//! Made-up data for benchmarks: a portal's files and its database, the same bytes for a seed on
//! every machine.
//!
//! Only integers and the standard library, so that no mathematics library can round otherwise.
//! Sizes and words are spread as a portal's are: few large files and many small ones, few frequent
//! words, phrases that come again. Media does not compress, text does; both come in a second
//! generation with about one per cent changed.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Small files beside the media: pages and thumbnails.
const SMALL_FILES: u64 = 5_000;

/// Rows of the record of activity, whatever the number of articles.
const ACTIVITIES: u64 = 2_000_000;

/// Numbers that only look random (SplitMix64): the state is one word, and seeding is free.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length as u64).expect("smaller than the length")
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.index(from.len())]
    }

    /// A number from 0 below `2^octaves`, each octave as likely as the others: about Zipf's law.
    fn rank(&mut self, octaves: u64) -> usize {
        let octave = self.within(0, octaves - 1);
        usize::try_from(self.within((1 << octave) - 1, (1 << (octave + 1)) - 2)).expect("small")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// From 20 KB to 8 MB, a third of a megabyte in the middle: three throws together make a bell
/// over the logarithm of the size.
pub(crate) fn media_size(random: &mut Random) -> usize {
    let throws: u64 = (0..3).map(|_| random.within(0, 725)).sum();
    let (doublings, rest) = (throws / 256, throws % 256);
    usize::try_from((20_000 << doublings) * (256 + rest) / 256).expect("at most 8 MB")
}

/// A file that begins and ends like a photograph and is noise between.
pub(crate) fn jpeg(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes =
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00".to_vec();
    let tables = (0..=255_u8).chain((0..=255).rev());
    bytes.extend(tables);
    let noise = length.saturating_sub(bytes.len() + 2);
    bytes.extend(Random::new(seed).bytes(noise));
    bytes.extend(b"\xff\xd9");
    bytes
}

/// A file that begins and ends like a PDF and is noise between: a scanned letter.
fn pdf(seed: u64, length: usize) -> Vec<u8> {
    let mut head = "%PDF-1.7\n".to_owned();
    let mut tail = "xref\n".to_owned();
    for page in 3..40 {
        let _ = writeln!(head, "{page} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj");
        let _ = writeln!(tail, "{:010} 00000 n ", page * 631);
    }
    tail.push_str("trailer\n<< /Size 40 /Root 1 0 R >>\n%%EOF\n");
    let noise = length.saturating_sub(head.len() + tail.len());
    let mut bytes = head.into_bytes();
    bytes.extend(Random::new(seed).bytes(noise));
    bytes.extend(tail.into_bytes());
    bytes
}

const INITIALS: &[&str] = &[
    "", "b", "c", "ch", "d", "đ", "g", "gi", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "qu", "r",
    "s", "t", "th", "tr", "v", "x",
];

const FINALS: &[&str] = &[
    "a", "à", "á", "ả", "ã", "ạ", "ai", "ài", "ái", "am", "ám", "an", "àn", "án", "ản", "ang",
    "áng", "àng", "ạng", "anh", "ành", "ạnh", "ao", "ào", "áo", "ay", "ày", "áy", "ăn", "ắn",
    "ăng", "ắng", "ẳng", "ặng", "âm", "ầm", "ấm", "ân", "ần", "ấn", "ận", "ấp", "ập", "ất", "ật",
    "âu", "ầu", "ấu", "ây", "ầy", "ấy", "ê", "ề", "ế", "ể", "ệ", "ên", "ền", "ến", "ện", "ết",
    "ệt", "iên", "iền", "iến", "iện", "iêu", "iều", "iểu", "iệu", "inh", "ình", "ính", "ịnh", "o",
    "ò", "ó", "ỏ", "ọ", "oa", "oà", "oá", "oan", "oàn", "oán", "ô", "ồ", "ố", "ổ", "ộ", "ôi", "ồi",
    "ối", "ôn", "ồn", "ốn", "ông", "ồng", "ống", "ổng", "ộng", "ơ", "ờ", "ớ", "ở", "ợ", "ơi", "ời",
    "ới", "ơn", "u", "ù", "ú", "ủ", "ụ", "ua", "ùa", "uân", "uần", "uấn", "uận", "uy", "ùy",
    "uyên", "uyền", "uyến", "uyện", "uyết", "uyệt", "ung", "ùng", "úng", "ụng", "ư", "ừ", "ứ", "ử",
    "ữ", "ự", "ưa", "ừa", "ứa", "ương", "ường", "ướng", "ưởng", "ượng", "ươi", "ười", "ưới", "ước",
    "ược", "y", "ỳ", "ý", "ỷ", "ỵ",
];

/// Prose in made-up Vietnamese: frequent words and phrases come again and again.
#[derive(Debug)]
pub(crate) struct Text {
    random: Random,
    words: Vec<String>,
    phrases: Vec<String>,
}

impl Text {
    pub(crate) fn new(seed: u64) -> Self {
        // Words and phrases are those of the language, the same for every text.
        let mut language = Random::new(0xC0_4D);
        let mut words = Vec::new();
        for _ in 0..(1 << 13) {
            let mut word = syllable(&mut language);
            if language.within(0, 9) < 6 {
                word = format!("{word} {}", syllable(&mut language));
            }
            words.push(word);
        }
        let mut phrases = Vec::new();
        for _ in 0..(1 << 12) {
            let length = language.within(4, 12);
            let phrase: Vec<&str> =
                (0..length).map(|_| words[language.rank(13)].as_str()).collect();
            phrases.push(phrase.join(" "));
        }
        Self { random: Random::new(seed), words, phrases }
    }

    fn sentence(&mut self) -> String {
        let mut sentence = String::new();
        for part in 0..self.random.within(2, 5) {
            if part > 0 {
                sentence.push_str(", ");
            }
            if self.random.within(0, 9) < 2 {
                sentence.push_str(&self.phrases[self.random.rank(12)]);
                continue;
            }
            for word in 0..self.random.within(3, 9) {
                if word > 0 {
                    sentence.push(' ');
                }
                sentence.push_str(&self.words[self.random.rank(13)]);
            }
        }
        if self.random.within(0, 9) < 2 {
            let (number, year) = (self.random.within(1, 400), self.random.within(2000, 2026));
            let _ = write!(sentence, " (Công văn số {number}/{year}/CV-VP)");
        }
        sentence.push('.');
        sentence
    }

    /// Paragraphs of at least `length` bytes.
    pub(crate) fn paragraphs(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 2_000);
        while text.len() < length {
            text.push_str("<p>");
            for sentence in 0..self.random.within(2, 6) {
                if sentence > 0 {
                    text.push(' ');
                }
                text.push_str(&self.sentence());
            }
            text.push_str("</p>");
        }
        text
    }
}

fn syllable(random: &mut Random) -> String {
    format!("{}{}", random.pick(INITIALS), random.pick(FINALS))
}

/// Media of about `megabytes`, in folders by year and month, and small files beside them.
pub(crate) fn media(folder: &Path, megabytes: u64) -> io::Result<()> {
    let mut random = Random::new(1);
    let (mut written, mut number) = (0, 0_u64);
    while written < megabytes * 1_000_000 {
        let length = media_size(&mut random);
        let scan = random.within(0, 9) < 3;
        let bytes = if scan { pdf(number, length) } else { jpeg(number, length) };
        let place = format!("{}/{:02}", 2015 + number % 11, number % 12 + 1);
        let ending = if scan { "pdf" } else { "jpg" };
        put(&folder.join(place).join(format!("{number:06}.{ending}")), &bytes)?;
        written += length as u64;
        number += 1;
    }
    let mut text = Text::new(2);
    for number in 0..SMALL_FILES {
        let place = folder.join("pages").join(format!("{:02}", number % 50));
        if number % 2 == 0 {
            let length = usize::try_from(random.within(2_000, 12_000)).expect("small");
            put(&place.join(format!("{number:05}.thumb.jpg")), &jpeg(1_000_000 + number, length))?;
        } else {
            let length = usize::try_from(random.within(2_000, 14_000)).expect("small");
            let page = format!("<!doctype html>{}", text.paragraphs(length));
            put(&place.join(format!("{number:05}.html")), page.as_bytes())?;
        }
    }
    Ok(())
}

/// The next generation of `folder`: one file in a hundred gets an edit in its middle, and one in a
/// hundred comes new. Files are replaced, not written over, so that hard links keep the old ones.
pub(crate) fn media_next(folder: &Path) -> io::Result<()> {
    let mut random = Random::new(3);
    let paths = files_below(folder)?;
    for path in paths.iter().skip(random.index(100)).step_by(100) {
        let old = fs::read(path)?;
        let cut = random.index(old.len());
        let length = random.index(4_096) + 1;
        let mut new = old[..cut].to_vec();
        new.extend(random.bytes(length));
        new.extend_from_slice(&old[cut..]);
        fs::remove_file(path)?;
        put(path, &new)?;
    }
    for number in 0..paths.len() as u64 / 100 {
        let length = media_size(&mut random);
        put(
            &folder.join(format!("2026/12/new-{number:05}.jpg")),
            &jpeg(2_000_000 + number, length),
        )?;
    }
    Ok(())
}

/// `count` files of 1 to 10 KB, half of them text: the worst case for what a file costs.
pub(crate) fn small(folder: &Path, count: u64) -> io::Result<()> {
    let mut random = Random::new(4);
    let pool = Text::new(5).paragraphs(4_000_000).into_bytes();
    for number in 0..count {
        let length = 1_000 + random.index(9_001);
        let place = folder.join(format!("{:02}/{:02}", number % 40, number / 40 % 50));
        if number % 2 == 0 {
            put(&place.join(format!("{number:06}.bin")), &random.bytes(length))?;
        } else {
            let from = random.index(pool.len() - length);
            let mut bytes = format!("{number}\n").into_bytes();
            bytes.extend_from_slice(&pool[from..from + length]);
            put(&place.join(format!("{number:06}.txt")), &bytes)?;
        }
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("a folder was joined before the name"))?;
    fs::File::create(path)?.write_all(bytes)
}

/// Every file below `folder`, in the order of their paths, so that the choice is the same again.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// SQL for PostgreSQL that creates the portal's database and fills it with `rows` articles.
pub(crate) fn first_generation(out: &mut impl Write, rows: u64) -> io::Result<()> {
    out.write_all(
        b"create table section (id int primary key, name text not null);
create table article (id bigint primary key, code uuid not null unique,
    section int not null references section, author int not null, title text not null,
    body text not null, published timestamp not null, views bigint not null);
create table activity (id bigint primary key, article bigint not null, actor int not null,
    at timestamp not null, address inet not null, action text not null);
insert into section select i, 'Chuy\xc3\xaan m\xe1\xbb\xa5c ' || i from generate_series(1, 60) i;
copy article from stdin;
",
    )?;
    let mut text = Text::new(6);
    for id in 1..=rows {
        article(out, id, &mut text)?;
    }
    write!(
        out,
        "\\.
insert into activity select i, (i * 7919) % {rows} + 1, i % 900,
    timestamp '2020-01-01' + i * interval '41 s',
    ('10.' || i % 250 || '.' || i / 250 % 250 || '.' || i % 17)::inet,
    (array['xem', 'sua', 'dang', 'duyet'])[i % 4 + 1]
    from generate_series(1::bigint, {ACTIVITIES}) i;
create index on article (section, published);
create index on article (author);
create index on activity (article);
create index on activity (at);
create view latest as select id, title, published from article order by published desc limit 20;
analyze;
"
    )
}

/// SQL that makes the next generation of a database of `rows` articles: half a per cent of them
/// edited, half a per cent new.
pub(crate) fn second_generation(out: &mut impl Write, rows: u64) -> io::Result<()> {
    let mut text = Text::new(7);
    writeln!(out, "begin;")?;
    for id in (1..=rows).step_by(200) {
        let title = text.sentence();
        writeln!(out, "update article set title = '{title}', views = views + 1 where id = {id};")?;
    }
    writeln!(out, "commit;\ncopy article from stdin;")?;
    for id in rows + 1..=rows + rows / 200 {
        article(out, id, &mut text)?;
    }
    writeln!(out, "\\.")
}

fn article(out: &mut impl Write, id: u64, text: &mut Text) -> io::Result<()> {
    let title = text.sentence();
    let random = &mut text.random;
    let code = format!("{:016x}{:016x}", random.next(), random.next());
    // A bell over the logarithm again: from 1 to 48 KB, 7 KB in the middle.
    let throws: u64 = (0..3).map(|_| random.within(0, 476)).sum();
    let length = usize::try_from((1_000 << (throws / 256)) * (256 + throws % 256) / 256);
    let (section, author) = (random.within(1, 60), random.within(1, 900));
    let (day, month) = (random.within(1, 28), random.within(1, 12));
    let (year, minute) = (random.within(2010, 2026), random.within(0, 59));
    let views = random.within(0, 1_000_000);
    let body = text.paragraphs(length.expect("small"));
    writeln!(
        out,
        "{id}\t{code}\t{section}\t{author}\t{title}\t{body}\t\
         {year}-{month:02}-{day:02} 08:{minute:02}:00\t{views}"
    )
}
