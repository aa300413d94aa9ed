//! The zip of an export: the same bytes for the same log, and no hostile zip that is believed.

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use duphong::audit::verify::{Verdict, verify_export};
use duphong::audit::{AuditError, Exported, Log, Part};
use duphong::base::digest::Digest;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::verifying::{check, trust};
use super::{ORIGIN, actor, deed, grow, still_world};

/// The files of a zip, in their order.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// Exports without anything beside the entries and their proofs.
pub(super) fn export(log: &Log, range: std::ops::Range<u64>, to: &Path) -> Exported {
    log.export(range, Vec::new(), to).unwrap()
}

/// A part with these bytes.
pub(super) fn part(name: impl Into<String>, bytes: &[u8]) -> Part<'static> {
    let bytes = bytes.to_vec();
    Part { name: name.into(), write: Box::new(move |out| out.write_all(&bytes)) }
}

pub(super) fn files_of(zip: &Path) -> Files {
    let mut archive = ZipArchive::new(fs::File::open(zip).unwrap()).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.push((file.name().to_owned(), bytes));
    }
    files
}

/// Packs files as an export does.
pub(super) fn pack(files: &Files, to: &Path) {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    fs::write(to, zip.finish().unwrap().into_inner()).unwrap();
}

pub(super) fn unpack(zip: &Path, to: &Path) {
    for (name, bytes) in files_of(zip) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A log of 90 entries in a folder, and an export of some of them.
fn sound(folder: &Path) -> (Log, PathBuf) {
    let (world, _) = still_world();
    let log = Log::create(&folder.join("log"), ORIGIN, &world).unwrap();
    grow(&log, 90);
    let zip = folder.join("sound.zip");
    export(&log, 20..70, &zip);
    (log, zip)
}

#[test]
fn an_export_is_one_zip_with_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let (log, zip) = sound(folder.path());
    let again = folder.path().join("again.zip");
    let exported = export(&log, 20..70, &again);
    let bytes = fs::read(&again).unwrap();
    assert!(bytes == fs::read(&zip).unwrap());
    assert_eq!((exported.digest, exported.bytes), (Digest::of(&bytes), bytes.len() as u64));
    let names: Vec<_> = files_of(&zip).into_iter().map(|(name, _)| name).collect();
    let expected = "README.txt entries.jsonl openings.jsonl bundle.json checkpoint log.vkey verify.py \
                    figures.py verify.html manifest";
    assert_eq!(names.join(" "), expected);
    for path in [&zip, &again] {
        assert_eq!(verify_export(path, &trust(log.vkey(), &[])).findings, []);
    }
    // Nothing else was left, and an export is not written over.
    assert!(!folder.path().join("again.zip.tmp").exists());
    let fault = log.export(0..5, Vec::new(), &again).unwrap_err();
    assert!(matches!(fault, AuditError::OutputExists { .. }));
    assert!(fs::read(&again).unwrap() == bytes);
}

#[test]
fn an_export_that_fails_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = sound(folder.path());
    let to = folder.path().join("failed.zip");
    let full = Part {
        name: "evidence.txt".to_owned(),
        write: Box::new(|_| Err(std::io::ErrorKind::StorageFull.into())),
    };
    let fault = log.export(0..5, vec![full], &to).unwrap_err();
    assert!(matches!(fault, AuditError::Output { .. }));
    assert!(!to.exists() && !folder.path().join("failed.zip.tmp").exists());
}

#[test]
fn an_export_writes_through_no_link_that_lies_in_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = sound(folder.path());
    let (to, theirs) = (folder.path().join("out.zip"), folder.path().join("theirs"));
    fs::write(&theirs, "giữ nguyên").unwrap();
    std::os::unix::fs::symlink(&theirs, folder.path().join("out.zip.tmp")).unwrap();
    export(&log, 20..70, &to);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "giữ nguyên");
    assert!(to.symlink_metadata().unwrap().is_file());
    assert_eq!(verify_export(&to, &trust(log.vkey(), &[])).findings, []);
}

#[test]
fn a_folder_somebody_unpacked_is_judged_like_the_zip_but_for_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (log, zip) = sound(folder.path());
    let dir = folder.path().join("unpacked");
    unpack(&zip, &dir);
    let trust = trust(log.vkey(), &[]);
    assert_eq!(verify_export(&dir, &trust).findings, []);
    fs::write(dir.join("Thumbs.db"), b"").unwrap();
    check(&verify_export(&dir, &trust), Verdict::Valid, "file-added", None);
    fs::remove_file(dir.join("README.txt")).unwrap();
    check(&verify_export(&dir, &trust), Verdict::Inconclusive, "file-lost", None);
    fs::write(dir.join("README.txt"), b"xin").unwrap();
    check(&verify_export(&dir, &trust), Verdict::Invalid, "file-changed", None);
}

#[test]
fn an_anchor_on_record_is_proven_also_outside_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let (log, _) = sound(folder.path());
    let (early, late) = (folder.path().join("early"), folder.path().join("late"));
    let before = log.anchor(&actor(), &early).unwrap().size;
    grow(&log, 200);
    let after = log.anchor(&actor(), &late).unwrap().size;
    grow(&log, 220);
    let zip = folder.path().join("middle.zip");
    export(&log, 120..150, &zip);
    let report = verify_export(&zip, &trust(log.vkey(), &[&early, &late]));
    assert_eq!((report.verdict(), &report.findings[..]), (Verdict::Valid, &[][..]));
    assert_eq!(report.anchors.iter().map(|reach| reach.size).collect::<Vec<_>>(), [before, after]);
}

/// What is done to a zip that an export wrote.
type Harm = fn(&mut Vec<u8>, &mut Files);

#[test]
fn a_hostile_zip_is_refused_by_its_name_and_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (log, zip) = sound(folder.path());
    let check_harm = |title: &str, finding: &str, harm: Harm| {
        let (mut bytes, mut files) = (fs::read(&zip).unwrap(), files_of(&zip));
        let (old_bytes, old_files) = (bytes.clone(), files.clone());
        harm(&mut bytes, &mut files);
        let path = folder.path().join(format!("{title}.zip"));
        if bytes == old_bytes && files != old_files {
            pack(&files, &path);
        } else {
            fs::write(&path, bytes).unwrap();
        }
        let report = verify_export(&path, &trust(log.vkey(), &[]));
        check(&report, Verdict::Inconclusive, finding, None);
    };
    check_harm("empty", "zip", |bytes, _| bytes.clear());
    check_harm("text", "zip", |bytes, _| *bytes = "không phải zip".repeat(9).into_bytes());
    check_harm("cut", "zip", |bytes, _| bytes.truncate(bytes.len() - 1));
    check_harm("half", "zip", |bytes, _| bytes.truncate(bytes.len() / 2));
    check_harm("more", "zip", |bytes, _| bytes.push(0));
    check_harm("before", "zip", |bytes, _| bytes.insert(0, 0));
    check_harm("traversal", "zip-name", |_, files| files.push(("../x".to_owned(), Vec::new())));
    check_harm("absolute", "zip-name", |_, files| files.push(("/etc/x".to_owned(), Vec::new())));
    check_harm("letters", "zip-name", |_, files| files.push(("readme.TXT".to_owned(), Vec::new())));
    check_harm("folder", "zip-name", |_, files| files.push(("evidence/".to_owned(), Vec::new())));
    check_harm("doubled", "zip-name", |bytes, _| {
        rename(bytes, b"checkpoint", b"README.txt");
        rename(bytes, b"checkpoint", b"README.txt");
    });
    check_harm("hidden", "zip", |bytes, _| rename(bytes, b"checkpoint", b"checkpoinx"));
    check_harm("bomb", "zip-packed", |bytes, _| {
        let at = central(bytes);
        bytes[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    });
    check_harm("larger", "zip", |bytes, _| {
        let at = central(bytes);
        for place in [at + 20, at + 24, 18, 22] {
            bytes[place..place + 4].copy_from_slice(&(u32::MAX - 40).to_le_bytes());
        }
    });
    check_harm("packed", "zip-packed", |bytes, _| {
        let at = central(bytes);
        (bytes[at + 10], bytes[8]) = (8, 8);
    });
    check_harm("encrypted", "zip-packed", |bytes, _| {
        let at = central(bytes);
        (bytes[at + 8], bytes[6]) = (1, 1);
    });
    check_harm("counted", "zip", |bytes, _| {
        let end = bytes.len() - 22;
        bytes[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    });
}

/// Where the directory begins.
fn central(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap()
}

/// Gives a file another name of the same length in the first of its headers that has the old one.
fn rename(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let begins =
        |at: usize, back: usize, with: &[u8]| at >= back && bytes[at - back..].starts_with(with);
    let is_header = |at: &usize| begins(*at, 30, b"PK\x03\x04") || begins(*at, 46, b"PK\x01\x02");
    let at = (0..bytes.len()).find(|at| bytes[*at..].starts_with(from) && is_header(at)).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any change of any byte is found: in the files by the list, between them by the zip's shape.
    #[test]
    fn a_flipped_bit_anywhere_in_a_bundle_is_found(place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (_, sound, vkey) = &*SOUND;
        let mut bytes = sound.clone();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs::write(&path, &bytes).unwrap();
        let report = verify_export(&path, &trust(vkey, &[]));
        // Check sums, times and rights of a file are no content, and both headers must agree.
        let is_content = files_of_bytes(&bytes) != files_of_bytes(sound);
        prop_assert!(!is_content || report.verdict() != Verdict::Valid, "{place}: {report:#?}");
    }

    /// Zips full of anything make findings, never panics.
    #[test]
    fn arbitrary_bytes_in_a_bundle_are_never_believed(
        place in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let (_, sound, vkey) = &*SOUND;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let mut torn = sound.clone();
        let place = place.index(torn.len());
        let end = torn.len().min(place + bytes.len());
        torn.splice(place..end, bytes.iter().copied());
        fs::write(&path, &torn).unwrap();
        let _ = verify_export(&path, &trust(vkey, &[]));
        torn.truncate(cut.index(torn.len()));
        fs::write(&path, &torn).unwrap();
        prop_assert!(verify_export(&path, &trust(vkey, &[])).verdict() != Verdict::Valid);
        fs::write(&path, &bytes).unwrap();
        prop_assert!(verify_export(&path, &trust(vkey, &[&path])).verdict() != Verdict::Valid);
    }
}

/// What another program sees in a zip.
fn files_of_bytes(bytes: &[u8]) -> Option<Files> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).ok()?;
        files.push((file.name().to_owned(), content));
    }
    Some(files)
}

static SOUND: std::sync::LazyLock<(tempfile::TempDir, Vec<u8>, String)> =
    std::sync::LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let (world, _) = still_world();
        let log = Log::create(&folder.path().join("log"), ORIGIN, &world).unwrap();
        log.record(&actor(), deed(1)).unwrap();
        grow(&log, 12);
        let zip = folder.path().join("sound.zip");
        export(&log, 3..10, &zip);
        let bytes = fs::read(zip).unwrap();
        (folder, bytes, log.vkey().to_owned())
    });
