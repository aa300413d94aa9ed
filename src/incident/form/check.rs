//! What looks wrong in a filled form without being forbidden.

use crate::base::fault::{Args, Message};
use crate::incident::form::Filled;
use crate::incident::form::fact::Value;
use crate::incident::form::fields::{FIELDS, Kind};

impl Filled {
    /// Values that do not look like what their field asks for. Shapes only: whether somebody
    /// answers under a number is for a person to try.
    pub fn warnings(&self) -> Vec<Message> {
        let mut warnings = Vec::new();
        for field in &FIELDS {
            let Some(Value::Text(value)) = &self.entry(field.number).value else { continue };
            let id = match field.kind {
                Kind::Phone if !is_phone(value) => "incident-form-odd-phone",
                Kind::Email if !is_email(value) => "incident-form-odd-email",
                _ => continue,
            };
            let args = Args::none().number("number", field.number.into()).text("value", value);
            warnings.push(Message::with(id, args));
        }
        warnings
    }
}

/// Digits with the signs that people part them by, as many as a number in Vietnam or abroad has
/// (E.164: at most 15), or a short number of a hotline; an extension may follow.
fn is_phone(value: &str) -> bool {
    let number = value.split(['x', ',', ';', '/']).next().unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    (3..=15).contains(&digits) && number.chars().all(|c| c.is_ascii_digit() || " +-.()".contains(c))
}

fn is_email(value: &str) -> bool {
    let Some((name, host)) = value.rsplit_once('@') else { return false };
    let labels: Vec<_> = host.split('.').collect();
    !name.is_empty()
        && !value.contains(char::is_whitespace)
        && !name.contains('@')
        && labels.len() > 1
        && labels.iter().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_numbers_and_addresses_are_known() {
        for (value, good) in [
            ("0221 3863 456", true),
            ("(+84) 24.3556-4944", true),
            ("1900 1234 x 12", true),
            ("113", true),
            ("phòng CNTT", false),
            ("", false),
            ("01", false),
        ] {
            assert_eq!(is_phone(value), good, "{value}");
        }
        for (value, good) in [
            ("truc@cong.example", true),
            ("truc@localhost", false),
            ("truc@@cong.example", false),
            ("truc @cong.example", false),
            ("cong.example", false),
            ("@cong.example", false),
        ] {
            assert_eq!(is_email(value), good, "{value}");
        }
    }
}
