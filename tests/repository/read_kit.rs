//! What tests of the read side share: a tree with every kind of entry, and a picture of a folder
//! that two folders share only if they are alike in all that a restore promises.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use duphong::base::digest::Digest;
use duphong::world::process::Process;

use crate::repository::kit::{noise, world};

/// A tree with every kind of entry that both we and restic 0.14 save and restore whole.
pub(crate) fn make_portal(root: &Path) {
    let sub = root.join("văn bản/2026");
    fs::create_dir_all(&sub).unwrap();
    fs::write(root.join("trống"), "").unwrap();
    fs::write(root.join("nhỏ.txt"), "một dòng\n").unwrap();
    fs::write(root.join(name_of(b"latin-\xe9\xff")), "không phải UTF-8").unwrap();
    fs::write(root.join("xuống\ndòng \"ngoặc\" \\"), "tên lạ").unwrap();
    fs::write(sub.join("lớn.bin"), noise(1, 1_000_000)).unwrap();
    fs::write(sub.join("bản sao.bin"), noise(1, 1_000_000)).unwrap();
    fs::write(sub.join("văn bản.txt"), "cộng hòa xã hội chủ nghĩa\n".repeat(10_000)).unwrap();
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
    for number in 0..100 {
        fs::write(sub.join(format!("ảnh-{number:03}.jpg")), noise(number, 3000)).unwrap();
    }
    let empty = root.join("rỗng");
    fs::create_dir(&empty).unwrap();
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o2550)).unwrap();
    command(
        "touch",
        &["-h", "-d", "2001-02-03T04:05:06.123456789Z"],
        &[root.join("nhỏ.txt"), root.join("liên kết"), sub],
    );
    command("touch", &["-d", "1969-12-31T23:59:58.5Z"], &[root.join("trống")]);
}

fn set_attribute(path: &Path, name: &str, value: &[u8]) {
    rustix::fs::setxattr(path, name, value, rustix::fs::XattrFlags::empty()).unwrap();
}

pub(crate) fn name_of(bytes: &[u8]) -> PathBuf {
    std::ffi::OsString::from_vec(bytes.to_vec()).into()
}

pub(crate) fn command(program: &str, arguments: &[&str], paths: &[PathBuf]) {
    let limit = Duration::from_mins(2);
    let process = Process::new(program).args(arguments).args(paths);
    process.output(&*world().clock, limit).unwrap();
}

/// Everything about a folder that a restore promises, one line an entry.
pub(crate) fn picture(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut picture = BTreeMap::new();
    let mut first_names: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let metadata = path.symlink_metadata().unwrap();
            let relative = path.strip_prefix(root).unwrap().to_owned();
            let mut parts = describe(&path, &metadata);
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && metadata.nlink() > 1 {
                let first = first_names.entry(metadata.ino()).or_insert(relative.clone());
                parts.push(format!("= {}", escaped(first)));
            }
            picture.insert(relative, parts.join(" "));
        }
    }
    picture
}

fn describe(path: &Path, metadata: &fs::Metadata) -> Vec<String> {
    let mut parts = vec![
        format!("{:o}", metadata.mode()),
        format!("{}:{}", metadata.uid(), metadata.gid()),
        format!("{}.{:09}", metadata.mtime(), metadata.mtime_nsec()),
    ];
    if metadata.is_symlink() {
        parts.push(format!("-> {}", escaped(&fs::read_link(path).unwrap())));
    } else if metadata.is_file() {
        let content = fs::read(path).unwrap();
        parts.push(format!("{} {}", content.len(), Digest::of(&content).short()));
        parts.extend(attributes(path));
    }
    parts
}

fn escaped(path: &Path) -> String {
    path.as_os_str().as_bytes().escape_ascii().to_string()
}

fn attributes(path: &Path) -> Vec<String> {
    let mut names = vec![0; 65536];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let mut names: Vec<_> =
        names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    let describe = |name: &[u8]| {
        let mut value = vec![0; 65536];
        let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
        format!("{}={}", name.escape_ascii(), value[..length].escape_ascii())
    };
    names.into_iter().map(describe).collect()
}

/// Compares two folders and names what differs.
#[track_caller]
pub(crate) fn assert_alike(left: &Path, right: &Path) {
    let (left, right) = (picture(left), picture(right));
    for (path, line) in &left {
        assert_eq!(right.get(path), Some(line), "{}", path.display());
    }
    assert_eq!(left.len(), right.len(), "more is there than should be");
}
