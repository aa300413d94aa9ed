//! Reads the file as a whole: site, state, repositories, documents, and the portals one by one.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::base::language::Language;
use crate::config::anchor;
use crate::config::approval;
use crate::config::bucket;
use crate::config::decode::{Cursor, Named};
use crate::config::keys;
use crate::config::lock;
use crate::config::outside;
use crate::config::overlap::{Place, Role};
use crate::config::portal::{Surroundings, portal};
use crate::config::scalar::{is_id, not_an_id};
use crate::config::sealed;
use crate::config::settings::{Bucket, Documents, Portal, Repository, Settings, Site, Store};

/// An installation that looks after more is several installations.
const PORTALS_MAX: usize = 1000;

/// More copies of the same sets than this cost more than they protect.
const REPOSITORIES_MAX: usize = 100;

/// A document has room for a few signatures.
const SIGNERS_MAX: usize = 6;

/// The settings, where nothing needed is missing, and the places they speak of in any case.
pub(super) fn settings(root: &Cursor<'_>) -> (Option<Settings>, Vec<Place>) {
    let mut places = Vec::new();
    let Some(section) = root.section(&keys::ROOT) else { return (None, places) };
    let site = section.need("site", site);
    let state = section.need("state", |state| {
        let path = state.path()?;
        places.push(Place::new(Role::State, path.clone(), state));
        places.push(Place::new(Role::StateScratch, path.join("scratch"), state));
        Some(path)
    });
    // Schedules are read even where the site has problems of its own.
    let zone = site.as_ref().map_or_else(vietnam, |site| site.timezone.clone());
    let mut names = Vec::new();
    let mut buckets = Vec::new();
    let mut locks = Vec::new();
    let repositories = section.need("repositories", |value| {
        let entries = value.named(1..=REPOSITORIES_MAX);
        names.extend(entries.iter().map(|entry| entry.name));
        let mut read = |entry| repository(entry, &zone, &mut places, &mut buckets, &mut locks);
        Some(entries.iter().filter_map(&mut read).collect())
    });
    let scratch = state.as_ref().map(|state| state.join("scratch"));
    let surroundings =
        Surroundings { repositories: &names, scratch: scratch.as_deref(), zone: &zone };
    let mut servers = Vec::new();
    let portals: Option<Vec<Portal>> = section.need("portals", |value| {
        let mut portals = Vec::new();
        for named in value.named(1..=PORTALS_MAX) {
            let legal = checked_name(&named);
            let read = portal(named.name, &named.value, &surroundings, &mut places, &mut servers);
            portals.extend(read.filter(|_| legal));
        }
        Some(portals)
    });
    let documents = section.may("documents", documents).unwrap_or_default();
    let network = section.may("network", outside::network).unwrap_or_default();
    sealed::check_servers(&servers);
    lock::check(&locks, portals.as_deref().unwrap_or_default());
    let notices = section.may("notices", outside::notices);
    // Where the section has problems of its own, nobody is told of a second one for them.
    let mail = match &notices {
        Some((notices, _)) => notices.smtp.is_some(),
        None => section.get("notices").is_some(),
    };
    let (notices, notice_secrets) = notices.unwrap_or_default();
    let language = site.as_ref().map_or(Language::Vietnamese, |site| site.language);
    let anchoring =
        section.may("audit", |value| anchor::audit(value, (&zone, language), mail, &mut buckets));
    bucket::check(&buckets, &network.inside);
    let incidents = section.may("incidents", outside::incidents);
    let playbooks = section.may("playbooks", approval::playbooks).unwrap_or_default();
    let daemon = section.may("web", outside::web).unwrap_or_default();
    let settings = || {
        Some(Settings {
            site: site?,
            state: state?,
            repositories: repositories?,
            portals: portals?,
            documents,
            network,
            notices,
            notice_secrets,
            incidents,
            playbooks,
            daemon,
            anchoring: anchoring.unwrap_or_default(),
        })
    };
    (settings(), places)
}

fn site(value: &Cursor<'_>) -> Option<Site> {
    let section = value.section(&keys::SITE)?;
    let id = section.need("id", Cursor::id);
    let name = section.need("name", Cursor::text);
    let timezone = section.may("timezone", Cursor::timezone);
    let language = section.may("language", |value| value.word(&Language::WORDS));
    Some(Site {
        id: id?,
        name: name?,
        timezone: timezone.unwrap_or_else(vietnam),
        language: language.unwrap_or(Language::Vietnamese),
    })
}

/// In so many parts a repository may be read: one a day for a year is the least that means anything.
const PARTS: RangeInclusive<u64> = 2..=365;

/// Where a portal of Vietnam shows its times, unless the file says otherwise.
fn vietnam() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or(TimeZone::fixed(jiff::tz::offset(7)))
}

fn repository<'a>(
    named: &Named<'a>,
    zone: &TimeZone,
    places: &mut Vec<Place>,
    buckets: &mut Vec<(Cursor<'a>, Bucket)>,
    locks: &mut Vec<(&'a str, Cursor<'a>, Duration)>,
) -> Option<Repository> {
    let legal = checked_name(named);
    let section = named.value.section(&keys::REPOSITORY)?;
    let mut store = match section.one_of(keys::REPOSITORY.one_of) {
        Some(("s3", value)) => bucket::bucket(&value).map(|bucket| {
            buckets.push((value, bucket.clone()));
            Store::S3(bucket)
        }),
        Some((_, value)) => value.path().map(|path| {
            places.push(Place::new(Role::Repository, path.clone(), &value));
            Store::Disk(path)
        }),
        None => None,
    };
    let password = section.need("password", Cursor::secret);
    let verify = section.may("verify", |value| value.schedule(zone));
    let verify_parts = section.may("verify-parts", |value| value.number(PARTS));
    let wal_forget = section.may("wal-forget", |value| value.schedule(zone));
    if let Some(value) = section.get("object-lock") {
        let object_lock = lock::object_lock(&value);
        lock::place(&value, &mut store, object_lock);
        locks.extend(object_lock.map(|lock| (named.name, value, lock.retention)));
    }
    let off_site = section.may("off-site", Cursor::boolean);
    let name = legal.then(|| named.name.to_owned());
    let (name, store, password) = (name?, store?, password?);
    // A disk may lie anywhere, but most are in the same room; a bucket is seldom.
    let off_site = off_site.unwrap_or(matches!(store, Store::S3(_)));
    Some(Repository { name, store, off_site, password, verify, verify_parts, wal_forget })
}

fn checked_name(named: &Named<'_>) -> bool {
    let legal = is_id(named.name);
    if !legal {
        let report = named.value.desk.report;
        report.add(&named.value.path, named.name_at, not_an_id(named.name));
    }
    legal
}

fn documents(value: &Cursor<'_>) -> Option<Documents> {
    let section = value.section(&keys::DOCUMENTS)?;
    Some(Documents {
        superior: section.may("superior", Cursor::text),
        agency: section.may("agency", Cursor::text),
        place: section.may("place", Cursor::text),
        signers: section
            .may("signers", |value| Some(value.list_of(1..=SIGNERS_MAX, Cursor::text)))
            .unwrap_or_default(),
    })
}
