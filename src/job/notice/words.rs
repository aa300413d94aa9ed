//! A notice in words, as a letter for people and as JSON for programs.

use jiff::Timestamp;
use serde_json::json;

use crate::base::fault::{Args, Message};
use crate::job::site::Site;
use crate::notice::Event;
use crate::notice::fact::{Item, News, Urgency, VERSION};
use crate::notice::plan::Letter;
use crate::text::Catalog;

/// A subject longer than this, in characters, is cut by every mail program.
const SUBJECT_MAX: usize = 180;

/// What the letter is about, on one line.
pub(super) fn subject(site: &Site, catalog: &Catalog, letter: &Letter) -> String {
    let args = Args::none().text("site", &site.settings.site.id);
    let Some(first) = letter.items.first() else {
        return catalog.say(&Message::with("notice-subject-test", args));
    };
    let args = args
        .text("colour", colour(catalog, letter.urgency()))
        .text("subject", &first.subject)
        .text("words", &first.words)
        .number("more", letter.items.len() as u64 - 1 + letter.more);
    let over = if letter.urgency().is_none() { "notice-subject-over" } else { "notice-subject" };
    let words = catalog.say(&Message::with(over, args));
    // Words come from outside, too: a line break in them would be refused as a second header.
    let line: Vec<_> = words.split(char::is_control).filter(|part| !part.is_empty()).collect();
    let line = line.join(" ");
    match line.char_indices().nth(SUBJECT_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The letter: each thing with since when it is so, what to do, and where to look.
pub(super) fn body(
    site: &Site,
    catalog: &Catalog,
    letter: &Letter,
    events: &[Event],
    at: Timestamp,
) -> String {
    let say = |id, args| catalog.say(&Message::with(id, args));
    let head = Args::none()
        .text("site", &site.settings.site.name)
        .text("at", catalog.format().instant(at));
    let mut text = say("notice-head", head) + "\n";
    if letter.items.is_empty() {
        text += &format!("\n{}\n", catalog.id("notice-test-body"));
    }
    for item in &letter.items {
        let event = events.iter().find(|event| event.key == item.key);
        text += "\n";
        text += &paragraph(catalog, item, event.filter(|_| !item.news.is_over()));
    }
    for (id, count) in [("notice-more", letter.more), ("notice-held", letter.held)] {
        if count > 0 {
            text += &format!("\n{}\n", say(id, Args::none().number("count", count)));
        }
    }
    text += &format!("\n-- \n{}\n", say("notice-foot", Args::none().text("id", &letter.id)));
    text
}

fn paragraph(catalog: &Catalog, item: &Item, event: Option<&Event>) -> String {
    let say = |id, args| catalog.say(&Message::with(id, args));
    let urgency = (!item.news.is_over()).then_some(item.urgency);
    let args = Args::none()
        .text("colour", colour(catalog, urgency))
        .text("news", catalog.say(&item.news.message()))
        .text("subject", &item.subject)
        .text("words", &item.words);
    let mut lines = vec![say("notice-item", args)];
    if let Some(since) = item.since {
        let at = Args::none().text("at", catalog.format().instant(since));
        lines.push(format!("  {}", say("notice-since", at)));
    }
    if let Some(advice) = event.and_then(|event| event.advice.as_ref()) {
        lines.push(format!("  {}", say("notice-advice", Args::none().text("words", advice))));
    }
    if let Some(look) = event.and_then(|event| event.look.as_ref()) {
        lines.push(format!("  {}", say("notice-look", Args::none().text("command", look))));
    }
    lines.join("\n") + "\n"
}

fn colour(catalog: &Catalog, urgency: Option<Urgency>) -> String {
    catalog.id(match urgency {
        Some(Urgency::Red) => "view-colour-red",
        Some(Urgency::Amber) => "view-colour-amber",
        None => "view-colour-green",
    })
}

/// The same for programs: `docs/formats/notice.md`.
pub(super) fn json(site: &Site, catalog: &Catalog, letter: &Letter, at: Timestamp) -> String {
    let items = letter.items.iter().map(|item| {
        json!({
            "key": item.key,
            "news": word(item.news),
            "colour": colour_word((!item.news.is_over()).then_some(item.urgency)),
            "subject": item.subject,
            "words": item.words,
            "since": item.since.map(|since| since.to_string()),
        })
    });
    let items: Vec<_> = items.collect();
    json!({
        "version": VERSION,
        "id": letter.id,
        "site": site.settings.site.id,
        "at": at.to_string(),
        "colour": colour_word(letter.urgency()),
        "text": subject(site, catalog, letter),
        "items": items,
        "held": letter.held,
        "more": letter.more,
    })
    .to_string()
}

fn word(news: News) -> &'static str {
    match news {
        News::New => "new",
        News::Worse => "worse",
        News::Again => "again",
        News::Over => "over",
        News::Passed => "passed",
        News::Once => "once",
    }
}

fn colour_word(urgency: Option<Urgency>) -> &'static str {
    match urgency {
        Some(Urgency::Red) => "red",
        Some(Urgency::Amber) => "amber",
        None => "green",
    }
}
