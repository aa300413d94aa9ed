//! What opens: secret keys, as `age-keygen` writes them into a file.

use std::fmt;

use age::x25519;

use crate::base::secret::Secret;
use crate::seal::error::SealError;

/// One or more identities; any of them may open.
#[derive(Clone)]
pub struct Identities(Vec<x25519::Identity>);

impl Identities {
    /// Reads a file of `age-keygen`: an identity a line; empty lines and comments are left out.
    pub fn parse(file: &Secret) -> Result<Self, SealError> {
        let mut identities = Vec::new();
        for (number, line) in (1..).zip(file.expose().split(|&byte| byte == b'\n')) {
            let text = std::str::from_utf8(line).map(str::trim);
            match text {
                Ok(text) if text.is_empty() || text.starts_with('#') => {}
                Ok(text) => {
                    let parsed = text.parse::<x25519::Identity>();
                    identities.push(parsed.map_err(|_| SealError::NotAnIdentity { line: number })?);
                }
                Err(_) => return Err(SealError::NotAnIdentity { line: number }),
            }
        }
        if identities.is_empty() { Err(SealError::NoIdentity) } else { Ok(Self(identities)) }
    }

    /// Whether one of them is the identity of one of these recipients.
    pub fn open_for(&self, recipients: &[String]) -> bool {
        self.0.iter().any(|one| recipients.contains(&one.to_public().to_string()))
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|one| one as &dyn age::Identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identities(…)")
    }
}
