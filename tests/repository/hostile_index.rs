//! Indexes, headers and documents made by an enemy who has the key: each ends in an error that
//! names an object, without much memory.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::{Fault as _, chain};
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::browse::Browser;
use duphong::repository::crypto;
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout::{self, Folder};
use duphong::repository::pack::PackBuilder;
use duphong::repository::prune::{Limits, Prune};
use duphong::repository::repair::{Headers, IndexRepair, IndexRepaired};
use duphong::repository::restore::{RestoreError, RestoreOptions, restore};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{BlobId, PackId, Repository, RepositoryError, SnapshotId};
use duphong::store::memory::MemoryStore;

use crate::repository::hostile::{node, plant, put, put_index, tree};
use crate::repository::kit;

fn init() -> Repository {
    Repository::init(Arc::new(MemoryStore::new()), &kit::password(), &kit::world()).unwrap()
}

pub(crate) fn repair(
    repository: &Repository,
    headers: Headers,
) -> Result<IndexRepaired, RepositoryError> {
    let cancel = Cancel::default();
    let begun = IndexRepair::begin(repository, headers, false, &Silent, &cancel)?;
    let (repaired, ended) = begun.execute();
    ended.map(|()| repaired)
}

/// A set of two folders; by the index the lower one lies where the upper one does, so that each
/// would hold the other without end.
pub(crate) fn folders_in_a_circle(repository: &Repository) -> SnapshotId {
    let below = tree(&[]);
    let below_id = BlobId(Digest::of(&below.1));
    let root = tree(&[node("a", "dir", &format!(",\"subtree\":\"{below_id}\""))]);
    let root_id = BlobId(Digest::of(&root.1));
    let set = plant(repository, &[below, root]);
    let index = repository.load_index().unwrap();
    let at = index.find(BlobKind::Tree, &root_id).unwrap();
    let mut lie = IndexFile::default();
    for pack in index.packs() {
        let mut blobs = index.by_pack().blobs(pack);
        if *pack == at.pack {
            // Both names for one place.
            let mut other = blobs[0];
            other.id = below_id;
            blobs.push(other);
        } else if blobs[0].id == below_id {
            blobs[0].id = BlobId(Digest::of(b"nothing"));
        }
        lie.push(*pack, &blobs);
    }
    for (name, _) in repository.list(Folder::Index).unwrap() {
        repository.block_on(repository.store().delete(&name)).unwrap();
    }
    put_index(repository, &lie);
    set
}

#[test]
fn folders_that_an_index_puts_into_a_circle_end_in_an_error_everywhere() {
    let repository = init();
    let set = folders_in_a_circle(&repository);
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert_eq!(report.damaged_sets, [set]);
    let browser = Browser::new(&repository).unwrap();
    let root = repository.snapshot(&set).unwrap().tree;
    let listed: Vec<_> = browser.list(&root, b"", true).unwrap().collect();
    assert_eq!(listed.iter().filter(|entry| entry.is_err()).count(), 1, "{listed:?}");
    let cancel = Cancel::default();
    let pruned = Prune::plan(&repository, Limits::default(), &Silent, &cancel);
    assert_eq!(pruned.unwrap_err().exit(), ExitCode::Integrity);

    assert_eq!(repair(&repository, Headers::All).unwrap().corrected.len(), 2);
    let report = verify(&repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
    assert!(report.is_sound(), "{:?}", report.damages);
}

/// Stores a pack of these bytes with a header of these, sealed with the key.
fn plant_pack(
    repository: &Repository,
    content: &[u8],
    header: &[u8],
    length: Option<u32>,
) -> PackId {
    let mut bytes = content.to_vec();
    let mut sealed = Vec::new();
    repository.key().seal(&crypto::nonce(&*repository.world().entropy), header, &mut sealed);
    bytes.extend_from_slice(&sealed);
    let length = length.unwrap_or_else(|| u32::try_from(sealed.len()).unwrap());
    bytes.extend_from_slice(&length.to_le_bytes());
    let pack = PackId(Digest::of(&bytes));
    put(repository, &layout::pack(&pack), bytes.into());
    pack
}

fn entry(kind: u8, length: u32) -> Vec<u8> {
    [&[kind][..], &length.to_le_bytes(), &[7; 32]].concat()
}

#[test]
fn headers_that_claim_what_cannot_be_are_named_and_listed_nowhere() {
    let repository = init();
    let many = entry(0, 0).repeat(200_000);
    let too_long = [entry(0, u32::MAX), entry(0, u32::MAX)].concat();
    let headers: [(&str, &[u8], Option<u32>); 7] = [
        ("longer than the pack", b"", Some(u32::MAX)),
        ("longer than restic reads", b"", Some(17 << 20)),
        ("no length at all", b"", Some(0)),
        ("four gigabytes twice", &too_long, None),
        ("blobs of no bytes, many", &many, None),
        ("a kind that is none", &entry(9, 40), None),
        ("half an entry", &entry(0, 40)[..20], None),
    ];
    for (what, header, length) in headers {
        let pack = plant_pack(&repository, &[1; 40], header, length);
        let repaired = repair(&repository, Headers::Doubtful).unwrap();
        assert!(repaired.is_unchanged(), "{what}");
        assert!(repaired.bad.iter().any(|(bad, _)| *bad == pack), "{what}");
    }
    assert!(repository.list(Folder::Index).unwrap().is_empty());
    assert!(repository.load_index().unwrap().is_empty());
}

#[test]
fn documents_that_unfold_to_gigabytes_are_refused_and_an_index_is_replaced() {
    let repository = init();
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    // A list of nothing for as long as a document may be, and then some: a few kilobytes sealed.
    let mut plain = vec![2];
    let endless = std::io::Read::take(std::io::repeat(b' '), 300 << 20);
    zstd::stream::copy_encode(endless, &mut plain, 1).unwrap();
    assert!(plain.len() < 1 << 20);
    let mut sealed = Vec::new();
    key.seal(&crypto::nonce(entropy), &plain, &mut sealed);
    let bytes = Bytes::from(sealed);
    put(&repository, &Folder::Index.name(&Digest::of(&bytes)), bytes);
    let error = repository.load_index().unwrap_err();
    assert_eq!(error.exit(), ExitCode::Integrity, "{}", chain(&error));
    let repaired = repair(&repository, Headers::Doubtful).unwrap();
    assert_eq!((repaired.unreadable.len(), repaired.replaced), (1, 1));
    assert!(repository.load_index().unwrap().is_empty());
}

#[test]
fn a_piece_that_is_shorter_than_the_index_says_is_lost_and_moves_nothing_behind_it() {
    let repository = init();
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let (text, end) = ("Công báo số 7. ".repeat(40).into_bytes(), b"the end".to_vec());
    let ids = [&text, &end].map(|plain| Digest::of(plain));
    let content = format!(",\"size\":9,\"content\":[\"{}\",\"{}\"]", ids[0], ids[1]);
    let set = plant(&repository, &[(BlobKind::Data, end), tree(&[node("a", "file", &content)])]);
    let mut sealed = Vec::new();
    let squeezed = zstd::bulk::compress(&text, 3).unwrap();
    key.seal(&crypto::nonce(entropy), &squeezed, &mut sealed);
    let mut pack = PackBuilder::new(BytesMut::new());
    let longer = NonZeroU32::new(u32::try_from(text.len()).unwrap() + 8);
    pack.add(BlobKind::Data, BlobId(ids[0]), &sealed, longer).unwrap();
    let pack = pack.finish(key, &crypto::nonce(entropy)).unwrap();
    put(&repository, &layout::pack(&pack.id), pack.bytes);
    let mut index = IndexFile::default();
    index.push(pack.id, &pack.blobs);
    put_index(&repository, &index);

    let place = tempfile::tempdir().unwrap();
    let (options, cancel) = (RestoreOptions::default(), Cancel::default());
    let target = place.path().join("target");
    let restored = restore(&repository, &set, &target, &options, &Silent, &cancel);
    let RestoreError::Incomplete { report } = restored.unwrap_err() else { panic!() };
    assert_eq!(report.lost[0].path, b"a");
    assert_eq!(report.lost[0].fault.code(), "restore.length");
    assert!(!target.join("a").exists());
}
