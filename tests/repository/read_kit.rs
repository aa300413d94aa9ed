//! What tests of the read side share: a portal's tree with every kind of entry, a repository in
//! any store, and a picture of a folder that two folders share only if they are alike.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::repository::chunk::Chunking;
use duphong::repository::{Repository, SetMeta, SetWriter, SnapshotId, Tuning};
use duphong::store::ObjectStore;
use duphong::world::World;
use duphong::world::process::Process;

pub(crate) const PASSWORD: &str = "mật khẩu thử";

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

pub(crate) fn world() -> World {
    World::system(RUNTIME.handle().clone())
}

pub(crate) fn password() -> Secret {
    Secret::new(PASSWORD.as_bytes().to_vec())
}

pub(crate) fn init(store: Arc<dyn ObjectStore>) -> Repository {
    Repository::init(store, &password(), &world()).unwrap()
}

pub(crate) fn open(store: Arc<dyn ObjectStore>) -> Repository {
    Repository::open(store, &password(), &world()).unwrap()
}

/// Saves `folder` as `media/files`, into small packs so that there are several.
pub(crate) fn save(repository: &Repository, folder: &Path) -> SnapshotId {
    let tuning = Tuning { pack_bytes: 1 << 20, ..Tuning::default() };
    let (cancel, progress) = (Cancel::default(), Arc::new(Silent));
    let writer = SetWriter::begin_tuned(repository, None, cancel, progress, tuning).unwrap();
    let summary = writer.add_tree("media/files", folder, &[], Chunking::Media).unwrap();
    assert_eq!(summary.skipped, []);
    let meta = SetMeta { paths: vec!["/mau".into()], ..SetMeta::default() };
    writer.finish(meta).unwrap().id
}

/// Bytes that do not compress and are the same in every run.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bytes.extend_from_slice(&(mixed ^ (mixed >> 27)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A tree with every kind of entry that both we and restic 0.14 save and restore whole.
pub(crate) fn make_portal(root: &Path) {
    let sub = root.join("văn bản/2026");
    fs::create_dir_all(&sub).unwrap();
    fs::write(root.join("trống"), "").unwrap();
    fs::write(root.join("nhỏ.txt"), "một dòng\n").unwrap();
    fs::write(root.join(name_of(b"latin-\xe9\xff")), "không phải UTF-8").unwrap();
    fs::write(root.join("xuống\ndòng \"ngoặc\" \\"), "tên lạ").unwrap();
    fs::write(sub.join("lớn.bin"), noise(1, 5_000_000)).unwrap();
    fs::write(sub.join("bản sao.bin"), noise(1, 5_000_000)).unwrap();
    fs::write(sub.join("văn bản.txt"), "cộng hòa xã hội chủ nghĩa\n".repeat(40_000)).unwrap();
    let mut sparse = File::create(root.join("thưa")).unwrap();
    sparse.seek(SeekFrom::Start(20_000_000)).unwrap();
    sparse.write_all("cuối".as_bytes()).unwrap();
    fs::write(root.join("một"), "hai tên").unwrap();
    fs::hard_link(root.join("một"), sub.join("hai")).unwrap();
    symlink("nhỏ.txt", root.join("liên kết")).unwrap();
    symlink("/không/có", root.join("treo")).unwrap();
    symlink("văn bản", root.join("thư mục liên kết")).unwrap();
    let attributed = root.join("nhỏ.txt");
    for (name, value) in [("user.nguồn", &b"m\xe1y qu\xe9t"[..]), ("user.rỗng", b"")] {
        set_attribute(&attributed, name, value);
    }
    for (path, mode) in [("nhỏ.txt", 0o640), ("một", 0o4755), ("trống", 0o400)] {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    for number in 0..300 {
        fs::write(sub.join(format!("ảnh-{number:03}.jpg")), noise(number, 3000)).unwrap();
    }
    let empty = root.join("rỗng");
    fs::create_dir(&empty).unwrap();
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o2550)).unwrap();
    run(
        "touch",
        &["-h", "-d", "2001-02-03T04:05:06.123456789Z"],
        &[root.join("nhỏ.txt"), root.join("liên kết"), sub],
    );
    run("touch", &["-d", "1969-12-31T23:59:58.5Z"], &[root.join("trống")]);
}

fn set_attribute(path: &Path, name: &str, value: &[u8]) {
    rustix::fs::setxattr(path, name, value, rustix::fs::XattrFlags::empty()).unwrap();
}

pub(crate) fn name_of(bytes: &[u8]) -> PathBuf {
    std::ffi::OsString::from_vec(bytes.to_vec()).into()
}

pub(crate) fn run(program: &str, arguments: &[&str], paths: &[PathBuf]) {
    let limit = Duration::from_mins(2);
    let process = Process::new(program).args(arguments).args(paths);
    process.output(&*world().clock, limit).unwrap();
}

/// What stock restic says.
pub(crate) fn restic(repository: &Path, arguments: &[&str]) -> String {
    let process = Process::new("restic")
        .args(["--no-cache", "--repo"])
        .arg(repository)
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD);
    let said = process.output(&*world().clock, Duration::from_mins(5)).unwrap();
    String::from_utf8(said).unwrap()
}

/// Everything about a folder that a restore promises, one line an entry.
pub(crate) fn picture(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut picture = BTreeMap::new();
    let mut names_of_inode: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let metadata = path.symlink_metadata().unwrap();
            let kind = metadata.file_type();
            let relative = path.strip_prefix(root).unwrap().to_owned();
            let mut line = format!(
                "{:o} {}:{} {}.{:09}",
                metadata.mode(),
                metadata.uid(),
                metadata.gid(),
                metadata.mtime(),
                metadata.mtime_nsec(),
            );
            if kind.is_dir() {
                folders.push(path.clone());
            } else if kind.is_symlink() {
                line += &format!(" -> {:?}", fs::read_link(&path).unwrap());
            } else if !kind.is_fifo() {
                let content = fs::read(&path).unwrap();
                line += &format!(" {} {}", content.len(), Digest::of(&content).short());
                line += &attributes(&path);
            }
            if metadata.nlink() > 1 && kind.is_file() {
                let first = names_of_inode.entry(metadata.ino()).or_insert(relative.clone());
                line += &format!(" = {first:?}");
            }
            picture.insert(relative, line);
        }
    }
    picture
}

fn attributes(path: &Path) -> String {
    let mut names = vec![0; 65536];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let mut names: Vec<_> =
        names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    let mut text = String::new();
    for name in names {
        let mut value = vec![0; 65536];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
        let name = std::ffi::OsStr::from_bytes(name);
        text += &format!(" {name:?}={:?}", value[..length].escape_ascii().to_string());
    }
    text
}

/// Compares two folders and names what differs.
#[track_caller]
pub(crate) fn assert_alike(left: &Path, right: &Path) {
    let (left, right) = (picture(left), picture(right));
    for (path, line) in &left {
        assert_eq!(right.get(path), Some(line), "{path:?}");
    }
    assert_eq!(left.len(), right.len(), "more is there than should be");
}
