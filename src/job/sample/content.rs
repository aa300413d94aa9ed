//! Making the portal's database and files from a seed.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::base::digest::Digest;
use crate::job::sample::{Places, SampleError};
use crate::world::files;

/// Enough articles that tables span many pages, few enough that a laptop makes them at once.
const ARTICLES: u32 = 1500;

/// Uploaded files: a few megabytes, so that the repository gets more than one pack's worth of
/// blobs without making a newcomer wait.
const UPLOADS: u32 = 48;

const SCHEMA: &str = "
    create table chuyen_muc (id integer primary key, ten text not null unique);
    create table bai_viet (
        id integer primary key, chuyen_muc integer not null references chuyen_muc(id),
        tieu_de text not null, noi_dung text not null, dang_luc text not null,
        luot_xem integer not null default 0);
    create index bai_viet_theo_ngay on bai_viet (dang_luc desc);
    create table tep (
        duong_dan text primary key, sha256 text not null, so_byte integer not null,
        bai_viet integer references bai_viet(id));
    create table nhat_ky (luc text not null, viec text not null, bai_viet integer not null);
    create view bai_moi as
        select id, tieu_de, dang_luc from bai_viet order by dang_luc desc, id desc limit 10;
    create trigger ghi_sua after update of noi_dung on bai_viet begin
        insert into nhat_ky values (datetime('now'), 'sua', new.id); end;
";

const SECTIONS: [&str; 6] = [
    "Tin hoạt động",
    "Thủ tục hành chính",
    "Văn bản chỉ đạo, điều hành",
    "Lấy ý kiến dự thảo",
    "Thông tin quy hoạch",
    "Phòng, chống thiên tai",
];

const OPENINGS: [&str; 6] = [
    "Ủy ban nhân dân tỉnh Mẫu ban hành kế hoạch",
    "Hội nghị trực tuyến toàn tỉnh về",
    "Hướng dẫn người dân thực hiện",
    "Công khai kết quả giải quyết hồ sơ về",
    "Lấy ý kiến Nhân dân về dự thảo quy định",
    "Thông báo lịch tiếp công dân định kỳ và",
];

const SUBJECTS: [&str; 8] = [
    "chuyển đổi số trong cơ quan nhà nước",
    "bảo đảm an toàn hồ chứa trước mùa mưa lũ",
    "cấp giấy chứng nhận quyền sử dụng đất",
    "tuyển sinh các lớp đầu cấp",
    "bảo hiểm y tế hộ gia đình",
    "quy hoạch vùng huyện đến năm 2040",
    "đăng ký kinh doanh qua mạng",
    "tiêm chủng mở rộng cho trẻ em",
];

const TEMPLATE: &str = "<!doctype html>
<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{{ten}}</title></head>
<body><h1>{{ten}}</h1><p>Cổng mẫu để diễn tập, không phải cổng thật.</p>
<h2>Tin mới</h2><ul>{{tin_moi}}</ul><p>{{so_bai}} bài viết, {{so_tep}} tệp.</p></body></html>
";

/// What was made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Articles in the database.
    pub articles: u32,
    /// Uploaded files.
    pub uploads: u32,
    /// Bytes of the uploaded files.
    pub bytes: u64,
}

/// Makes the portal at `places`, whose folders are created.
pub fn make(places: &Places, seed: u64) -> Result<Made, SampleError> {
    let folders = [
        places.database.parent().unwrap_or(Path::new(".")),
        &places.media,
        &places.application,
        &places.configuration,
    ];
    for folder in folders {
        files::create_private_dir(folder).map_err(SampleError::File)?;
    }
    put(&places.application.join("trang-chu.html"), TEMPLATE.as_bytes())?;
    let settings = serde_json::json!({
        "ten": "Cổng thông tin điện tử tỉnh Mẫu", "ten_mien": "cong.example",
    });
    put(&places.configuration.join("cong.json"), settings.to_string().as_bytes())?;
    let database = |source| SampleError::Database { path: places.database.clone(), source };
    let mut connection = Connection::open(&places.database).map_err(database)?;
    let mut random = Random(seed);
    let bytes = fill(&mut connection, places, &mut random).map_err(|fault| match fault {
        Filling::Database(source) => database(source),
        Filling::Sample(fault) => fault,
    })?;
    Ok(Made { articles: ARTICLES, uploads: UPLOADS, bytes })
}

/// Either kind of failure while the tables and files are written together.
enum Filling {
    Database(rusqlite::Error),
    Sample(SampleError),
}

impl From<rusqlite::Error> for Filling {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database(source)
    }
}

impl From<SampleError> for Filling {
    fn from(fault: SampleError) -> Self {
        Self::Sample(fault)
    }
}

fn fill(db: &mut Connection, places: &Places, random: &mut Random) -> Result<u64, Filling> {
    db.pragma_update(None, "journal_mode", "wal")?;
    let change = db.transaction()?;
    change.execute_batch(SCHEMA)?;
    for (id, name) in (1_u32..).zip(SECTIONS) {
        change.execute("insert into chuyen_muc values (?1, ?2)", params![id, name])?;
    }
    let mut insert = change.prepare("insert into bai_viet values (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for id in 1..=ARTICLES {
        let (section, title, body) = article(id, random);
        let day = random.below(28) + 1;
        let date = format!("2026-{:02}-{day:02}T08:00:00+07:00", id % 10 + 1);
        insert.execute(params![id, section, title, body, date, random.below(50_000)])?;
    }
    drop(insert);
    let mut bytes = 0;
    for number in 0..UPLOADS {
        let (name, content) = upload(number, random);
        let path = places.media.join(&name);
        files::create_private_dir(path.parent().unwrap_or(&places.media))
            .map_err(SampleError::File)?;
        put(&path, &content)?;
        let digest = Digest::of(&content).to_string();
        let article = random.below(ARTICLES) + 1;
        bytes += content.len() as u64;
        change.execute(
            "insert into tep values (?1, ?2, ?3, ?4)",
            params![name, digest, i64::try_from(content.len()).unwrap_or(i64::MAX), article],
        )?;
    }
    change.commit()?;
    Ok(bytes)
}

fn article(id: u32, random: &mut Random) -> (u32, String, String) {
    let opening = random.pick(&OPENINGS);
    let subject = random.pick(&SUBJECTS);
    let mut body = String::new();
    for _ in 0..random.below(12) + 3 {
        let sentence = format!(
            "{} {} theo Công văn số {}/UBND-KGVX. ",
            random.pick(&OPENINGS),
            random.pick(&SUBJECTS),
            random.below(9000) + 1
        );
        body.push_str(&sentence);
    }
    (id % 6 + 1, format!("{opening} {subject} (số {id})"), body)
}

/// A file such as people upload: its body does not compress, as scans and photographs do not.
fn upload(number: u32, random: &mut Random) -> (String, Vec<u8>) {
    let (ending, head): (&str, &[u8]) = if number.is_multiple_of(3) {
        ("pdf", b"%PDF-1.7\n")
    } else {
        ("jpg", b"\xff\xd8\xff\xe0")
    };
    let mut content = head.to_vec();
    let length = 4_000 + random.below(260_000) as usize;
    while content.len() < length {
        content.extend_from_slice(&random.next().to_le_bytes());
    }
    (format!("2026/{:02}/tài-liệu-{number:03}.{ending}", number % 12 + 1), content)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), SampleError> {
    files::replace_durably(path, bytes).map_err(SampleError::File)
}

/// A small repeatable generator (splitmix64): content for a sample, never for keys.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next() % u64::from(limit)).expect("a remainder is below its u32 divisor")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let count = u32::try_from(from.len()).expect("the lists above are short");
        from[self.below(count) as usize]
    }
}
