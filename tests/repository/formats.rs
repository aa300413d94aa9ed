//! The stored forms: golden bytes, round trips of anything, and hostile bytes.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;

use bytes::BytesMut;
use duphong::base::digest::Digest;
use duphong::base::secret::Secret;
use duphong::repository::blob::{BlobKind, BlobOpener, PackedBlob};
use duphong::repository::config::Config;
use duphong::repository::crypto::{KEY_BYTES, OVERHEAD, SealingKey};
use duphong::repository::envelope::{self, Form};
use duphong::repository::id::{BlobId, PackId};
use duphong::repository::index::Index;
use duphong::repository::index_file::IndexFile;
use duphong::repository::key::{KeyFile, Opened};
use duphong::repository::pack::{
    LENGTH_BYTES, PackBuilder, length_of, open_header, sealed_header_length,
};
use duphong::repository::quote::{quote, unquote};
use duphong::repository::snapshot::Snapshot;
use duphong::repository::tree::{Attribute, Node, NodeKind, Tree};
use duphong::repository::{Repository, RepositoryError};
use proptest::prelude::*;

use crate::repository::kit::{self, Place};

fn key() -> SealingKey {
    let mut material = zeroize::Zeroizing::new([0; KEY_BYTES]);
    for (number, byte) in (0..).zip(material.iter_mut()) {
        *byte = number;
    }
    SealingKey::from_material(material)
}

fn id(number: u64) -> BlobId {
    BlobId(Digest::of(&number.to_le_bytes()))
}

/// Whoever opens a blob takes its seal off both ends.
#[test]
fn a_header_with_a_blob_shorter_than_its_seal_is_refused() {
    let overhead = u32::try_from(OVERHEAD).unwrap();
    for (length, reads) in [(0, false), (overhead - 1, false), (overhead, true)] {
        let plain = [&[0][..], &length.to_le_bytes(), &[7; 32]].concat();
        let mut sealed = Vec::new();
        key().seal(&[9; 16], &plain, &mut sealed);
        let pack = u64::from(length) + (sealed.len() + LENGTH_BYTES) as u64;
        assert_eq!(open_header(&key(), &mut sealed, pack).is_ok(), reads, "{length}");
    }
}

/// Whatever another version means by the same bytes, we would mean something else.
#[test]
fn a_repository_of_another_version_is_not_opened() {
    let place = Place::new();
    let repository = place.init();
    let path = place.path("repository/config");
    let key = repository.key();
    let mut config: Config = envelope::open(key, "config", fs::read(&path).unwrap()).unwrap();
    for (version, opens) in [(1, false), (3, false), (2, true)] {
        config.version = version;
        let sealed = envelope::seal(key, &*kit::world().entropy, Form::Bare, &config).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, sealed).unwrap();
        let opened = Repository::open(place.store(), &kit::password(), &kit::world());
        match opened {
            Ok(_) => assert!(opens, "version {version}"),
            Err(RepositoryError::Version { version: told }) => {
                assert!(!opens && told == version, "version {version}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A key file that `restic init` (0.14) wrote, opened with its password.
#[test]
fn a_key_file_of_restic_opens() {
    let file = KeyFile::parse(include_bytes!("golden/key.json")).unwrap();
    let password = Secret::new(b"golden".to_vec());
    let Opened::Master(key) = file.open(&password).unwrap() else { panic!("wrong password") };
    let sealed = include_bytes!("golden/config").to_vec();
    let config: Config = envelope::open(&key, "config", sealed).unwrap();
    assert_eq!(config.version, 2);
    assert_eq!(config.chunker_polynomial.to_string().len(), 14);
}

/// Never change these bytes: they are what repositories of released versions hold.
#[test]
fn a_tree_is_written_as_it_has_always_been() {
    let file = Node {
        name: "Kế hoạch <1>\n\u{a0}.txt".into(),
        mode: 0o644,
        mtime: "2026-11-22T01:02:03.5Z".parse().unwrap(),
        atime: "2026-11-22T01:02:03.5Z".parse().unwrap(),
        ctime: "2026-11-22T01:02:04Z".parse().unwrap(),
        uid: 33,
        gid: 33,
        user: "www-data".to_owned(),
        inode: 7,
        size: 3,
        links: 1,
        attributes: vec![Attribute { name: "user.a".to_owned(), value: vec![255] }],
        content: Some(vec![id(1)]),
        ..Node::default()
    };
    let link = Node {
        name: b"b\xff".to_vec(),
        kind: NodeKind::Symlink,
        link_target: b"x\xff".to_vec(),
        ..Node::default()
    };
    let mut json = Vec::new();
    Tree::new(vec![link, file]).write(&mut json).unwrap();
    assert_eq!(String::from_utf8(json).unwrap(), include_str!("golden/tree.json"));
}

#[test]
fn a_snapshot_of_restic_is_read() {
    let json = r#"{"time":"2026-08-01T22:24:27.123456789+07:00","tree":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","paths":["/srv"],"hostname":"h","username":"root","tags":null,"original":null,"unknown":{"a":1}}"#;
    let snapshot: Snapshot = serde_json::from_str(json).unwrap();
    assert_eq!(snapshot.time.to_string(), "2026-08-01T15:24:27.123456789Z");
    assert_eq!((snapshot.tags.len(), snapshot.summary), (0, None));
}

#[test]
fn names_that_lead_out_of_a_folder_are_refused() {
    let tree = |name: &str| {
        format!(
            r#"{{"nodes":[{{"name":"{name}","type":"file","mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z","uid":0,"gid":0,"content":[]}}]}}"#
        )
    };
    assert!(Tree::parse(tree("ok").as_bytes()).is_ok());
    for name in ["", ".", "..", "a/b", "/", "a\\\\x00", "\\\\x2e\\\\x2e", "\\\\q"] {
        assert!(Tree::parse(tree(name).as_bytes()).is_err(), "`{name}`");
    }
}

#[test]
fn times_that_no_calendar_of_go_has_are_brought_within_it() {
    for (time, written) in [
        (jiff::Timestamp::MIN, "0000-01-01T00:00:00Z"),
        (jiff::Timestamp::MAX, "9999-12-30T22:00:00Z"),
    ] {
        let node = Node { name: b"a".to_vec(), mtime: time, ..Node::default() };
        let mut json = Vec::new();
        Tree::new(vec![node]).write(&mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(json.contains(&format!(r#""mtime":"{written}""#)), "{json}");
        Tree::parse(json.as_bytes()).unwrap();
    }
}

fn blob() -> impl Strategy<Value = PackedBlob> {
    (any::<bool>(), any::<u64>(), 32..100_000_u32, any::<Option<NonZeroU32>>()).prop_map(
        |(tree, number, length, uncompressed)| PackedBlob {
            kind: if tree { BlobKind::Tree } else { BlobKind::Data },
            id: id(number),
            offset: 0,
            length,
            uncompressed,
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    let name = prop::collection::vec(any::<u8>(), 1..20)
        .prop_filter("not a name", |name| !name.iter().any(|byte| matches!(byte, b'/' | 0)))
        .prop_filter("not a name", |name| !matches!(&name[..], b"." | b".."));
    let time = (-62_000_000_000..253_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanos)| jiff::Timestamp::new(seconds, nanos).unwrap_or_default());
    let attributes = prop::collection::vec((".*", prop::collection::vec(any::<u8>(), 0..9)), 0..3);
    let content = prop::option::of(prop::collection::vec(any::<u64>().prop_map(id), 0..4));
    let link = prop::collection::vec(any::<u8>(), 0..9);
    (name, time, any::<(u32, u32, u32, u64, u64)>(), ".*", attributes, content, link).prop_map(
        |(name, mtime, (mode, uid, gid, inode, size), user, attributes, content, link_target)| {
            let attributes =
                attributes.into_iter().map(|(name, value)| Attribute { name, value }).collect();
            let ctime = mtime;
            Node {
                name,
                mode,
                mtime,
                ctime,
                uid,
                gid,
                user,
                inode,
                size,
                link_target,
                attributes,
                content,
                ..Node::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn any_name_survives_quoting(name in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(unquote(&quote(&name)).unwrap(), name);
    }

    #[test]
    fn any_text_is_unquoted_or_refused(text in ".*") {
        let _ = unquote(&text);
    }

    #[test]
    fn any_tree_survives_its_json(nodes in prop::collection::vec(node(), 0..8)) {
        let tree = Tree::new(nodes);
        let mut json = Vec::new();
        tree.write(&mut json).unwrap();
        prop_assert_eq!(Tree::parse(&json).unwrap(), tree);
    }

    #[test]
    fn any_pack_lists_what_was_put_in(blobs in prop::collection::vec(blob(), 0..40)) {
        let mut pack = PackBuilder::new(BytesMut::new());
        let sealed = vec![7; 100_000];
        for blob in &blobs {
            pack.add(blob.kind, blob.id, &sealed[..blob.length as usize], blob.uncompressed).unwrap();
        }
        let pack = pack.finish(&key(), &[9; 16]).unwrap();
        let length = pack.bytes.len() as u64;
        prop_assert_eq!(length_of(&pack.blobs), length);
        prop_assert_eq!(pack.id, PackId(Digest::of(&pack.bytes)));
        if blobs.is_empty() {
            return Ok(());
        }
        let last = *pack.bytes.last_chunk::<LENGTH_BYTES>().unwrap();
        let header = sealed_header_length(last, length).unwrap();
        let from = pack.bytes.len() - LENGTH_BYTES - header;
        let mut sealed = pack.bytes[from..from + header].to_vec();
        prop_assert_eq!(open_header(&key(), &mut sealed.clone(), length).unwrap(), pack.blobs);
        // A header of another pack does not pass, however well it is sealed.
        prop_assert!(open_header(&key(), &mut sealed, length + 1).is_err());
    }

    #[test]
    fn any_header_bytes_are_refused_or_add_up(plain in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut sealed = Vec::new();
        key().seal(&[1; 16], &plain, &mut sealed);
        if let Ok(blobs) = open_header(&key(), &mut sealed, 1_000) {
            prop_assert_eq!(length_of(&blobs), 1_000);
        }
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Tree::parse(&bytes);
        let _ = KeyFile::parse(&bytes);
        prop_assert!(envelope::open::<IndexFile>(&key(), "index", bytes.clone()).is_err());
        let mut sealed = Vec::new();
        key().seal(&[1; 16], &bytes, &mut sealed);
        let _ = envelope::open::<IndexFile>(&key(), "index", sealed.clone());
        let blob = PackedBlob {
            kind: BlobKind::Data,
            id: id(1),
            offset: 0,
            length: 0,
            uncompressed: NonZeroU32::new(1_000),
        };
        let mut plain = Vec::new();
        prop_assert!(BlobOpener::new().unwrap().open(&key(), &blob, &mut sealed, &mut plain).is_err());
        prop_assert!(plain.is_empty());
    }

    #[test]
    fn the_index_finds_what_a_map_finds(
        packs in prop::collection::vec(prop::collection::vec(blob(), 0..60), 0..30),
        others in prop::collection::vec(any::<u64>(), 0..20),
    ) {
        let mut index = Index::default();
        let mut map = BTreeMap::new();
        for (number, blobs) in (0_u64..).zip(&packs) {
            let pack = PackId(Digest::of(&number.to_be_bytes()));
            index.insert(pack, blobs);
            for blob in blobs {
                map.entry((blob.kind, blob.id)).or_insert((pack, *blob));
            }
        }
        prop_assert_eq!(index.len(), map.len());
        for ((kind, id), (pack, blob)) in &map {
            let found = index.find(*kind, id).unwrap();
            prop_assert_eq!((found.pack, found.blob), (*pack, *blob));
        }
        for other in others {
            let known = map.contains_key(&(BlobKind::Data, id(other)));
            prop_assert_eq!(index.has(BlobKind::Data, &id(other)), known);
        }
    }

    #[test]
    fn an_index_file_survives_its_json(packs in prop::collection::vec(prop::collection::vec(blob(), 0..9), 0..9)) {
        let mut file = IndexFile::default();
        let mut expected = Vec::new();
        for (number, blobs) in (0_u64..).zip(packs) {
            let pack = PackId(Digest::of(&number.to_be_bytes()));
            file.push(pack, &blobs);
            expected.push((pack, blobs));
        }
        let json = serde_json::to_vec(&file).unwrap();
        let back: IndexFile = serde_json::from_slice(&json).unwrap();
        let back: Vec<_> = back.into_packs().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(back, expected);
    }
}
