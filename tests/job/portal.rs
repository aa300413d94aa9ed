//! A configured installation with the made-up portal, in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use duphong::audit::Actor;
use duphong::base::cancel::Cancel;
use duphong::base::progress::Silent;
use duphong::config;
use duphong::drill::fact::PhaseName;
use duphong::job::drill::{self, Drilled, Sabotage};
use duphong::job::sample::{self, Places};
use duphong::job::site::{Notices, Site};
use duphong::job::unrecorded::Unrecorded;
use duphong::world::World;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Dropped last: the runtime must outlive what runs on it.
pub(super) struct Installation {
    pub(super) site: Site,
    pub(super) folder: TempDir,
    _runtime: Runtime,
}

/// `@` stands for the folder of the installation, or for nothing where paths are relative.
pub(super) const CONFIGURATION: &str = r"
site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }
state: @state
repositories:
  local: { path: @repository, password: { file: @secrets/repository.password } }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
SOURCES
    snapshot: { to: [local], rpo: 6h }
    drill: { from: local, rto: 8h, scratch: @scratch }
";

/// What `CONFIGURATION` protects where a test names nothing else.
pub(super) const SOURCES: &str = "
    databases:
      - { name: cong, sqlite: { path: @portal/data/cong.sqlite } }
    trees:
      - { role: media, name: tep, path: @portal/media }
      - { role: application, name: trang, path: @portal/application }
      - { role: configuration, name: cong, path: @portal/configuration }
";

/// The phases of a drill of data alone.
pub(super) const PHASES: [PhaseName; 5] =
    [PhaseName::Find, PhaseName::Fetch, PhaseName::Scratch, PhaseName::Load, PhaseName::Compare];

/// A configuration with relative paths whose portal has these databases and trees.
pub(super) fn configuration(sources: &str) -> String {
    CONFIGURATION.replace("SOURCES", sources).replace('@', "")
}

impl Installation {
    /// With the portal made and the host prepared.
    pub(super) fn new() -> Self {
        Self::with(&configuration(SOURCES))
    }

    /// The same with absolute paths, as a host has them.
    pub(super) fn absolute() -> Self {
        Self::at(passage(), &CONFIGURATION.replace("SOURCES", SOURCES))
    }

    pub(super) fn with(configuration: &str) -> Self {
        Self::at(passage(), configuration)
    }

    fn at(folder: TempDir, configuration: &str) -> Self {
        let root = format!("{}/", folder.path().display());
        let configuration = &configuration.replace('@', &root);
        let file = folder.path().join("duphong.yaml");
        std::fs::write(&file, configuration).unwrap();
        let (site, runtime) = site(&file);
        let installation = Self { site, folder, _runtime: runtime };
        sample::make(&installation.places(), 7).unwrap();
        duphong::job::init::host(&installation.site).unwrap();
        installation
    }

    pub(super) fn places(&self) -> Places {
        Places::below(&self.path("portal"))
    }

    pub(super) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(below)
    }

    /// A drill of the newest set.
    pub(super) fn drill(&self, sabotage: Option<Sabotage>) -> Drilled {
        let portal = "mau".into();
        let request = drill::Request { portal, sabotage, ..drill::Request::default() };
        drill::run(&self.site, &request).unwrap()
    }

    /// What `restic` says, run on the repository with its own password.
    pub(super) fn restic(&self, arguments: &[&str]) -> std::process::Output {
        std::process::Command::new("restic")
            .args(["--no-cache", "--repo"])
            .arg(self.path("repository"))
            .arg("--password-file")
            .arg(self.path("secrets/repository.password"))
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .output()
            .unwrap()
    }
}

/// Noise that differs from seed to seed and is the same in every run.
pub(super) fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4]
    };
    (0..length).map(|_| next()).collect()
}

/// The site of a configuration file, as a new process finds it.
pub(super) fn site(file: &Path) -> (Site, Runtime) {
    let configuration = std::fs::read(file).unwrap();
    let runtime = Runtime::new().unwrap();
    let loaded = config::check_text(&configuration, file, None).unwrap();
    let site = Site {
        settings: loaded.settings,
        configuration,
        world: World::system(runtime.handle().clone()),
        actor: Actor::person("thử"),
        cancel: Cancel::default(),
        progress: Arc::new(Silent),
        notices: Notices::default(),
        scheduled: None,
        unrecorded: Unrecorded::default(),
    };
    (site, runtime)
}

/// A folder that a scratch server of another user can pass, for when the tests run as root.
fn passage() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    folder
}
