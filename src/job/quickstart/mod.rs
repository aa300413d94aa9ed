//! The whole story on a made-up portal: watch it, protect it, lose it, prove that it comes back,
//! bring it back by playbook; see it altered, open the incident, fill in its form, and let it be
//! verified.
//!
//! It makes a small real portal in a folder of its own, writes an ordinary configuration for it,
//! and then runs the ordinary jobs on it; nothing here is a second implementation of anything.
//! The folder is ours only if we made it: a folder without our mark that is not empty is refused.

mod alarm;
mod people;
mod portal;
mod recovery;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::verify::{Trust, Verdict as LogVerdict, verify};
use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::document::{self, Document};
use crate::drill::fact::DrillRecord;
use crate::job::drill::{self, Drilled};
use crate::job::fault::JobFault;
use crate::job::probe::Watch;
use crate::job::report;
use crate::job::sample::{self, Made, Places};
use crate::job::site::Site;
use crate::job::snapshot::{self, Taken};
use crate::job::{init, verify as verify_job};
use crate::repository::verify::{Depth, VerifyReport};
use crate::world::World;
use crate::world::files::{self, FileError};

pub use alarm::{Alarm, Clock};
pub use portal::{Answer, Answers, Service};
pub use recovery::Recovered;

/// The made-up portal's id in its configuration.
const PORTAL: &str = "mau";

/// Says that a folder was made by the quickstart and may be made anew by it.
const MARK: &str = ".duphong-quickstart";

/// The same portal every time.
const SEED: u64 = 2017;

/// The page must hold this: the portal's name comes from the configuration tree and the news from
/// the database, so neither can be missing.
const ANSWER: &str = "Cổng thông tin điện tử tỉnh Mẫu";

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
    /// The made-up approver's private key.
    pub approver: PathBuf,
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
            approver: folder.join("secrets/approver.key"),
            documents,
            folder,
        })
    }
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
    /// Its answers after it was lost.
    pub lost: Answers,
    /// The drill.
    pub drilled: Drilled,
    /// The recovery of what was lost.
    pub recovered: Recovered,
    /// The alarm when its page was altered, the incident and its form.
    pub alarm: Alarm,
    /// The recovery of the altered page.
    pub cleaned: Recovered,
    /// Whether the page was then found as its baseline has it.
    pub is_clean: bool,
    /// Whether this machine has an IPv6 loopback address.
    pub has_ipv6: bool,
    /// The repository, all data read.
    pub verified: VerifyReport,
    /// The audit log, verified against the anchor.
    pub log: LogVerdict,
    /// Entries in it.
    pub entries: u64,
    /// From first to last.
    pub took: Duration,
}

/// A folder that is ready, and the portal's address in service.
#[derive(Debug)]
pub struct Prepared {
    /// Where everything lies.
    pub paths: Paths,
    service: Service,
}

/// Makes the folder ready, takes the portal's address and writes the configuration.
pub fn prepare(
    folder: &Path,
    program: &Path,
    language: &str,
    world: &World,
) -> Result<Prepared, AnyFault> {
    let paths = Paths::below(folder)?;
    let mark = paths.folder.join(MARK);
    if mark.exists() {
        clear(&paths)?;
    } else if std::fs::read_dir(&paths.folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(JobFault::NotEmpty { path: paths.folder.clone() }.into());
    }
    files::create_private_dir(&paths.folder)?;
    files::replace_durably(&mark, b"made by `duphong quickstart`; it may be made anew\n")?;
    for folder in [&paths.documents, &paths.folder.join("anchor"), &paths.folder.join("secrets")] {
        files::create_private_dir(folder)?;
    }
    let approver = people::approver(&paths.approver, world)?;
    let service = Service::begin(&Places::below(&paths.portal), world)?;
    let text = configuration(&paths, program, language, &approver, &service);
    files::replace_durably(&paths.configuration, text.as_bytes())?;
    Ok(Prepared { paths, service })
}

/// Removes what an earlier quickstart made here, and nothing else.
fn clear(paths: &Paths) -> Result<(), FileError> {
    for name in ["portal", "repository", "secrets", "state", "anchor", "documents"] {
        let path = paths.folder.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(FileError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Runs the story on the prepared folder; `site` was made from its configuration.
pub fn run(site: &Site, prepared: Prepared) -> Result<Story, AnyFault> {
    let Prepared { paths, service } = prepared;
    let has_ipv6 = service.has_ipv6;
    let started = site.world.clock.monotonic();
    let places = Places::below(&paths.portal);
    let made = sample::make(&places, SEED)?;
    init::host(site)?;
    let (watch, fault) = Watch::begin(site);
    fault.map_or(Ok(()), Err)?;
    let before = portal::look(site, &watch)?;
    alarm::take_baseline(site)?;
    let taken = snapshot::create(site, PORTAL)?;
    portal::lose(&places)?;
    let lost = portal::look(site, &watch)?;
    let drilled =
        drill::run(site, &drill::Request { portal: PORTAL.into(), ..drill::Request::default() })?;
    let recovered = recovery::in_place(site, &watch, &paths, &sound_set(&taken))?;
    portal::deface(&places)?;
    let alarm = alarm::notice(site, &paths)?;
    let cleaned = recovery::in_place(site, &watch, &paths, &sound_set(&taken))?;
    let is_clean = alarm::page_is_unaltered(site)?;
    let verified = verify_job::repository(site, "local", Depth::AllData)?;
    let log = site.log()?;
    write_minutes(site, &log, &drilled.record, drilled.entry, &paths.minutes)?;
    log.anchor(&site.actor, &paths.anchor)?;
    let vkey = log.vkey().to_owned();
    drop(log);
    let trust = Trust { vkey: Some(vkey), anchors: vec![paths.anchor.clone()] };
    let report = verify(&paths.log, &trust);
    let took = site.world.clock.monotonic().since(started);
    drop(service);
    Ok(Story {
        paths,
        made,
        before,
        taken,
        lost,
        drilled,
        recovered,
        alarm,
        cleaned,
        is_clean,
        has_ipv6,
        verified,
        log: report.verdict(),
        entries: report.entries.end,
        took,
    })
}

/// The set that was taken before anything happened; forensic ones come after it.
fn sound_set(taken: &Taken) -> String {
    taken.sets.first().map(|set| set.written.id.to_string()).unwrap_or_default()
}

fn write_minutes(
    site: &Site,
    log: &crate::audit::Log,
    record: &DrillRecord,
    entry: u64,
    to: &Path,
) -> Result<(), AnyFault> {
    let document: Document = report::minutes(site, log, record, entry)?;
    let catalog = report::catalog(site);
    let bytes = document::pdf(&document, &catalog, record.decided)?;
    Ok(files::replace_durably(to, &bytes)?)
}

/// An ordinary configuration. Its addresses are of a domain that nobody can have (RFC 2606), and of
/// this machine alone.
const CONFIGURATION: &str = include_str!("duphong.yaml");

fn configuration(
    paths: &Paths,
    program: &Path,
    language: &str,
    approver: &str,
    service: &Service,
) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let page = |host: &str| format!("http://{host}:{}/", service.port);
    let probe = |family: &str, host: &str| {
        format!(
            "      - {{ name: trang-{family}, url: \"{}\", families: {family}, \
             settle: {{ failures: 1, successes: 1 }}, \
             expect: {{ status: 200, contains: {ANSWER} }} }}",
            page(host)
        )
    };
    let mut probes = vec![probe("ipv4", "127.0.0.1")];
    probes.extend(service.has_ipv6.then(|| probe("ipv6", "[::1]")));
    let closed = Places::below(&paths.portal).closed();
    CONFIGURATION
        .replace("@PROGRAM@", &quoted(&program.display().to_string()))
        .replace("@LANGUAGE@", language)
        .replace("@APPROVER@", &quoted(approver))
        .replace("@CLOSED@", &quoted(&closed.display().to_string()))
        .replace("@PAGE@", &quoted(&page("127.0.0.1")))
        .replace("@PROBES@", &probes.join("\n"))
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
    let _serving = sample::serve(places, None, listen, world)?;
    while !cancel.is_cancelled() {
        world.clock.sleep(STOP_POLL);
    }
    Ok(())
}
