//! Streams that only the holder of an identity opens: compressed by zstd, then encrypted by age.
//!
//! The host that writes such a stream has recipients alone, which are public: with all that is on
//! its disk it cannot read back what it wrote. Stock `age -d` and `zstd -d` open what is made here,
//! and the names say so: `tep.pdf` becomes `tep.pdf.zst.age`.
//!
//! Both ends stream: memory is some megabytes whatever the length. What comes out of an opened
//! stream is authenticated piece by piece, and a stream that was cut is an error, never a short one.
//! Who sealed is not proven: a recipient is public. That the bytes are the ones which were stored is
//! the repository's business.
//!
//! Random bytes are drawn by the age library itself, from the system: a file key that a test could
//! foresee would be no key.

pub mod error;
mod identity;
pub mod name;
mod open;
mod recipient;
mod write;

pub use crate::seal::identity::Identities;
pub use crate::seal::open::open;
pub use crate::seal::recipient::{NotARecipient, Recipients};
pub use crate::seal::write::Sealing;
