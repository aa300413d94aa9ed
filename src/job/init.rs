//! Preparing a host: its state folder, its audit log, its repositories and their passwords.
//!
//! May be run again: what exists stays as it is. A password file that does not exist is made from
//! 256 random bits, 0600; one that exists is never touched.

use std::path::PathBuf;

use crate::audit::{Deed, Log, Outcome};
use crate::base::fault::AnyFault;
use crate::config::secret::{SecretError, SecretSource};
use crate::config::settings::{self, Settings};
use crate::job::place;
use crate::job::site::Site;
use crate::repository::Repository;
use crate::repository::polynomial::Polynomial;
use crate::store::s3::Conditions;
use crate::world::World;
use crate::world::files;

/// What `init` made.
#[derive(Debug, Default)]
pub struct Made {
    /// The audit log's folder, when it is new.
    pub log: Option<PathBuf>,
    /// New repositories.
    pub repositories: Vec<New>,
    /// New password files.
    pub passwords: Vec<PathBuf>,
    /// Repositories that were there already.
    pub kept: Vec<String>,
}

/// A new repository.
#[derive(Debug)]
pub struct New {
    /// Its name in the configuration.
    pub name: String,
    /// What tells it apart from every other.
    pub id: String,
    /// What its server does with conditional writes; nothing where there is no server.
    pub conditions: Option<Conditions>,
}

/// Makes what is missing of the whole host.
pub fn host(site: &Site) -> Result<Made, AnyFault> {
    let mut made = Made::default();
    let log = open_log(site, &mut made)?;
    for repository in &site.settings.repositories {
        site.go_on()?;
        make(site, &log, repository, &mut made)?;
    }
    Ok(made)
}

/// Makes one repository.
pub fn repository(site: &Site, name: &str) -> Result<Made, AnyFault> {
    let mut made = Made::default();
    let log = site.log()?;
    make(site, &log, site.repository(name)?, &mut made)?;
    Ok(made)
}

fn open_log(site: &Site, made: &mut Made) -> Result<Log, AnyFault> {
    let folder = site.settings.audit_dir();
    if folder.is_dir() {
        return site.log();
    }
    files::create_passage_dir(&site.settings.state)?;
    let log = Log::create(&folder, &origin(&site.settings), &site.world)?;
    made.log = Some(folder);
    Ok(log)
}

/// The log's name on its signed heads: unique to the site.
pub(super) fn origin(settings: &Settings) -> String {
    format!("duphong/{}", settings.site.id)
}

fn make(
    site: &Site,
    log: &Log,
    settings: &settings::Repository,
    made: &mut Made,
) -> Result<(), AnyFault> {
    if place::is_taken(&settings.store, &site.world, &site.cancel)? {
        made.kept.push(settings.name.clone());
        return Ok(());
    }
    let deed =
        Deed::new("repository.init", &settings.name).fact("place", settings.store.to_string());
    let new = site.recorded(log, deed, || {
        if let Some(path) = make_password(site, &settings.password)? {
            made.passwords.push(path);
        }
        let password = settings.password.read()?;
        let (store, conditions) = place::create(&settings.store, &site.world, &site.cancel)?;
        let alike = cuts_of_another(site, &settings.name);
        let polynomial = alike
            .as_ref()
            .map_or_else(|| Polynomial::random(&*site.world.entropy), |(_, cuts)| *cuts);
        let repository = Repository::init_sharing(store, &password, &site.world, polynomial)?;
        let id = repository.id().to_string();
        let mut outcome = Outcome::done().fact("id", id.clone());
        if let Some((name, _)) = alike {
            outcome = outcome.fact("cuts-like", name);
        }
        if let Some(conditions) = conditions {
            outcome = outcome.fact("conditional-writes", conditions.as_str());
        }
        Ok((New { name: settings.name.clone(), id, conditions }, outcome))
    })?;
    made.repositories.push(new);
    Ok(())
}

/// A repository of this host that is there, and how it cuts: one that cuts like it is fed by the same
/// run without reading everything again. One that cannot be asked now is no reason not to make another.
fn cuts_of_another(site: &Site, new: &str) -> Option<(String, Polynomial)> {
    let others = site.settings.repositories.iter().filter(|one| one.name != new);
    others
        .filter(|one| place::is_taken(&one.store, &site.world, &site.cancel).unwrap_or(false))
        .find_map(|one| Some((one.name.clone(), site.open(&one.name).ok()?.polynomial())))
}

/// Makes the password file when it does not exist, and says where.
fn make_password(site: &Site, source: &SecretSource) -> Result<Option<PathBuf>, SecretError> {
    let path = source.path()?;
    if path.exists() {
        return Ok(None);
    }
    let text = new_password(&site.world);
    let write = |source| SecretError::Read { source };
    if let Some(folder) = path.parent() {
        files::create_private_dir(folder).map_err(write)?;
    }
    files::replace_durably(path, text.as_bytes()).map_err(write)?;
    Ok(Some(path.to_owned()))
}

/// The content of a new password file: 256 random bits, and the end of the line.
pub(super) fn new_password(world: &World) -> String {
    let mut key = [0; 32];
    world.entropy.fill(&mut key);
    // Base32 without padding: 52 characters that a person can read aloud and type from paper.
    let mut text = data_encoding::BASE32_NOPAD.encode(&key);
    text.push('\n');
    text
}
