//! Sealing and opening bytes as restic does: AES-256 in counter mode, then Poly1305-AES.
//!
//! A sealed piece is `nonce (16) ‖ ciphertext ‖ tag (16)`. The tag covers the ciphertext; its
//! one-time key is the nonce encrypted with AES-128 under the key's own `k`, beside its `r`.
//! Nothing is decrypted before the tag is right, and tags are compared in constant time.
//!
//! The ciphers are RustCrypto's; this file only arranges them. It does not choose nonces: they are
//! passed in, 128 random bits each, so that a repeat is out of reach for any repository.

use std::fmt;
use std::hint::black_box;

use aes::cipher::{BlockCipherEncrypt as _, InnerIvInit as _, KeyInit as _, StreamCipher as _};
use aes::{Aes128, Aes256};
use bytes::BufMut;
use ctr::{Ctr128BE, CtrCore, cipher::StreamCipherCoreWrapper};
use poly1305::Poly1305;
use poly1305::universal_hash::UniversalHash as _;
use zeroize::Zeroizing;

use crate::world::entropy::Entropy;

/// Bytes before the ciphertext.
pub const NONCE_BYTES: usize = 16;

/// Bytes after the ciphertext.
pub const TAG_BYTES: usize = 16;

/// What sealing adds to the length.
pub const OVERHEAD: usize = NONCE_BYTES + TAG_BYTES;

/// Raw key material: AES-256 key (32), Poly1305-AES `k` (16), `r` (16).
pub const KEY_BYTES: usize = 64;

/// Encryption and authentication take turns over pieces of this size, so that the second pass
/// finds its bytes in the first-level cache. A multiple of both block sizes.
const TURN: usize = 16 * 1024;

/// The tag does not fit: a wrong key or changed bytes. Which of the two cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the authentication tag does not match")]
pub struct Unauthentic;

/// A nonce that will not be used again with the same key.
pub fn nonce(entropy: &dyn Entropy) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    entropy.fill(&mut nonce);
    nonce
}

/// A key that seals and opens. The expanded ciphers are kept: expanding them per blob would cost
/// as much as sealing a kilobyte.
#[derive(Clone)]
pub struct SealingKey {
    encrypt: Aes256,
    mac: Aes128,
    material: Zeroizing<[u8; KEY_BYTES]>,
}

impl SealingKey {
    /// A new key.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut material = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(material.as_mut());
        Self::from_material(material)
    }

    /// The key made of `material`.
    pub fn from_material(material: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let encrypt = Aes256::new_from_slice(&material[..32]).expect("the slice has 32 bytes");
        let mac = Aes128::new_from_slice(&material[32..48]).expect("the slice has 16 bytes");
        Self { encrypt, mac, material }
    }

    /// The raw bytes, for the key file. Every use can be found by searching for this name.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.material
    }

    /// Appends the sealed form of `plain` to `out`, [`OVERHEAD`] bytes longer.
    pub fn seal<B>(&self, nonce: &[u8; NONCE_BYTES], plain: &[u8], out: &mut B)
    where
        B: BufMut + AsMut<[u8]>,
    {
        out.put_slice(nonce);
        let mut stream = self.stream(nonce);
        let mut poly = self.one_time(nonce);
        let mut tail = 0;
        for piece in plain.chunks(TURN) {
            out.put_slice(piece);
            let written = out.as_mut();
            let from = written.len() - piece.len();
            let sealed = &mut written[from..];
            stream.apply_keystream(sealed);
            let whole = piece.len() & !15;
            poly.update_padded(&sealed[..whole]);
            tail = piece.len() - whole;
        }
        let written = out.as_mut();
        let tag = poly.compute_unpadded(&written[written.len() - tail..]);
        out.put_slice(&tag);
    }

    /// Opens a sealed piece where it lies and returns the plain bytes.
    ///
    /// On failure nothing was decrypted.
    pub fn open<'sealed>(
        &self,
        sealed: &'sealed mut [u8],
    ) -> Result<&'sealed mut [u8], Unauthentic> {
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE_BYTES>().ok_or(Unauthentic)?;
        let (body, tag) = rest.split_last_chunk_mut::<TAG_BYTES>().ok_or(Unauthentic)?;
        if !equal(&self.tag(nonce, body), tag) {
            return Err(Unauthentic);
        }
        self.stream(nonce).apply_keystream(body);
        Ok(body)
    }

    fn tag(&self, nonce: &[u8; NONCE_BYTES], body: &[u8]) -> [u8; TAG_BYTES] {
        let mut poly = self.one_time(nonce);
        let (whole, tail) = body.split_at(body.len() & !15);
        poly.update_padded(whole);
        poly.compute_unpadded(tail).into()
    }

    fn stream(&self, nonce: &[u8; NONCE_BYTES]) -> Ctr128BE<Aes256> {
        StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(
            self.encrypt.clone(),
            &(*nonce).into(),
        ))
    }

    fn one_time(&self, nonce: &[u8; NONCE_BYTES]) -> Poly1305 {
        let mut pad = (*nonce).into();
        self.mac.encrypt_block(&mut pad);
        let mut key = Zeroizing::new([0; 32]);
        key[..16].copy_from_slice(&self.material[48..]);
        key[16..].copy_from_slice(&pad);
        Poly1305::new_from_slice(&*key).expect("the key has 32 bytes")
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

/// Compares without an early exit: how many bytes agree must not show in the time taken.
fn equal(left: &[u8; TAG_BYTES], right: &[u8; TAG_BYTES]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (a, b)| black_box(sum | (a ^ b)));
    black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of Bernstein's Poly1305-AES paper (appendix B), as restic's own test has it.
    #[test]
    fn the_tag_is_poly1305_aes_as_published() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let mut material = Zeroizing::new([0; KEY_BYTES]);
        material[32..48].copy_from_slice(&hex("ec074c835580741701425b623235add6"));
        material[48..].copy_from_slice(&hex("851fc40c3467ac0be05cc20404f3f700"));
        let key = SealingKey::from_material(material);
        let nonce = hex("fb447350c4e868c52ac3275cf9d4327e").try_into().unwrap();
        assert_eq!(
            data_encoding::HEXLOWER.encode(&key.tag(&nonce, &hex("f3f6"))),
            "f4c633c3044fc145f84f335cb81953de"
        );
    }

    #[test]
    fn what_is_sealed_opens_and_no_flipped_bit_passes() {
        let key = SealingKey::random(&crate::world::entropy::SystemEntropy);
        for length in [0, 1, 15, 16, 17, TURN - 1, TURN, TURN + 1, 3 * TURN + 5] {
            let plain: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut sealed = Vec::new();
            key.seal(&[7; 16], &plain, &mut sealed);
            assert_eq!(sealed.len(), plain.len() + OVERHEAD);
            for at in [0, NONCE_BYTES, sealed.len() - 1] {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(key.open(&mut changed), Err(Unauthentic));
            }
            assert_eq!(key.open(&mut sealed).unwrap(), &plain[..]);
        }
        assert_eq!(key.open(&mut [0; OVERHEAD - 1]), Err(Unauthentic));
    }
}
