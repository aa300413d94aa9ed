//! Every parser of the repository on real bytes that were changed: an answer or a named fault,
//! never a panic, whoever changed them.
//!
//! What is sealed is opened, changed and sealed again, as someone with the key could: changes
//! that the seal catches would never reach a parser.

use duphong::base::digest::Digest;
use duphong::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use duphong::repository::config::Config;
use duphong::repository::envelope;
use duphong::repository::id::BlobId;
use duphong::repository::index::Index;
use duphong::repository::index_file::IndexFile;
use duphong::repository::key::KeyFile;
use duphong::repository::layout::Folder;
use duphong::repository::lock::LockFile;
use duphong::repository::malformed::Malformed;
use duphong::repository::pack::{LENGTH_BYTES, open_header, sealed_header_length};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::tree::Tree;
use duphong::repository::{Repository, SetWriter};
use proptest::prelude::*;
use proptest::sample::Index as Place;

use crate::repository::kit;
use crate::repository::matrix::ground;

const CASES: u32 = 1500;

/// Numbers at the edges of what the formats can say, and words that mean something in them.
const WORDS: [&[u8]; 14] = [
    b"0",
    b"-1",
    b"4294967295",
    b"4294967296",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"[]",
    b"{}",
    b"\"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
];

/// One change of bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Place, u8),
    Cut(Place),
    Remove(Place, u8),
    Repeat(Place, u8),
    Insert(Place, Vec<u8>),
    /// A number or a quoted text becomes another word.
    Word(Place, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Place>;
    prop_oneof![
        (place(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        place().prop_map(Change::Cut),
        (place(), 1..40_u8).prop_map(|(at, length)| Change::Remove(at, length)),
        (place(), 1..40_u8).prop_map(|(at, length)| Change::Repeat(at, length)),
        (place(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(a, b)| Change::Insert(a, b)),
        (place(), 0..WORDS.len()).prop_map(|(at, word)| Change::Word(at, word)),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 1..5)
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let range = |at: &Place, length: u8| {
        let at = at.index(bytes.len());
        at..(at + usize::from(length)).min(bytes.len())
    };
    match change {
        Change::Flip(at, bit) => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Change::Cut(at) => {
            let length = at.index(bytes.len());
            bytes.truncate(length);
        }
        Change::Remove(at, length) => drop(bytes.drain(range(at, *length))),
        Change::Repeat(at, length) => {
            let range = range(at, *length);
            let again = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, again);
        }
        Change::Insert(at, more) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Word(at, word) => {
            let ends = |byte: &u8| b",:[]{}".contains(byte);
            let at = at.index(bytes.len());
            let start = bytes[..at].iter().rposition(ends).map_or(0, |before| before + 1);
            let end = bytes[at..].iter().position(ends).map_or(bytes.len(), |after| at + after);
            bytes.splice(start..end.max(start), WORDS[*word].iter().copied());
        }
    }
}

/// Real objects, opened.
struct Corpus {
    repository: Repository,
    config: Vec<u8>,
    key: Vec<u8>,
    index: Vec<u8>,
    snapshot: Vec<u8>,
    lock: Vec<u8>,
    tree: Vec<u8>,
    /// The plain header of a pack, and the pack's length.
    header: (Vec<u8>, u64),
}

impl Corpus {
    fn make() -> Self {
        let base = ground::with_two_sets(1);
        let repository = ground::open(ground::memory(&base.state), 1).unwrap();
        let writer: SetWriter = kit::writer(&repository, None);
        let whole = |name: &_| repository.block_on(repository.store().get(name)).unwrap();
        let plain = |folder: Folder| {
            let (name, _) = repository.list(folder).unwrap().pop().unwrap();
            opened(&repository, whole(&name).into())
        };
        let config = whole(&duphong::repository::layout::config());
        let (key, _) = repository.list(Folder::Keys).unwrap().pop().unwrap();
        let snapshots = repository.snapshots().unwrap();
        let index = repository.load_index().unwrap();
        let root = snapshots.sets[0].1.tree;
        let tree = repository.load_blob(&index, BlobKind::Tree, &root).unwrap();
        let (pack, _) = repository.list(Folder::Data).unwrap().pop().unwrap();
        let pack = whole(&pack);
        let header = {
            let (rest, last) = pack.split_last_chunk::<LENGTH_BYTES>().unwrap();
            let length = sealed_header_length(*last, pack.len() as u64).unwrap();
            let mut sealed = rest[rest.len() - length..].to_vec();
            repository.key().open(&mut sealed).unwrap().to_vec()
        };
        let corpus = Self {
            config: opened(&repository, config.into()),
            key: whole(&key).into(),
            index: plain(Folder::Index),
            snapshot: plain(Folder::Snapshots),
            lock: plain(Folder::Locks),
            tree,
            header: (header, pack.len() as u64),
            repository: repository.clone(),
        };
        drop(writer);
        corpus
    }

    /// As someone with the key could store it.
    fn sealed(&self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        self.repository.key().seal(&[9; 16], plain, &mut sealed);
        sealed
    }

    /// Parses a document bare, and as it is stored: compressed, behind a leading 2.
    fn document<D: serde::de::DeserializeOwned>(&self, json: &[u8]) -> Result<D, Malformed> {
        let mut compressed = vec![2];
        zstd::stream::copy_encode(json, &mut compressed, 1).unwrap();
        let bare = envelope::open::<D>(self.repository.key(), "document", self.sealed(json));
        let stored = envelope::open(self.repository.key(), "document", self.sealed(&compressed));
        assert!(bare.is_err() || stored.is_ok(), "one form is read and the other is not");
        stored
    }
}

/// The JSON of a sealed document.
fn opened(repository: &Repository, mut sealed: Vec<u8>) -> Vec<u8> {
    let plain = repository.key().open(&mut sealed).unwrap();
    match plain.split_first() {
        Some((2, compressed)) => zstd::stream::decode_all(compressed).unwrap(),
        _ => plain.to_vec(),
    }
}

/// Whether a fault says what it is about.
fn named<T>(result: Result<T, Malformed>) -> bool {
    result.err().is_none_or(|fault| !fault.what.is_empty() && !fault.reason.is_empty())
}

#[test]
fn no_changed_object_makes_a_parser_panic() {
    let corpus = Corpus::make();
    let config = ProptestConfig { cases: CASES, ..ProptestConfig::default() };
    proptest!(config, |(changes in changes())| {
        let changed = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for change in &changes {
                apply(&mut bytes, change);
            }
            bytes
        };
        prop_assert!(named(corpus.document::<Config>(&changed(&corpus.config))));
        prop_assert!(named(corpus.document::<Snapshot>(&changed(&corpus.snapshot))));
        prop_assert!(named(corpus.document::<LockFile>(&changed(&corpus.lock))));
        prop_assert!(named(KeyFile::parse(&changed(&corpus.key))));
        prop_assert!(named(index(&corpus, &changed(&corpus.index))));
        prop_assert!(named(tree(&changed(&corpus.tree))));
        let (header, length) = &corpus.header;
        prop_assert!(named(pack_header(&corpus, &changed(header), *length)));
        // Without the key only the seal is between a stranger and the parsers.
        let seal = changed(&corpus.sealed(&corpus.index));
        prop_assert!(named(envelope::open::<IndexFile>(corpus.repository.key(), "index", seal)));
    });
}

/// An index that was read is also used: what it says of blobs leads into packs.
fn index(corpus: &Corpus, json: &[u8]) -> Result<(), Malformed> {
    let file: IndexFile = corpus.document(json)?;
    let mut index = Index::default();
    let mut opener = BlobOpener::new()?;
    for pack in file.into_packs() {
        let (id, blobs) = pack?;
        index.insert(id, &blobs);
    }
    for location in index.blobs() {
        let found = corpus.repository.load_located(&location, &mut opener, &mut Vec::new());
        if let Err(fault) = found {
            assert!(!fault.to_string().is_empty());
        }
    }
    Ok(())
}

/// A tree that was read can be written, and is the same when read again.
fn tree(json: &[u8]) -> Result<(), Malformed> {
    let tree = Tree::parse(json)?;
    let mut again = Vec::new();
    tree.write(&mut again)?;
    assert_eq!(Tree::parse(&again)?, tree);
    Ok(())
}

/// A header that was read accounts for every byte of its pack.
fn pack_header(corpus: &Corpus, plain: &[u8], length: u64) -> Result<(), Malformed> {
    let blobs = open_header(corpus.repository.key(), &mut corpus.sealed(plain), length)?;
    let end = blobs.last().map_or(0, |last| u64::from(last.offset) + u64::from(last.length));
    assert!(end <= length, "a blob lies behind the end of the pack");
    Ok(())
}

/// A frame that unfolds to more than the index says, or says more than any blob may have.
#[test]
fn a_blob_that_unfolds_to_gigabytes_is_refused() {
    let corpus = Corpus::make();
    let plain = vec![0; 96 << 20];
    let frame = zstd::bulk::compress(&plain, 1).unwrap();
    let id = BlobId(Digest::of(&plain));
    let open = |kind: BlobKind, claimed: usize| {
        let uncompressed = u32::try_from(claimed).ok().and_then(std::num::NonZeroU32::new);
        let mut sealed = corpus.sealed(&frame);
        let length = u32::try_from(sealed.len()).unwrap();
        let blob = PackedBlob { kind, id, offset: 0, length, uncompressed };
        let mut plain = Vec::new();
        let opened = BlobOpener::new().unwrap();
        let result = { opened }.open(corpus.repository.key(), &blob, &mut sealed, &mut plain);
        (result.is_ok(), plain.capacity())
    };
    // Claims less than it holds: stopped there.
    let (whole, memory) = open(BlobKind::Data, 1000);
    assert!(!whole && memory < 1 << 20, "{memory}");
    // No piece of a file is so long in any known writer, even if its digest is right.
    let (whole, memory) = open(BlobKind::Data, plain.len());
    assert!(!whole && memory == 0, "{memory}");
    // A folder of hundreds of thousands of files may be.
    assert!(open(BlobKind::Tree, plain.len()).0);
    let (whole, memory) = open(BlobKind::Tree, u32::MAX as usize);
    assert!(!whole && memory == 0, "{memory}");
}
