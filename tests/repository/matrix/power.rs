//! Power loss at every point of runs on a real disk store, with every combination of what was not
//! waited for.
//!
//! A child works on a store in a folder, `strace` records its calls, and [`Disk`] makes of them
//! every state that the folder may be in after the power went. SIGKILL alone never loses what the
//! kernel holds, but leaves it behind without having waited for it: so second children go on where
//! the first was stopped, and the power goes while they work.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use duphong::repository::copy::Copied;
use duphong::repository::layout::{self, Folder};
use duphong::repository::{PackId, Prepared, Repository, SnapshotId};
use duphong::store::disk::DiskStore;
use duphong::store::{ObjectName, ObjectStore};

use crate::repository::copy::copy_telling;
use crate::repository::kit;
use crate::repository::matrix::disk::{Disk, Fate};
use crate::repository::matrix::ground::{self, Sets, State};
use crate::repository::matrix::judge::Judge;
use crate::repository::matrix::operations::{self, Bench, Came};
use crate::repository::matrix::trace::{self, Event};
use crate::repository::matrix::{Promised, Tally, is_whole};

/// More combinations than this are drawn by lot.
const COMBINATIONS_MAX: usize = 64;

/// Where the repository lies below the top; two folders must be made for it.
const ROOT: [&str; 3] = ["kho", "moi", "repository"];

/// All children share one key.
const KEY: u64 = 42;

/// Each child has two disks, of which most use one.
const DISKS: [&str; 2] = ["disk", "second"];

/// How marks begin that are of the second disk.
const SECOND: &str = "second ";

const ORDERS: &str = "DUPHONG_MATRIX_ORDERS";

/// What a child is to do; one word each, in this order.
const BESIDE: &str = "make save beside";
const AGAIN: &str = "make save";
const LIFE: &str = "make save save save forget prune";
const PRUNE: &str = "make prune";
const MEND: &str = "make save save break repair";
const SALVAGE: &str = "make save save spoil salvage";
const COPY: &str = "make copy";
const FEED: &str = "make feed";
const REKEY: &str = "make save rekey";

/// So many first children, each with other nonces; each is killed at its share of the points.
const ROUNDS: usize = 2;

#[test]
fn no_power_loss_loses_a_set_that_was_reported_done() {
    let mut tally = Tally::new("power loss");
    let mut judge = Judge::default();
    let share = if is_whole() { 1 } else { 2 * ROUNDS };
    for round in 0..ROUNDS {
        let seed = tally.seed.wrapping_add(round as u64 * 1_000_003);
        let first = Recording::of(Vec::new(), LIFE, seed);
        first.judge(&mut tally, &mut judge);
        Recording::of(Vec::new(), BESIDE, seed).judge(&mut tally, &mut judge);
        Recording::of(Vec::new(), MEND, seed).judge(&mut tally, &mut judge);
        Recording::of(Vec::new(), SALVAGE, seed).judge(&mut tally, &mut judge);
        Recording::of(Vec::new(), REKEY, seed).judge(&mut tally, &mut judge);
        for recording in Recording::of_both(Vec::new(), FEED, seed) {
            recording.judge(&mut tally, &mut judge);
        }
        let copy = Recording::of(Vec::new(), COPY, seed);
        copy.judge(&mut tally, &mut judge);
        // The worst moments to be killed at: a name is there and nobody has waited for it.
        let named = |event: &Event| matches!(event, Event::Rename(..) | Event::Mkdir(_));
        let life = first.first_mark("forget");
        let kills = (1..=life).filter(|until| named(&first.events[until - 1]));
        for until in kills.skip(round).step_by(share) {
            let killed = first.events[..until].to_vec();
            Recording::of(killed, AGAIN, seed).judge(&mut tally, &mut judge);
        }
        let kills = copy.first_mark("copying")..=copy.events.len();
        for until in kills.filter(|at| named(&copy.events[at - 1])).skip(round).step_by(share) {
            let killed = copy.events[..until].to_vec();
            let orders = if until % 2 == 0 { COPY } else { FEED };
            Recording::of(killed, orders, seed).judge(&mut tally, &mut judge);
        }
        let changes = |event: &Event| matches!(event, Event::Rename(..) | Event::Remove(_));
        let kills = (life..=first.events.len()).filter(|at| changes(&first.events[at - 1]));
        for until in kills.skip(round).step_by(share) {
            let killed = first.events[..until].to_vec();
            Recording::of(killed, PRUNE, seed).judge(&mut tally, &mut judge);
        }
    }
    tally.close(&judge, Promised { cases: 7_000, restic: 90 });
}

/// What a child did, after what one did that was killed.
struct Recording {
    name: String,
    seed: u64,
    events: Vec<Event>,
    /// So many events are those of the child that was killed.
    killed: usize,
    disk: Disk,
}

impl Recording {
    fn of(killed: Vec<Event>, orders: &str, seed: u64) -> Self {
        let [recording, _] = Self::of_both(killed, orders, seed);
        recording
    }

    /// What was done to each of the two disks; the second one was empty before.
    fn of_both(killed: Vec<Event>, orders: &str, seed: u64) -> [Self; 2] {
        let place = ground::memory_folder();
        lay_out(&killed, &place.path().join(DISKS[0]));
        fs::create_dir(place.path().join(DISKS[1])).unwrap();
        let name = format!("`{orders}` after a death behind {:?}", killed.last());
        // Other nonces than those of the child that was killed.
        let [first, second] = record(place.path(), orders, seed.wrapping_add(killed.len() as u64));
        [
            Self::on(&place.path().join(DISKS[0]), name.clone(), seed, killed, first),
            Self::on(
                &place.path().join(DISKS[1]),
                format!("second of {name}"),
                seed,
                Vec::new(),
                second,
            ),
        ]
    }

    fn on(
        top: &Path,
        name: String,
        seed: u64,
        mut events: Vec<Event>,
        recorded: Vec<Event>,
    ) -> Self {
        let killed = events.len();
        events.extend(recorded.into_iter().map(|event| match event {
            Event::Sync(path, since) => Event::Sync(path, since + killed),
            event => event,
        }));
        let root: PathBuf = ROOT.iter().collect();
        let disk = Disk::new(&events, &root.join(ObjectName::RESERVED));
        // The model must be right about the real folder before it may say anything else.
        let modelled = disk.after(events.len(), &[], &ROOT);
        let real = DiskStore::open(top.join(root)).map(|store| ground::state_with_locks(&store));
        let real = real.unwrap_or_default();
        for object in modelled.keys().chain(real.keys()) {
            let same = modelled.get(object) == real.get(object);
            assert!(same, "{name}: `{object}` is not as modelled");
        }
        Self { name, seed, events, killed, disk }
    }

    fn judge(&self, tally: &mut Tally, judge: &mut Judge) {
        let mut lots = self.seed;
        for until in self.killed..=self.events.len() {
            let Some(done) = self.done_before(until) else { continue };
            for fates in combinations(&self.disk.open(until), &mut lots) {
                let state = self.disk.after(until, &fates, &ROOT);
                let left = ground::without_locks(state);
                let before = self.events.get(until);
                let describe = || format!("{}, before {before:?}, {fates:?}", self.name);
                tally.case(&self.name, describe, || self.case(judge, &left, &done));
            }
        }
    }

    /// The number of the first event with a mark that begins so.
    fn first_mark(&self, begin: &str) -> usize {
        let is_it = |event: &Event| matches!(event, Event::Mark(mark) if mark.starts_with(begin));
        self.events.iter().position(is_it).expect("the child left its marks")
    }

    /// What was reported done before an event; nothing is judged before the key is stored.
    fn done_before(&self, until: usize) -> Option<Done> {
        let mut done = None;
        for event in &self.events[..until] {
            let Event::Mark(mark) = event else { continue };
            if mark.is_empty() {
                continue;
            }
            let done = done.get_or_insert_with(Done::default);
            match mark.split(' ').collect::<Vec<_>>()[..] {
                ["made"] => done.made = true,
                ["set", id, number] => {
                    let picture = ground::sources(number.parse().unwrap()).picture.clone();
                    done.sets.insert(SnapshotId(id.parse().unwrap()), picture);
                }
                ["forget", id] => {
                    done.sets.remove(&SnapshotId(id.parse().unwrap()));
                    done.begun.insert("forget");
                }
                ["copying"] => {
                    done.begun.insert("copy");
                }
                ["keyed"] => done.opens = Some([true; 2]),
                ["rekeyed"] => done.opens = Some([false, true]),
                ["breaking"] => done.broken = true,
                ["repaired"] => done.broken = false,
                ["spoiling"] => done.spoiling = true,
                ["spoiled", pack] => {
                    done.spoiling = false;
                    done.spoiled = Some(PackId(pack.parse().unwrap()));
                }
                ["salvaged"] => done.spoiled = None,
                ["forgotten", id] => done.gone.push(SnapshotId(id.parse().unwrap())),
                _ => {}
            }
        }
        done.filter(|done| !done.spoiling)
    }

    fn case(&self, judge: &mut Judge, left: &State, done: &Done) -> Vec<String> {
        if !left.keys().any(|name| name.as_str().starts_with("keys/")) {
            return vec!["LOST: the key".to_owned()];
        }
        if done.broken {
            return judge.again(left, "repair", |judge| {
                let store = ground::memory(left);
                let repaired = ground::open(store.clone(), self.seed);
                match repaired.and_then(|repository| ground::repair(&repository)) {
                    Ok(true) => judge.offences(&ground::state_of(&*store), &done.sets),
                    Ok(false) => vec!["a header could not be read".to_owned()],
                    Err(error) => vec![format!("repairing again: {error}")],
                }
            });
        }
        if let Some(pack) = done.spoiled {
            return self.salvaged_again(judge, left, done, pack);
        }
        let configured = left.keys().any(|name| name.as_str() == "config");
        let mut offences = match configured {
            true => judge.offences(left, &done.sets),
            false if done.made => vec!["LOST: the config".to_owned()],
            false => Vec::new(),
        };
        let back = done.gone.iter().filter(|id| left.contains_key(&layout::snapshot(id)));
        offences.extend(back.map(|id| format!("set {id} was forgotten and came back")));
        if let Some(reported) = done.opens {
            let opens = ground::opened_by(left);
            if !opens[1] || (opens[0] && !reported[0]) {
                offences.push(format!("LOST: {reported:?} was reported to open, {opens:?} does"));
            }
        }
        if done.begun.contains("copy") && configured {
            offences
                .extend(judge.again(left, "copy", |judge| self.copied_again(judge, left, done)));
        }
        if done.begun.contains("forget") {
            offences.extend(judge.again(left, "prune", |judge| {
                let store = ground::memory(left);
                let pruned =
                    ground::open(store.clone(), self.seed).and_then(|it| ground::prune(&it));
                match pruned {
                    Ok(()) => judge.offences(&ground::state_of(&*store), &done.sets),
                    Err(error) => vec![format!("pruning again: {error}")],
                }
            }));
        }
        offences.extend(judge.again(left, "snapshot", |judge| {
            let store = ground::memory(left);
            let again = (!configured).then(|| ground::init(store.clone(), self.seed));
            let repository = again.unwrap_or_else(|| ground::open(store.clone(), self.seed));
            let sources = ground::sources(2);
            let set = repository.and_then(|it| ground::snapshot(&it, sources, None));
            match set {
                Ok(id) => {
                    let mut done = done.sets.clone();
                    done.insert(id, sources.picture.clone());
                    judge.offences(&ground::state_of(&*store), &done)
                }
                Err(error) => vec![format!("running it again: {error}")],
            }
        }));
        offences
    }
}

impl Recording {
    /// Of a damaged pack whose blobs all open nothing is lost at any time, and a repair that begins
    /// again leaves all of it sound.
    fn salvaged_again(
        &self,
        judge: &mut Judge,
        left: &State,
        done: &Done,
        pack: PackId,
    ) -> Vec<String> {
        let mut offences = match judge.look(left) {
            Ok(seen) => seen.lost(&done.sets),
            Err(error) => vec![format!("LOST: the repository does not open: {error}")],
        };
        offences.extend(judge.again(left, "salvage", |judge| {
            let store = ground::memory(left);
            let repaired = ground::open(store.clone(), self.seed)
                .and_then(|it| ground::repair_packs(&it, &BTreeSet::from([pack])));
            match repaired {
                Ok(_) => judge.offences(&ground::state_of(&*store), &done.sets),
                Err(error) => vec![format!("repairing again: {error}")],
            }
        }));
        offences
    }

    /// A copy that begins again ends with all that the other repository has.
    fn copied_again(&self, judge: &mut Judge, left: &State, done: &Done) -> Vec<String> {
        let (store, base) = (ground::memory(left), ground::elsewhere_empty());
        let bench = Bench::new(store.clone(), base, self.seed.wrapping_add(77));
        match operations::copy_into(&bench) {
            Ok(Came::Set(id, picture)) => {
                let mut sets = done.sets.clone();
                sets.insert(id, picture);
                judge.offences(&ground::state_of(&*store), &sets)
            }
            came => vec![format!("copying again: {came:?}")],
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Done {
    made: bool,
    sets: Sets,
    /// The index is damaged, until it is repaired.
    broken: bool,
    /// A pack is about to be damaged, which no program does: nothing is judged meanwhile.
    spoiling: bool,
    /// The header of this pack is damaged, until what it holds is saved.
    spoiled: Option<PackId>,
    /// What has begun: done again, it must end well.
    begun: BTreeSet<&'static str>,
    /// Which of the two passwords were reported to open it; the old one goes at any time.
    opens: Option<[bool; 2]>,
    /// Reported forgotten.
    gone: Vec<SnapshotId>,
}

/// Every combination of fates; if there are too many, the extremes and a draw.
fn combinations(open: &[(usize, &'static [Fate])], lots: &mut u64) -> Vec<Vec<(usize, Fate)>> {
    let count = open.iter().try_fold(1_usize, |count, (_, fates)| count.checked_mul(fates.len()));
    let pick = |mut number: usize| {
        let mut picked = Vec::with_capacity(open.len());
        for (change, fates) in open {
            picked.push((*change, fates[number % fates.len()]));
            number /= fates.len();
        }
        picked
    };
    match count {
        Some(count) if count <= COMBINATIONS_MAX => (0..count).map(pick).collect(),
        _ => {
            let all = |fate: Fate| open.iter().map(|(change, _)| (*change, fate)).collect();
            let mut drawn = vec![all(Fate::Kept), all(Fate::Lost)];
            drawn.extend((2..COMBINATIONS_MAX).map(|_| {
                let lot = |(change, fates): &(usize, &'static [Fate])| {
                    (*change, fates[ground::draw_below(lots, fates.len())])
                };
                open.iter().map(lot).collect()
            }));
            drawn
        }
    }
}

/// Makes a folder what a child had made of it when it was killed.
fn lay_out(events: &[Event], top: &Path) {
    fs::create_dir(top).unwrap();
    for event in events {
        match event {
            Event::Create(path) => drop(fs::File::create_new(top.join(path)).unwrap()),
            Event::Write(path, bytes) => {
                let mut file = fs::OpenOptions::new().append(true).open(top.join(path)).unwrap();
                file.write_all(bytes).unwrap();
            }
            Event::Mkdir(path) => fs::create_dir(top.join(path)).unwrap(),
            Event::Rename(from, to) => fs::rename(top.join(from), top.join(to)).unwrap(),
            Event::Remove(path) => fs::remove_file(top.join(path)).unwrap(),
            Event::Sync(..) | Event::Mark(_) => {}
        }
    }
}

/// Runs a child under strace and returns what it did on each disk below `place`.
fn record(place: &Path, orders: &str, seed: u64) -> [Vec<Event>; 2] {
    let (output, marks) = (place.join("trace"), place.join("marks"));
    let name = concat!(module_path!(), "::a_child_does_as_its_orders_say");
    let name = name.split_once("::").unwrap().1;
    let orders = format!("{}\n{}\n{seed}\n{orders}", place.display(), marks.display());
    let ran = Command::new("strace")
        .args(["-f", "-y", "-xx", "--seccomp-bpf", "-s", "1000000", "-o"])
        .arg(&output)
        .args(["-e", &format!("trace={}", trace::CALLS)])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ORDERS, orders)
        .output()
        .expect("strace is installed by tests/run");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let trace = fs::read_to_string(&output).unwrap();
    let [first, mut second] = DISKS.map(|disk| trace::events(&trace, &place.join(disk), &marks));
    for event in &mut second {
        if let Event::Mark(mark) = event {
            *mark = mark.strip_prefix(SECOND).unwrap_or_default().to_owned();
        }
    }
    [first, second]
}

/// The child that [`record`] starts; without orders it has nothing to do.
#[test]
fn a_child_does_as_its_orders_say() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let lines: Vec<_> = orders.lines().collect();
    let [place, marks, seed, words] = lines[..] else { panic!("four lines of orders") };
    let seed = seed.parse().unwrap();
    let roots = DISKS
        .map(|disk| ROOT.iter().fold(Path::new(place).join(disk), |path, name| path.join(name)));
    let marks = fs::OpenOptions::new().append(true).create(true).open(marks).unwrap();
    let child = Child { roots, seed, marks };
    let mut repository = None;
    let mut saved = Vec::new();
    for word in words.split(' ') {
        match (word, &repository) {
            ("make", _) => repository = Some(child.make(0, "")),
            ("save", Some(repository)) => {
                let number = saved.len();
                saved.push(child.save(repository, number, saved.last().copied()));
            }
            ("beside", Some(repository)) => child.beside(repository, &saved),
            ("forget", Some(repository)) => child.forget(repository, &saved[0]),
            ("prune", Some(repository)) => child.prune(repository),
            ("break", Some(repository)) => child.break_index(repository),
            ("repair", Some(repository)) => child.repair(repository),
            ("spoil", Some(repository)) => child.spoil(repository),
            ("salvage", Some(repository)) => child.salvage(repository),
            ("copy", Some(repository)) => child.copy(repository),
            ("feed", Some(repository)) => child.feed(repository),
            ("rekey", Some(repository)) => child.rekey(repository),
            (word, _) => panic!("no such order: {word}"),
        }
    }
}

/// The process that is recorded.
struct Child {
    roots: [PathBuf; 2],
    seed: u64,
    marks: fs::File,
}

impl Child {
    fn mark(&self, mark: &str) {
        (&self.marks).write_all(format!("{mark}\n").as_bytes()).unwrap();
    }

    /// Makes a repository on one of the disks, or opens the one that another child has made.
    fn make(&self, disk: usize, who: &str) -> Repository {
        let store: Arc<dyn ObjectStore> = Arc::new(DiskStore::create(&self.roots[disk]).unwrap());
        let (name, key) = ground::cheap_key(KEY);
        kit::world().block_on(store.put(&name, key)).unwrap();
        self.mark(&format!("{who}key"));
        let repository = ground::init(Arc::clone(&store), self.seed)
            .or_else(|_made| ground::open(store, self.seed))
            .unwrap();
        self.mark(&format!("{who}made"));
        repository
    }

    fn save(
        &self,
        repository: &Repository,
        number: usize,
        parent: Option<SnapshotId>,
    ) -> SnapshotId {
        let set = ground::snapshot(repository, ground::sources(number), parent).unwrap();
        self.mark(&format!("set {} {number}", set.0));
        set
    }

    fn forget(&self, repository: &Repository, set: &SnapshotId) {
        let lock = repository.lock_exclusive().unwrap();
        self.mark(&format!("forget {}", set.0));
        repository.forget(&lock, set).unwrap();
        self.mark(&format!("forgotten {}", set.0));
    }

    fn prune(&self, repository: &Repository) {
        self.mark("pruning");
        ground::prune(repository).unwrap();
        self.mark("pruned");
    }

    /// Removes the index.
    fn break_index(&self, repository: &Repository) {
        self.mark("breaking");
        for (name, _) in repository.list(Folder::Index).unwrap() {
            repository.block_on(repository.store().delete(&name)).unwrap();
        }
    }

    fn repair(&self, repository: &Repository) {
        assert!(ground::repair(repository).unwrap(), "a header could not be read");
        self.mark("repaired");
    }

    /// Damages the header of the longest pack.
    fn spoil(&self, repository: &Repository) {
        self.mark("spoiling");
        let (name, _) = repository
            .list(Folder::Data)
            .unwrap()
            .into_iter()
            .max_by_key(|(_, size)| *size)
            .unwrap();
        let store = repository.store();
        let whole = repository.block_on(store.get(&name)).unwrap();
        repository.block_on(store.delete(&name)).unwrap();
        repository.block_on(store.put(&name, ground::with_garbled_header(&whole))).unwrap();
        self.mark(&format!("spoiled {}", Folder::Data.digest(&name).unwrap()));
    }

    /// Saves what is whole in the pack that was damaged.
    fn salvage(&self, repository: &Repository) {
        let damaged = ground::damaged_packs(&ground::state_of(&**repository.store()));
        assert_eq!(damaged.len(), 1);
        assert!(ground::repair_packs(repository, &damaged).unwrap());
        self.mark("salvaged");
    }

    /// Copies both sets of another repository.
    fn copy(&self, repository: &Repository) {
        let other = ground::elsewhere();
        let from = ground::open(ground::memory(&other.state), self.seed).unwrap();
        self.mark("copying");
        let tell = &mut |copied: &Copied| {
            let number = ground::number_of(&other.sets[&copied.from]);
            self.mark(&format!("set {} {number}", copied.id.0));
        };
        let outcome = copy_telling(&from, repository, ground::STEADY, tell).unwrap();
        assert!(outcome.refused.is_empty(), "{outcome:?}");
    }

    /// One set for both disks at once.
    fn feed(&self, repository: &Repository) {
        let second = self.make(1, SECOND);
        let prepared = [repository, &second].map(|it| Prepared::new(it, None).unwrap());
        let began = second.world().clock.now();
        let fed = ground::snapshot_each(prepared.into(), began, ground::sources(1));
        for (who, written) in ["", SECOND].into_iter().zip(fed) {
            self.mark(&format!("{who}set {} 1", written.unwrap().id.0));
        }
    }

    /// Puts the new password in the place of the old one.
    fn rekey(&self, repository: &Repository) {
        let lock = repository.lock_exclusive().unwrap();
        let new = ground::new_password();
        let proven = repository.ensure_key(&lock, &new, ground::CHEAP).unwrap();
        self.mark("keyed");
        repository.remove_keys_of(&lock, &ground::password(), &proven).unwrap();
        self.mark("rekeyed");
    }

    /// Two sets at the same time.
    fn beside(&self, repository: &Repository, saved: &[SnapshotId]) {
        std::thread::scope(|scope| {
            for number in [1, 2] {
                scope.spawn(move || self.save(repository, number, saved.last().copied()));
            }
        });
    }
}
