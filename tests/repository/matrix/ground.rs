//! What every case stands on: small sources, a repository whose key costs nothing to derive, and
//! states of a store that can be kept, copied and named by their digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use data_encoding::BASE64;
use duphong::base::cancel::Cancel;
use duphong::base::digest::Digest;
use duphong::base::progress::Silent;
use duphong::base::secret::Secret;
use duphong::repository::chunk::Chunking;
use duphong::repository::crypto::{KEY_BYTES, SealingKey};
use duphong::repository::envelope::{self, Form};
use duphong::repository::index_file::IndexFile;
use duphong::repository::key::Cost;
use duphong::repository::layout::{self, Folder};
use duphong::repository::polynomial::Polynomial;
use duphong::repository::prune::Prune;
use duphong::repository::repair::{Headers, IndexRepair, PackRepair, PackState};
use duphong::repository::{
    PackId, Prepared, Repository, RepositoryError, SetWriter, SnapshotId, Tuning, Written,
};
use duphong::store::memory::MemoryStore;
use duphong::store::{ObjectName, ObjectStore};
use duphong::world::World;
use duphong::world::clock::ManualClock;
use duphong::world::entropy::SeededEntropy;
use zeroize::Zeroizing;

use crate::repository::kit;
use crate::repository::matrix::operations::LIMITS;

/// One worker and one uploader, so that the n-th operation is the same one in every run; packs of
/// a few blobs each.
pub(crate) const STEADY: Tuning =
    Tuning { pack_bytes: 2048, workers: 1, uploads: 1, level: 1, kept_bytes: 1 << 20 };

/// Blobs of a kilobyte: below the size from which other threads help, which keeps runs repeatable.
const SIZES: Chunking = Chunking::Sizes { min: 256, avg: 512, max: 1024 };

/// All objects of a store.
pub(crate) type State = BTreeMap<ObjectName, Bytes>;

/// What a set holds, as [`kit::read_set`] shows it.
pub(crate) type Picture = BTreeMap<String, String>;

/// Sets that were reported done, each with what it must hold.
pub(crate) type Sets = BTreeMap<SnapshotId, Picture>;

/// A stream and a folder of files that go into one set.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) dump: Vec<u8>,
    pub(crate) folder: PathBuf,
    pub(crate) picture: Picture,
}

impl Sources {
    /// Half of it differs with `seed`, the rest is common to all.
    fn make(folder: PathBuf, seed: u64) -> Self {
        fs::create_dir_all(&folder).unwrap();
        write_once(&folder, "chung", &kit::noise(7, 1500));
        write_once(&folder, "rieng", &kit::noise(seed, 1100));
        write_once(&folder, "van ban", "cộng hòa ".repeat(100).as_bytes());
        let dump = [kit::noise(3, 2000), kit::noise(seed + 50, 1500)].concat();
        let picture = picture_of(&folder, &dump);
        Self { dump, folder, picture }
    }
}

/// Writes a file unless it is there: other processes of this run may be reading it.
fn write_once(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|found| found == content) {
        return;
    }
    let mut file = tempfile::NamedTempFile::new_in(folder.parent().unwrap()).unwrap();
    file.write_all(content).unwrap();
    file.persist(path).unwrap();
}

/// What a set of these holds.
pub(crate) fn picture_of(folder: &Path, dump: &[u8]) -> Picture {
    let mut picture = kit::expected(folder);
    picture.insert("/db".to_owned(), format!("Dir {} ", Digest::of(b"")));
    picture.insert("/db/main.dump".to_owned(), format!("File {} ", Digest::of(dump)));
    picture
}

/// The sources of all cases; always the same, in the folder that cargo keeps for tests.
pub(crate) fn sources(number: usize) -> &'static Sources {
    static SOURCES: LazyLock<[Sources; 3]> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix");
        [11, 22, 33].map(|seed| Sources::make(folder.join(seed.to_string()), seed))
    });
    &SOURCES[number]
}

/// Which of the sources a set holds.
pub(crate) fn number_of(picture: &Picture) -> usize {
    (0..3).find(|number| sources(*number).picture == *picture).expect("it is one of ours")
}

/// A folder where waiting for the disk costs nothing.
pub(crate) fn memory_folder() -> tempfile::TempDir {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap()
}

/// A world in which the same seed gives the same bytes, and time stands still.
pub(crate) fn world(seed: u64) -> World {
    let clock = ManualClock::at("2026-11-22T06:00:00Z".parse().unwrap());
    World::with(Arc::new(clock), Arc::new(SeededEntropy::new(seed)), kit::runtime())
}

pub(crate) fn password() -> Secret {
    kit::password()
}

/// The one that takes its place where keys are changed.
pub(crate) fn new_password() -> Secret {
    Secret::new(NEW_PASSWORD.to_vec())
}

const NEW_PASSWORD: &[u8] = b"mat khau moi";

/// What deriving a key costs here: next to nothing.
pub(crate) const CHEAP: Cost = Cost { n: 2, r: 1, p: 1 };

/// A key file like any other, but for what deriving its key costs: next to nothing.
pub(crate) fn cheap_key(seed: u64) -> (ObjectName, Bytes) {
    let salt = kit::noise(seed, 64);
    let mut derived = Zeroizing::new([0; KEY_BYTES]);
    let params = scrypt::Params::new(1, CHEAP.r, CHEAP.p).unwrap();
    scrypt::scrypt(password().expose(), &salt, &params, derived.as_mut()).unwrap();
    let part = |from: u64, length| BASE64.encode(&kit::noise(seed.wrapping_add(from), length));
    let master = serde_json::json!({
        "mac": { "k": part(1, 16), "r": part(2, 16) },
        "encrypt": part(3, 32),
    });
    let mut data = Vec::new();
    let nonce = kit::noise(seed.wrapping_add(4), 16).try_into().unwrap();
    SealingKey::from_material(derived).seal(&nonce, master.to_string().as_bytes(), &mut data);
    let file = serde_json::json!({
        "created": "2026-11-22T06:00:00Z", "username": "root", "hostname": "may-chu",
        "kdf": "scrypt", "N": CHEAP.n, "r": CHEAP.r, "p": CHEAP.p,
        "salt": BASE64.encode(&salt), "data": BASE64.encode(&data),
    });
    let bytes = file.to_string().into_bytes();
    (Folder::Keys.name(&Digest::of(&bytes)), bytes.into())
}

/// Makes a repository around a key that is there.
pub(crate) fn init(store: Arc<dyn ObjectStore>, seed: u64) -> Result<Repository, RepositoryError> {
    let world = world(seed);
    let polynomial = Polynomial::random(&SeededEntropy::new(5));
    Repository::init_sharing(store, &password(), &world, polynomial)
}

/// Opens it with the one password or, where that was taken away, with the other.
pub(crate) fn open(store: Arc<dyn ObjectStore>, seed: u64) -> Result<Repository, RepositoryError> {
    match Repository::open(Arc::clone(&store), &password(), &world(seed)) {
        Err(RepositoryError::WrongKey { .. }) => {
            Repository::open(store, &new_password(), &world(seed))
        }
        opened => opened,
    }
}

/// Which of the two passwords open a repository: the old one, and the new one.
pub(crate) fn opened_by(state: &State) -> [bool; 2] {
    [password(), new_password()]
        .map(|password| Repository::open(memory(state), &password, &world(97)).is_ok())
}

/// Takes a set of a stream and a folder.
pub(crate) fn snapshot(
    repository: &Repository,
    sources: &Sources,
    parent: Option<SnapshotId>,
) -> Result<SnapshotId, RepositoryError> {
    let (cancel, progress) = (Cancel::default(), Arc::new(Silent));
    let writer = SetWriter::begin_tuned(repository, parent, cancel, progress, STEADY)?;
    writer.add_stream("db/main.dump", &mut &sources.dump[..], SIZES)?;
    writer.add_tree("media/files", &sources.folder, &[], SIZES)?;
    writer.finish(kit::meta()).map(|set| set.id)
}

/// Removes what no set needs.
pub(crate) fn prune(repository: &Repository) -> Result<(), RepositoryError> {
    Prune::plan(repository, LIMITS, &Silent, &Cancel::default())?.execute().1
}

/// Whether there is nothing that no set needs.
pub(crate) fn is_pruned(state: &State) -> Result<bool, RepositoryError> {
    let (repository, cancel) = (open(memory(state), 98)?, Cancel::default());
    Ok(Prune::plan(&repository, LIMITS, &Silent, &cancel)?.planned().is_empty())
}

/// Builds the index again; whether every header could be read.
pub(crate) fn repair(repository: &Repository) -> Result<bool, RepositoryError> {
    let cancel = Cancel::default();
    let begun = IndexRepair::begin(repository, Headers::Doubtful, false, &Silent, &cancel)?;
    let (repaired, ended) = begun.execute();
    ended.map(|()| repaired.bad.is_empty())
}

/// Saves what is whole in these packs, and removes them; whether it was known of each what it holds.
pub(crate) fn repair_packs(
    repository: &Repository,
    packs: &BTreeSet<PackId>,
) -> Result<bool, RepositoryError> {
    let cancel = Cancel::default();
    let begun = PackRepair::begin(repository, packs, false, &Silent, &cancel)?;
    let is_opaque = |state: &PackState| matches!(state, PackState::Opaque { .. });
    let all_told = !begun.found().iter().any(|found| is_opaque(&found.state));
    begun.execute().1.map(|()| all_told)
}

/// Takes a set into each of several repositories at once.
pub(crate) fn snapshot_each(
    prepared: Vec<Prepared>,
    began: jiff::Timestamp,
    sources: &Sources,
) -> Vec<Result<Written, RepositoryError>> {
    let (cancel, progress, count) = (Cancel::default(), Arc::new(Silent), prepared.len());
    let writer = SetWriter::begin_each(prepared, began, cancel, progress, STEADY).unwrap();
    let filled = writer
        .add_stream("db/main.dump", &mut &sources.dump[..], SIZES)
        .and_then(|_size| writer.add_tree("media/files", &sources.folder, &[], SIZES));
    if filled.is_ok() {
        return writer.finish_each(&kit::meta(), &mut |_, _| Ok(()));
    }
    let faults = writer.give_up().into_iter().chain(std::iter::repeat_with(|| None));
    let faults = faults.map(|fault| Err(fault.unwrap_or(RepositoryError::GivenUp)));
    faults.take(count).collect()
}

/// A store that holds `state`.
pub(crate) fn memory(state: &State) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let world = kit::world();
    for (name, bytes) in state {
        world.block_on(store.put(name, bytes.clone())).unwrap();
    }
    store
}

/// What a store holds, locks and all.
pub(crate) fn state_with_locks(store: &dyn ObjectStore) -> State {
    let world = kit::world();
    let listed = world.block_on(store.list("")).unwrap();
    listed
        .into_iter()
        .map(|(name, _)| {
            let bytes = world.block_on(store.get(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

/// What a store holds, without locks: what is left when nobody is at work.
pub(crate) fn state_of(store: &dyn ObjectStore) -> State {
    without_locks(state_with_locks(store))
}

/// What `restic unlock` leaves.
pub(crate) fn without_locks(mut state: State) -> State {
    state.retain(|name, _| !name.as_str().starts_with(Folder::Locks.prefix()));
    state
}

/// Names a state by its names and contents.
pub(crate) fn digest_of(state: &State) -> Digest {
    let mut all = Vec::new();
    for (name, bytes) in state {
        all.extend_from_slice(name.as_str().as_bytes());
        all.extend_from_slice(&Digest::of(bytes).0);
    }
    Digest::of(&all)
}

/// Where a case begins.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) state: State,
    /// Reported done before.
    pub(crate) sets: Sets,
    /// The last of them.
    pub(crate) newest: Option<SnapshotId>,
}

/// A key, and nothing else: what an `init` leaves that died before the config.
pub(crate) fn bare(seed: u64) -> Base {
    Base { name: "bare", state: State::from([cheap_key(seed)]), sets: Sets::new(), newest: None }
}

/// A repository without sets.
pub(crate) fn empty(seed: u64) -> Base {
    let store = memory(&bare(seed).state);
    init(store.clone(), seed).unwrap();
    Base { name: "empty", state: state_of(&*store), sets: Sets::new(), newest: None }
}

/// The same with the first set in it.
pub(crate) fn with_one_set(seed: u64) -> Base {
    with_set(empty(seed), "one set", 0, seed.wrapping_add(1000))
}

/// The same with a second set, whose parent is the first.
pub(crate) fn with_two_sets(seed: u64) -> Base {
    with_set(with_one_set(seed), "two sets", 1, seed.wrapping_add(2000))
}

fn with_set(base: Base, name: &'static str, number: usize, seed: u64) -> Base {
    let store = memory(&base.state);
    let repository = open(store.clone(), seed).unwrap();
    let sources = sources(number);
    let id = snapshot(&repository, sources, base.newest).unwrap();
    let mut sets = base.sets;
    sets.insert(id, sources.picture.clone());
    Base { name, state: state_of(&*store), sets, newest: Some(id) }
}

/// What a run left that died before its index: packs that no index names.
pub(crate) fn interrupted(seed: u64) -> Base {
    let before = with_one_set(seed);
    let mut state = with_two_sets(seed).state;
    state.retain(|name, _| {
        before.state.contains_key(name) || name.as_str().starts_with(Folder::Data.prefix())
    });
    Base { name: "interrupted", state, ..before }
}

/// One set, and a key for each of the two passwords.
pub(crate) fn with_two_keys(seed: u64) -> Base {
    let base = with_one_set(seed);
    let store = memory(&base.state);
    let repository = open(store.clone(), seed.wrapping_add(6000)).unwrap();
    let lock = repository.lock_shared().unwrap();
    repository.add_key(&lock, &new_password(), CHEAP).unwrap();
    drop(lock);
    Base { name: "two keys", state: state_of(&*store), ..base }
}

/// Three sets, of which the first was forgotten, and what a run left that died before its index.
pub(crate) fn forgotten(seed: u64) -> Base {
    let mut base = with_set(with_two_sets(seed), "forgotten", 2, seed.wrapping_add(3000));
    let garbage = Bytes::from(kit::noise(seed, 300));
    base.state.insert(Folder::Data.name(&Digest::of(&garbage)), garbage);
    let first = *base.sets.iter().find(|(_, picture)| **picture == sources(0).picture).unwrap().0;
    base.sets.remove(&first);
    base.state.remove(&layout::snapshot(&first));
    base
}

/// The same after a prune that a writer kept from removing anything: much lies twice.
pub(crate) fn half_pruned(seed: u64) -> Base {
    let base = forgotten(seed);
    let store = memory(&base.state);
    let repository = open(store.clone(), seed.wrapping_add(4000)).unwrap();
    let writer = repository.lock_shared().unwrap();
    assert!(matches!(prune(&repository), Err(RepositoryError::Locked { .. })));
    drop(writer);
    Base { name: "half pruned", state: state_of(&*store), ..base }
}

/// Two sets, and no index.
pub(crate) fn without_index(seed: u64) -> Base {
    let mut base = with_two_sets(seed);
    base.state.retain(|name, _| !name.as_str().starts_with(Folder::Index.prefix()));
    Base { name: "without index", ..base }
}

/// Two sets; one index file is garbled, and another one says something wrong of one pack and names
/// one that is not there.
pub(crate) fn garbled_index(seed: u64) -> Base {
    let mut base = with_two_sets(seed);
    let store = memory(&base.state);
    let repository = open(store, seed.wrapping_add(5000)).unwrap();
    let index = repository.load_index().unwrap();
    let by_pack = index.by_pack();
    let mut lie = IndexFile::default();
    for (number, pack) in index.packs().iter().enumerate() {
        let mut blobs = by_pack.blobs(pack);
        match number {
            0 => blobs[0].offset += 1,
            1 => lie.push(PackId(Digest::of(b"gone")), &blobs),
            _ => {}
        }
        lie.push(*pack, &blobs);
    }
    let names = base.state.keys().filter(|name| name.as_str().starts_with("index/"));
    let first = names.min().unwrap().clone();
    base.state.insert(first, Bytes::from_static(b"garbled"));
    let (key, entropy) = (repository.key(), &*repository.world().entropy);
    let lie = Bytes::from(envelope::seal(key, entropy, Form::Compressed, &lie).unwrap());
    base.state.insert(Folder::Index.name(&Digest::of(&lie)), lie);
    Base { name: "garbled index", ..base }
}

/// Two sets; of one pack the header is garbled, so that all its blobs still open.
pub(crate) fn damaged_pack(seed: u64) -> Base {
    let mut base = with_two_sets(seed);
    let packs = base.state.iter_mut().filter(|(name, _)| name.as_str().starts_with("data/"));
    let (_, bytes) = packs.max_by_key(|(_, bytes)| bytes.len()).unwrap();
    *bytes = with_garbled_header(bytes);
    Base { name: "damaged pack", ..base }
}

/// A pack whose header does not open any more, and whose blobs all do.
pub(crate) fn with_garbled_header(pack: &[u8]) -> Bytes {
    let mut garbled = pack.to_vec();
    let header = garbled.len() - 10;
    garbled[header] ^= 1;
    garbled.into()
}

/// The packs of a state that are not what their names say.
pub(crate) fn damaged_packs(state: &State) -> BTreeSet<PackId> {
    let packs = state.iter().filter_map(|(name, bytes)| Some((Folder::Data.digest(name)?, bytes)));
    packs.filter(|(id, bytes)| *id != Digest::of(bytes)).map(|(id, _)| PackId(id)).collect()
}

/// Another repository with two sets, always the same one.
pub(crate) fn elsewhere() -> &'static Base {
    static ELSEWHERE: LazyLock<Base> = LazyLock::new(|| with_two_sets(4_242));
    &ELSEWHERE
}

/// Another repository without sets, always the same one.
pub(crate) fn elsewhere_empty() -> &'static Base {
    static ELSEWHERE: LazyLock<Base> = LazyLock::new(|| empty(4_343));
    &ELSEWHERE
}

/// What a copy left that died before its index: packs that no index names.
pub(crate) fn interrupted_copy(seed: u64) -> Base {
    let before = empty(seed);
    let store = memory(&before.state);
    let from = open(memory(&elsewhere().state), seed.wrapping_add(3)).unwrap();
    let to = open(store.clone(), seed.wrapping_add(4)).unwrap();
    crate::repository::copy::copy_with(&from, &to, STEADY).unwrap();
    let mut state = state_of(&*store);
    state.retain(|name, _| {
        before.state.contains_key(name) || name.as_str().starts_with(Folder::Data.prefix())
    });
    Base { name: "interrupted copy", state, ..before }
}

/// The next number of a repeatable row (splitmix64).
pub(crate) fn draw(lots: &mut u64) -> u64 {
    *lots = lots.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut drawn = *lots;
    drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    drawn ^ (drawn >> 31)
}

/// A number below `end`, drawn from the row.
pub(crate) fn draw_below(lots: &mut u64, end: usize) -> usize {
    usize::try_from(draw(lots) % end as u64).unwrap()
}
