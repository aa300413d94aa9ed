//! Pieces that open under the key and are not what their names say, as from memory that forgot or an
//! enemy who has the key: nobody passes them on, and what lies right elsewhere is taken from there.

use std::fs;
use std::num::NonZeroU32;
use std::ops::Range;

use bytes::BytesMut;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::BlobKind;
use duphong::repository::browse::{BrowseError, Browser};
use duphong::repository::crypto;
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout;
use duphong::repository::pack::PackBuilder;
use duphong::repository::restore::{RestoreError, RestoreOptions, restore};
use duphong::repository::verify::{DamageKind, Depth, verify};
use duphong::repository::{BlobId, PackId, Repository, SnapshotId};

use crate::repository::hostile::{node, plant, put, put_index, tree};
use crate::repository::kit::{Place, noise};

/// Small pieces are proven together with others, a large one by itself.
const LENGTHS: [usize; 2] = [3_000, 300_000];

/// A repository with a file of five pieces, which lie in one pack, and its set.
struct Made {
    place: Place,
    repository: Repository,
    set: SnapshotId,
    pieces: Vec<Vec<u8>>,
    /// The pack in which the third is another.
    lying: PackId,
}

impl Made {
    /// The third piece is `third` instead; with a `truth`, another pack has all pieces as they
    /// should be.
    fn new(length: usize, third: impl Fn(&[u8]) -> Vec<u8>, truth: bool) -> Self {
        let place = Place::new();
        let repository = place.init();
        // Every other one is text, which is stored compressed.
        let piece = |number: u64| match number % 2 {
            0 => noise(number, length),
            _ => format!("Công báo số {number}. ").into_bytes().repeat(length / 20),
        };
        let pieces: Vec<Vec<u8>> = (0..5).map(piece).collect();
        let ids: Vec<String> =
            pieces.iter().map(|one| format!("\"{}\"", Digest::of(one))).collect();
        let size: usize = pieces.iter().map(Vec::len).sum();
        let content = format!(",\"size\":{size},\"content\":[{}]", ids.join(","));
        let set = plant(&repository, &[tree(&[node("a", "file", &content)])]);
        let mut index = IndexFile::default();
        let mut said = pieces.clone();
        said[2] = third(&pieces[2]);
        let lying = pack(&repository, &mut index, &pieces, &said);
        if truth {
            pack(&repository, &mut index, &pieces, &pieces);
        }
        put_index(&repository, &index);
        Self { place, repository, set, pieces, lying }
    }

    fn cat(&self) -> (Vec<u8>, Result<u64, BrowseError>) {
        let tree = self.repository.snapshot(&self.set).unwrap().tree;
        let browser = Browser::new(&self.repository).unwrap();
        let mut out = Vec::new();
        let done = browser.cat(&tree, b"a", &mut out, &Silent, &Cancel::default());
        (out, done)
    }

    fn restore(&self) -> Result<Vec<u8>, RestoreError> {
        let (options, cancel) = (RestoreOptions::default(), Cancel::default());
        let target = self.place.path("target");
        restore(&self.repository, &self.set, &target, &options, &Silent, &cancel)?;
        Ok(fs::read(target.join("a")).unwrap())
    }

    /// Where the third piece lies in the file.
    fn third(&self) -> Range<u64> {
        let start: usize = self.pieces[..2].iter().map(Vec::len).sum();
        start as u64..(start + self.pieces[2].len()) as u64
    }
}

/// Stores a pack in which the bytes `said` have the names of `pieces`.
fn pack(
    repository: &Repository,
    index: &mut IndexFile,
    pieces: &[Vec<u8>],
    said: &[Vec<u8>],
) -> PackId {
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let mut pack = PackBuilder::new(BytesMut::new());
    for (number, (piece, said)) in pieces.iter().zip(said).enumerate() {
        let (mut sealed, squeezed) = (Vec::new(), zstd::bulk::compress(said, 1).unwrap());
        let text = number % 2 == 1;
        let body = if text { &squeezed } else { said };
        key.seal(&crypto::nonce(entropy), body, &mut sealed);
        let length = text.then(|| NonZeroU32::new(u32::try_from(said.len()).unwrap()).unwrap());
        pack.add(BlobKind::Data, BlobId(Digest::of(piece)), &sealed, length).unwrap();
    }
    let pack = pack.finish(key, &crypto::nonce(entropy)).unwrap();
    put(repository, &layout::pack(&pack.id), pack.bytes);
    index.push(pack.id, &pack.blobs);
    pack.id
}

fn other_bytes(piece: &[u8]) -> Vec<u8> {
    let mut other = piece.to_vec();
    other[piece.len() / 2] ^= 1;
    other
}

#[test]
fn a_piece_that_is_not_what_its_name_says_is_lost_by_name_and_never_shown() {
    for length in LENGTHS {
        let made = Made::new(length, other_bytes, false);
        let (shown, ended) = made.cat();
        assert_eq!(ended.unwrap_err().code(), "repository.blob-damaged");
        assert_eq!(shown.len() as u64, made.third().start);
        assert!(made.pieces.concat().starts_with(&shown));

        let RestoreError::Incomplete { report } = made.restore().unwrap_err() else { panic!() };
        assert_eq!(report.lost[0].fault.code(), "repository.blob-damaged");
        assert_eq!(report.lost[0].missing, [made.third()]);
        assert!(!made.place.path("target/a").exists());

        let report = verify(&made.repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
        let [damage] = &report.damages[..] else { panic!("{:?}", report.damages) };
        assert_eq!(damage.kind, DamageKind::PackContent);
        assert!(damage.object.to_string().contains(&made.lying.to_string()));
        assert_eq!(damage.paths[0].ranges, [made.third()]);
    }
}

#[test]
fn what_lies_right_in_another_pack_is_taken_from_there() {
    for length in LENGTHS {
        let made = Made::new(length, other_bytes, true);
        let index = made.repository.load_index().unwrap();
        let third = BlobId(Digest::of(&made.pieces[2]));
        let first = index.find(BlobKind::Data, &third).unwrap();
        assert_eq!(first.pack, made.lying, "else nobody would meet the wrong one");

        let (shown, ended) = made.cat();
        assert_eq!(ended.unwrap(), shown.len() as u64);
        assert!(shown == made.pieces.concat());
        assert!(made.restore().unwrap() == made.pieces.concat());

        let report = verify(&made.repository, Depth::AllData, &Silent, &Cancel::default()).unwrap();
        let [damage] = &report.damages[..] else { panic!("{:?}", report.damages) };
        assert_eq!((damage.kind, damage.paths.len()), (DamageKind::PackContent, 0));
    }
}

#[test]
fn a_stream_holds_the_right_bytes_whatever_length_the_wrong_ones_have() {
    for length in LENGTHS {
        for factor in [0, 1, 2] {
            let made = Made::new(length, |piece| piece.repeat(factor)[factor..].to_vec(), true);
            let (shown, ended) = made.cat();
            assert_eq!(ended.unwrap(), shown.len() as u64, "{factor}");
            assert!(shown == made.pieces.concat(), "{factor}");
        }
    }
}
