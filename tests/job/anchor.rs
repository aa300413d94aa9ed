//! Heads of the audit log in a locked bucket and in an auditor's mailbox, and what they show of a log
//! that was tampered with: the real program, a server with object lock, a real mail server.

mod killed;
mod tampering;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use duphong::audit::verify::{Asked, Report, Trust, Verdict, verify_with};
use duphong::audit::{Deed, Ending, Entry, Kind};
use duphong::base::exit::ExitCode;
use duphong::config::check_text;
use duphong::config::settings::{AnchorPlace, Bucket};
use duphong::job::anchor::{self, Anchored, Fate, Proof, fetch};
use duphong::job::status::status;
use duphong::store::s3::S3Store;
use duphong::store::versions::Versions as _;
use duphong::store::{ObjectName, ObjectStore as _};
use duphong::view::Colour;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::job::portal::Installation;
use crate::notice::server::{Behavior, MailServer};
use crate::store::s3::{Fault, KEY, Options, Server};

const PREFIX: &str = "neo/mau";
const DAY: Duration = Duration::from_hours(24);

pub(super) struct Stage {
    here: Installation,
    server: Server,
    mail: MailServer,
    _keys: TempDir,
}

impl Stage {
    fn new() -> Self {
        Self::with(Options { versions: true, ..Options::default() })
    }

    fn with(options: Options) -> Self {
        let (server, mail) = (Server::with(options), MailServer::start(Behavior::default()));
        let keys = TempDir::new().unwrap();
        let write = |name: &str, text: String| {
            let path = keys.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let key = write("s3.key", format!("{}\n{}\n", KEY.0, KEY.1));
        let password = write("smtp.pass", "mật khẩu\n".to_owned());
        let (endpoint, settings) = (server.endpoint(), mail.settings());
        let mut here = Installation::new();
        let file = here.path("duphong.yaml");
        let text = std::fs::read_to_string(&file).unwrap()
            + &format!(
                "notices:
  authorities: {}
  smtp: {{ host: localhost, port: {}, security: starttls, user: duphong,
          password: {{ file: {password} }}, from: duphong@mau.vn }}
audit:
  anchors:
    khoa:
      s3: {{ endpoint: '{endpoint}', bucket: kho-mau, prefix: {PREFIX}, credentials: {{ file: {key} }} }}
      object-lock: {{ mode: compliance, retention: 400d }}
    thu:
      mail: {{ to: kiemtoan@ngoai.vn, language: vi }}
",
                mail.authority().display(),
                settings.port,
            );
        std::fs::write(&file, &text).unwrap();
        here.site.settings = check_text(text.as_bytes(), &file, None).unwrap().settings;
        Self { here, server, mail, _keys: keys }
    }

    /// Something happens that is worth an entry.
    fn happen(&self) {
        let log = self.here.site.log().unwrap();
        log.record(&self.here.site.actor, Deed::new("key.confirm", "local")).unwrap();
    }

    fn anchor(&self) -> Vec<Anchored> {
        anchor::run(&self.here.site, &[], false).unwrap()
    }

    /// Both places get a head.
    #[track_caller]
    fn anchored(&self) -> u64 {
        let anchored = self.anchor();
        assert_eq!(anchor::exit(&anchored), ExitCode::Done, "{anchored:?}");
        let sizes = anchored.iter().map(|one| match &one.fate {
            Fate::Kept(head, _) => head.size,
            other => panic!("{other:?}"),
        });
        sizes.min().unwrap()
    }

    fn entries(&self) -> Vec<Entry> {
        self.here.site.log().unwrap().reader().unwrap().entries().map(Result::unwrap).collect()
    }

    fn outcomes(&self) -> Vec<Entry> {
        let about = |entry: &Entry| entry.kind == Kind::Outcome && entry.verb == "audit.anchor";
        self.entries().into_iter().filter(about).collect()
    }

    fn bucket(&self) -> Bucket {
        match &self.here.site.settings.anchoring.anchors[0].place {
            AnchorPlace::S3(bucket) => bucket.clone(),
            other @ AnchorPlace::Mail { .. } => panic!("{other}"),
        }
    }

    /// What the bucket holds, as `audit verify --anchors-from khoa` asks for it.
    fn asked(&self) -> Asked {
        let (world, cancel) = (&self.here.site.world, &self.here.site.cancel);
        let origin = self.here.site.log().unwrap().head().unwrap().origin;
        fetch(world, cancel, &self.bucket(), (Some("khoa"), &origin))
    }

    /// The newest letter, saved as a mail program saves it.
    fn letter(&self, change: impl FnOnce(String) -> String) -> PathBuf {
        let taken = self.mail.taken();
        let path = self.here.path(format!("thu-{}.eml", taken.len()));
        std::fs::write(&path, change(taken.last().unwrap().text.clone())).unwrap();
        path
    }

    fn verified(&self, anchors: &[&Path], asked: &[Asked]) -> Report {
        let anchors = anchors.iter().map(|path| path.to_path_buf()).collect();
        let vkey = Some(self.here.site.log().unwrap().vkey().to_owned());
        verify_with(&self.here.site.settings.audit_dir(), &Trust { vkey, anchors }, asked)
    }

    fn remarks(&self) -> Vec<(Colour, &'static str)> {
        let remarks = status(&self.here.site).unwrap().remarks;
        let about = remarks.iter().filter(|one| one.message.id.starts_with("view-anchor"));
        about.map(|one| (one.colour, one.message.id)).collect()
    }

    fn thief(&self) -> S3Store {
        S3Store::open(self.server.settings(PREFIX), &self.server.world()).unwrap()
    }
}

fn ids(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.message.id).collect()
}

#[test]
fn a_head_goes_to_both_places_and_what_went_where_is_on_record() {
    let stage = Stage::new();
    assert_eq!(stage.remarks(), [(Colour::Amber, "view-anchor-never"); 2]);
    let size = stage.anchored();
    assert_eq!(stage.remarks(), []);

    let objects = stage.server.objects();
    let (key, bytes) = objects.iter().next().unwrap();
    assert!(key.contains(&format!("/{size:020}-")), "{key}");
    let note = String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(note.lines().nth(1), Some(size.to_string().as_str()));
    let locks = stage.server.locks();
    let end = locks[key][0].expect("it is locked");
    assert!(end > SystemTime::now() + 399 * DAY);

    let outcomes = stage.outcomes();
    let facts = &outcomes[0].facts;
    assert_eq!(facts["size"], size);
    assert!(facts["object"].as_str().unwrap().ends_with(key), "{facts:?}");
    assert_eq!((&facts["mode"], &facts["version"]), (&"compliance".into(), &"v000001".into()));
    let until: Timestamp = facts["until"].as_str().unwrap().parse().unwrap();
    assert!(SystemTime::from(until) == end);
    let facts = &outcomes[1].facts;
    assert_eq!(facts["recipient"], "kiemtoan@ngoai.vn");
    assert!(facts["answer"].as_str().unwrap().starts_with("250 "), "{facts:?}");

    let read = stage.mail.taken()[0].read();
    let body = read["body"].as_str().unwrap();
    for words in ["giữ nguyên thư này", "duphong audit verify", "BEGIN DUPHONG ANCHOR"] {
        assert!(body.contains(words), "{body}");
    }
    assert_eq!(read["files"][0]["name"], format!("moc-neo-{}.txt", size + 2));
}

#[test]
fn nothing_goes_out_for_the_entries_of_anchors_alone() {
    let stage = Stage::new();
    stage.anchored();
    let (entries, requests) = (stage.entries().len(), stage.server.take_asked().len());
    assert!(requests > 0);
    for one in stage.anchor() {
        assert!(matches!(one.fate, Fate::Unmoved { .. }), "{one:?}");
    }
    assert_eq!(stage.entries().len(), entries, "nothing is written about it");
    assert_eq!((stage.server.take_asked().len(), stage.mail.taken().len()), (0, 1));
    stage.happen();
    let dry = anchor::run(&stage.here.site, &[], true).unwrap();
    assert!(dry.iter().all(|one| matches!(one.fate, Fate::Planned(_))), "{dry:?}");
    assert_eq!(stage.server.take_asked().len(), 0);
    stage.anchored();
    let names: Vec<_> = stage.server.objects().into_keys().collect();
    let outcomes = stage.outcomes();
    let newer = outcomes[2].facts["object"].as_str().unwrap();
    assert_eq!(names.len(), 2);
    assert!(newer.ends_with(&names[1]), "sorted by name, sorted by size");
}

#[test]
fn a_place_that_fails_stops_no_other_and_is_tried_again_alone() {
    let stage = Stage::new();
    stage
        .server
        .plan(|asked| (asked.method == "PUT").then_some(Fault::Answer(403, "AccessDenied")));
    let anchored = stage.anchor();
    assert_eq!(anchor::exit(&anchored), ExitCode::Warnings);
    assert!(matches!(&anchored[0].fate, Fate::Failed(fault) if fault.code() == "store.denied"));
    assert!(matches!(&anchored[1].fate, Fate::Kept(_, Proof::Letter(_))));
    let remarks = [(Colour::Amber, "view-anchor-failed"), (Colour::Amber, "view-anchor-never")];
    assert_eq!(stage.remarks(), remarks);
    stage.server.heal();
    let anchored = stage.anchor();
    assert!(matches!(&anchored[0].fate, Fate::Kept(_, Proof::Object(_))), "{anchored:?}");
    assert!(matches!(&anchored[1].fate, Fate::Unmoved { .. }), "{anchored:?}");
    assert_eq!(stage.remarks(), []);
}

#[test]
fn a_server_that_only_pretends_to_lock_keeps_no_anchor() {
    let stage = Stage::with(Options {
        versions: false,
        locking: crate::store::s3::Locking::Pretends,
        ..Options::default()
    });
    let anchored = stage.anchor();
    assert!(matches!(anchored[0].fate, Fate::Failed(_)), "{anchored:?}");
    assert_eq!(stage.outcomes()[0].result, Some(Ending::Failed));
}

#[test]
fn a_thief_with_the_daemons_keys_removes_no_head_and_what_he_hides_is_read() {
    let stage = Stage::new();
    let size = stage.anchored();
    let (thief, world) = (stage.thief(), stage.server.world());
    for version in world.block_on(thief.all("")).unwrap() {
        assert!(world.block_on(thief.remove_version(&version.name, &version.id, false)).is_err());
        let junk = Bytes::from_static(b"xin tien chuoc");
        world.block_on(thief.overwrite(&version.name, junk, None)).unwrap();
        world.block_on(thief.delete(&version.name)).unwrap();
    }
    assert!(stage.server.objects().is_empty());
    let report = stage.verified(&[], &[stage.asked()]);
    assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
    assert_eq!(report.anchors.iter().map(|reach| reach.size).collect::<Vec<_>>(), [size]);
    assert_eq!(ids(&report), ["audit-found-not-a-head", "audit-found-anchors-hidden"]);
    assert_eq!((report.places[0].given, report.places[0].missing), (1, 0));
}

#[test]
fn anchors_that_the_log_speaks_of_and_nobody_finds_are_named() {
    let stage = Stage::new();
    stage.anchored();
    stage.happen();
    stage.anchored();
    let reach = stage.verified(&[], &[]);
    assert_eq!(reach.verdict(), Verdict::Valid, "nothing is fetched unasked");
    let told = reach.places.iter().map(|place| (place.name.as_str(), place.made, place.given));
    assert_eq!(told.collect::<Vec<_>>(), [("khoa", 2, 0), ("thu", 2, 0)]);
    stage.server.empty();
    let report = stage.verified(&[], &[stage.asked()]);
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    let missing = "audit-found-anchor-missing";
    assert_eq!(ids(&report), ["audit-found-no-anchors", missing, missing]);
    assert_eq!(report.places[0].missing, 2);
    // After their locks nobody promised anything.
    let at = Timestamp::now() + SignedDuration::from_hours(401 * 24);
    let report = stage.verified(&[], &[Asked { at, ..stage.asked() }]);
    assert!(!ids(&report).contains(&missing), "{report:#?}");
    // Of a server that does not answer nothing is known, and that is said.
    stage.server.plan(|_| Some(Fault::Answer(403, "AccessDenied")));
    let report = stage.verified(&[], &[stage.asked()]);
    assert_eq!(ids(&report), ["audit-found-unreadable"]);
}

#[test]
fn the_first_entry_that_no_anchor_covers_is_told_with_its_time() {
    let stage = Stage::new();
    let size = stage.anchored();
    stage.happen();
    let report = stage.verified(&[], &[stage.asked()]);
    let entries = stage.entries();
    let last = usize::try_from(size).unwrap();
    assert_eq!(report.anchors[0].at, Some(entries[last - 1].at));
    let rest = report.uncovered.unwrap();
    assert_eq!((rest.from, rest.count), (size, entries.len() as u64 - size));
    assert_eq!(rest.since, Some(entries[last].at));
}

#[test]
fn a_head_under_a_name_that_somebody_took_is_a_failure_and_said() {
    let stage = Stage::new();
    let head = stage.here.site.log().unwrap().head().unwrap();
    let world = stage.server.world();
    let folder = stage.asked();
    assert_eq!(folder.heads.unwrap().len(), 0);
    let digest = duphong::base::digest::Digest::of(head.origin.as_bytes()).to_string();
    let name = format!("log-{}/{:020}-{}", &digest[..16], head.size, head.root);
    let name = ObjectName::new(&name).unwrap();
    world.block_on(stage.thief().put(&name, Bytes::from_static(b"khac"))).unwrap();
    let anchored = anchor::run(&stage.here.site, &["khoa".to_owned()], false).unwrap();
    let code = match &anchored[0].fate {
        Fate::Failed(fault) => fault.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code, "store.already-exists");
}
