//! The stored bytes of a piece: zstd, sealed as everything in a repository is.
//!
//! Plain bytes are a skippable frame of zstd that says where the piece belongs, and a frame with
//! the bytes of the log. Whoever has only stock tools decrypts and runs `zstd -d`, which passes
//! over the first frame.

use zstd::bulk::{Compressor, Decompressor};

use crate::base::digest::Digest;
use crate::repository::crypto::{self, SealingKey};
use crate::repository::malformed::Malformed;
use crate::repository::segment::name::{LogFile, PREFIX, Piece};
use crate::world::entropy::Entropy;

const WHAT: &str = "log segment";

/// Magic number of a frame that `zstd` passes over (RFC 8878, 3.1.2).
const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();

/// Magic number and length of the skippable frame.
const FRAME_BYTES: usize = 8;

/// A log is text and rows with much alike in it; higher levels take longer than the server that
/// waits has.
const LEVEL: i32 = 3;

/// What the stored form may have beyond the plain bytes: the seal, the first frame, and what zstd
/// adds to bytes that do not shrink (one in 256).
pub(super) fn stored_max(length: usize) -> u64 {
    (length + length / 256) as u64 + 4096
}

/// Seals bytes of a file that begin at `from`; `None` if they cannot be one piece.
pub fn seal(
    key: &SealingKey,
    entropy: &dyn Entropy,
    file: &LogFile,
    from: u64,
    bytes: &[u8],
) -> Result<Option<(Piece, Vec<u8>)>, Malformed> {
    let to = from.saturating_add(bytes.len() as u64);
    let Some(mut piece) = Piece::new(file, from, to, Digest([0; 32])) else { return Ok(None) };
    let head = head(&piece, bytes);
    let mut plain = SKIPPABLE.to_vec();
    let length = u32::try_from(head.len()).map_err(Malformed::because(WHAT))?;
    plain.extend_from_slice(&length.to_le_bytes());
    plain.extend_from_slice(head.as_bytes());
    let mut compressor = Compressor::new(LEVEL).map_err(Malformed::because(WHAT))?;
    // Stock tools do not look at our head: their own sum shows them damage.
    compressor.include_checksum(true).map_err(Malformed::because(WHAT))?;
    plain.extend_from_slice(&compressor.compress(bytes).map_err(Malformed::because(WHAT))?);
    let mut sealed = Vec::with_capacity(plain.len() + crypto::OVERHEAD);
    key.seal(&crypto::nonce(entropy), &plain, &mut sealed);
    piece.digest = Digest::of(&sealed);
    Ok(Some((piece, sealed)))
}

/// Opens the stored bytes of a piece and proves that they belong where its name says.
pub fn open(key: &SealingKey, piece: &Piece, mut sealed: Vec<u8>) -> Result<Vec<u8>, Malformed> {
    if Digest::of(&sealed) != piece.digest {
        return Err(Malformed::new(WHAT, "its content does not match its name"));
    }
    let plain = key.open(&mut sealed).map_err(Malformed::because(WHAT))?;
    let (found, frame) = split(plain).ok_or_else(|| Malformed::new(WHAT, "it has no head"))?;
    let mut bytes = Vec::with_capacity(piece.length());
    Decompressor::new()
        .and_then(|mut open| open.decompress_to_buffer(frame, &mut bytes))
        .map_err(Malformed::because(WHAT))?;
    if bytes.len() != piece.length() || found != head(piece, &bytes).as_bytes() {
        return Err(Malformed::new(WHAT, "it does not belong where its name says"));
    }
    Ok(bytes)
}

fn split(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let (frame, rest) = plain.split_first_chunk::<FRAME_BYTES>()?;
    let [a, b, c, d, length @ ..] = *frame;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    ([a, b, c, d] == SKIPPABLE).then(|| rest.split_at_checked(length)).flatten()
}

/// Where a piece belongs, and what it holds. It is compared, never parsed.
fn head(piece: &Piece, bytes: &[u8]) -> String {
    let file = piece.file.to_string();
    let file = file.strip_prefix(PREFIX).unwrap_or(&file);
    format!("duphong log segment 1\n{file}\n{}\n{}\n", piece.range(), Digest::of(bytes))
}
