//! The filled form on paper: the parts of *Mẫu số 03* in the order of the circular.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::{TimeZone, offset};

use crate::document::Field as PrintedField;
use crate::document::{Choice, Form, Group, Part, Row, Signed, Text, Tick, Value as Printed};
use crate::incident::form::Filled;
use crate::incident::form::fact::{Mark, Ticked, Value};
use crate::incident::form::fields::{FIELDS, Field};

/// The form as a document, with its mark across every page.
pub fn printed(filled: &Filled, mark: Mark) -> Form {
    let sheet = Sheet { filled };
    let author = match &filled.entry(1).value {
        Some(Value::Text(name)) => Text::data(name),
        _ => Text::data(""),
    };
    Form::new("BÁO CÁO BAN ĐẦU SỰ CỐ MẠNG", author)
        .corner("Mẫu số 03")
        .corner(
            "Ban hành kèm theo Thông tư số 20/2017/TT-BTTT ngày 12/9/2017 của Bộ Thông tin và \
             Truyền thông",
        )
        .mark(match mark {
            Mark::Draft => "Dự thảo",
            Mark::Rehearsal => "Diễn tập",
        })
        .part(Group::new("THÔNG TIN VỀ TỔ CHỨC/CÁ NHÂN BÁO CÁO SỰ CỐ").into())
        .part(sheet.line(&[1]))
        .part(sheet.line(&[2]))
        .part(sheet.line(&[3, 4]))
        .part(Group::new("NGƯỜI LIÊN HỆ").into())
        .part(sheet.line(&[5, 6]))
        .part(sheet.line(&[7, 8]))
        .part(Group::new("THÔNG TIN CHI TIẾT VỀ HỆ THỐNG BỊ SỰ CỐ").into())
        .part(Part::Table(
            (9..=18)
                .map(|number| match number {
                    16 => Row::Whole(sheet.field(16)),
                    pair => Row::Pair(sheet.field(pair)),
                })
                .collect(),
        ))
        .part(group(19).into())
        .part(sheet.boxes(19))
        .part(group(20).into())
        .part(sheet.boxes(20))
        .part(group(21).into())
        .part(sheet.boxes(21))
        .part(Group::new("THÔNG TIN BỔ SUNG VỀ HỆ THỐNG XẢY RA SỰ CỐ").into())
        .part(sheet.line(&[22, 23]))
        .part(sheet.line(&[24]))
        .part(sheet.line(&[25]))
        .part(sheet.line(&[26]))
        .part(sheet.line(&[27]))
        .part(sheet.line(&[28]))
        .part(sheet.line(&[29]))
        .part(sheet.line(&[30]))
        .part(Group::new("KIẾN NGHỊ, ĐỀ XUẤT HỖ TRỢ").into())
        .part(Part::Table(vec![Row::Whole(sheet.field(31))]))
        .part(group(32).value(sheet.value(32)).into())
        .part(Part::Signature(sheet.signed()))
        .part(notes())
}

fn notes() -> Part {
    Part::Notes(
        "Chú thích:".into(),
        vec![
            "1. Phần (*) là những thông tin bắt buộc. Các phần còn lại có thể loại bỏ nếu không có \
             thông tin."
                .into(),
            "2. Sử dụng tiêu đề (subject) bắt đầu bằng \"[TBSC]\" khi gửi thông báo qua email."
                .into(),
            "3. Tham khảo thêm tại website của VNCERT (www.vncert.gov vn)".into(),
        ],
    )
}

struct Sheet<'a> {
    filled: &'a Filled,
}

/// The heading of a field that is a group of its own.
fn group(number: u8) -> Group {
    let group = Group::new(design(number).label);
    match design(number).remark() {
        Some(remark) => group.remark(remark),
        None => group,
    }
}

fn design(number: u8) -> &'static Field {
    &FIELDS[usize::from(number) - 1]
}

impl Sheet<'_> {
    fn line(&self, numbers: &[u8]) -> Part {
        Part::Line(numbers.iter().map(|number| self.field(*number)).collect())
    }

    fn field(&self, number: u8) -> PrintedField {
        let field = PrintedField::new(design(number).label, self.value(number));
        match design(number).remark() {
            Some(remark) => field.remark(remark),
            None => field,
        }
    }

    fn boxes(&self, number: u8) -> Part {
        let choice = self.choice(number);
        // The labels of field 21 are as long as lines.
        Part::Choice(if number == 21 { choice.stacked() } else { choice })
    }

    fn value(&self, number: u8) -> Printed {
        let design = design(number);
        if !design.options().is_empty() {
            return Printed::Choice(self.choice(number));
        }
        match &self.filled.entry(number).value {
            Some(Value::Text(text)) => Printed::Filled(paragraphs(text)),
            Some(Value::List(items)) => Printed::text(Text::data(items.join(", "))),
            Some(Value::Time(at)) => Printed::text(Text::data(clock(number, *at))),
            Some(Value::Ticked(_)) | None => {
                design.pattern().map_or(Printed::Blank, |pattern| Printed::Pattern(pattern.into()))
            }
        }
    }

    fn choice(&self, number: u8) -> Choice {
        let ticked: &[Ticked] = match &self.filled.entry(number).value {
            Some(Value::Ticked(ticked)) => ticked,
            _ => &[],
        };
        Choice::new(design(number).options().iter().map(|option| {
            let chosen = ticked.iter().find(|ticked| ticked.option == option.word);
            let tick = Tick::new(option.label, chosen.is_some());
            if !option.words {
                return tick;
            }
            tick.words(chosen.and_then(|chosen| chosen.words.as_ref()).map(Text::data))
        }))
    }

    fn signed(&self) -> Signed {
        let design = design(33);
        let signed = Signed::new(design.label, design.remark().unwrap_or_default());
        match &self.filled.entry(33).value {
            Some(Value::Text(name)) => signed.name(Text::data(name)),
            _ => signed,
        }
    }
}

/// One paragraph a line; lines without words part them and are not printed. What stood in a table
/// of blanks and tabs is set as words.
fn paragraphs(text: &str) -> Vec<Text> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).map(Text::data).collect()
}

/// An instant as the field has it. The time of Vietnam, whose clocks have not been changed since
/// 1975: an offset is enough.
fn clock(number: u8, at: Timestamp) -> String {
    let at: Zoned = at.to_zoned(TimeZone::fixed(offset(7)));
    let pattern = match number {
        17 => "%d/%m/%y",
        18 => "%H giờ %M phút",
        _ => "%d/%m/%Y/%H/%M",
    };
    at.strftime(pattern).to_string()
}
