//! Approvals against the real `ssh-keygen`: each side verifies what the other signs, and nothing
//! else is taken for an approval.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::playbook::approval::{NAMESPACE, fingerprint, sign, signer, statement, verify};
use duphong::playbook::fact::{Asked, Begun};
use duphong::playbook::journal::Run;
use duphong::playbook::plan::{self, Plan, PlannedWords};
use duphong::playbook::settings::Approver;
use tempfile::TempDir;

const ORIGIN: &str = "cong.example/duphong";

fn run(number: u64) -> Run {
    let words = |text: &str| PlannedWords { vi: text.to_owned(), en: text.to_owned() };
    let plan = Plan {
        version: plan::VERSION,
        playbook: "failover".to_owned(),
        digest: Digest::of(b"file"),
        title: words("Chuyển sang\n decision: reject"),
        portal: "mau".to_owned(),
        inputs: BTreeMap::new(),
        steps: Vec::new(),
        production: BTreeMap::new(),
    };
    let begun = Begun {
        playbook: "failover".to_owned(),
        portal: "mau".to_owned(),
        hash: Digest::of(b"plan"),
        by: "an".to_owned(),
        at: "2026-11-22T01:00:00Z".parse().unwrap(),
        program: "0".to_owned(),
    };
    Run::begin(number, begun, plan)
}

fn asked() -> Asked {
    Asked {
        step: "approval".to_owned(),
        at: "2026-11-22T01:00:01Z".parse().unwrap(),
        expires: "2026-11-22T01:30:01Z".parse().unwrap(),
        approvals: 1,
    }
}

/// A folder with a key pair made by the real program.
struct Keys {
    folder: TempDir,
}

impl Keys {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn make(&self, name: &str, kind: &str, passphrase: &str) -> Approver {
        let mut keygen = keygen();
        keygen.args(["-q", "-t", kind, "-N", passphrase, "-C", "an@máy", "-f"]);
        assert!(keygen.arg(self.path(name)).status().unwrap().success());
        let key = std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        Approver { id: name.to_owned(), name: name.to_owned(), logins: Vec::new(), key }
    }

    fn private(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// What `ssh-keygen -Y sign` makes of this text.
    fn signed(&self, name: &str, text: &str, namespace: &str, more: &[&str]) -> String {
        let file = self.path("statement");
        std::fs::write(&file, text).unwrap();
        let sig = self.path("statement.sig");
        let _old = std::fs::remove_file(&sig);
        let mut keygen = keygen();
        keygen.args(["-q", "-Y", "sign", "-n", namespace]).args(more).arg("-f");
        assert!(keygen.arg(self.path(name)).arg(&file).status().unwrap().success());
        std::fs::read_to_string(sig).unwrap()
    }

    /// Whether `ssh-keygen -Y verify` takes this signature.
    fn is_verified(&self, approver: &Approver, text: &str, signature: &str) -> bool {
        std::fs::write(self.path("signers"), format!("{} {}", approver.id, approver.key)).unwrap();
        std::fs::write(self.path("ours.sig"), signature).unwrap();
        std::fs::write(self.path("text"), text).unwrap();
        let mut keygen = keygen();
        keygen.args(["-Y", "verify", "-n", NAMESPACE, "-I", &approver.id, "-f"]);
        keygen.arg(self.path("signers")).arg("-s").arg(self.path("ours.sig"));
        keygen.stdin(std::fs::File::open(self.path("text")).unwrap());
        keygen.status().unwrap().success()
    }
}

fn keygen() -> Command {
    let mut keygen = Command::new("ssh-keygen");
    keygen.env_clear().env("PATH", "/usr/bin").stdin(Stdio::null());
    keygen.stdout(Stdio::null()).stderr(Stdio::null());
    keygen
}

#[track_caller]
fn refused(statement: &str, signature: &str, approver: &Approver, code: &str) {
    let fault = verify(statement, signature, approver).expect_err("it is no approval");
    assert_eq!(fault.code(), code, "{signature}");
}

#[test]
fn each_program_verifies_what_the_other_signs() {
    let keys = Keys::new();
    let an = keys.make("an", "ed25519", "");
    let text = statement(ORIGIN, &run(7), &asked());
    for hash in [&[][..], &["-O", "hashalg=sha256"], &["-O", "hashalg=sha512"]] {
        let theirs = keys.signed("an", &text, NAMESPACE, hash);
        assert_eq!(verify(&text, &theirs, &an), Ok(()));
        assert_eq!(signer(&theirs, std::slice::from_ref(&an)).unwrap(), Some(&an));
    }
    let ours = sign(&keys.private("an"), &text).unwrap();
    assert_eq!(verify(&text, &ours, &an), Ok(()));
    assert!(keys.is_verified(&an, &text, &ours), "ssh-keygen refuses ours");
    assert!(!keys.is_verified(&an, &format!("{text} "), &ours));
    let shown = Command::new("ssh-keygen").arg("-lf").arg(keys.path("an.pub")).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(&fingerprint(&an.key)), "{shown}");
}

#[test]
fn the_statement_names_everything_and_keeps_to_its_lines() {
    let text = statement(ORIGIN, &run(7), &asked());
    for line in [
        "decision: approve",
        "playbook: failover",
        "title-vi: Chuyển sang decision: reject",
        "portal: mau",
        &format!("plan: sha256:{}", Digest::of(b"plan")),
        "log: cong.example/duphong",
        "run: 7",
        "gate: approval",
        "approvals: 1",
        "started-by: an",
        "asked-at: 2026-11-22T01:00:01.000Z",
        "expires-at: 2026-11-22T01:30:01.000Z",
    ] {
        assert_eq!(text.lines().filter(|each| *each == line).count(), 1, "`{line}` in {text}");
    }
    assert!(text.ends_with("format: duphong-approval 1\n"));
    assert!(text.starts_with("Tôi phê duyệt"));
}

#[test]
fn a_signature_counts_for_one_run_one_gate_one_plan_and_one_decision() {
    let keys = Keys::new();
    let an = keys.make("an", "ed25519", "");
    let text = statement(ORIGIN, &run(7), &asked());
    let signature = keys.signed("an", &text, NAMESPACE, &[]);
    let mut others = vec![
        statement("other.example/duphong", &run(7), &asked()),
        statement(ORIGIN, &run(8), &asked()),
        statement(ORIGIN, &run(7), &Asked { step: "second".to_owned(), ..asked() }),
        statement(
            ORIGIN,
            &run(7),
            &Asked { expires: "2026-11-22T09:00:00Z".parse().unwrap(), ..asked() },
        ),
        statement(ORIGIN, &run(7), &Asked { approvals: 2, ..asked() }),
        text.replace("decision: approve", "decision: reject"),
    ];
    let mut other_plan = run(7);
    other_plan.begun.hash = Digest::of(b"another plan");
    others.push(statement(ORIGIN, &other_plan, &asked()));
    let mut other_starter = run(7);
    other_starter.begun.by = "binh".to_owned();
    others.push(statement(ORIGIN, &other_starter, &asked()));
    for other in &others {
        assert_ne!(*other, text);
        refused(other, &signature, &an, "approval.mismatch");
    }
    // A rejection that was signed is no approval either.
    let rejected = keys.signed("an", &others[5], NAMESPACE, &[]);
    refused(&text, &rejected, &an, "approval.mismatch");
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        refused(&changed, &signature, &an, "approval.mismatch");
    }
}

#[test]
fn other_keys_purposes_and_kinds_are_refused_by_name() {
    let keys = Keys::new();
    let (an, binh) = (keys.make("an", "ed25519", ""), keys.make("binh", "ed25519", ""));
    let text = statement(ORIGIN, &run(7), &asked());
    let by_binh = keys.signed("binh", &text, NAMESPACE, &[]);
    refused(&text, &by_binh, &an, "approval.other-key");
    assert_eq!(signer(&by_binh, std::slice::from_ref(&an)).unwrap(), None);
    let everyone = [an.clone(), binh.clone()];
    assert_eq!(signer(&by_binh, &everyone).unwrap(), Some(&binh));
    let for_files = keys.signed("an", &text, "file", &[]);
    refused(&text, &for_files, &an, "approval.namespace");
    // The library reads RSA and does not know ECDSA; neither is taken.
    for (kind, code) in [("rsa", "approval.key-kind"), ("ecdsa", "approval.malformed")] {
        let other = keys.make(kind, kind, "");
        refused(&text, &keys.signed(kind, &text, NAMESPACE, &[]), &other, code);
        assert_ne!(sign(&keys.private(kind), &text).unwrap_err().code(), "approval.protected");
    }
    let unreadable = Approver { key: "ssh-ed25519 AAAA".to_owned(), ..an };
    let signature = sign(&keys.private("binh"), &text).unwrap();
    refused(&text, &signature, &unreadable, "approval.public-key");
}

#[test]
fn a_damaged_signature_is_refused_whatever_is_damaged() {
    let keys = Keys::new();
    let an = keys.make("an", "ed25519", "");
    let text = statement(ORIGIN, &run(7), &asked());
    let signature = keys.signed("an", &text, NAMESPACE, &[]);
    for length in 0..signature.trim_end().len() {
        refused(&text, &signature[..length], &an, "approval.malformed");
    }
    for at in 0..signature.trim_end().len() {
        for bit in [0x01, 0x04, 0x20] {
            let mut changed = signature.clone().into_bytes();
            changed[at] ^= bit;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(verify(&text, &changed, &an).is_err(), "byte {at}: {changed}");
        }
    }
    for text_of in ["", "-----BEGIN SSH SIGNATURE-----", &"x".repeat(10_000)] {
        refused(&text, text_of, &an, "approval.malformed");
    }
    refused(&text, &signature.repeat(2), &an, "approval.malformed");
}

#[test]
fn a_protected_key_is_not_used_here() {
    let keys = Keys::new();
    let an = keys.make("an", "ed25519", "mật khẩu");
    let text = statement(ORIGIN, &run(7), &asked());
    assert_eq!(sign(&keys.private("an"), &text).unwrap_err().code(), "approval.protected");
    let nonsense = sign(b"khong phai khoa", &text).unwrap_err();
    assert_eq!(nonsense.code(), "approval.private-key");
    let public = sign(an.key.as_bytes(), &text).unwrap_err();
    assert_eq!(public.code(), "approval.elsewhere");
    assert!(Path::new(&keys.path("an")).exists());
}
