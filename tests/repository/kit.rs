//! What the tests of this folder share: worlds, repositories, trees, and stock restic.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::repository::blob::BlobKind;
use duphong::repository::chunk::Chunking;
use duphong::repository::{
    Repository, RepositoryError, SetMeta, SetWriter, SnapshotId, TreeSummary, Tuning, Written,
};
use duphong::store::disk::DiskStore;
use duphong::store::{ObjectName, ObjectStore, StoreError};
use duphong::world::World;

use crate::store::around::{Around, Through};

pub(crate) const PASSWORD: &str = "mật khẩu của kho";

pub(crate) fn password() -> Secret {
    Secret::new(PASSWORD.as_bytes().to_vec())
}

/// One runtime for all tests: a `World` is driven from test threads, which are not its workers.
pub(crate) fn runtime() -> tokio::runtime::Handle {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap()
        })
        .handle()
        .clone()
}

pub(crate) fn world() -> World {
    World::system(runtime())
}

/// Small packs, so that small inputs make several.
pub(crate) const SMALL: Tuning =
    Tuning { pack_bytes: 64 * 1024, workers: 2, uploads: 2, level: 3, kept_bytes: 1 << 20 };

/// A folder that holds a repository and a place for sources.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        let path = self.path("repository");
        if path.is_dir() {
            return Arc::new(DiskStore::open(path).unwrap());
        }
        Arc::new(DiskStore::create(path).unwrap())
    }

    pub(crate) fn init(&self) -> Repository {
        Repository::init(self.store(), &password(), &world()).unwrap()
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(self.store(), &password(), &world()).unwrap()
    }

    /// Runs stock restic on the repository; its output, or its complaint.
    pub(crate) fn restic(&self, arguments: &[&str]) -> Result<String, String> {
        fs::write(self.path("password"), PASSWORD).unwrap();
        let output = Command::new("restic")
            .args(["--no-cache", "-r"])
            .arg(self.path("repository"))
            .arg("--password-file")
            .arg(self.path("password"))
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .output()
            .expect("restic is installed by tests/run");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        Err(format!("{}{text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

pub(crate) fn writer(repository: &Repository, parent: Option<SnapshotId>) -> SetWriter {
    SetWriter::begin_tuned(repository, parent, Cancel::default(), Arc::new(Silent), SMALL).unwrap()
}

pub(crate) fn meta() -> SetMeta {
    SetMeta {
        paths: vec!["/mau".to_owned()],
        tags: vec!["mau".to_owned()],
        hostname: "may-chu".to_owned(),
    }
}

/// Saves one tree as `media/files`.
pub(crate) fn save(
    repository: &Repository,
    root: &Path,
    parent: Option<SnapshotId>,
) -> (Written, TreeSummary) {
    let writer = writer(repository, parent);
    let summary = writer.add_tree("media/files", root, &[], sizes()).unwrap();
    (writer.finish(meta()).unwrap(), summary)
}

/// Small blobs, so that small files have several.
pub(crate) fn sizes() -> Chunking {
    Chunking::Sizes { min: 2048, avg: 8192, max: 32768 }
}

/// Repeatable bytes that do not compress (xorshift64*).
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()
    })
    .flatten()
    .take(length)
    .collect()
}

/// A tree with what real ones have: depth, sizes, links, odd names.
pub(crate) fn make_tree(root: &Path) {
    fs::create_dir_all(root.join("2026/Tháng Một")).unwrap();
    fs::create_dir_all(root.join("rong")).unwrap();
    fs::write(root.join("trong.txt"), b"").unwrap();
    fs::write(root.join("mot.txt"), b"x").unwrap();
    fs::write(root.join("2026/Tháng Một/Kế hoạch số 1.txt"), "dòng\n".repeat(20_000)).unwrap();
    fs::write(root.join("2026/anh.jpg"), noise(1, 300_000)).unwrap();
    for number in 0..40 {
        fs::write(root.join(format!("2026/{number}.pdf")), noise(number, 3_000)).unwrap();
    }
    let odd: [&[u8]; 6] = [
        b"latin1-\xe9\xff",
        b"quote\"back\\slash",
        b"line\nend\ttab\x01",
        "nbsp\u{a0}zero\u{200b}".as_bytes(),
        b"<&>'$(x)`",
        b" -rf ",
    ];
    for name in odd {
        let path = root.join(std::ffi::OsStr::from_bytes(name));
        fs::write(path, name).unwrap();
    }
    symlink("2026/anh.jpg", root.join("lien-ket")).unwrap();
    symlink("khong/co", root.join("gay")).unwrap();
    fs::hard_link(root.join("2026/anh.jpg"), root.join("ten-khac.jpg")).unwrap();
}

/// Everything of a tree that a restore must bring back, one readable line a path.
pub(crate) fn picture(root: &Path) -> BTreeMap<String, String> {
    let mut picture = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if metadata.is_dir() {
                folders.push(path.clone());
                String::new()
            } else {
                Digest::of(&fs::read(&path).unwrap()).to_string()
            };
            let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().escape_ascii();
            let (mode, seconds) = (metadata.mode(), metadata.mtime());
            let nanoseconds = metadata.mtime_nsec();
            let line = format!("{mode:o} {seconds}.{nanoseconds:09} {content}");
            picture.insert(name.to_string(), line);
        }
    }
    picture
}

/// Reads a whole set through our own reader: every path with its kind, size and content, or the
/// fault that says what is missing. Proves that sizes say the truth.
pub(crate) fn read_set(
    repository: &Repository,
    id: &SnapshotId,
) -> Result<BTreeMap<String, String>, RepositoryError> {
    let index = repository.load_index()?;
    let mut set = BTreeMap::new();
    let mut folders = vec![(String::new(), repository.snapshot(id)?.tree)];
    while let Some((path, tree)) = folders.pop() {
        for node in repository.load_tree(&index, &tree)?.into_nodes() {
            let path = format!("{path}/{}", node.name.escape_ascii());
            if let Some(subtree) = node.subtree {
                folders.push((path.clone(), subtree));
            }
            let mut content = Vec::new();
            for blob in node.content.iter().flatten() {
                content.extend(repository.load_blob(&index, BlobKind::Data, blob)?);
            }
            assert_eq!(node.size, content.len() as u64, "{path}");
            let target = node.link_target.escape_ascii();
            set.insert(path, format!("{:?} {} {target}", node.kind, Digest::of(&content)));
        }
    }
    Ok(set)
}

/// The same of a folder, as [`read_set`] would show it below `media/files`.
pub(crate) fn expected(root: &Path) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    let nothing = Digest::of(b"");
    set.insert("/media".to_owned(), format!("Dir {nothing} "));
    set.insert("/media/files".to_owned(), format!("Dir {nothing} "));
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let line = if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                format!("Symlink {nothing} {}", target.as_os_str().as_bytes().escape_ascii())
            } else if metadata.is_dir() {
                folders.push(path.clone());
                format!("Dir {nothing} ")
            } else {
                format!("File {} ", Digest::of(&fs::read(&path).unwrap()))
            };
            let below = path.strip_prefix(root).unwrap().as_os_str().as_bytes();
            let name =
                below.split(|byte| *byte == b'/').map(|part| part.escape_ascii().to_string());
            set.insert(format!("/media/files/{}", name.collect::<Vec<_>>().join("/")), line);
        }
    }
    set
}

/// What a store is asked before it puts or deletes an object.
type Hook = Box<dyn FnMut(&ObjectName, usize) -> Result<(), StoreError> + Send>;

/// A store that asks a hook before every change: to fail, or to let something happen meanwhile.
pub(crate) struct Hooked {
    inner: Arc<dyn ObjectStore>,
    hook: Mutex<Hook>,
}

impl Hooked {
    pub(crate) fn new(
        inner: Arc<dyn ObjectStore>,
        hook: impl FnMut(&ObjectName, usize) -> Result<(), StoreError> + Send + 'static,
    ) -> Arc<Through<Self>> {
        Through::new(Self { inner, hook: Mutex::new(Box::new(hook)) })
    }

    pub(crate) fn set(
        &self,
        hook: impl FnMut(&ObjectName, usize) -> Result<(), StoreError> + Send + 'static,
    ) {
        *self.hook.lock().unwrap() = Box::new(hook);
    }

    fn ask(&self, name: &ObjectName, bytes: usize) -> Result<(), StoreError> {
        (self.hook.lock().unwrap())(name, bytes)
    }
}

#[async_trait::async_trait]
impl Around for Hooked {
    fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.ask(name, bytes.len())?;
        self.inner.put(name, bytes).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.ask(name, 0)?;
        self.inner.delete(name).await
    }
}
