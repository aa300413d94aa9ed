//! To whom something is sealed: public keys, as they stand in a configuration.

use std::fmt;

use age::x25519;

/// A text that is no recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotARecipient {
    /// It is an identity: a secret that must not stand here.
    Identity,
    /// It is something else, or damaged: recipients carry a checksum.
    Other,
}

/// At least one recipient. Each opens by itself what is sealed to all.
#[derive(Clone)]
pub struct Recipients(Vec<x25519::Recipient>);

impl Recipients {
    /// Nothing if there is no recipient at all: what is sealed to nobody is lost.
    pub fn new(recipients: Vec<Self>) -> Option<Self> {
        let all: Vec<_> = recipients.into_iter().flat_map(|one| one.0).collect();
        (!all.is_empty()).then_some(Self(all))
    }

    /// One recipient, such as `age1…`.
    pub fn parse(text: &str) -> Result<Self, NotARecipient> {
        // Letters of one case, as the format has it: both are written.
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY") {
            return Err(NotARecipient::Identity);
        }
        let recipient = text.parse().map_err(|_reason: &str| NotARecipient::Other)?;
        Ok(Self(vec![recipient]))
    }

    /// Their texts, in one order, so that equal recipients are told by equal texts.
    pub fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        texts.sort_unstable();
        texts
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|one| one as &dyn age::Recipient)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipients").field(&self.texts()).finish()
    }
}

impl PartialEq for Recipients {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts()
    }
}

impl Eq for Recipients {}
