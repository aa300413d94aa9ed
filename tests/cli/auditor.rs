//! What an auditor of a level-3 system asks: every command of the table in `docs/OPERATIONS.md` is
//! run, and says what the table promises.

use crate::cli::kit::Home;

const CONFIGURATION: &str = r"
site: { id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: vi }
state: state
repositories:
  local: { path: repository, password: { file: password } }
  xa: { path: other, password: { file: other-password }, off-site: true }
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases: [ { name: cong, sqlite: { path: data/cong.sqlite } } ]
    trees: [ { role: media, name: tep, path: media } ]
    snapshot: { schedule: '17 */6 * * *', to: [local, xa], rpo: 6h, retention: { last: 3 } }
    drill: { schedule: '0 2 * * SUN', from: local, rto: 8h, scratch: scratch }
";

/// By the question, what the answers to it must say, each somewhere in the outputs of its commands.
const ANSWERS: [(&str, &[&str]); 9] = [
    ("schedules", &["Lịch chạy", "Lần chạy theo lịch bị lỡ", "snapshot/mau"]),
    ("encryption of sets", &["scrypt"]),
    ("3-2-1", &["Nơi giữ bản sao lưu", "2 kho có bản sao lưu", "đặt ở nơi khác"]),
    ("stores apart from production", &["dùng được"]),
    ("retention", &["last 3"]),
    ("locks against removal", &["bucket"]),
    ("trial restores", &["ĐẠT", "bien-ban.docx"]),
    ("who did what", &["Ai đã làm gì", "restore.run"]),
    ("that the log is whole", &["HỢP LỆ"]),
];

fn installation() -> Home {
    let home = Home::new();
    home.write("duphong.yaml", CONFIGURATION);
    for folder in ["media", "data"] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
    }
    home.write("media/a.txt", "một");
    let database = rusqlite::Connection::open(home.path().join("data/cong.sqlite")).unwrap();
    database.execute_batch("create table bai (ten text); insert into bai values ('một')").unwrap();
    let lines = [
        "init",
        "snapshot create --portal mau",
        "restore latest --portal mau --target r",
        "drill run --portal mau",
    ];
    for line in lines {
        let answer = home.run(line);
        assert!([0, 3].contains(&answer.code), "{line}: {}{}", answer.out, answer.err);
    }
    home
}

/// The rows of the table: the question, and the commands that answer it.
fn table() -> Vec<(String, Vec<String>)> {
    let text = include_str!("../../docs/OPERATIONS.md");
    let (_, behind) = text.split_once("| asked for | one command |").unwrap();
    let rows = behind.lines().skip(2).take_while(|line| line.starts_with("| "));
    let row = |line: &str| {
        let cells: Vec<_> = line.split(" | ").collect();
        let quoted = cells[1].split('`').skip(1).step_by(2);
        let commands = quoted.filter_map(|words| words.strip_prefix("duphong "));
        let fill = |line: &str| {
            let line = line.replace("--period …", "--period 2000..2100");
            line.replace("REPOSITORY", "local").replace("NUMBER", "1")
        };
        (cells[0].trim_start_matches("| ").to_owned(), commands.map(fill).collect())
    };
    rows.map(row).collect()
}

#[test]
fn every_question_of_an_auditor_has_a_command_that_answers_it() {
    let home = installation();
    let table = table();
    assert_eq!(table.len(), ANSWERS.len(), "{table:#?}");
    for ((question, commands), (begin, expected)) in table.iter().zip(ANSWERS) {
        assert!(question.starts_with(begin) && !commands.is_empty(), "{question}: {commands:?}");
        let mut said = String::new();
        for line in commands {
            let answer = home.run(line);
            // 2 is a line that is not understood. A disk has no locks, and says so by failing.
            let ends: &[i32] = if begin.starts_with("locks") { &[1] } else { &[0, 3] };
            assert!(ends.contains(&answer.code), "{line}: {}{}", answer.out, answer.err);
            said += &(answer.out + &answer.err);
        }
        // Lines are folded at the width of a screen.
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in expected {
            assert!(said.contains(words), "{question}: `{words}` is missing from {said}");
        }
    }
}
