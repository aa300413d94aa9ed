//! A base on its way: files and folders one after the other, compared at the end with the server's
//! own manifest.
//!
//! Memory: a name and a digest for each file, and the manifest, which is bounded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Cursor, Read};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::base::arrival::{Arrival, ArrivalKind};
use crate::base::digest::Digest;
use crate::base::manifest::{BaseFacts, DatabaseFacts, StandbyFacts};
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::physical::feed::{End, Feed, Part, Start};
use crate::source::postgres::physical::manifest::{self, BackupManifest, Known};
use crate::source::postgres::physical::position::{Position, segment_name};
use crate::source::postgres::physical::{About, DATA, TABLESPACES, objects};
use crate::source::postgres::session::Session;
use crate::source::postgres::standby::Pair;
use crate::source::postgres::standby::fault::StandbyFault;
use crate::source::postgres::wire::Wire;
use crate::source::tar::{Archive, TarError};
use crate::world::World;

/// What a base is asked for. The log comes with it, so that it is whole by itself; then nobody need
/// wait until the server has archived it.
const COMMAND: &str = "BASE_BACKUP (LABEL 'duphong', CHECKPOINT 'fast', WAL true, WAIT false, \
    MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256', TABLESPACE_MAP false, VERIFY_CHECKSUMS true)";

/// The same in the words of servers before version 15.
const COMMAND_BEFORE_15: &str =
    "BASE_BACKUP LABEL 'duphong' FAST WAL NOWAIT MANIFEST 'yes' MANIFEST_CHECKSUMS 'SHA256'";

/// Servers refuse to start on a folder that others may enter.
const FOLDER_MODE: u32 = 0o700;

/// Comes after all relations: everything committed before it is in the base.
const LAST_OF_DATA: &[u8] = b"global/pg_control";

/// What the log is below, within the data folder.
const LOG: &str = "pg_wal";

/// A base that is being read.
pub struct Taking {
    archive: Archive<Feed>,
    world: World,
    settings: Settings,
    about: About,
    name: String,
    system: String,
    start: Start,
    /// What is read: the folder of its files in the base, and in the manifest.
    at: Option<Place>,
    /// Entries that are told before the stream goes on.
    pending: VecDeque<Arrival>,
    /// The file whose content is read, by its name in the manifest.
    file: Option<Reading>,
    manifest: Option<Cursor<Vec<u8>>>,
    /// Owner and group of what came first: folders of ours get the same.
    owner: Option<(u32, u32)>,
    /// Those folders.
    told: BTreeSet<Vec<u8>>,
    /// What came, by its name in the manifest.
    seen: BTreeMap<Vec<u8>, Known>,
    bytes: u64,
    /// When the relations had been copied.
    copied: Option<Timestamp>,
    whole: Option<Base>,
    failure: Option<SourceError>,
    /// Where a standby was to be read.
    standby: Option<StandbyFacts>,
    /// The standby that is read, and how far its primary was.
    behind: Option<(Pair, Position)>,
}

/// A base that came whole.
#[derive(Debug)]
pub struct Base {
    /// What the set says of it.
    pub facts: DatabaseFacts,
    /// What the server warned of, such as pages that do not fit their checksums.
    pub warnings: Vec<String>,
}

/// Where the files of an archive go, and what the manifest calls them.
struct Place {
    folder: Vec<u8>,
    in_manifest: Vec<u8>,
}

struct Reading {
    name: Vec<u8>,
    size: u64,
    read: u64,
    hasher: Sha256,
}

impl Taking {
    pub(super) fn start(
        wire: Wire,
        system: String,
        about: About,
        settings: &Settings,
        name: &str,
        world: &World,
    ) -> Result<Self, SourceError> {
        let command = if about.announces { COMMAND } else { COMMAND_BEFORE_15 };
        let (feed, start) = Feed::start(wire, command, about.announces)?;
        for (number, place) in &start.tablespaces {
            // One within the data folder, which only tests of servers have, comes twice.
            if !place.starts_with('/') {
                let (number, place) = (number.clone(), place.clone());
                return Err(PhysicalFault::Tablespace { number, place }.into());
            }
        }
        Ok(Self {
            archive: Archive::new(feed),
            world: world.clone(),
            settings: settings.clone(),
            about,
            name: name.to_owned(),
            system,
            start,
            at: None,
            pending: VecDeque::new(),
            file: None,
            manifest: None,
            owner: None,
            told: BTreeSet::new(),
            seen: BTreeMap::new(),
            bytes: 0,
            copied: None,
            whole: None,
            failure: None,
            standby: None,
            behind: None,
        })
    }

    /// The base is of the standby of `pair`, and must reach to where its primary was.
    pub(super) fn of_standby(self, pair: &Pair, facts: StandbyFacts, reach: Position) -> Self {
        Self { standby: Some(facts), behind: Some((pair.clone(), reach)), ..self }
    }

    /// The base is of the primary, in the place of its standby.
    pub(super) fn instead(self, facts: StandbyFacts) -> Self {
        Self { standby: Some(facts), ..self }
    }

    /// The next entry; nothing when the base came whole.
    pub fn next_entry(&mut self) -> io::Result<Option<Arrival>> {
        let next = self.next();
        next.map_err(|fault| {
            let words = fault.to_string();
            self.failure.get_or_insert(fault);
            io::Error::other(words)
        })
    }

    /// The content of the file that came last.
    pub fn content(&mut self) -> &mut dyn Read {
        self
    }

    /// Whether the server comes back to this folder: it sends the file of positions and the log last.
    pub fn comes_back_to(folder: &[u8]) -> bool {
        let folder = String::from_utf8_lossy(folder);
        let inner = folder.strip_prefix(DATA).and_then(|rest| rest.strip_prefix('/'));
        inner.is_some_and(|inner| {
            inner == "global" || inner.split('/').next().is_some_and(|first| first == LOG)
        })
    }

    /// Why there is no base, where the reader of the stream was told no more than words.
    pub fn take_failure(&mut self) -> Option<SourceError> {
        let failure = self.failure.take().or_else(|| self.archive.source().take_failure())?;
        Some(match &self.behind {
            Some((pair, _)) => pair.explain(failure, None, &self.world),
            None => failure,
        })
    }

    /// The base, once everything was read.
    pub fn finish(self) -> Result<Base, SourceError> {
        self.whole.ok_or_else(|| torn("it was not read to its end"))
    }

    fn next(&mut self) -> Result<Option<Arrival>, SourceError> {
        self.end_file()?;
        loop {
            if let Some(arrival) = self.pending.pop_front() {
                self.open(&arrival);
                return Ok(Some(arrival));
            }
            if self.whole.is_some() {
                return Ok(None);
            }
            if self.at.is_none() {
                self.next_part()?;
                continue;
            }
            let entry = self.archive.next_entry();
            match entry.map_err(|error| self.broken(&error))? {
                Some(arrival) => self.entry(arrival)?,
                None => self.at = None,
            }
        }
    }

    fn next_part(&mut self) -> Result<(), SourceError> {
        match self.archive.source().next_part()? {
            Some(Part::Archive(number)) => {
                self.archive.begin_again();
                let (folder, in_manifest) = match &number {
                    Some(number) => {
                        (format!("{TABLESPACES}/{number}"), format!("pg_tblspc/{number}/"))
                    }
                    None => (DATA.to_owned(), String::new()),
                };
                let (folder, in_manifest) = (folder.into_bytes(), in_manifest.into_bytes());
                self.at = Some(Place { folder, in_manifest });
                Ok(())
            }
            Some(Part::Manifest) => self.end(),
            None => Err(torn("it has no manifest")),
        }
    }

    /// Puts an entry in its place.
    fn entry(&mut self, mut arrival: Arrival) -> Result<(), SourceError> {
        let Some(place) = &self.at else { return Err(torn("an entry without an archive")) };
        if arrival.path == LAST_OF_DATA && place.folder == DATA.as_bytes() {
            self.copied = Some(self.world.clock.now());
        }
        if let (ArrivalKind::Symlink(target), Some(number)) =
            (&mut arrival.kind, arrival.path.strip_prefix(b"pg_tblspc/"))
        {
            let number = String::from_utf8_lossy(number);
            *target = format!("../../{TABLESPACES}/{number}").into_bytes();
        }
        // Root's names are the server's guess; the numbers are what it has.
        (arrival.user, arrival.group) = (String::new(), String::new());
        arrival.path = [&place.folder[..], b"/", &arrival.path].concat();
        let folder = place.folder.clone();
        self.folders_above(&folder, (arrival.uid, arrival.gid));
        self.pending.push_back(arrival);
        Ok(())
    }

    /// Tells of the folders that no archive tells of, once: a server would refuse others' modes.
    fn folders_above(&mut self, folder: &[u8], owner: (u32, u32)) {
        if self.owner.is_none() {
            self.owner = Some(owner);
            self.tell_folder(b"");
            if !self.start.tablespaces.is_empty() {
                self.tell_folder(TABLESPACES.as_bytes());
            }
        }
        if self.told.insert(folder.to_vec()) {
            self.tell_folder(folder);
        }
    }

    fn tell_folder(&mut self, path: &[u8]) {
        let (uid, gid) = self.owner.unwrap_or_default();
        self.pending.push_back(Arrival {
            path: path.to_vec(),
            kind: ArrivalKind::Folder,
            mode: FOLDER_MODE,
            uid,
            gid,
            user: String::new(),
            group: String::new(),
            mtime: Timestamp::UNIX_EPOCH,
            attributes: Vec::new(),
        });
    }

    /// Begins to read what is told next, if it has content.
    fn open(&mut self, arrival: &Arrival) {
        let ArrivalKind::File(size) = arrival.kind else { return };
        let place = self.at.as_ref().map(|place| (&place.folder[..], &place.in_manifest[..]));
        let (folder, in_manifest) = place.unwrap_or((DATA.as_bytes(), b""));
        let inner = arrival.path.get(folder.len() + 1..).unwrap_or_default();
        let name = [in_manifest, inner].concat();
        self.file = Some(Reading { name, size, read: 0, hasher: Sha256::new() });
    }

    fn end_file(&mut self) -> Result<(), SourceError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let shown = String::from_utf8_lossy(&file.name).into_owned();
        if file.read != file.size {
            return Err(torn(format!("{} of {} bytes of `{shown}`", file.read, file.size)));
        }
        self.bytes += file.size;
        let known = (file.size, file.hasher.finalize().into());
        match self.seen.insert(file.name, known) {
            None => Ok(()),
            Some(_) => Err(torn(format!("`{shown}` came twice"))),
        }
    }

    /// Reads the manifest, compares all that passed with it, and puts it into the base.
    fn end(&mut self) -> Result<(), SourceError> {
        let mut text = Vec::new();
        let limit = manifest::BYTES_MAX as u64 + 1;
        let read = self.archive.source().take(limit).read_to_end(&mut text);
        if let Err(error) = read {
            let failure = self.archive.source().take_failure();
            return Err(failure.unwrap_or_else(|| torn(error.to_string())));
        }
        if text.len() > manifest::BYTES_MAX {
            return Err(torn(format!("its manifest has more than {} bytes", manifest::BYTES_MAX)));
        }
        if self.archive.source().next_part()?.is_some() {
            return Err(torn("something comes behind its manifest"));
        }
        let end = self.archive.source().end()?;
        let known = manifest::read(&text).map_err(torn)?;
        self.compare(&known, &end)?;
        let base = self.base(&end)?;
        self.arrive_with(text, base, end)
    }

    fn arrive_with(&mut self, text: Vec<u8>, base: BaseFacts, end: End) -> Result<(), SourceError> {
        let digest = Digest::of(&text).to_string();
        let (uid, gid) = self.owner.unwrap_or_default();
        self.bytes += text.len() as u64;
        self.pending.push_back(Arrival {
            path: [DATA.as_bytes(), b"/", manifest::NAME.as_bytes()].concat(),
            kind: ArrivalKind::File(text.len() as u64),
            mode: 0o600,
            uid,
            gid,
            user: String::new(),
            group: String::new(),
            mtime: self.world.clock.now(),
            attributes: Vec::new(),
        });
        self.manifest = Some(Cursor::new(text));
        let mut about = self.about.clone();
        // What was made, dropped or altered meanwhile is in the base, or is not.
        let after = objects(&Session::open(&self.settings, &self.world)?)?;
        for (kind, named) in &mut about.objects {
            named.retain(|name, text| {
                after.get(kind).and_then(|named| named.get(name)) == Some(text)
            });
        }
        let mut facts = about.facts(&self.name, base, self.bytes, digest);
        facts.instant = self.copied.ok_or_else(|| torn("it has no file of positions"))?;
        if let (Some(standby), Some(_)) = (&self.standby, &self.behind) {
            // What the primary committed since then may be in it, or not.
            facts.instant = standby.asked;
        }
        facts.standby = self.standby.take();
        self.whole = Some(Base { facts, warnings: end.warnings });
        Ok(())
    }

    /// Every file of the manifest came as it says there, and no other but the log's.
    fn compare(&self, known: &BackupManifest, end: &End) -> Result<(), SourceError> {
        for (name, expected) in &known.files {
            let shown = String::from_utf8_lossy(name);
            match self.seen.get(name) {
                None => return Err(torn(format!("`{shown}` did not come"))),
                Some(came) if came != expected => {
                    return Err(torn(format!("`{shown}` is not what the server says of it")));
                }
                Some(_) => {}
            }
        }
        let log = format!("{LOG}/");
        let strange = self
            .seen
            .keys()
            .find(|name| !known.files.contains_key(*name) && !name.starts_with(log.as_bytes()));
        if let Some(name) = strange {
            let shown = String::from_utf8_lossy(name);
            return Err(torn(format!("`{shown}` came, and the server does not know of it")));
        }
        if known.system_identifier.as_ref().is_some_and(|system| *system != self.system) {
            return Err(torn("its manifest is of another server"));
        }
        let range = (self.timeline(end)?, &self.start.position, &end.position);
        let is_range = known.ranges.iter().map(|(timeline, start, stop)| (*timeline, start, stop));
        if is_range.collect::<Vec<_>>() != [range] {
            return Err(torn("its manifest is of another stretch of the log"));
        }
        Ok(())
    }

    fn timeline(&self, end: &End) -> Result<u32, SourceError> {
        if end.timeline != self.start.timeline {
            return Err(torn("the server changed its timeline"));
        }
        end.timeline.parse().map_err(|_| torn("its timeline is no number"))
    }

    /// What the base is; the log that it needs has come.
    fn base(&self, end: &End) -> Result<BaseFacts, SourceError> {
        let timeline = self.timeline(end)?;
        let position = |text: &str| {
            Position::parse(text).ok_or_else(|| torn(format!("`{text}` is no position")))
        };
        let (start, stop) = (position(&self.start.position)?, position(&end.position)?);
        if let Some((_, reach)) = self.behind.as_ref().filter(|(_, reach)| stop < *reach) {
            let (stop, wanted) = (stop.to_string(), reach.to_string());
            return Err(StandbyFault::Short { stop, wanted }.into());
        }
        let bytes = self.about.wal_segment_bytes;
        for number in start.segments(stop, bytes) {
            let name = format!("{LOG}/{}", segment_name(timeline, number, bytes));
            match self.seen.get(name.as_bytes()) {
                Some((size, _)) if *size == bytes => {}
                _ => return Err(torn(format!("`{name}` did not come whole"))),
            }
        }
        Ok(BaseFacts {
            system_identifier: self.system.clone(),
            timeline,
            start_lsn: self.start.position.clone(),
            stop_lsn: end.position.clone(),
            wal_segment_bytes: bytes,
            page_checksums: self.about.page_checksums,
            files: self.seen.len() as u64 + 1,
            tablespaces: self.start.tablespaces.iter().cloned().collect(),
            superuser: self.about.superuser.clone(),
            from_standby: self.behind.is_some(),
        })
    }

    /// What a tar stream that cannot be taken comes from.
    fn broken(&mut self, error: &TarError) -> SourceError {
        let failure = self.archive.source().take_failure();
        failure.unwrap_or_else(|| torn(error.to_string()))
    }
}

/// The content of the file that came last, noted as it passes.
impl Read for Taking {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.manifest {
            Some(manifest) => manifest.read(bytes)?,
            None => self.archive.read(bytes)?,
        };
        if let Some(file) = &mut self.file {
            file.read += count as u64;
            file.hasher.update(&bytes[..count]);
        }
        Ok(count)
    }
}

fn torn(detail: impl Into<String>) -> SourceError {
    PhysicalFault::Torn { detail: detail.into() }.into()
}
