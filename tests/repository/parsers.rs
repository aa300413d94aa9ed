//! Every parser of the repository behind one door, for bytes of anybody: what they are sealed with
//! is known here, so that they reach the parser as if the writer had the key.
//!
//! Shared with the fuzzer (`tests/fuzz`), which includes this file.

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
use duphong::repository::snapshot::Snapshot;
use duphong::repository::tree::Tree;
use serde::de::DeserializeOwned;

/// Their names: those of the fuzzer's targets and of the folders of its corpus.
pub(crate) const PARSERS: [&str; 8] =
    ["blob", "config", "header", "index", "key", "lock", "snapshot", "tree"];

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
        "blob" => blob(bytes),
        "config" => document::<Config>(bytes).map(drop),
        "header" => header(bytes),
        "index" => index(bytes),
        "key" => KeyFile::parse(bytes).map(drop),
        "lock" => document::<LockFile>(bytes).map(drop),
        "snapshot" => document::<Snapshot>(bytes).map(drop),
        "tree" => tree(bytes),
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
    let id = BlobId(duphong::base::digest::Digest::of(frame));
    let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
    let packed = PackedBlob { kind: BlobKind::Data, id, offset: 0, length, uncompressed };
    let mut plain = Vec::new();
    let opened = BlobOpener::new()?.open(&key(), &packed, &mut sealed, &mut plain);
    assert!(plain.capacity() < 16 << 20, "{} bytes of memory", plain.capacity());
    opened.map(drop)
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

/// A tree that was read can be written, and is the same when read again.
fn tree(bytes: &[u8]) -> Result<(), Malformed> {
    let tree = Tree::parse(bytes)?;
    let mut again = Vec::new();
    tree.write(&mut again)?;
    assert_eq!(Tree::parse(&again)?, tree, "written and read again");
    Ok(())
}
