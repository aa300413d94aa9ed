//! The forms that rules prescribe: which fields they have, what fills them, what is missing.
//!
//! A form is filled in three steps, each of which can be looked at: what duphong knows
//! ([`prefilled`]), what a person says ([`Answers`]), and what is still blank or looks wrong
//! ([`Filled::blanks`], [`Filled::warnings`]). Every field carries where its value came from. The
//! printed form does not: it holds nothing that its authors did not ask for. Its words are
//! Vietnamese only, since they are those of the circular, its slips included.
//!
//! Not here: who must send the form to whom and until when (the rules), and the sending (`job`).

mod answers;
mod check;
mod error;
pub mod fact;
mod fields;
mod prefill;
mod print;

pub use answers::Answers;
pub use error::FormError;
pub use fields::{FIELDS, Field, Kind, Option_ as FieldOption};
pub use prefill::{Known, Portal, prefilled};
pub use print::printed;

use crate::incident::form::fact::{Entry, Origin};

/// *Mẫu số 03* of Circular 20/2017/TT-BTTTT, filled in as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// One for each of [`FIELDS`], in their order.
    pub(crate) entries: Vec<Entry>,
}

impl Filled {
    /// One entry for each of [`FIELDS`], in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The form as it was recorded; `None` if the record does not hold every field once.
    pub fn recorded(entries: Vec<Entry>) -> Option<Self> {
        let numbers = entries.iter().map(|entry| entry.number);
        numbers.eq(FIELDS.iter().map(|field| field.number)).then_some(Self { entries })
    }

    /// The fields that must not stay blank and are, but for the signature, which a hand adds.
    pub fn blanks(&self) -> Vec<&'static Field> {
        let blank = |field: &&Field| {
            let entry = self.entry(field.number);
            field.mandatory && entry.value.is_none() && entry.origin != Origin::Hand
        };
        FIELDS.iter().filter(blank).collect()
    }

    pub(crate) fn entry(&self, number: u8) -> &Entry {
        &self.entries[usize::from(number) - 1]
    }
}
