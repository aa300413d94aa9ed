//! Tar streams: what real programs write, and what nobody should send.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use duphong::base::arrival::{Arrival, ArrivalKind};
use duphong::source::tar::{Archive, TarError};
use proptest::prelude::*;

/// Everything of a stream, each file with its content.
fn read(stream: &[u8]) -> Result<Vec<(Arrival, Vec<u8>)>, TarError> {
    let mut archive = Archive::new(stream);
    let mut all = Vec::new();
    while let Some(arrival) = archive.next_entry()? {
        let mut content = Vec::new();
        archive.read_to_end(&mut content)?;
        all.push((arrival, content));
    }
    Ok(all)
}

fn header(name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..107].copy_from_slice(b"0000640");
    header[108..115].copy_from_slice(b"0001750");
    header[116..123].copy_from_slice(b"0001751");
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[136..147].copy_from_slice(b"00000001750");
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    sealed(header)
}

fn sealed(mut header: Vec<u8>) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn linked(name: &[u8], kind: u8, to: &[u8]) -> Vec<u8> {
    let mut header = header(name, kind, 0);
    header[157..157 + to.len()].copy_from_slice(to);
    sealed(header)
}

fn file(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut all = header(name, b'0', content.len() as u64);
    all.extend_from_slice(content);
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

/// Pax records before an entry.
fn pax(records: &[&str], kind: u8) -> Vec<u8> {
    let mut text = String::new();
    for record in records {
        let bare = record.len() + 2;
        let length = (bare..bare + 9).find(|n| n.to_string().len() + bare == *n).unwrap();
        text += &format!("{length} {record}\n");
    }
    let mut all = header(b"pax", kind, text.len() as u64);
    all.extend_from_slice(text.as_bytes());
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

fn whole(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = entries.concat();
    stream.resize(stream.len() + 1024, 0);
    stream
}

#[track_caller]
fn refused(entries: &[Vec<u8>], told: &str) {
    match read(&whole(entries)) {
        Err(error) => assert!(error.to_string().contains(told), "{error}"),
        Ok(all) => panic!("taken: {all:?}"),
    }
}

/// A folder with all that a portal's tree may hold.
pub(crate) fn made(root: &Path) {
    let long = "thư mục rất dài ".repeat(9);
    fs::create_dir_all(root.join(&long).join("b")).unwrap();
    fs::write(root.join(&long).join("b").join("tệp".repeat(40)), vec![7; 70_000]).unwrap();
    fs::write(root.join("rỗng"), b"").unwrap();
    fs::write(root.join(OsStr::from_bytes(b"\xff latin \n")), b"x").unwrap();
    fs::write(root.join("a"), b"hai ten").unwrap();
    fs::hard_link(root.join("a"), root.join("z")).unwrap();
    fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o4751)).unwrap();
    symlink("/etc/passwd", root.join("liên kết")).unwrap();
    fs::create_dir(root.join("trống")).unwrap();
    fs::set_permissions(root.join("trống"), fs::Permissions::from_mode(0o1770)).unwrap();
}

fn tar(format: &str, root: &Path) -> Vec<u8> {
    let output = Command::new("tar")
        .args([format, "-C", root.to_str().unwrap(), "-cf", "-", "."])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn what_gnu_tar_writes_arrives_whole_in_every_format() {
    let here = tempfile::tempdir().unwrap();
    made(here.path());
    let uid = rustix::process::geteuid().as_raw();
    for format in ["--format=gnu", "--format=pax"] {
        let all = read(&tar(format, here.path())).unwrap();
        let named = |name: &[u8]| {
            let found = all.iter().find(|(arrival, _)| arrival.path == name);
            found.unwrap_or_else(|| panic!("{format}: {}", name.escape_ascii()))
        };
        assert_eq!(all[0].0.path, b"");
        let (arrival, content) = named(b"\xff latin \n");
        assert_eq!((&arrival.kind, content.as_slice()), (&ArrivalKind::File(1), &b"x"[..]));
        assert_eq!(arrival.uid, uid);
        let links = [named(b"a"), named(b"z")];
        assert!(links.iter().any(|(one, content)| one.mode == 0o4751 && content == b"hai ten"));
        assert!(links.iter().any(|(one, _)| matches!(one.kind, ArrivalKind::Link(_))));
        let target = ArrivalKind::Symlink(b"/etc/passwd".to_vec());
        assert_eq!(named("liên kết".as_bytes()).0.kind, target);
        assert_eq!(named("trống".as_bytes()).0.mode, 0o1770);
        assert_eq!(named("rỗng".as_bytes()).0.kind, ArrivalKind::File(0));
        let long = all.iter().find(|(one, _)| one.kind == ArrivalKind::File(70_000)).unwrap();
        assert!(long.0.path.len() > 300 && long.1 == vec![7; 70_000]);
        let real = fs::metadata(here.path().join("a")).unwrap().modified().unwrap();
        let real = jiff::Timestamp::try_from(real).unwrap();
        let noted = links[0].0.mtime;
        let equal = if format == "--format=pax" {
            noted == real
        } else {
            noted.as_second() == real.as_second()
        };
        assert!(equal, "{format}: {noted} {real}");
    }
}

#[test]
fn records_say_what_headers_cannot() {
    let records =
        ["path=dài/tên", "mtime=-1.5", "uid=4000000000", "uname=mẫu", "SCHILY.xattr.user.x=y=z"];
    let stream = whole(&[pax(&["comment=x"], b'g'), pax(&records, b'x'), file(b"short", b"abc")]);
    let all = read(&stream).unwrap();
    let (arrival, content) = &all[0];
    assert_eq!((arrival.path.as_slice(), content.as_slice()), ("dài/tên".as_bytes(), &b"abc"[..]));
    assert_eq!(arrival.mtime.to_string(), "1969-12-31T23:59:58.5Z");
    assert_eq!((arrival.uid, arrival.gid, arrival.mode), (4_000_000_000, 0o1751, 0o640));
    assert_eq!(arrival.user, "mẫu");
    assert_eq!(arrival.attributes, [("user.x".to_owned(), b"y=z".to_vec())]);
    let mut early = header(b"early", b'0', 0);
    early[136..148]
        .copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]);
    let all = read(&whole(&[sealed(early)])).unwrap();
    assert_eq!(all[0].0.mtime.as_second(), -2);
}

#[test]
fn what_leads_out_or_means_nothing_is_refused() {
    refused(&[file(b"/etc/passwd", b"x")], "absolute");
    refused(&[file(b"a/../../b", b"x")], "upwards");
    refused(&[linked(b"a", b'1', b"../b")], "upwards");
    refused(&[linked(b"a", b'1', b"/b")], "absolute");
    refused(&[linked(b"a", b'2', b"")], "without a target");
    refused(&[pax(&["path=../x"], b'x'), file(b"a", b"x")], "upwards");
    refused(&[pax(&["size=9999999999999999999999"], b'x'), file(b"a", b"x")], "size");
    refused(&[pax(&["uid=-1"], b'x'), file(b"a", b"x")], "uid");
    refused(&[pax(&["GNU.sparse.major=1"], b'x'), file(b"a", b"x")], "sparse");
    refused(&[pax(&["SCHILY.acl.access=user::rw-"], b'x'), file(b"a", b"x")], "access list");
    refused(&[pax(&["path=x"], b'x')], "without a header");
    refused(&[header(b"a", b'S', 0)], "sparse");
    refused(&[header(b"a", b'V', 0)], "unknown kind");
    refused(&[header(b"a/", b'5', 5)], "no file");
    refused(&[file(b".", b"x")], "without a name");
    refused(&[header(b"x", b'L', 9_999_999)], "a record of");
    // More than any file has: what fills its last block would be beyond all numbers.
    let largest = u64::MAX.to_string();
    refused(&[pax(&[&format!("size={largest}")], b'x'), file(b"a", b"x")], "a file of");
    let mut huge = header(b"a", b'0', 0);
    huge[124..136].copy_from_slice(&[0x80, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
    refused(&[sealed(huge.clone())], "a file of");
    huge[156] = b'x';
    refused(&[sealed(huge)], "a record of");
    refused(&[pax(&["uid=4294967296"], b'x'), file(b"a", b"x")], "the owner 4294967296");
    refused(&[pax(&["gid=4294967296"], b'x'), file(b"a", b"x")], "the group 4294967296");
    refused(
        &[pax(&[&format!("path={}", "x".repeat(4097))], b'x'), file(b"a", b"x")],
        "a path of 4097 bytes",
    );
    refused(&[pax(&["path=a\0b"], b'x'), file(b"a", b"x")], "a zero byte");
    let mut bad = pax(&["path=x"], b'x');
    bad[512] = b'8';
    refused(&[bad, file(b"a", b"x")], "a pax record that is none");
    let mut half = file(b"a", b"x");
    half.resize(half.len() + 512, 0);
    half.extend_from_slice(&file(b"b", b"x"));
    assert!(read(&half).unwrap_err().to_string().contains("half an end mark"));
    let mut wrong = file(b"a", b"x");
    wrong[0] = b'b';
    refused(&[wrong], "sum is wrong");
    let mut number = header(b"a", b'0', 0);
    number[124..126].copy_from_slice(b"9x");
    refused(&[sealed(number)], "a number");
    let mut behind = whole(&[file(b"a", b"x")]);
    behind.extend_from_slice(b"rm -rf");
    assert!(read(&behind).unwrap_err().to_string().contains("behind the end mark"));
}

#[test]
fn a_stream_that_ends_early_is_never_whole() {
    let stream = whole(&[file(b"a", b"xyz"), pax(&["path=long"], b'x'), file(b"b", &[7; 600])]);
    for end in 0..stream.len() {
        let error = read(&stream[..end]).expect_err("a part is taken for the whole");
        assert!(matches!(error, TarError::Cut { .. } | TarError::Read(_)), "cut at {end}: {error}");
    }
    assert_eq!(read(&stream).unwrap().len(), 2);
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(
        bytes in prop::collection::vec(any::<u8>(), 0..2048),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let _whatever = read(&bytes);
        let mut stream = whole(&[
            pax(&["path=a/b", "mtime=1.5"], b'x'),
            file(b"a", b"xyz"),
            linked(b"l", b'1', b"a"),
            file(b"b", &[7; 600]),
        ]);
        for (place, byte) in changes {
            let place = place.index(stream.len());
            stream[place] = byte;
            // A header with a right sum reaches further.
            let begin = place / 512 * 512;
            let fixed = sealed(stream[begin..begin + 512].to_vec());
            stream[begin..begin + 512].copy_from_slice(&fixed);
        }
        if let Ok(all) = read(&stream) {
            for (arrival, _) in all {
                let parts: Vec<_> = arrival.path.split(|&byte| byte == b'/').collect();
                prop_assert!(arrival.path.is_empty() || parts.iter().all(|p| !matches!(*p, b"" | b"." | b"..")));
            }
        }
    }
}
