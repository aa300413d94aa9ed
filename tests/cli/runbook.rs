//! The restore runbook: its commands, typed off the page, bring a portal back.

use std::fs;
use std::path::Path;
use std::process::Command;

use duphong::base::secret::Secret;
use duphong::source::postgres::Settings;
use serde_json::json;

use crate::cli::kit::Home;
use crate::document::poppler;
use crate::source::scratch::{cluster_with, query, run};

const TABLES: &str = "CREATE TABLE tin_bai (so int PRIMARY KEY, ten text NOT NULL); \
    INSERT INTO tin_bai SELECT n, 'Tin số ' || n FROM generate_series(1, 500) n; \
    CREATE ROLE bien_tap; GRANT SELECT ON tin_bai TO bien_tap;";

/// Programs with which a command of the page begins.
const PROGRAMS: [&str; 15] = [
    "duphong ",
    "export ",
    "mkdir ",
    "psql ",
    "pg_restore ",
    "restic ",
    "apt-get ",
    "sqlite3 ",
    "cp ",
    "test ",
    "mariadb ",
    "cat ",
    "df ",
    "createdb ",
    "find ",
];

fn home(source: &Settings) -> Home {
    let password = source.password.as_ref().map(Secret::expose).unwrap_or_default();
    let password = String::from_utf8(password.to_vec()).unwrap();
    let home = Home::new();
    home.write("mat-khau-csdl", &password);
    let here = home.path().display();
    home.write(
        "duphong.yaml",
        &format!(
            "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }}
state: {here}/state
repositories:
  local: {{ path: {here}/kho, password: {{ file: {here}/mat-khau-kho }} }}
portals:
  mau:
    name: Cổng tỉnh Mẫu
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases:
      - {{ name: cong, postgres: {{ dsn: \"{}\", password: {{ file: {here}/mat-khau-csdl }} }} }}
      - {{ name: nho, sqlite: {{ path: {here}/csdl/nho.db }} }}
    trees: [ {{ role: media, name: tep, path: {here}/tep }} ]
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h, scratch: {here}/tam }}
",
            source.dsn
        ),
    );
    fs::create_dir_all(home.path().join("tep/2026")).unwrap();
    fs::create_dir(home.path().join("csdl")).unwrap();
    home.write("tep/2026/giay-moi.pdf", "Kính mời");
    home.write("tep/ảnh bìa.jpg", "ảnh");
    sqlite(home.path(), "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    assert_eq!(home.run("init").code, 0);
    let taken = home.run("snapshot create --portal mau");
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    home
}

fn sqlite(home: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3").arg(home.join("csdl/nho.db")).arg(sql).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The commands of the sections, in order, as a person reads them off the paper. The first and the
/// last section are named by the words of their headings.
fn commands(pages: &str, first: &str, last: &str) -> Vec<String> {
    let from = pages.find(first).unwrap_or_else(|| panic!("{first} in {pages}"));
    let to = pages.find(last).unwrap_or_else(|| panic!("{last} in {pages}"));
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in pages[from..to].lines().map(str::trim) {
        if goes_on {
            let command = commands.last_mut().unwrap();
            command.push('\n');
            command.push_str(line);
        } else if ["BAN=ID", "BAN=MÃ"].iter().any(|words| line.ends_with(words)) {
            // Words in a sentence.
        } else if PROGRAMS.iter().any(|program| line.starts_with(program)) {
            commands.push(line.to_owned());
        } else {
            continue;
        }
        goes_on = line.ends_with('\\') || line.ends_with('|');
    }
    commands
}

/// Types them into one shell, which is root's on that host. What a person fills in is filled in.
fn typed(home: &Home, commands: &[String], blanks: &[(&str, &str)]) {
    let bin = home.path().join("bin");
    if !bin.is_dir() {
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_duphong"), bin.join("duphong")).unwrap();
        // Everything it would install is installed.
        std::os::unix::fs::symlink("/bin/true", bin.join("apt-get")).unwrap();
    }
    let mut script = format!("PATH={}:/usr/bin:/bin\n", bin.display());
    for (number, command) in commands.iter().enumerate() {
        let mut command = command.replace("/srv/", &format!("{}/srv/", home.path().display()));
        command = command.replace("/root/", &format!("{}/root/", home.path().display()));
        command = command.replace("/media/usb/", &format!("{}/media/usb/", home.path().display()));
        for (blank, text) in blanks {
            command = command.replace(blank, text);
        }
        // 3 is done with warnings. How the portal stands is looked at, not demanded, and a file
        // that is not there is not moved.
        let is_look = [" status", " probe "].iter().any(|word| command.contains(word));
        let may = if is_look || command.starts_with("test ") { "true" } else { "[ $? -eq 3 ]" };
        script.push_str(&format!("{command} || {may} || {{ echo FAILED {number}; exit 9; }}\n"));
    }
    let output = Command::new("bash")
        .arg("-c")
        .arg(&script)
        .env_clear()
        .env("PGPASSWORD", fs::read_to_string(home.path().join("mat-khau-csdl")).unwrap())
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = told + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{told}");
}

fn pages(home: &Home, language: &str) -> String {
    let written = home.run(&format!("runbook --portal mau --out so-tay.pdf --lang {language}"));
    assert_eq!(written.code, 0, "{}", written.err);
    let pdf = fs::read(home.path().join("so-tay.pdf")).unwrap();
    if let Some(folder) = std::env::var_os("DUPHONG_TEST_KEEP") {
        fs::write(Path::new(&folder).join(format!("so-tay-{language}.pdf")), &pdf).unwrap();
    }
    poppler("pdftotext", &["-layout"], &pdf, &["-"])
}

fn destroy(home: &Home, source: &Settings) {
    run(source, "DELETE FROM tin_bai WHERE so > 3");
    sqlite(home.path(), "DELETE FROM t");
    fs::remove_dir_all(home.path().join("tep")).unwrap();
}

#[test]
fn a_person_with_the_printed_page_alone_gets_the_portal_back() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, TABLES);
    let home = home(&source);
    let pages = pages(&home, "vi");
    destroy(&home, &source);

    let ours = commands(&pages, "V. Phục hồi bằng duphong", "VI. Kịch bản tự động");
    let find = ours.iter().position(|command| command.contains("snapshot find")).unwrap();
    typed(&home, &ours[..find], &[]);
    assert_eq!(query(&source, "SELECT count(*) FROM tin_bai"), "500");
    assert_eq!(sqlite(home.path(), "SELECT count(*) FROM t"), "2\n");
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert_eq!(read("tep/2026/giay-moi.pdf"), "Kính mời");
    assert_eq!(read("tep/ảnh bìa.jpg"), "ảnh");

    // One file: found by a part of its name, in two commands.
    let (room, one_file) = (&ours[..3], &ours[find..find + 2]);
    let found = home.json("snapshot find GIAY-moi --portal mau");
    let hit = &found["result"]["found"][0];
    let (set, path) = (hit["set"].as_str().unwrap(), hit["path"].as_str().unwrap());
    let blanks = [("TEN-TEP", "giay-moi"), ("MA-BAN", set), ("DUONG-DAN", path)];
    typed(&home, &[room, one_file].concat(), &blanks);
    assert_eq!(read("srv/phuc-hoi-mau/tep/media/tep/2026/giay-moi.pdf"), "Kính mời");

    // One database alone.
    typed(&home, &[room, &ours[find + 2..]].concat(), &[]);
    let beside = source.on_database(&format!("{}_phuc_hoi", source.database().unwrap()));
    assert_eq!(query(&beside, "SELECT count(*) FROM tin_bai"), "500");
}

#[test]
fn stock_tools_and_the_printed_page_bring_the_portal_back_without_duphong() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, TABLES);
    let home = home(&source);
    let pages = pages(&home, "en");
    destroy(&home, &source);

    let stock = commands(&pages, "VIII. Without duphong", "IX. Whether this runbook");
    assert!(!stock.iter().any(|command| command.contains("duphong ")), "{stock:?}");
    typed(&home, &stock, &[]);
    let beside = source.on_database(&format!("{}_phuc_hoi", source.database().unwrap()));
    assert_eq!(query(&beside, "SELECT count(*) FROM tin_bai"), "500");
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert_eq!(read("tep/ảnh bìa.jpg"), "ảnh");
    assert_eq!(sqlite(home.path(), "SELECT count(*) FROM t"), "2\n");
    assert!(home.path().join("csdl/nho.db.hong").is_file(), "what stood there is kept");

    // The host of duphong comes back by the page as well.
    fs::create_dir(home.path().join("root")).unwrap();
    fs::copy(home.path().join("mat-khau-kho"), home.path().join("root/mat-khau")).unwrap();
    let recover = commands(&pages, "VII. When the host of duphong", "VIII. Without duphong");
    typed(&home, &recover, &[]);
    assert!(home.path().join("root/duphong").is_dir());
}

#[test]
fn a_page_holds_no_secret_and_is_known_to_be_outdated() {
    let (_production, source) = cluster_with("prod", None);
    run(&source, TABLES);
    let home = home(&source);
    let text = pages(&home, "vi");
    for secret in ["mat-khau-kho", "mat-khau-csdl"] {
        let secret = fs::read_to_string(home.path().join(secret)).unwrap();
        assert!(!text.contains(secret.trim()) && secret.len() > 8);
    }
    let json = home.json("runbook --portal mau --out again.pdf");
    let digest = json["result"]["digest"].as_str().unwrap().to_owned();
    let on_each_page = text.matches(&digest).count();
    let count = text.matches('\u{C}').count();
    assert!(on_each_page >= count && count > 3, "{on_each_page} on {count} pages");
    let current = |digest: &str| home.json(&format!("runbook --portal mau --test {digest}"));
    assert_eq!(current(&digest)["exit"], json!(0));
    assert_eq!(current(&digest.to_uppercase().replace('-', ""))["exit"], json!(0));
    assert_eq!(current("0000-0000-0000")["exit"], json!(3));
    let file = fs::read_to_string(home.path().join("duphong.yaml")).unwrap();
    home.write("duphong.yaml", &file.replace("rpo: 6h", "rpo: 5h"));
    assert_eq!(current(&digest)["result"]["current"], json!(false));
}

/// A portal with a sealed database and a sealed tree, and the identity on a stick.
fn sealed_home() -> Home {
    let home = Home::new();
    home.write("mat-khau-csdl", "");
    fs::create_dir_all(home.path().join("media/usb")).unwrap();
    let identity = home.path().join("media/usb/identity.txt");
    let age = |arguments: &[&std::ffi::OsStr]| {
        let output = Command::new("age-keygen").args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    age(&["-o".as_ref(), identity.as_os_str()]);
    let recipient = age(&["-y".as_ref(), identity.as_os_str()]);
    let here = home.path().display();
    home.write(
        "duphong.yaml",
        &format!(
            "site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }}
state: {here}/state
repositories:
  local: {{ path: {here}/kho, password: {{ file: {here}/mat-khau-kho }} }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases:
      - name: nho
        sqlite: {{ path: {here}/csdl/nho.db }}
        sealed: {{ recipients: [{recipient}] }}
    trees:
      - role: media
        name: tep
        path: {here}/tep
        sealed: {{ recipients: [{recipient}] }}
      - {{ role: configuration, name: cong, path: {here}/cau-hinh }}
    snapshot: {{ to: [local], rpo: 6h }}
    drill: {{ from: local, rto: 8h, scratch: {here}/tam }}
"
        ),
    );
    for folder in ["tep/2026", "csdl", "cau-hinh"] {
        fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    for (name, text) in SEALED {
        home.write(name, text);
    }
    home.write("cau-hinh/cong.conf", "cổng");
    sqlite(home.path(), "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    assert_eq!(home.run("init").code, 0);
    let taken = home.run("snapshot create --portal mau");
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    home
}

/// One whose name looks sealed comes after the one whose place it takes.
const SEALED: [(&str, &str); 4] = [
    ("tep/2026/đơn thư \"mật\".pdf", "Kính gửi"),
    ("tep/a", "a"),
    ("tep/a.zst.age", "chỉ là tên"),
    ("tep/rỗng", ""),
];

#[track_caller]
fn assert_sealed_is_back(home: &Home) {
    for (name, text) in SEALED {
        assert_eq!(fs::read_to_string(home.path().join(name)).unwrap(), text, "{name}");
    }
    assert_eq!(fs::read_dir(home.path().join("tep")).unwrap().count(), 4);
    assert_eq!(sqlite(home.path(), "SELECT count(*) FROM t"), "2\n");
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert_eq!(read("cau-hinh/cong.conf"), "cổng");
}

#[test]
fn what_is_sealed_comes_back_by_the_printed_page_and_the_identity_on_its_stick() {
    let home = sealed_home();
    let destroy = || {
        sqlite(home.path(), "DELETE FROM t");
        fs::write(home.path().join("tep/a"), "kẻ tấn công").unwrap();
        fs::write(home.path().join("cau-hinh/cong.conf"), "").unwrap();
    };
    let ours = pages(&home, "vi");
    let stock = pages(&home, "en");
    destroy();
    let ours = commands(&ours, "V. Phục hồi bằng duphong", "VI. Kịch bản tự động");
    let find = ours.iter().position(|command| command.contains("snapshot find")).unwrap();
    typed(&home, &ours[..find], &[]);
    assert_sealed_is_back(&home);
    let kept = fs::read_to_string(home.path().join("tep.hong/a")).unwrap();
    assert_eq!(kept, "kẻ tấn công", "what stood there is kept");

    let found = home.json("snapshot find mật --portal mau");
    let hit = &found["result"]["found"][0];
    let (set, path) = (hit["set"].as_str().unwrap(), hit["path"].as_str().unwrap());
    let path = format!("'{path}'");
    let blanks = [("TEN-TEP", "mật"), ("MA-BAN", set), ("DUONG-DAN", path.as_str())];
    let room = ours.iter().take_while(|command| !command.contains("duphong ")).count();
    typed(&home, &[&ours[..room], &ours[find..]].concat(), &blanks);
    let place = home.path().join("srv/phuc-hoi-mau/tep/media").join(SEALED[0].0);
    assert_eq!(fs::read_to_string(place).unwrap(), SEALED[0].1);
    assert!(home.path().join("srv/phuc-hoi-mau/rieng-nho/db/nho.sqlite").is_file());

    destroy();
    fs::remove_dir_all(home.path().join("tep")).unwrap();
    let stock = commands(&stock, "VIII. Without duphong", "IX. Whether this runbook");
    assert!(!stock.iter().any(|command| command.contains("duphong ")), "{stock:?}");
    typed(&home, &stock, &[]);
    assert_sealed_is_back(&home);
}
