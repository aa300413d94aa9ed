//! Whether a server honours conditional writes, found out by trying.
//!
//! A server that ignores `If-None-Match: *` answers as if it had honoured it, so that no answer to
//! a write of ours can be taken for a promise. This asks with an object of its own.

use bytes::Bytes;
use data_encoding::HEXLOWER;

use crate::store::s3::S3Store;
use crate::store::{Act, ObjectName, ObjectStore as _, StoreError};
use crate::world::entropy::Entropy;

/// What a server does with a write that must not replace anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// It refuses to replace: two writers under one name cannot harm each other.
    Honored,
    /// It replaces all the same.
    Ignored,
    /// It refuses the request as one that it does not know.
    Unknown,
}

impl Conditions {
    /// Its word in the log and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Honored => "honored",
            Self::Ignored => "ignored",
            Self::Unknown => "unknown",
        }
    }
}

impl S3Store {
    /// A name that nobody uses, to try conditions under.
    pub fn name_to_try(entropy: &dyn Entropy) -> Result<ObjectName, StoreError> {
        let mut number = [0; 8];
        entropy.fill(&mut number);
        ObjectName::new(&format!("duphong-try-{}", HEXLOWER.encode(&number)))
    }

    /// Finds out what the server does with conditions, and on the way whether the key may write,
    /// read and remove. Leaves nothing behind, unless it may not remove; asked again under the same
    /// name, it removes what a broken try left.
    pub async fn conditions(&self, name: &ObjectName) -> Result<Conditions, StoreError> {
        let found = self.try_conditions(name).await;
        let removed = self.delete(name).await;
        let found = found?;
        removed.map(|()| found)
    }

    async fn try_conditions(&self, name: &ObjectName) -> Result<Conditions, StoreError> {
        let _turn = self.turn().await;
        let sort = |refusal| self.sort(Act::Write, name, refusal);
        let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
        self.send(name, first.clone(), false, None).await?.map_err(sort)?;
        let answer = self.send(name, second, true, None).await?;
        let kept = self.read(name, None).await? == first;
        match answer {
            Err(refusal) if refusal.knows_no_condition() => Ok(Conditions::Unknown),
            Err(refusal) if refusal.status == Some(412) && kept => Ok(Conditions::Honored),
            Err(refusal) if refusal.status != Some(412) => Err(sort(refusal)),
            _ => Ok(Conditions::Ignored),
        }
    }
}
