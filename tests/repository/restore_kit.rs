//! What the tests of restoring share: a portal that was saved, and ways to restore it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::base::progress::Silent;
use duphong::repository::blob::{BlobKind, PackedBlob};
use duphong::repository::browse::Browser;
use duphong::repository::envelope::{self, Form};
use duphong::repository::index::Location;
use duphong::repository::index_file::IndexFile;
use duphong::repository::layout::{self, Folder};
use duphong::repository::restore::{RestoreError, RestoreOptions, Restored, restore};
use duphong::repository::{Repository, SnapshotId};
use duphong::store::ObjectName;
use duphong::store::faulty::{Damage, Faulty};

use crate::repository::kit::{Place, password, save, world};
use crate::repository::read_kit::make_portal;

/// A repository with one set of `make_portal`, and where things are.
pub(crate) struct Portal {
    pub(crate) place: Place,
    pub(crate) repository: Repository,
    pub(crate) set: SnapshotId,
}

impl Portal {
    pub(crate) fn new() -> Self {
        let place = Place::new();
        make_portal(&place.path("portal"));
        let repository = place.init();
        let (written, summary) = save(&repository, &place.path("portal"), None);
        assert_eq!(summary.skipped, []);
        Self { place, repository, set: written.id }
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.place.path("target")
    }

    pub(crate) fn restored(&self) -> PathBuf {
        self.target().join("media/files")
    }

    pub(crate) fn restore(&self, options: &RestoreOptions) -> Result<Restored, RestoreError> {
        run(&self.repository, &self.set, &self.target(), options)
    }

    /// Restores through a store where the pack with the content of `path` is damaged.
    pub(crate) fn restore_damaged(
        &self,
        path: &str,
        damage: impl Fn(&PackedBlob) -> Damage,
    ) -> (Restored, ExitCode) {
        let store = Faulty::new(self.place.store());
        let Location { pack, blob } = self.first_piece(path);
        store.damage(&layout::pack(&pack), damage(&blob));
        let damaged = Repository::open(Arc::new(store), &password(), &world()).unwrap();
        let error = run(&damaged, &self.set, &self.target(), &RestoreOptions::default());
        let error = error.unwrap_err();
        let exit = error.exit();
        match error {
            RestoreError::Incomplete { report } => (*report, exit),
            other => panic!("{other}"),
        }
    }

    /// The pack that holds the first piece of a file.
    pub(crate) fn pack_of(&self, path: &str) -> ObjectName {
        layout::pack(&self.first_piece(path).pack)
    }

    pub(crate) fn first_piece(&self, path: &str) -> Location {
        let index = self.repository.load_index().unwrap();
        let snapshot = self.repository.snapshot(&self.set).unwrap();
        let browser = Browser::new(&self.repository).unwrap();
        let node = browser.find(&snapshot.tree, path.as_bytes()).unwrap().unwrap();
        index.find(BlobKind::Data, &node.content.unwrap()[0]).unwrap()
    }
}

pub(crate) fn run(
    repository: &Repository,
    set: &SnapshotId,
    target: &Path,
    options: &RestoreOptions,
) -> Result<Restored, RestoreError> {
    restore(repository, set, target, options, &Silent, &Cancel::default())
}

pub(crate) fn lost(report: &Restored) -> Vec<String> {
    report.lost.iter().map(|lost| String::from_utf8_lossy(&lost.path).into_owned()).collect()
}

pub(crate) fn resume() -> RestoreOptions {
    RestoreOptions { resume: true, ..RestoreOptions::default() }
}

/// Puts an index in the place of the one that is there, which knows folders and no content.
pub(crate) fn leave_only_folders_in_the_index(repository: &Repository) {
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    let mut kept = IndexFile::default();
    for pack in index.packs() {
        let blobs = by_pack.blobs(pack);
        if blobs.iter().all(|blob| blob.kind == BlobKind::Tree) {
            kept.push(*pack, &blobs);
        }
    }
    replace_index(repository, &kept);
}

/// Puts one index file in the place of all that are there.
pub(crate) fn replace_index(repository: &Repository, file: &IndexFile) {
    let store = repository.store();
    for (name, _) in repository.list(Folder::Index).unwrap() {
        repository.block_on(store.delete(&name)).unwrap();
    }
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let sealed = Bytes::from(envelope::seal(key, entropy, Form::Compressed, file).unwrap());
    repository.block_on(store.put(&Folder::Index.name(&Digest::of(&sealed)), sealed)).unwrap();
}
