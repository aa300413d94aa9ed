//! Why a form could not be filled in as asked.

use std::net::IpAddr;

use crate::base::fault::{Args, Fault, FaultKind};
use crate::incident::form::fields::Field;

/// Why an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The answers are not the YAML or JSON that they should be.
    #[error("the answers cannot be read: {detail}")]
    Unreadable {
        /// What the reader said.
        detail: String,
    },
    /// There is no such field.
    #[error("no field `{name}`")]
    UnknownField {
        /// What was asked for.
        name: String,
    },
    /// One field has two answers.
    #[error("field {number} is answered twice", number = field.number)]
    Twice {
        /// The field.
        field: &'static Field,
    },
    /// The value of this field is a fact of the log or of the clock.
    #[error("field {number} cannot be answered", number = field.number)]
    Fixed {
        /// The field.
        field: &'static Field,
    },
    /// The answer has another shape than the field.
    #[error("the answer to field {number} has the wrong shape", number = field.number)]
    Shape {
        /// The field.
        field: &'static Field,
    },
    /// The answer names a box that the field does not have.
    #[error("field {number} has no box `{given}`", number = field.number)]
    UnknownOption {
        /// The field.
        field: &'static Field,
        /// What was given.
        given: String,
    },
    /// More boxes are ticked than the field allows.
    #[error("only one box of field {number} can be ticked", number = field.number)]
    OneOnly {
        /// The field.
        field: &'static Field,
    },
    /// Words behind a box that has no room for them, or none behind one that asks for them.
    #[error("box `{option}` of field {number} takes words only where the form asks for them", number = field.number)]
    Words {
        /// The field.
        field: &'static Field,
        /// The box.
        option: String,
    },
    /// Not an address at all.
    #[error("`{given}` in field {number} is no IP address", number = field.number)]
    NotAnAddress {
        /// The field.
        field: &'static Field,
        /// What was given.
        given: String,
    },
    /// An address that is not on the internet, in the field whose label forbids it.
    #[error("`{address}` in field {number} is not an address on the internet", number = field.number)]
    NotPublic {
        /// The field.
        field: &'static Field,
        /// The address.
        address: IpAddr,
    },
    /// More than a form can hold.
    #[error("the answer to field {number} is longer than {max} bytes", number = field.number)]
    TooLong {
        /// The field.
        field: &'static Field,
        /// The limit.
        max: usize,
    },
}

impl FormError {
    fn field(&self) -> Option<&'static Field> {
        match self {
            Self::Unreadable { .. } | Self::UnknownField { .. } => None,
            Self::Twice { field }
            | Self::Fixed { field }
            | Self::Shape { field }
            | Self::UnknownOption { field, .. }
            | Self::OneOnly { field }
            | Self::Words { field, .. }
            | Self::NotAnAddress { field, .. }
            | Self::NotPublic { field, .. }
            | Self::TooLong { field, .. } => Some(field),
        }
    }
}

impl Fault for FormError {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "incident.answers-unreadable",
            Self::UnknownField { .. } => "incident.answer-unknown-field",
            Self::Twice { .. } => "incident.answer-twice",
            Self::Fixed { .. } => "incident.answer-fixed",
            Self::Shape { .. } => "incident.answer-shape",
            Self::UnknownOption { .. } => "incident.answer-unknown-option",
            Self::OneOnly { .. } => "incident.answer-one-only",
            Self::Words { .. } => "incident.answer-words",
            Self::NotAnAddress { .. } => "incident.answer-not-an-address",
            Self::NotPublic { .. } => "incident.answer-not-public",
            Self::TooLong { .. } => "incident.answer-too-long",
        }
    }

    fn args(&self) -> Args {
        let args = match self.field() {
            Some(field) => Args::none()
                .number("number", field.number.into())
                .text("label", field.label)
                .text("known", known(field)),
            None => Args::none(),
        };
        match self {
            Self::Unreadable { detail } => args.text("detail", detail),
            Self::UnknownField { name } => args.text("name", name),
            Self::UnknownOption { given, .. } | Self::NotAnAddress { given, .. } => {
                args.text("given", given)
            }
            Self::Words { option, .. } => args.text("option", option),
            Self::NotPublic { address, .. } => args.text("address", address),
            Self::TooLong { max, .. } => args.number("max", *max as u64),
            Self::Twice { .. } | Self::Fixed { .. } | Self::Shape { .. } | Self::OneOnly { .. } => {
                args
            }
        }
    }
}

fn known(field: &Field) -> String {
    let words: Vec<_> = field.options().iter().map(|option| option.word).collect();
    words.join(", ")
}
