//! Objects that are one sealed JSON document: config, index, snapshot, lock.
//!
//! In version 2 of the format the plain bytes begin with 2 and go on as a zstd frame; older
//! objects, and the config always, are bare JSON and begin with `{` or `[`. Both are read.

use std::io::Read as _;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::repository::crypto::{self, SealingKey};
use crate::repository::malformed::Malformed;
use crate::world::entropy::Entropy;

/// The leading byte of compressed documents.
const COMPRESSED: u8 = 2;

/// No document of ours is larger: an index file of [`BLOBS_PER_FILE`] blobs needs about 8 MiB.
/// What restic writes stays far below as well; more is an attack on memory.
///
/// [`BLOBS_PER_FILE`]: crate::repository::index_file::BLOBS_PER_FILE
pub const DOCUMENT_MAX: u64 = 256 * 1024 * 1024;

/// Compressed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Bare JSON: the config, which older programs must be able to refuse politely.
    Bare,
    /// With a leading 2 and compressed: everything else.
    Compressed,
}

/// The stored bytes of a document.
pub fn seal(
    key: &SealingKey,
    entropy: &dyn Entropy,
    form: Form,
    document: &impl Serialize,
) -> Result<Vec<u8>, Malformed> {
    let json = serde_json::to_vec(document).map_err(Malformed::because("document"))?;
    let plain = match form {
        Form::Bare => json,
        Form::Compressed => {
            let mut plain = vec![COMPRESSED];
            zstd::stream::copy_encode(&json[..], &mut plain, zstd::DEFAULT_COMPRESSION_LEVEL)
                .map_err(Malformed::because("document"))?;
            plain
        }
    };
    let mut sealed = Vec::new();
    key.seal(&crypto::nonce(entropy), &plain, &mut sealed);
    Ok(sealed)
}

/// Reads a document from its stored bytes.
pub fn open<D: DeserializeOwned>(
    key: &SealingKey,
    what: &'static str,
    mut sealed: Vec<u8>,
) -> Result<D, Malformed> {
    let plain = key.open(&mut sealed).map_err(Malformed::because(what))?;
    match plain.first() {
        Some(&COMPRESSED) => {
            let json = inflate(&plain[1..]).map_err(Malformed::because(what))?;
            serde_json::from_slice(&json).map_err(Malformed::because(what))
        }
        Some(b'{' | b'[') => serde_json::from_slice(plain).map_err(Malformed::because(what)),
        Some(other) => Err(Malformed::new(what, format_args!("unknown leading byte {other}"))),
        None => Err(Malformed::new(what, "it is empty")),
    }
}

fn inflate(compressed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut json = Vec::new();
    zstd::stream::read::Decoder::with_buffer(compressed)?
        .take(DOCUMENT_MAX + 1)
        .read_to_end(&mut json)?;
    if json.len() as u64 > DOCUMENT_MAX {
        return Err(std::io::Error::other("it is larger than any document may be"));
    }
    Ok(json)
}
