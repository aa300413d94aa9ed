//! `backup_manifest`: what the server itself says of every file of a base.
//!
//! Written by the server, kept byte for byte, and read by us and by `pg_verifybackup` alike: the
//! files with their SHA-256, the log that makes them consistent, and a digest of the whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::base::digest::Digest;

/// Its name, at the root of the data folder.
pub const NAME: &str = "backup_manifest";

/// What may be in memory: some 400,000 files.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;

/// What precedes the digest of the whole, on a line of its own.
const LAST_LINE: &[u8] = b"\n\"Manifest-Checksum\"";

/// Size and digest of a file.
pub type Known = (u64, [u8; 32]);

/// A manifest that fits its own digest.
#[derive(Debug)]
pub struct BackupManifest {
    /// By path below the data folder.
    pub files: BTreeMap<Vec<u8>, Known>,
    /// From servers of version 17 on.
    pub system_identifier: Option<String>,
    /// Timeline, start, stop.
    pub ranges: Vec<(u32, String, String)>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "System-Identifier")]
    system_identifier: Option<u64>,
    #[serde(rename = "Files")]
    files: Vec<Entry>,
    #[serde(rename = "WAL-Ranges")]
    ranges: Vec<Range>,
    #[serde(rename = "Manifest-Checksum")]
    checksum: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Path")]
    path: Option<String>,
    #[serde(rename = "Encoded-Path")]
    encoded: Option<String>,
    #[serde(rename = "Size")]
    size: u64,
    #[serde(rename = "Checksum-Algorithm")]
    algorithm: Option<String>,
    #[serde(rename = "Checksum")]
    checksum: Option<String>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "Timeline")]
    timeline: u32,
    #[serde(rename = "Start-LSN")]
    start: String,
    #[serde(rename = "End-LSN")]
    end: String,
}

/// Reads a manifest; what is wrong with it is told in English.
pub fn read(bytes: &[u8]) -> Result<BackupManifest, String> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let last = bytes.windows(LAST_LINE.len()).rposition(|window| window == LAST_LINE);
    let last = last.ok_or("its last line is not where it should be")?;
    let digest = Digest::of(&bytes[..=last]).to_string();
    if digest != file.checksum {
        return Err("it does not fit its own digest".to_owned());
    }
    let mut files = BTreeMap::new();
    for entry in file.files {
        let (path, known) = known(entry)?;
        let shown = String::from_utf8_lossy(&path).into_owned();
        if files.insert(path, known).is_some() {
            return Err(format!("`{shown}` stands in it twice"));
        }
    }
    let ranges = file.ranges.into_iter().map(|range| (range.timeline, range.start, range.end));
    Ok(BackupManifest {
        files,
        system_identifier: file.system_identifier.map(|number| number.to_string()),
        ranges: ranges.collect(),
    })
}

fn known(entry: Entry) -> Result<(Vec<u8>, Known), String> {
    let path = match (entry.path, entry.encoded) {
        (Some(path), None) => path.into_bytes(),
        (None, Some(encoded)) => data_encoding::HEXLOWER_PERMISSIVE
            .decode(encoded.as_bytes())
            .map_err(|_| format!("the encoded path `{encoded}`"))?,
        _ => return Err("a file without a path".to_owned()),
    };
    let shown = || String::from_utf8_lossy(&path).into_owned();
    let plain = path.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."));
    if !plain || path.contains(&0) {
        return Err(format!("the path `{}`", shown()));
    }
    if entry.algorithm.as_deref() != Some("SHA256") {
        return Err(format!("`{}` has no SHA-256", shown()));
    }
    let checksum = entry.checksum.unwrap_or_default();
    let digest = data_encoding::HEXLOWER_PERMISSIVE.decode(checksum.as_bytes()).ok();
    let digest = digest.and_then(|digest| digest.try_into().ok());
    let digest = digest.ok_or_else(|| format!("`{}` has a digest that is none", shown()))?;
    Ok((path, (entry.size, digest)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A manifest with these lines of files, and its own digest.
    fn manifest(files: &str) -> String {
        let head = format!(
            "{{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n\"System-Identifier\": 7,\n\
             \"Files\": [\n{files}\n],\n\"WAL-Ranges\": [\n{{ \"Timeline\": 1, \
             \"Start-LSN\": \"0/2000028\", \"End-LSN\": \"0/2000120\" }}\n],\n"
        );
        let digest = Digest::of(head.as_bytes());
        format!("{head}\"Manifest-Checksum\": \"{digest}\"}}\n")
    }

    fn file(path: &str, digest: &str) -> String {
        format!(
            "{{ {path}, \"Size\": 3, \"Last-Modified\": \"2026-11-23 00:00:00 GMT\", \
             \"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"{digest}\" }}"
        )
    }

    const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn files_ranges_and_the_system_are_read() {
        let one = file("\"Path\": \"base/1/112\"", DIGEST);
        let other = file("\"Encoded-Path\": \"66ff\"", DIGEST);
        let read = read(manifest(&format!("{one},\n{other}")).as_bytes()).unwrap();
        assert_eq!(read.files[&b"base/1/112"[..]].0, 3);
        assert_eq!(read.files[&b"f\xff"[..]].1[0], 0xba);
        assert_eq!(read.system_identifier.as_deref(), Some("7"));
        assert_eq!(read.ranges, [(1, "0/2000028".to_owned(), "0/2000120".to_owned())]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |text: String| assert!(read(text.as_bytes()).is_err(), "{text}");
        let good = manifest(&file("\"Path\": \"a\"", DIGEST));
        check(good.replace("\"Size\": 3", "\"Size\": 4"));
        check(good[..good.len() - 20].to_owned());
        check(manifest(&file("\"Path\": \"../a\"", DIGEST)));
        check(manifest(&file("\"Path\": \"/a\"", DIGEST)));
        check(manifest(&file("\"Path\": \"a\"", "ba78")));
        check(manifest(&file("\"Path\": \"a\"", DIGEST).replace("SHA256", "CRC32C")));
        let twice = file("\"Path\": \"a\"", DIGEST);
        check(manifest(&format!("{twice},\n{twice}")));
    }

    proptest! {
        #[test]
        fn a_manifest_changed_anywhere_is_refused(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
            let mut bytes = manifest(&file("\"Path\": \"a\"", DIGEST)).into_bytes();
            // The last line holds the digest of all before it.
            let at = at.index(bytes.len() - 89);
            bytes[at] ^= flip;
            prop_assert!(read(&bytes).is_err());
        }
    }
}
