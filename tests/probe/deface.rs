//! Defacement: two hundred ordinary days raise no alarm, and every seeded alteration does.

use std::collections::BTreeSet;

use duphong::probe::deface::fact::{Baseline, Sign, Variant, Verdict, deserialized, serialized};
use duphong::probe::deface::signature::Signatures;
use duphong::probe::deface::{self, ALARM, Judged, Known, Seen, View, judge};
use duphong::probe::page::Page;
use proptest::prelude::*;
use reqwest::Url;

const HOME: &str = "https://cong.example/";

/// Numbers that look random and are the same on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const SUBJECTS: [&str; 8] = [
    "Chủ tịch UBND tỉnh Mẫu",
    "Sở Y tế",
    "Công an tỉnh",
    "Đoàn đại biểu Quốc hội",
    "Huyện Mẫu Một",
    "Ban Quản lý khu công nghiệp",
    "Hội Nông dân",
    "Sở Giáo dục và Đào tạo",
];
/// Among ordinary news also those that speak of gambling, loans and medicine.
const DEEDS: [&str; 12] = [
    "chỉ đạo khắc phục hậu quả bão",
    "khai giảng năm học mới",
    "triệt phá đường dây đánh bạc, cá độ bóng đá",
    "cảnh báo lừa đảo vay tiền online",
    "khánh thành nhà văn hóa",
    "tiếp xúc cử tri",
    "bắt nhóm lô đề, cờ bạc",
    "trao tặng quà cho người có công",
    "thu giữ thuốc viagra giả",
    "họp báo quý III",
    "xử phạt tụ điểm đá gà, tài xỉu",
    "phát động tuần lễ chuyển đổi số",
];
const NEWS_HOSTS: [&str; 6] = [
    "https://baochinhphu.vn",
    "https://nhandan.vn",
    "https://tinhmau.gov.vn",
    "https://www.who.int",
    "https://vnexpress.net",
    "https://vtv.vn",
];

/// The home page on one day.
fn day(seed: u64) -> String {
    let mut dice = Dice(seed);
    let menu: String =
        ["Giới thiệu", "Tin tức", "Văn bản", "Thủ tục hành chính", "Công dân hỏi", "Liên hệ"]
            .iter()
            .enumerate()
            .map(|(at, name)| format!("<li class=muc><a href=/muc-{at}>{name}</a></li>"))
            .collect::<Vec<_>>()
            .concat();
    let mut articles = String::new();
    for _ in 0..5 + dice.below(25) {
        let number = dice.below(100_000);
        let (who, what) = (dice.one(&SUBJECTS), dice.one(&DEEDS));
        let picture = if dice.below(3) == 0 {
            format!("<img class='anh-{number}' src='/anh/{number}.jpg' alt='{who}'>")
        } else {
            String::new()
        };
        let cited = if dice.below(6) == 0 {
            format!(" <a href='{}/{number}'>Nguồn</a>", dice.one(&NEWS_HOSTS))
        } else {
            String::new()
        };
        articles += &format!(
            "<article class='tin tin-{number}'>{picture}<h3><a href='/tin/{number}'>{who} {what}</a></h3>\
             <p class=ngay>{}/{}/2026</p><p>{who} vừa {what}; {} hộ dân tham dự.{cited}</p></article>",
            1 + dice.below(28),
            1 + dice.below(12),
            dice.below(5000),
        );
    }
    let film = if dice.below(4) == 0 {
        "<div class=phim><iframe src='https://www.youtube.com/embed/abc'></iframe></div>"
    } else {
        ""
    };
    let banner = if dice.below(4) == 0 {
        "<div class=bieu-ngu><img src='/bieu-ngu.png' alt='Chào mừng'></div>"
    } else {
        ""
    };
    format!(
        "<!doctype html><html lang=vi><head><meta charset=utf-8><title>Cổng thông tin điện tử tỉnh Mẫu</title>\
         <link rel=stylesheet href=/css/chinh.css><script src=/js/chinh.js></script>\
         <script src='https://f-emc.ngsp.gov.vn/embed/gov-tracking.min.js'></script></head><body>\
         <header><h1>CỔNG THÔNG TIN ĐIỆN TỬ TỈNH MẪU</h1><nav><ul>{menu}</ul></nav></header>{banner}\
         <main><section class=tin-moi>{articles}</section>{film}<aside class=ben><form action=/tim><input name=q></form></aside></main>\
         <footer><p>Cơ quan chủ quản: Ủy ban nhân dân tỉnh Mẫu</p><p>Chịu trách nhiệm: Trung tâm Thông tin</p>\
         <p>Điện thoại đường dây nóng</p><a href='https://dichvucong.gov.vn'>Dịch vụ công quốc gia</a></footer></body></html>"
    )
}

struct Case {
    url: Url,
    signatures: Signatures,
    baseline: Baseline,
}

impl Case {
    fn new() -> Self {
        let url = Url::parse(HOME).unwrap();
        let signatures = Signatures::with(None).unwrap();
        let page = Page::read(&url, None, day(0).as_bytes());
        let taken = "2026-09-01T00:00:00Z".parse().unwrap();
        let baseline = deface::baseline(&url, &page, taken, (None, None), &signatures);
        Self { url, signatures, baseline }
    }

    fn judge(&self, seen: &[Seen]) -> Judged {
        let known = Known {
            url: &self.url,
            baseline: Some(&self.baseline),
            allow: &[],
            signatures: &self.signatures,
        };
        judge(&known, seen)
    }
}

fn answer(variant: Variant, status: u16, at: &str, html: &str) -> Seen {
    let page = Page::read(&Url::parse(at).unwrap(), None, html.as_bytes());
    Seen { variant, landed: page.url.clone(), answer: Ok(View { status, page }) }
}

fn unheard(variant: Variant, at: &str) -> Seen {
    Seen { variant, landed: Url::parse(at).unwrap(), answer: Err("silent".to_owned()) }
}

fn all(html: &str) -> Vec<Seen> {
    Variant::ALL.map(|variant| answer(variant, 200, HOME, html)).into()
}

fn only(variant: Variant, other: Seen, html: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = all(html).into_iter().filter(|one| one.variant != variant).collect();
    seen.push(other);
    seen
}

#[track_caller]
fn check_found(seen: &[Seen], expected: impl Fn(&Sign) -> bool) {
    let judged = Case::new().judge(seen);
    assert_eq!(judged.verdict, Verdict::Altered, "{judged:#?}");
    assert!(judged.reasons.iter().any(|reason| expected(&reason.sign)), "{judged:#?}");
}

#[test]
fn two_hundred_ordinary_days_raise_no_alarm() {
    let case = Case::new();
    let mut highest = 0;
    for seed in 1..=200 {
        let judged = case.judge(&all(&day(seed)));
        assert_eq!(judged.verdict, Verdict::Unaltered, "day {seed}: {judged:#?}");
        highest = highest.max(judged.score);
    }
    // Half of the alarm is the room that is left for days that nobody thought of.
    assert!(highest <= ALARM / 2, "{highest}");
}

#[test]
fn a_replaced_page_is_found() {
    let html = "<html><head><title>Hacked by XYZ</title></head><body bgcolor=black><center><h1>HACKED BY XYZ</h1></center>";
    check_found(&all(html), |sign| matches!(sign, Sign::Title { .. }));
    check_found(&all(html), |sign| matches!(sign, Sign::Signature { .. }));
    let silent = "<html><head><title>Cổng thông tin điện tử tỉnh Mẫu</title></head><body><img src=/x.jpg></body>";
    check_found(&all(silent), |sign| matches!(sign, Sign::Structure { .. }));
}

#[test]
fn hidden_gambling_links_are_found() {
    let links: String = (0..5)
        .map(|n| format!("<a href='https://nhacai{n}.example/'>nhà cái uy tín {n}</a>"))
        .collect::<Vec<_>>()
        .concat();
    let html = day(7).replace(
        "</main>",
        &format!("</main><div style='position:absolute;left:-9999px'>{links}</div>"),
    );
    check_found(&all(&html), |sign| matches!(sign, Sign::HiddenLink { .. }));
    check_found(&all(&html), |sign| matches!(sign, Sign::Signature { .. }));
}

#[test]
fn an_injected_program_is_found_however_it_is_written() {
    for tag in [
        "<script src='https://cdn.xau.example/a.js'></script>",
        "<SCRIPT\nSRC=//cdn.xau.example/a.js>",
        "<script>var s=document.createElement('script');s.src='https:\\/\\/cdn.xau.example\\/a.js';</script>",
        "<svg><script href='https://cdn.xau.example/a.js'></script></svg>",
    ] {
        let html = day(9).replace("</head>", &format!("{tag}</head>"));
        check_found(&all(&html), |sign| {
            *sign == Sign::NewScript { host: "cdn.xau.example".to_owned() }
        });
    }
}

#[test]
fn a_page_shown_only_to_the_robot_is_found() {
    let spam = "<title>Tài xỉu online – game bài đổi thưởng</title><h1>Nổ hũ</h1><a href='https://x.example'>Link</a>";
    let seen = only(Variant::Robot, answer(Variant::Robot, 200, HOME, spam), &day(3));
    check_found(&seen, |sign| matches!(sign, Sign::Cloaked { .. }));
}

#[test]
fn a_changed_title_is_found() {
    let html = day(4).replace("Cổng thông tin điện tử tỉnh Mẫu", "Siêu thị giá rẻ");
    check_found(&all(&html), |sign| matches!(sign, Sign::Title { .. }));
}

#[test]
fn whoever_comes_from_a_search_and_is_sent_away_is_found() {
    let seen = only(
        Variant::Search,
        answer(Variant::Search, 200, "https://nhacai.example/", "<title>x</title>"),
        &day(5),
    );
    check_found(&seen, |sign| *sign == Sign::Redirected { host: "nhacai.example".to_owned() });
    let html = day(5).replace("</body>", "<script>if(/google/.test(document.referrer))location.href='https://nhacai.example'</script></body>");
    check_found(&all(&html), |sign| *sign == Sign::SendsAway { host: "nhacai.example".to_owned() });
    // Where they are sent nobody needs to answer.
    let silent = unheard(Variant::Search, "https://nhacai.example/");
    check_found(&only(Variant::Search, silent, &day(5)), |sign| {
        *sign == Sign::Redirected { host: "nhacai.example".to_owned() }
    });
    let html = day(5).replace(
        "<head>",
        "<head><meta http-equiv=refresh content='0;url=https://nhacai.example'>",
    );
    check_found(&all(&html), |sign| *sign == Sign::SendsAway { host: "nhacai.example".to_owned() });
}

#[test]
fn a_flood_of_links_and_a_form_that_sends_elsewhere_are_found() {
    let links: String = (0..100)
        .map(|n| format!("<a href='https://h{n}.example/'>{n}</a>"))
        .collect::<Vec<_>>()
        .concat();
    check_found(&all(&day(6).replace("</main>", &links)), |sign| {
        matches!(sign, Sign::NewHosts { .. })
    });
    let html = day(6).replace("action=/tim", "action=https://xau.example/tim");
    check_found(&all(&html), |sign| *sign == Sign::NewForm { host: "xau.example".to_owned() });
}

#[test]
fn what_could_not_be_looked_at_is_never_unaltered() {
    let case = Case::new();
    let silent = Variant::ALL.map(|variant| unheard(variant, HOME));
    assert_eq!(case.judge(&silent).verdict, Verdict::Unknown);
    let down = Variant::ALL.map(|variant| answer(variant, 503, HOME, "<title>Bảo trì</title>"));
    assert_eq!(case.judge(&down).verdict, Verdict::Unknown);
    assert_eq!(case.judge(&[]).verdict, Verdict::Unknown);
    // A wall that refuses a false robot is told and is no alteration.
    let wall =
        only(Variant::Robot, answer(Variant::Robot, 403, HOME, "<title>403</title>"), &day(8));
    let judged = case.judge(&wall);
    assert_eq!((judged.verdict, judged.unseen.len()), (Verdict::Unaltered, 1));
    // A page that was not read to its end says so, and is not found as it was.
    let mut long = all(&day(8));
    for one in &mut long {
        one.answer.as_mut().unwrap().page.cut = true;
    }
    let judged = case.judge(&long);
    assert_eq!((judged.verdict, judged.unseen.len()), (Verdict::Unknown, Variant::ALL.len()));
    for unseen in &judged.unseen {
        assert_eq!(unseen.why, "body-cut");
        assert_eq!(unseen.message().id, "deface-unseen-body-cut");
    }
    // An error page can be an attacker's too.
    let hacked = Variant::ALL.map(|variant| answer(variant, 500, HOME, "<h1>Hacked by XYZ</h1>"));
    assert_eq!(case.judge(&hacked).verdict, Verdict::Altered);
}

#[test]
fn a_first_look_at_a_page_that_is_altered_already_is_found_without_a_baseline() {
    let case = Case::new();
    let known = Known { url: &case.url, baseline: None, allow: &[], signatures: &case.signatures };
    assert_eq!(judge(&known, &all("<h1>Hacked by XYZ</h1>")).verdict, Verdict::Altered);
    assert_eq!(judge(&known, &all(&day(1))).verdict, Verdict::Unaltered);
}

#[test]
fn what_a_person_accepted_and_what_the_configuration_allows_is_no_sign() {
    let mut case = Case::new();
    let html =
        day(2).replace("</main>", "<p>soi kèo, nhà cái uy tín, game bài đổi thưởng</p></main>");
    assert_eq!(case.judge(&all(&html)).verdict, Verdict::Altered);
    let page = Page::read(&case.url, None, html.as_bytes());
    let taken = case.baseline.taken;
    case.baseline =
        deface::baseline(&case.url, &page, taken, (Some("An"), Some("bài viết")), &case.signatures);
    assert_eq!(case.judge(&all(&html)).verdict, Verdict::Unaltered);
    let html =
        day(2).replace("</head>", "<script src='https://cdn.tot.example/a.js'></script></head>");
    let allow = ["tot.example".to_owned()];
    let known = Known {
        url: &case.url,
        baseline: Some(&case.baseline),
        allow: &allow,
        signatures: &case.signatures,
    };
    assert_eq!(judge(&known, &all(&html)).verdict, Verdict::Unaltered);
}

#[test]
fn a_baseline_survives_its_record_and_other_versions_are_refused() {
    let baseline = Case::new().baseline;
    let mut record = serialized(&baseline);
    assert_eq!(deserialized::<Baseline>(&record), Ok(baseline));
    assert!(record.to_string().len() < 32 * 1024);
    record["version"] = 2.into();
    assert!(deserialized::<Baseline>(&record).is_err());
}

proptest! {
    #[test]
    fn random_answers_are_judged_without_a_panic(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 4),
        status in 100u16..600,
    ) {
        let case = Case::new();
        let seen: Vec<Seen> = Variant::ALL.into_iter().zip(&bodies).map(|(variant, body)| {
            let page = Page::read(&case.url, None, body);
            Seen { variant, landed: case.url.clone(), answer: Ok(View { status, page }) }
        }).collect();
        let judged = case.judge(&seen);
        let variants: BTreeSet<_> = judged.reasons.iter().flat_map(|one| one.variants.clone()).collect();
        prop_assert!(variants.len() <= Variant::ALL.len());
    }
}
