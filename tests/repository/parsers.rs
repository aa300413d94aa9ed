//! Every parser of the repository, those of what other machines send, and the quick one of the
//! audit log's verifier, behind one door for bytes of anybody: what they are sealed with is known
//! here, so that they reach the parser as if the writer had the key.
//!
//! Shared with the fuzzer (`tests/fuzz`), which includes this file.

use std::io::Read as _;

use duphong::audit::verify::agree;
use duphong::base::digest::Digest;
use duphong::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use duphong::repository::config::Config;
use duphong::repository::crypto::{KEY_BYTES, SealingKey};
use duphong::repository::envelope;
use duphong::repository::id::BlobId;
use duphong::repository::index::Index;
use duphong::repository::index_file::IndexFile;
use duphong::repository::key::KeyFile;
use duphong::repository::lock::LockFile;
use duphong::repository::malformed::Malformed;
use duphong::repository::pack::open_header;
use duphong::repository::segment::{self, Piece};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::tree::Tree;
use duphong::source::mariadb;
use duphong::source::mariadb::binlog::event::{EventError, Events};
use duphong::source::postgres::physical::manifest;
use duphong::source::postgres::wire;
use duphong::source::rows::RowKey;
use duphong::source::tar::{Archive, TarError};
use serde::de::DeserializeOwned;

/// Their names: those of the fuzzer's targets and of the folders of its corpus.
pub(crate) const PARSERS: [&str; 15] = [
    "binlog", "blob", "config", "entry", "header", "index", "key", "lock", "manifest", "piece",
    "script", "snapshot", "tar", "tree", "wire",
];

fn key() -> SealingKey {
    SealingKey::from_material(zeroize::Zeroizing::new([7; KEY_BYTES]))
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    key().seal(&[9; 16], plain, &mut sealed);
    sealed
}

fn document<D: DeserializeOwned>(bytes: &[u8]) -> Result<D, Malformed> {
    envelope::open(&key(), "document", sealed(bytes))
}

/// Parses; `false` where the bytes are refused. Panics where a parser breaks its promise.
///
/// # Panics
/// Where there is no parser of this name.
pub(crate) fn parse(parser: &str, bytes: &[u8]) -> bool {
    let parsed = match parser {
        "binlog" => binlog(bytes),
        "blob" => blob(bytes),
        "config" => document::<Config>(bytes).map(drop),
        "entry" => entry(bytes),
        "header" => header(bytes),
        "index" => index(bytes),
        "key" => KeyFile::parse(bytes).map(drop),
        "lock" => document::<LockFile>(bytes).map(drop),
        "manifest" => manifest(bytes),
        "piece" => piece(bytes),
        "script" => script(bytes),
        "snapshot" => document::<Snapshot>(bytes).map(drop),
        "tar" => tar(bytes),
        "tree" => tree(bytes),
        "wire" => wire(bytes),
        other => panic!("no parser is called `{other}`"),
    };
    if let Err(fault) = &parsed {
        assert!(!fault.what.is_empty() && !fault.reason.is_empty(), "a fault says what and why");
    }
    parsed.is_ok()
}

/// A compressed blob, which may unfold to no more than the first four bytes say.
fn blob(bytes: &[u8]) -> Result<(), Malformed> {
    let Some((claimed, frame)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
    let uncompressed = std::num::NonZeroU32::new(u32::from_le_bytes(*claimed) % (1 << 20));
    let mut sealed = sealed(frame);
    let id = BlobId(Digest::of(frame));
    let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
    let packed = PackedBlob { kind: BlobKind::Data, id, offset: 0, length, uncompressed };
    let mut plain = Vec::new();
    let opened = BlobOpener::new()?.open(&key(), &packed, &mut sealed, &mut plain);
    assert!(plain.capacity() < 16 << 20, "{} bytes of memory", plain.capacity());
    opened.map(drop)
}

/// A line of a tail of the audit log, or a leaf and the line that shows it: read quickly it says
/// what it says when it is read exactly.
fn entry(bytes: &[u8]) -> Result<(), Malformed> {
    let is_quick = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => agree::on_leaf(&bytes[..end], &bytes[end + 1..]),
        None => agree::on_tail_line(bytes),
    };
    let odd = || Malformed::new("entry", "it is left to the exact way");
    if is_quick { Ok(()) } else { Err(odd()) }
}

/// The header of a pack, which is as long as the first four bytes say. A header that was read
/// accounts for no byte behind the end of its pack.
fn header(bytes: &[u8]) -> Result<(), Malformed> {
    let Some((length, plain)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
    let length = u64::from(u32::from_le_bytes(*length));
    for blob in &open_header(&key(), &mut sealed(plain), length)? {
        let end = u64::from(blob.offset) + u64::from(blob.length);
        assert!(end <= length, "a blob lies behind the end of the pack");
    }
    Ok(())
}

/// An index that was read can be looked into.
fn index(bytes: &[u8]) -> Result<(), Malformed> {
    let file: IndexFile = document(bytes)?;
    let mut index = Index::default();
    for pack in file.into_packs() {
        let (id, blobs) = pack?;
        index.insert(id, &blobs);
    }
    let (mut blobs, mut found) = (0, 0);
    for location in index.blobs() {
        blobs += 1;
        found += usize::from(index.find(location.blob.kind, &location.blob.id).is_some());
    }
    assert_eq!(found, blobs, "what an index lists it also finds");
    Ok(())
}

/// A piece of a transaction log, which may unfold to no more than its name says: the first four bytes.
fn piece(bytes: &[u8]) -> Result<(), Malformed> {
    let Some((length, plain)) = bytes.split_first_chunk::<4>() else { return Ok(()) };
    let length = u32::from_le_bytes(*length) % (1 << 20);
    let sealed = sealed(plain);
    let file = "wal/7312345678901234567/00000001/000000010000000000000042";
    let name = format!("{file}.000000000000-{length:012x}.{}", Digest::of(&sealed));
    let Some(piece) = name.parse().ok().and_then(|name| Piece::parse(&name)) else { return Ok(()) };
    let plain = segment::open(&key(), &piece, sealed)?;
    assert_eq!(plain.len(), piece.length(), "a piece is as long as its name says");
    Ok(())
}

/// A file of a binary log: events follow on each other, and none is made of nothing.
fn binlog(bytes: &[u8]) -> Result<(), Malformed> {
    let malformed = |error: EventError| Malformed::new("binary log", error);
    let mut events = Events::new(bytes).map_err(malformed)?;
    let mut at = 4;
    while let Some(event) = events.read().map_err(malformed)? {
        assert!(event.at == at && event.end > at, "an event begins where the one before ended");
        at = event.end;
    }
    assert!(at <= bytes.len() as u64, "an event lies behind the end of its file");
    Ok(())
}

/// What a server says of the files of a base, with the digest of all of it: no fuzzer finds that.
/// No file that is read lies outside of the base.
fn manifest(bytes: &[u8]) -> Result<(), Malformed> {
    let mut whole = bytes.to_vec();
    whole.push(b'\n');
    let digest = Digest::of(&whole);
    whole.extend(format!("\"Manifest-Checksum\": \"{digest}\"}}\n").bytes());
    let read = manifest::read(&whole).map_err(|reason| Malformed::new("manifest", reason))?;
    for path in read.files.keys() {
        let leads_out = path.split(|byte| *byte == b'/').any(|part| part == b".." || part == b"");
        assert!(!leads_out, "{}", path.escape_ascii());
    }
    Ok(())
}

/// A dump program's script: how it comes in pieces does not matter.
fn script(bytes: &[u8]) -> Result<(), Malformed> {
    let key = RowKey::parse("000102030405060708090a0b0c0d0e0f").expect("these are 16 bytes");
    let whole = mariadb::hostile::script(bytes, bytes.len(), &key);
    let pieces = mariadb::hostile::script(bytes, 7, &key);
    assert_eq!(whole.as_ref().ok(), pieces.as_ref().ok(), "pieces do not matter");
    whole.map(drop).map_err(|fault| Malformed::new("script", fault))
}

/// Messages of a PostgreSQL server: how they come in pieces does not matter.
fn wire(bytes: &[u8]) -> Result<(), Malformed> {
    let whole = wire::hostile::messages(bytes, bytes.len());
    let pieces = wire::hostile::messages(bytes, 7);
    assert_eq!(whole, pieces, "pieces do not matter");
    whole.1.map_or(Ok(()), |reason| Err(Malformed::new("message", reason)))
}

/// A tar stream, with sums that are right: no fuzzer finds those.
fn tar(bytes: &[u8]) -> Result<(), Malformed> {
    let mut stream = bytes.to_vec();
    for header in stream.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let mut archive = Archive::new(&stream[..]);
    let mut total = 0;
    while let Some(_entry) = archive.next_entry().map_err(because_of_tar)? {
        let mut content = Vec::new();
        archive.read_to_end(&mut content).map_err(Malformed::because("tar stream"))?;
        total += content.len();
    }
    assert!(total <= stream.len(), "more content than there are bytes");
    Ok(())
}

fn because_of_tar(error: TarError) -> Malformed {
    Malformed::new("tar stream", error)
}

/// A tree that was read can be written, and is the same when read again.
fn tree(bytes: &[u8]) -> Result<(), Malformed> {
    let tree = Tree::parse(bytes)?;
    let mut again = Vec::new();
    tree.write(&mut again)?;
    assert_eq!(Tree::parse(&again)?, tree, "written and read again");
    Ok(())
}
