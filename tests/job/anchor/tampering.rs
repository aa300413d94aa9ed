//! What is done to a log after it was anchored: each is found by the locked object alone, and by a
//! saved letter alone.

use std::path::Path;

use bytes::Bytes;
use duphong::audit::verify::{Report, Verdict};
use duphong::audit::{Deed, Log};
use duphong::base::exit::ExitCode;
use duphong::job::anchor::{self, Fate};
use duphong::store::{ObjectName, ObjectStore as _};
use duphong::view::Colour;

use crate::audit::copy;
use crate::job::anchor::{Stage, ids};

/// A log that was anchored twice, and its folder as it was after the first time.
struct Ground {
    stage: Stage,
    first: u64,
    second: u64,
}

impl Ground {
    fn new() -> Self {
        let stage = Stage::new();
        stage.happen();
        let first = stage.anchored();
        copy(&stage.here.site.settings.audit_dir(), &stage.here.path("old"));
        (0..5).for_each(|_| stage.happen());
        let second = stage.anchored();
        stage.happen();
        Self { stage, first, second }
    }

    fn dir(&self) -> std::path::PathBuf {
        self.stage.here.site.settings.audit_dir()
    }

    /// The folder as it was after the first anchor, head and key and all.
    fn put_back(&self) {
        std::fs::remove_dir_all(self.dir()).unwrap();
        copy(&self.stage.here.path("old"), &self.dir());
    }

    /// Another past from the first anchor on, longer than the true one, under the genuine key.
    fn rewrite(&self) {
        self.put_back();
        let log = Log::open(&self.dir(), &self.stage.here.site.world).unwrap();
        for _ in 0..40 {
            log.record(&self.stage.here.site.actor, Deed::new("restore.run", "mau")).unwrap();
        }
    }

    /// By the object alone, and by the letter alone.
    #[track_caller]
    fn check(&self, letter: &Path, verdict: Verdict, finding: &str) -> Report {
        let by_letter = self.stage.verified(&[letter], &[]);
        assert_eq!(by_letter.verdict(), verdict, "{by_letter:#?}");
        assert!(ids(&by_letter).contains(&finding), "{by_letter:#?}");
        let by_object = self.stage.verified(&[], &[self.stage.asked()]);
        assert_eq!(by_object.verdict(), verdict, "{by_object:#?}");
        assert!(ids(&by_object).contains(&finding), "{by_object:#?}");
        by_object
    }
}

#[test]
fn what_was_done_to_an_anchored_log_is_found_by_an_object_and_by_a_letter() {
    let ground = Ground::new();
    let letter = ground.stage.letter(|text| text);
    let sound = ground.stage.here.path("sound");
    copy(&ground.dir(), &sound);
    let restore = || {
        std::fs::remove_dir_all(ground.dir()).unwrap();
        copy(&sound, &ground.dir());
    };
    let report = ground.stage.verified(&[&letter], &[ground.stage.asked()]);
    assert_eq!((report.verdict(), ids(&report)), (Verdict::Valid, vec![]), "{report:#?}");

    // The last entries go, and the signed head stays.
    let tail = ground.dir().join("tail/000000000.jsonl");
    let text = std::fs::read_to_string(&tail).unwrap();
    let kept = text.lines().take(usize::try_from(ground.first).unwrap());
    std::fs::write(&tail, kept.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    let report = ground.stage_verified_raw(&letter);
    assert!(ids(&report).contains(&"audit-found-cut"), "{report:#?}");
    assert!(ids(&report).contains(&"audit-found-anchor-cut"), "{report:#?}");
    restore();

    ground.put_back();
    ground.check(&letter, Verdict::Invalid, "audit-found-anchor-cut");
    restore();

    ground.rewrite();
    let report = ground.check(&letter, Verdict::Invalid, "audit-found-anchor-rewritten");
    let named = report.findings.iter().find(|one| one.message.id.ends_with("rewritten-between"));
    let args = format!("{:?}", named.expect("it is named from where on").message.args);
    let ends = [ground.first, ground.second - 1].map(|seq| format!("Number({seq})"));
    assert!(ends.iter().all(|end| args.contains(end)), "{args}");
    restore();

    // An old head over all entries: a copy may look so, and an anchor says more.
    std::fs::copy(ground.stage.here.path("old/checkpoint"), ground.dir().join("checkpoint"))
        .unwrap();
    let report = ground.stage_verified_raw(&letter);
    assert_eq!(report.verdict(), Verdict::Inconclusive, "{report:#?}");
    assert!(ids(&report).contains(&"audit-found-head-older"), "{report:#?}");
}

impl Ground {
    /// Without opening the log, which would put right what a crash may have left.
    fn stage_verified_raw(&self, letter: &Path) -> Report {
        let vkey = std::fs::read_to_string(self.dir().join("log.vkey")).unwrap();
        let trust = duphong::audit::verify::Trust {
            vkey: Some(vkey.trim().to_owned()),
            anchors: vec![letter.to_owned()],
        };
        let by_letter = duphong::audit::verify::verify(&self.dir(), &trust);
        let origin = vkey.split('+').next().unwrap();
        let site = &self.stage.here.site;
        let named = (Some("khoa"), origin);
        let asked = anchor::fetch(&site.world, &site.cancel, &self.stage.bucket(), named);
        let trust = duphong::audit::verify::Trust { anchors: Vec::new(), ..trust };
        let by_object = duphong::audit::verify::verify_with(&self.dir(), &trust, &[asked]);
        assert_eq!(by_letter.verdict(), by_object.verdict(), "{by_object:#?}");
        assert!(ids(&by_letter).iter().all(|id| ids(&by_object).contains(id)), "{by_object:#?}");
        by_letter
    }
}

#[test]
fn a_log_that_was_put_back_is_not_anchored_on_as_if_nothing_had_happened() {
    let ground = Ground::new();
    ground.put_back();
    ground.stage.happen();
    // What somebody put in front of the heads hides none of them.
    let key = ground.stage.server.objects().into_keys().next().unwrap();
    let folder = key.strip_prefix("neo/mau/").unwrap().split('/').next().unwrap().to_owned();
    let (thief, world) = (ground.stage.thief(), ground.stage.server.world());
    for n in 0..8_u64 {
        let name = ObjectName::new(&format!("{folder}/{:020}-x", u64::MAX - n)).unwrap();
        world.block_on(thief.put(&name, Bytes::from_static(b"rac"))).unwrap();
    }
    let objects = ground.stage.server.objects();
    let anchored = anchor::run(&ground.stage.here.site, &["khoa".to_owned()], false).unwrap();
    assert_eq!(anchor::exit(&anchored), ExitCode::Failed);
    let code = match &anchored[0].fate {
        Fate::Failed(fault) => fault.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code, "audit.anchor-contradicts");
    assert_eq!(ground.stage.server.objects(), objects, "the proof stays alone");
    assert!(ground.stage.remarks().contains(&(Colour::Red, "view-anchor-failed")));
}

#[test]
fn a_letter_is_an_anchor_in_whatever_form_it_was_saved() {
    let stage = Stage::new();
    stage.happen();
    let size = stage.anchored() + 2;
    let taken = stage.mail.taken();
    let read = taken[0].read();
    let body = read["body"].as_str().unwrap().to_owned();
    let wrapped = |text: &str| {
        let words = text.lines().flat_map(|line| line.as_bytes().chunks(30)).collect::<Vec<_>>();
        words.iter().map(|part| String::from_utf8_lossy(part).into_owned() + "\n").collect()
    };
    let head = "-----BEGIN DUPHONG ANCHOR-----";
    let forms: [(&str, String); 6] = [
        ("as it came", taken[0].text.clone()),
        (
            "with lines that end as in Windows",
            taken[0].text.replace("\r\n", "\n").replace('\n', "\r\n"),
        ),
        ("with lines that end as in Unix", taken[0].text.replace("\r\n", "\n")),
        ("as plain text", body.clone()),
        ("quoted in an answer", format!("> {}", body.replace('\n', "\r\n> "))),
        ("wrapped anew", {
            let (before, armor) = body.split_once(head).unwrap();
            let (armor, after) = armor.split_once("-----END").unwrap();
            let armor: String = wrapped(armor);
            format!("{before}{head}\n{armor}-----END{after}")
        }),
    ];
    for (form, text) in forms {
        let path = stage.letter(|_| text);
        let report = stage.verified(&[&path], &[]);
        assert_eq!(report.verdict(), Verdict::Valid, "{form}: {report:#?}");
        let reach: Vec<_> = report.anchors.iter().map(|one| one.size).collect();
        assert_eq!(reach, [size], "{form}");
    }
    // Whatever is in it: one letter alone may stand nowhere in the head.
    let next = |letter: char| match letter {
        'A'..='Y' => char::from_u32(u32::from(letter) + 1).unwrap(),
        letter => letter,
    };
    let broken =
        stage.letter(|text| text.replace(head, "-----BEGIN-----").chars().map(next).collect());
    assert_eq!(ids(&stage.verified(&[&broken], &[])), ["audit-found-not-an-anchor"]);
}
