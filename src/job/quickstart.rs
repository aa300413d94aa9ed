//! The whole story on a made-up portal: protect it, lose it, bring it back against the clock,
//! prove it.
//!
//! It makes a small real portal in a folder of its own, writes an ordinary configuration for it,
//! and then runs the ordinary jobs on it; nothing here is a second implementation of anything.
//! The folder is ours only if we made it: a folder without our mark that is not empty is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::verify::{Trust, Verdict as LogVerdict, verify};
use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::document::{self, Document};
use crate::drill::fact::DrillRecord;
use crate::job::drill::{self, Drilled};
use crate::job::fault::JobFault;
use crate::job::report;
use crate::job::restore::{self, Restored};
use crate::job::sample::{self, Made, Places};
use crate::job::site::Site;
use crate::job::smoke::{self, Question};
use crate::job::snapshot::{self, Taken};
use crate::job::{init, verify as verify_job};
use crate::repository::verify::{Depth, VerifyReport};
use crate::world::World;
use crate::world::files::{self, FileError};

/// Says that a folder was made by the quickstart and may be made anew by it.
const MARK: &str = ".duphong-quickstart";

/// The same portal every time.
const SEED: u64 = 2017;

/// The page must hold this: the portal's name comes from the configuration tree and the news from
/// the database, so neither can be missing.
const ANSWER: &str = "Cổng thông tin điện tử tỉnh Mẫu";

/// A portal that is being started on this machine answers within this, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// A portal that was taken away must stay silent for this long before we call it broken.
const SILENCE: Duration = Duration::from_millis(300);

/// Where things lie below the quickstart's folder.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The folder itself.
    pub folder: PathBuf,
    /// The configuration.
    pub configuration: PathBuf,
    /// The repository.
    pub repository: PathBuf,
    /// The repository's password.
    pub password: PathBuf,
    /// The audit log.
    pub log: PathBuf,
    /// A signed head of the log, kept outside it.
    pub anchor: PathBuf,
    /// Documents for people.
    pub documents: PathBuf,
    /// The minutes of the drill.
    pub minutes: PathBuf,
    /// The production portal.
    pub portal: PathBuf,
    /// The portal that was brought back.
    pub restored: PathBuf,
}

impl Paths {
    /// The layout below `folder`, which is made absolute.
    pub fn below(folder: &Path) -> Result<Self, FileError> {
        let folder = std::path::absolute(folder).map_err(FileError::io("resolve", folder))?;
        let documents = folder.join("documents");
        Ok(Self {
            configuration: folder.join("duphong.yaml"),
            repository: folder.join("repository"),
            password: folder.join("secrets/repository.password"),
            log: folder.join("state/audit"),
            anchor: folder.join("anchor/checkpoint"),
            minutes: documents.join("bien-ban-dien-tap.pdf"),
            portal: folder.join("portal"),
            restored: folder.join("restored"),
            documents,
            folder,
        })
    }
}

/// How a portal answered over one address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// As it should.
    Healthy,
    /// Not, or wrongly.
    Down,
    /// This machine has no such address to ask from.
    Unknown,
}

/// The portal's answers over both address families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Over IPv4.
    pub v4: Answer,
    /// Over IPv6.
    pub v6: Answer,
}

/// What the quickstart did and saw.
#[derive(Debug)]
pub struct Story {
    /// Where everything lies.
    pub paths: Paths,
    /// The portal that was made.
    pub made: Made,
    /// Its answers before anything happened.
    pub before: Answers,
    /// The set.
    pub taken: Taken,
    /// Its answers after it was broken.
    pub broken: Answers,
    /// The drill.
    pub drilled: Drilled,
    /// The restore beside production.
    pub restored: Restored,
    /// The restored portal's answers.
    pub after: Answers,
    /// The repository, all data read.
    pub verified: VerifyReport,
    /// The audit log, verified against the anchor.
    pub log: LogVerdict,
    /// Entries in it.
    pub entries: u64,
    /// From first to last.
    pub took: Duration,
}

/// Makes the folder ready and writes the configuration; returns its text and where it lies.
pub fn prepare(folder: &Path, program: &Path, language: &str) -> Result<Paths, AnyFault> {
    let paths = Paths::below(folder)?;
    let mark = paths.folder.join(MARK);
    if mark.exists() {
        clear(&paths)?;
    } else if std::fs::read_dir(&paths.folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(JobFault::NotEmpty { path: paths.folder.clone() }.into());
    }
    files::create_private_dir(&paths.folder)?;
    files::replace_durably(&mark, b"made by `duphong quickstart`; it may be made anew\n")?;
    for folder in [&paths.documents, &paths.folder.join("anchor")] {
        files::create_private_dir(folder)?;
    }
    let text = configuration(program, language);
    files::replace_durably(&paths.configuration, text.as_bytes())?;
    Ok(paths)
}

/// Removes what an earlier quickstart made here, and nothing else.
fn clear(paths: &Paths) -> Result<(), FileError> {
    for name in ["portal", "restored", "repository", "secrets", "state", "anchor", "documents"] {
        let path = paths.folder.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(FileError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Runs the story on the prepared folder; `site` was made from its configuration.
pub fn run(site: &Site, paths: Paths) -> Result<Story, AnyFault> {
    let started = site.world.clock.monotonic();
    let places = Places::below(&paths.portal);
    let made = sample::make(&places, SEED)?;
    init::host(site)?;
    let before = ask_portal(site, &places, PATIENCE);
    let taken = snapshot::create(site, "mau")?;
    break_portal(&places)?;
    let broken = ask_portal(site, &places, SILENCE);
    let drilled = drill::run(
        site,
        &drill::Request { portal: "mau".into(), set: None, repository: None, sabotage: None },
    )?;
    let restored = bring_back(site, &paths)?;
    put_back(&paths.restored, &places)?;
    let after = ask_portal(site, &places, PATIENCE);
    let verified = verify_job::repository(site, "local", Depth::AllData)?;
    let log = site.log()?;
    write_minutes(site, &log, &drilled.record, drilled.entry, &paths.minutes)?;
    log.anchor(&site.actor, &paths.anchor)?;
    let vkey = log.vkey().to_owned();
    drop(log);
    let trust = Trust { vkey: Some(vkey), anchors: vec![paths.anchor.clone()] };
    let report = verify(&paths.log, &trust);
    let took = site.world.clock.monotonic().since(started);
    Ok(Story {
        paths,
        made,
        before,
        taken,
        broken,
        drilled,
        restored,
        after,
        verified,
        log: report.verdict(),
        entries: report.entries.end,
        took,
    })
}

/// Serves the portal at `places` on both loopback addresses and asks it.
fn ask_portal(site: &Site, places: &Places, patience: Duration) -> Answers {
    let v4 = ask_over(site, places, Ipv4Addr::LOCALHOST.into(), patience);
    let v6 = ask_over(site, places, Ipv6Addr::LOCALHOST.into(), patience);
    Answers { v4, v6 }
}

fn ask_over(site: &Site, places: &Places, host: IpAddr, patience: Duration) -> Answer {
    let listen = SocketAddr::new(host, 0);
    // No such address on this machine: then nothing can be said of the portal, least of all good.
    let Ok(serving) = sample::serve(places.clone(), listen, &site.world) else {
        return Answer::Unknown;
    };
    let question =
        Question { path: "/".to_owned(), status: 200, contains: Some(ANSWER.to_owned()) };
    match smoke::ask(&question, serving.address, patience, &site.world, &site.cancel) {
        Ok(()) => Answer::Healthy,
        Err(_) => Answer::Down,
    }
}

/// The loss: database and uploads are gone, as after an attack or a dead disk.
fn break_portal(places: &Places) -> Result<(), FileError> {
    let data = places.database.parent().unwrap_or(&places.database);
    for path in [data, &places.media] {
        std::fs::remove_dir_all(path).map_err(FileError::io("remove", path))?;
    }
    Ok(())
}

fn bring_back(site: &Site, paths: &Paths) -> Result<Restored, AnyFault> {
    restore::run(
        site,
        &restore::Request {
            portal: "mau".into(),
            set: None,
            repository: None,
            only: Vec::new(),
            target: paths.restored.clone(),
            databases: Vec::new(),
            resume: false,
            dry_run: false,
            production: None,
        },
    )
}

/// What was lost goes back to its place in production; a person would do the same by hand, after
/// looking at it.
fn put_back(restored: &Path, places: &Places) -> Result<(), FileError> {
    let data = places.database.parent().unwrap_or(&places.database);
    files::create_private_dir(data)?;
    files::rename_durably(&restored.join("db/cong.sqlite"), &places.database)?;
    files::rename_durably(&restored.join("media/tep"), &places.media)
}

fn write_minutes(
    site: &Site,
    log: &crate::audit::Log,
    record: &DrillRecord,
    entry: u64,
    to: &Path,
) -> Result<(), AnyFault> {
    let (document, catalog): (Document, _) = report::minutes(site, log, record, entry)?;
    let bytes = document::pdf(&document, &catalog, record.decided)?;
    Ok(files::replace_durably(to, &bytes)?)
}

/// An ordinary configuration with relative paths: the folder can be moved as a whole. Its addresses
/// are of a domain that nobody can have (RFC 2606).
const CONFIGURATION: &str = include_str!("quickstart/duphong.yaml");

fn configuration(program: &Path, language: &str) -> String {
    let program = serde_json::Value::from(program.display().to_string());
    CONFIGURATION
        .replace("@PROGRAM@", &program.to_string())
        .replace("@LANGUAGE@", language)
        .replace("@ANSWER@", ANSWER)
}

/// How soon a sample portal stops after it was asked to.
const STOP_POLL: Duration = Duration::from_millis(100);

/// Serves the sample portal until someone asks to stop.
pub fn serve_until(
    places: Places,
    listen: SocketAddr,
    world: &World,
    cancel: &Cancel,
) -> Result<(), AnyFault> {
    let _serving = sample::serve(places, listen, world)?;
    while !cancel.is_cancelled() {
        world.clock.sleep(STOP_POLL);
    }
    Ok(())
}
