//! `repository stats`: what repositories hold, by portal and source, and how it grows.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::each;
use crate::cli::table::{Align, List, Table};
use crate::job::site::Site;
use crate::job::stats::{self, Counted, Growth};
use crate::repository::browse::shown;
use crate::repository::prune::PrunePlan;
use crate::repository::stats::{FamilyStats, Share, SourceStats, Uncounted};

/// Of so many months people are told, the newest; programs of all.
const MONTHS_SHOWN: usize = 12;

/// What `repository stats` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
}

/// Counts one repository after the other.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let (mut report, results) = each(site, args.name.as_ref(), frame, |name| {
        let counted = stats::count(site, name)?;
        let mut report = Report::done(as_json(name, &counted))
            .exit(counted.exit())
            .lines(whole(frame, name, &counted))
            .lines([String::new()])
            .lines(portals(frame, &counted).lines())
            .lines([String::new()])
            .lines(sources(frame, &counted).lines())
            .lines([String::new()])
            .lines(months(frame, &counted).lines());
        for sentence in uncounted(frame, &counted.stats.uncounted) {
            report = report.sentence(&sentence);
        }
        Ok(report.lines([String::new()]))
    })?;
    report.json = json!({ "repositories": results });
    Ok(report)
}

/// A number, or the least that it can be.
fn least(number: String, lacks: bool) -> String {
    if lacks { format!("≥ {number}") } else { number }
}

/// How many times one number has the other; nothing of nothing.
fn times(frame: &Frame, one: u64, other: u64) -> String {
    match ratio(one, other) {
        Some(ratio) => frame.catalog.format().decimal(ratio, 2),
        None => "—".to_owned(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "two digits of a ratio are told")]
fn ratio(one: u64, other: u64) -> Option<f64> {
    (other > 0).then(|| (one as f64 / other as f64 * 100.0).round() / 100.0)
}

fn whole(frame: &Frame, name: &str, counted: &Counted) -> Vec<String> {
    let format = frame.catalog.format();
    let stats = &counted.stats;
    let Share { restored, volume, lacks, .. } = stats.all;
    let count = |id: &'static str, count: u64, bytes: u64| {
        frame.say(id, Values::none().number("count", count).number("bytes", bytes))
    };
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("label-sets"), format.number(stats.sets.len() as u64));
    let files = count("stats-files", restored.files, restored.bytes);
    list.row(frame.word("stats-restored"), least(files, lacks));
    let contents = count("stats-files", stats.contents.files, stats.contents.bytes);
    list.row(frame.word("stats-contents"), least(contents, lacks));
    let blobs = count("stats-blobs", volume.blobs, volume.stored);
    list.row(frame.word("stats-needed"), least(blobs, lacks));
    let of = |folder: &str| stats.objects.get(folder).copied().unwrap_or_default();
    let (packs, index) = (of("data"), of("index"));
    list.row(frame.word("stats-packs"), count("stats-objects", packs.count, packs.bytes));
    list.row(frame.word("stats-index"), count("stats-objects", index.count, index.bytes));
    let logs = of("wal");
    if logs.count > 0 {
        list.row(frame.word("stats-logs"), count("stats-objects", logs.count, logs.bytes));
    }
    list.row(frame.word("stats-compression"), times(frame, volume.plain, volume.stored));
    list.row(frame.word("stats-deduplication"), times(frame, restored.bytes, volume.plain));
    list.row(frame.word("stats-week"), least(format.bytes(counted.growth.week), lacks));
    list.row(frame.word("stats-month"), least(format.bytes(counted.growth.month), lacks));
    let free = match &stats.prune {
        Some(plan) => {
            let values = Values::none()
                .number("freed", plan.bytes_freed())
                .number("unneeded", plan.kept_unneeded);
            frame.say("stats-prune-frees", values)
        }
        None => frame.word("stats-prune-unknown"),
    };
    list.row(frame.word("stats-prune"), free);
    list.lines()
}

/// Sets without a portal belong to nobody of the configuration.
fn portal(frame: &Frame, family: &FamilyStats) -> String {
    family.name.clone().unwrap_or_else(|| frame.word("stats-no-portal"))
}

fn portals(frame: &Frame, counted: &Counted) -> Table {
    let format = frame.catalog.format();
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-portal", Align::Left),
        column("stats-sets", Align::Right),
        column("stats-oldest", Align::Left),
        column("stats-newest", Align::Left),
        column("stats-7", Align::Right),
        column("stats-30", Align::Right),
    ]);
    for (family, growth) in counted.stats.families.iter().zip(&counted.families) {
        let time = |at: Option<_>| at.map(|at| format.instant(at)).unwrap_or_default();
        let grown = |bytes| least(format.bytes(bytes), family.share.lacks);
        table.row([
            portal(frame, family),
            format.number(family.sets),
            time(family.oldest),
            time(family.newest),
            grown(growth.week),
            grown(growth.month),
        ]);
    }
    table
}

fn sources(frame: &Frame, counted: &Counted) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("stats-source", Align::Left),
        column("stats-sets", Align::Right),
        column("label-files", Align::Right),
        column("label-size", Align::Right),
        column("stats-alone", Align::Right),
        column("stats-shared", Align::Right),
        column("stats-ratio", Align::Right),
    ]);
    for family in &counted.stats.families {
        table.row(shares(frame, portal(frame, family), family.sets, &family.share));
        for SourceStats { path, sets, share } in &family.sources {
            table.row(shares(frame, format!("  {}", shown(path)), *sets, share));
        }
    }
    table
}

fn shares(frame: &Frame, name: String, sets: u64, share: &Share) -> [String; 7] {
    let format = frame.catalog.format();
    let Share { newest, volume, alone, lacks, .. } = share;
    let bytes = |bytes| least(format.bytes(bytes), *lacks);
    [
        name,
        format.number(sets),
        least(format.number(newest.files), *lacks),
        bytes(newest.bytes),
        bytes(*alone),
        bytes(volume.stored.saturating_sub(*alone)),
        times(frame, volume.plain, volume.stored),
    ]
}

fn months(frame: &Frame, counted: &Counted) -> Table {
    let format = frame.catalog.format();
    let mut table = Table::new([
        (frame.word("stats-of-month"), Align::Left),
        (frame.word("stats-sets"), Align::Right),
        (frame.word("stats-added"), Align::Right),
    ]);
    let skipped = counted.months.len().saturating_sub(MONTHS_SHOWN);
    for ((year, month), one) in counted.months.iter().skip(skipped) {
        let added = least(format.bytes(one.added), counted.stats.all.lacks);
        table.row([format!("{year:04}-{month:02}"), format.number(one.sets), added]);
    }
    table
}

/// What is missing in all this, and where.
fn uncounted(frame: &Frame, uncounted: &Uncounted) -> Vec<String> {
    if uncounted.is_empty() {
        return Vec::new();
    }
    let values = Values::none()
        .number("sets", uncounted.sets.len() as u64)
        .number("index", uncounted.index_files)
        .number("packs", uncounted.packs)
        .number("folders", uncounted.folders)
        .number("blobs", uncounted.blobs);
    let mut told = vec![frame.say("stats-uncounted", values)];
    if uncounted.sources > 0 {
        let count = Values::none().number("count", uncounted.sources);
        told.push(frame.say("stats-sources-uncounted", count));
    }
    let sets = uncounted.sets.iter().map(|(set, reason)| (set, String::new(), reason));
    let named = uncounted.named.iter().map(|(set, source, reason)| (set, shown(source), reason));
    let named = sets.chain(named).map(|(set, source, reason)| {
        let place = [set.short(), source].join(" ");
        format!("- {}", frame.about(place.trim_end(), reason))
    });
    told.extend(frame.capped(named.collect()));
    told
}

fn as_json(name: &str, counted: &Counted) -> Value {
    let stats = &counted.stats;
    let objects = stats.objects.iter();
    let objects: serde_json::Map<_, _> = objects
        .map(|(name, one)| ((*name).to_owned(), json!({"count": one.count, "bytes": one.bytes})))
        .collect();
    let portals = stats.families.iter().zip(&counted.families).map(|(family, growth)| {
        let sources = family.sources.iter().map(|source| {
            let mut json = share(&source.share);
            json["source"] = json!(shown(&source.path));
            json["sets"] = json!(source.sets);
            json
        });
        let mut json = share(&family.share);
        json["portal"] = json!(family.name);
        json["sets"] = json!(family.sets);
        json["oldest"] = json!(family.oldest.map(|at| at.to_string()));
        json["newest-at"] = json!(family.newest.map(|at| at.to_string()));
        json["growth"] = grown(growth);
        json["sources"] = sources.collect();
        json
    });
    let months = counted.months.iter().map(|((year, month), one)| {
        json!({"month": format!("{year:04}-{month:02}"), "sets": one.sets, "added": one.added})
    });
    let mut json = share(&stats.all);
    json["name"] = json!(name);
    json["at"] = json!(counted.at.to_string());
    json["sets"] = json!(stats.sets.len());
    json["contents"] = json!({"files": stats.contents.files, "bytes": stats.contents.bytes});
    json["objects"] = Value::Object(objects);
    json["blobs-listed"] = json!(stats.blobs);
    json["prune"] = json!(stats.prune.as_ref().map(prune));
    json["growth"] = grown(&counted.growth);
    json["months"] = months.collect();
    json["portals"] = portals.collect();
    json["uncounted"] = lacking(&stats.uncounted);
    json
}

fn share(share: &Share) -> Value {
    let Share { restored, newest, volume, alone, lacks } = share;
    json!({
        "restored": {"files": restored.files, "entries": restored.entries, "bytes": restored.bytes},
        "newest": {"files": newest.files, "entries": newest.entries, "bytes": newest.bytes},
        "blobs": volume.blobs,
        "stored": volume.stored,
        "plain": volume.plain,
        "alone": alone,
        "shared": volume.stored.saturating_sub(*alone),
        "compression": ratio(volume.plain, volume.stored),
        "deduplication": ratio(restored.bytes, volume.plain),
        "at-least": lacks,
    })
}

fn grown(growth: &Growth) -> Value {
    json!({"days-7": growth.week, "days-30": growth.month})
}

fn prune(plan: &PrunePlan) -> Value {
    json!({
        "bytes-freed": plan.bytes_freed(),
        "bytes-again": plan.bytes_again(),
        "packs": plan.going().count() + plan.unlisted.len(),
        "kept-unneeded": plan.kept_unneeded,
    })
}

fn lacking(uncounted: &Uncounted) -> Value {
    let sets = uncounted.sets.iter();
    let sets = sets.map(|(set, reason)| json!({"set": set.to_string(), "reason": reason}));
    let named = uncounted.named.iter().map(|(set, source, reason)| {
        json!({"set": set.to_string(), "source": shown(source), "reason": reason})
    });
    json!({
        "sets": sets.collect::<Vec<_>>(),
        "index-files": uncounted.index_files,
        "packs": uncounted.packs,
        "sources": uncounted.sources,
        "folders": uncounted.folders,
        "blobs": uncounted.blobs,
        "named": named.collect::<Vec<_>>(),
    })
}
