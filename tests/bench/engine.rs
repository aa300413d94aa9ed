//! `engine`: the snapshot engine without the program around it, for what no verb of the program
//! does: a stream from standard input, and an index of ten million blobs. For `tests/bench/run`.
//!
//! The harness builds it with `rustc` against the library of the release build, so that what is
//! measured is what is shipped.

mod frame;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use bytes::BytesMut;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::repository::blob::{BlobKind, PackedBlob};
use duphong::repository::browse::Browser;
use duphong::repository::chunk::{Chunker, Chunking};
use duphong::repository::crypto::{NONCE_BYTES, OVERHEAD, SealingKey};
use duphong::repository::envelope::{self, Form};
use duphong::repository::index_file::{BLOBS_PER_FILE, IndexFile};
use duphong::repository::layout::{self, Folder};
use duphong::repository::verify::{Depth, verify};
use duphong::repository::{BlobId, PackId, Repository, SetMeta, SetWriter, SnapshotId};
use duphong::store::disk::DiskStore;
use duphong::world::World;
use duphong::world::pipe;
use zstd::bulk::{Compressor, Decompressor};

use frame::Outcome;

/// Where the stream is in its set.
const STREAM: &str = "db.sql";

/// Blobs of a made-up pack: about 16 MiB of a compressed database dump would hold more, of media
/// fewer.
const BLOBS_PER_PACK: u64 = 100;

/// The sizes of restic's pieces.
const LARGE: Chunking = Chunking::Sizes { min: 512 << 10, avg: 1 << 20, max: 8 << 20 };

/// Of a file as much is used to find rates: more than any cache holds.
const RATED: usize = 300_000_000;

const USAGE: &str = "\
engine init REPOSITORY PASSWORD-FILE             an empty repository
engine stream REPOSITORY PASSWORD-FILE           a set of what comes on standard input
engine large REPOSITORY PASSWORD-FILE            the same, in pieces as large as restic's
engine cat REPOSITORY PASSWORD-FILE              the stream of the newest set on standard output
engine verify REPOSITORY PASSWORD-FILE           reads everything
engine tree REPOSITORY PASSWORD-FILE FOLDER      a set of a folder
engine index REPOSITORY PASSWORD-FILE MILLIONS   made-up blobs in the index, and empty packs
engine rates FILE PIECE                          MB/s of one core: what any engine of this format does
";

fn main() -> ExitCode {
    frame::drive(USAGE, run)
}

/// Nothing where the arguments make no sense.
fn run(world: &World, arguments: &[&str]) -> Option<Outcome> {
    if let ["rates", file, piece] = arguments {
        return Some(rates(world, file, piece.parse().ok()?));
    }
    let [verb, place, password, rest @ ..] = arguments else { return None };
    let opened = |create: bool| -> Result<Repository, Box<dyn Error>> {
        let password = Secret::from_file_content(std::fs::read(password)?);
        Ok(if create {
            Repository::init(Arc::new(DiskStore::create(*place)?), &password, world)?
        } else {
            Repository::open(Arc::new(DiskStore::open(*place)?), &password, world)?
        })
    };
    Some(match (*verb, rest) {
        ("init", []) => opened(true).map(drop),
        ("stream", []) => {
            opened(false).and_then(|repository| stream(&repository, Chunking::Database))
        }
        ("large", []) => opened(false).and_then(|repository| stream(&repository, LARGE)),
        ("cat", []) => opened(false).and_then(|repository| cat(&repository)),
        ("verify", []) => opened(false).and_then(|repository| check(&repository)),
        ("tree", [folder]) => opened(false).and_then(|repository| tree(&repository, folder)),
        ("index", [millions]) => {
            let millions = millions.parse::<u64>().ok()?;
            opened(false).and_then(|repository| index(&repository, millions * 1_000_000))
        }
        _ => return None,
    })
}

fn newest(repository: &Repository) -> Result<Option<SnapshotId>, Box<dyn Error>> {
    Ok(repository.snapshots()?.sets.last().map(|(id, _)| *id))
}

fn begin(repository: &Repository) -> Result<SetWriter, Box<dyn Error>> {
    let parent = newest(repository)?;
    Ok(SetWriter::begin(repository, parent, Cancel::default(), Arc::new(Silent))?)
}

fn finish(writer: SetWriter) -> Outcome {
    let meta = SetMeta { hostname: "benchmark".to_owned(), ..SetMeta::default() };
    writer.finish(meta)?;
    Ok(())
}

fn stream(repository: &Repository, chunking: Chunking) -> Outcome {
    let writer = begin(repository)?;
    writer.add_stream(STREAM, &mut io::stdin().lock(), chunking)?;
    finish(writer)
}

fn tree(repository: &Repository, folder: &str) -> Outcome {
    let writer = begin(repository)?;
    writer.add_tree("tree", Path::new(folder), &[], Chunking::Media)?;
    finish(writer)
}

fn cat(repository: &Repository) -> Outcome {
    let newest = newest(repository)?.ok_or("the repository has no set")?;
    let tree = repository.snapshot(&newest)?.tree;
    let (browser, mut out) = (Browser::new(repository)?, io::stdout().lock());
    pipe::widen(&out);
    browser.cat(&tree, STREAM.as_bytes(), &mut out, &Silent, &Cancel::default())?;
    Ok(())
}

fn check(repository: &Repository) -> Outcome {
    let report = verify(repository, Depth::AllData, &Silent, &Cancel::default())?;
    if report.is_sound() { Ok(()) } else { Err("the repository is damaged".into()) }
}

/// What the parts of the work cost by themselves, on one core: none can be left out in this format.
fn rates(world: &World, file: &str, piece: usize) -> Outcome {
    let mut bytes = std::fs::read(file)?;
    bytes.truncate(RATED);
    let key = SealingKey::random(&*world.entropy);
    let chunker = Chunker::new("25b468838dcb75".parse()?);
    let cuts = Chunking::Database.cuts();
    let (mut compressor, mut decompressor) = (Compressor::new(3)?, Decompressor::new()?);
    let mut compressed = Vec::new();
    let pieces = || bytes.chunks(piece);
    let say = |name: &str, work: &mut dyn FnMut() -> Outcome| -> Outcome {
        let started = world.clock.monotonic();
        work()?;
        let took = world.clock.monotonic().since(started);
        let rate = bytes.len() as f64 / 1e6 / took.as_secs_f64();
        Ok(writeln!(io::stdout(), "{name} {rate:.0}")?)
    };
    say("hash", &mut || {
        for piece in pieces() {
            black_box(Digest::of(piece));
        }
        Ok(())
    })?;
    say("seal", &mut || {
        let mut sealed = BytesMut::with_capacity(piece + OVERHEAD);
        pieces().for_each(|piece| {
            sealed.clear();
            key.seal(&[7; NONCE_BYTES], piece, &mut sealed);
        });
        Ok(())
    })?;
    say("cut", &mut || {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            rest = &rest[chunker.cut(&cuts, rest)..];
        }
        Ok(())
    })?;
    say("compress", &mut || {
        for piece in pieces() {
            compressed.push((compressor.compress(piece)?, piece.len()));
        }
        Ok(())
    })?;
    say("decompress", &mut || {
        for (compressed, length) in &compressed {
            black_box(decompressor.decompress(compressed, *length)?);
        }
        Ok(())
    })
}

/// Writes index files of `blobs` blobs. Their packs are there and empty: a run looks whether they
/// are there, not into them.
fn index(repository: &Repository, blobs: u64) -> Outcome {
    let store = repository.store();
    let mut file = IndexFile::default();
    for pack in 0..blobs / BLOBS_PER_PACK {
        let id = PackId(Digest::of(&pack.to_le_bytes()));
        let blob = |place: u32| PackedBlob {
            kind: BlobKind::Data,
            id: BlobId(Digest::of(&[pack.to_le_bytes(), u64::from(place).to_be_bytes()].concat())),
            offset: place * 160_000,
            length: 160_000,
            uncompressed: None,
        };
        let places = u32::try_from(BLOBS_PER_PACK)?;
        file.push(id, &(0..places).map(blob).collect::<Vec<_>>());
        repository.block_on(store.put(&layout::pack(&id), bytes::Bytes::new()))?;
        if file.blobs() >= BLOBS_PER_FILE || pack + 1 == blobs / BLOBS_PER_PACK {
            let entropy = &*repository.world().entropy;
            let sealed = envelope::seal(repository.key(), entropy, Form::Compressed, &file)?;
            let name = Folder::Index.name(&Digest::of(&sealed));
            repository.block_on(store.put(&name, sealed.into()))?;
            file = IndexFile::default();
        }
    }
    Ok(())
}
