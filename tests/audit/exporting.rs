//! Exports, checked by the Python verifier that goes with them: no code of ours takes part.

use std::fs;
use std::path::Path;
use std::process::Command;

use duphong::audit::{AuditError, Exported, Log};

use super::bundle::{export, unpack};
use super::{ORIGIN, actor, copy, deed, grow, still_world};

/// Runs the bundle's own verifier; returns its exit code and what it said.
fn python(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .args(["-I", "-B"])
        .arg(folder.join("verify.py"))
        .args(["--lang", "en"])
        .args(arguments)
        .arg(folder)
        .output()
        .expect("python3 is installed by tests/run");
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

#[track_caller]
pub(super) fn check(folder: &Path, arguments: &[&str], code: i32, says: &str) {
    let (actual, said) = python(folder, arguments);
    assert_eq!(actual, code, "{said}");
    assert!(said.contains(says), "{said}");
}

/// Exports entries, and unpacks that as an outsider would.
fn unpacked(log: &Log, range: std::ops::Range<u64>, to: &Path) -> Exported {
    let zip = to.with_extension("zip");
    let exported = export(log, range, &zip);
    unpack(&zip, to);
    exported
}

/// A log of `size` entries.
fn log(dir: &Path, size: u64) -> Log {
    let (world, _) = still_world();
    let log = Log::create(dir, ORIGIN, &world).unwrap();
    grow(&log, size);
    log
}

#[test]
fn every_range_of_a_log_verifies_without_our_program() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"), 600);
    for (from, to) in [(0, 1), (0, 600), (0, 256), (1, 2), (255, 257), (256, 512), (599, 600)] {
        let out = folder.path().join(format!("{from}-{to}"));
        let exported = unpacked(&log, from..to, &out);
        assert_eq!(exported.head.size, 600);
        let count = format!("entries {from} to {} ({})", to - 1, to - from);
        check(&out, &["--vkey", log.vkey()], 0, &count);
        check(&out, &["--vkey", log.vkey()], 0, &exported.after.to_string());
    }
}

#[test]
fn a_changed_export_is_found_and_the_entry_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"), 40);
    let sound = folder.path().join("sound");
    unpacked(&log, 10..30, &sound);
    let damaged = |name: &str, change: &dyn Fn(&mut Vec<String>)| {
        let out = folder.path().join(name);
        copy(&sound, &out);
        let text = fs::read_to_string(out.join("entries.jsonl")).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(out.join("entries.jsonl"), lines.join("\n") + "\n").unwrap();
        out
    };
    let key = ["--vkey", log.vkey()];
    let edited = damaged("edited", &|lines| lines[5] = lines[5].replace("snapshot.", "restore."));
    check(&edited, &key, 20, "one was changed");
    let dropped = damaged("dropped", &|lines| drop(lines.remove(5)));
    check(&dropped, &key, 20, "entry 15: carries position 16");
    let swapped = damaged("swapped", &|lines| lines.swap(5, 6));
    check(&swapped, &key, 20, "entry 15: carries position 16");
    let doubled = damaged("doubled", &|lines| lines.insert(5, lines[5].clone()));
    check(&doubled, &key, 20, "entry 16: carries position 15");
    let cut = damaged("cut", &|lines| lines.truncate(19));
    check(&cut, &key, 20, "19 < 20");
    let twice = damaged("twice", &|lines| lines[5] = lines[5].replacen('{', "{\"v\":2,", 1));
    check(&twice, &key, 20, "entry 15: not a valid entry");
    let garbled = damaged("garbled", &|lines| lines[5] = "[".repeat(100_000));
    check(&garbled, &key, 20, "entry 15: not a valid entry");
}

#[test]
fn an_export_under_another_key_or_head_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"), 12);
    let out = folder.path().join("out");
    unpacked(&log, 3..9, &out);
    check(&out, &[], 3, "from this very folder");
    check(&out, &[], 3, "whoever makes up a whole export has a key too");
    check(&out, &["--vkey", "cong.example+00000000+AAAA"], 3, "unusable public key");
    let (world, _) = still_world();
    let other = Log::create(&folder.path().join("other"), "cong.example/khac", &world).unwrap();
    check(&out, &["--vkey", other.vkey()], 20, "not signed by this key");
    let checkpoint = fs::read_to_string(out.join("checkpoint")).unwrap();
    fs::write(out.join("checkpoint"), checkpoint.replacen("\n12\n", "\n13\n", 1)).unwrap();
    check(&out, &["--vkey", log.vkey()], 20, "wrong signature");
}

#[test]
fn an_export_is_held_against_anchors() {
    let folder = tempfile::tempdir().unwrap();
    let (early, late) = (folder.path().join("early"), folder.path().join("late"));
    let log = log(&folder.path().join("log"), 20);
    let at = log.anchor(&actor(), &early).unwrap().size.to_string();
    grow(&log, 60);
    let out = folder.path().join("out");
    unpacked(&log, 10..50, &out);
    let key = log.vkey();
    let agrees = format!("agrees, at {at} entries");
    check(&out, &["--vkey", key, "--anchor", early.to_str().unwrap()], 0, &agrees);
    log.anchor(&actor(), &late).unwrap();
    let outside = "outside the range";
    check(&out, &["--vkey", key, "--anchor", late.to_str().unwrap()], 3, outside);
    // The same name and key, but another past: what a rewritten log looks like.
    let (world, _) = still_world();
    let rewritten = Log::create(&folder.path().join("rewritten"), ORIGIN, &world).unwrap();
    rewritten.record_batch(&actor(), (0..14).map(deed).collect()).unwrap();
    let other = folder.path().join("other");
    rewritten.anchor(&actor(), &other).unwrap();
    let verdict = "contradicts the log";
    check(&out, &["--vkey", key, "--anchor", other.to_str().unwrap()], 20, verdict);
    let elsewhere = folder.path().join("elsewhere");
    unpacked(&log, 40..50, &elsewhere);
    // On record before the export, so a proof of it went along.
    check(&elsewhere, &["--vkey", key, "--anchor", early.to_str().unwrap()], 0, &agrees);
    check(&elsewhere, &["--anchor", early.to_str().unwrap()], 0, &agrees);
    check(&elsewhere, &["--vkey", key, "--anchor", other.to_str().unwrap()], 3, outside);
}

#[test]
fn an_export_needs_a_range_that_exists() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder.path().join("log"), 5);
    #[expect(clippy::reversed_empty_ranges, reason = "that is the case")]
    for range in [3..3, 3..2, 0..6, 7..9] {
        let fault = log.export(range, Vec::new(), &folder.path().join("out.zip")).unwrap_err();
        assert!(matches!(fault, AuditError::Range { .. }));
    }
}

#[test]
fn the_proof_of_one_entry_is_a_c2sp_tlog_proof() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path(), 5);
    let proof = log.proof(2).unwrap();
    let checkpoint = String::from_utf8(log.checkpoint().unwrap()).unwrap();
    let (hashes, note) = proof.split_once("\n\n").unwrap();
    assert_eq!(note, checkpoint);
    let lines: Vec<_> = hashes.lines().collect();
    assert_eq!(lines[..2], ["c2sp.org/tlog-proof@v1", "index 2"]);
    assert_eq!(lines[2..].len(), 3);
    assert!(matches!(log.proof(5), Err(AuditError::Range { .. })));
}

#[test]
fn the_python_verifier_refuses_a_signature_whose_point_is_of_small_order() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/export/verify.py");
    // Whoever has the key makes it: R is the neutral point, so that s = h * a.
    let program = "\
import hashlib, importlib.util, sys
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
it = importlib.util.module_from_spec(spec)
spec.loader.exec_module(it)
a = int.from_bytes(hashlib.sha512(bytes(32)).digest()[:32], 'little') & ~7 & (2**255 - 1) | 2**254
x, y, z, _ = it.point_mul(a, it.BASE)
x, y = x * pow(z, it.P - 2, it.P) % it.P, y * pow(z, it.P - 2, it.P) % it.P
public = (y | (x & 1) << 255).to_bytes(32, 'little')
def verified(r, r_scalar):
    h = int.from_bytes(hashlib.sha512(r + public + b'a').digest(), 'little')
    return it.ed25519_verify(public, b'a', r + ((r_scalar + h * a) % it.L).to_bytes(32, 'little'))
base = (it.BASE[1] | (it.BASE[0] & 1) << 255).to_bytes(32, 'little')
print(verified(base, 1), verified((1).to_bytes(32, 'little'), 0))
";
    let out = Command::new("python3").args(["-I", "-B", "-c", program]).arg(&script).output();
    let out = out.expect("python3 is installed by tests/run");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "True False\n", "{out:?}");
}
