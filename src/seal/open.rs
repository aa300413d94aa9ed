//! Opening, to the very end: what was cut is damaged, not short.

use std::cell::{Cell, RefCell};
use std::io::{self, BufReader, Read, Write};

use age::{DecryptError, Decryptor};
use zstd::stream::read::Decoder;

use crate::seal::error::SealError;
use crate::seal::identity::Identities;

/// Copied at once.
const PIECE: usize = 128 * 1024;

/// A head of a thousand recipients is a tenth of this. The library keeps a head in memory until it
/// has found its end, and a hostile one has none.
const HEAD_MAX: u64 = 1024 * 1024;

/// A source whose own faults are told from those of what it holds.
struct Source<'a> {
    inner: &'a mut dyn Read,
    fault: &'a RefCell<Option<io::Error>>,
    /// What may still be read; without a limit once the head is known.
    left: &'a Cell<Option<u64>>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = match self.left.get() {
            Some(0) => return Err(io::ErrorKind::InvalidData.into()),
            Some(left) => usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len()),
            None => buffer.len(),
        };
        let count = self.inner.read(&mut buffer[..most]).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                *self.fault.borrow_mut() = Some(error);
            }
            io::Error::from(kind)
        })?;
        self.left.set(self.left.get().map(|left| left.saturating_sub(count as u64)));
        Ok(count)
    }
}

/// Opens what `sealed` gives until its end and writes it to `out`. Returns how many bytes that were.
///
/// Every byte that is written was authenticated; only when this returns without an error it was all.
pub fn open(
    sealed: &mut dyn Read,
    identities: &Identities,
    out: &mut dyn Write,
) -> Result<u64, SealError> {
    let (fault, left) = (RefCell::new(None), Cell::new(Some(HEAD_MAX)));
    let source = Source { inner: sealed, fault: &fault, left: &left };
    let opened = pass(BufReader::with_capacity(PIECE, source), &left, identities, out);
    // Whatever the library made of it: the source failed first.
    match fault.into_inner() {
        Some(source) => Err(SealError::Read { source }),
        None => opened,
    }
}

fn pass(
    source: BufReader<Source<'_>>,
    left: &Cell<Option<u64>>,
    identities: &Identities,
    out: &mut dyn Write,
) -> Result<u64, SealError> {
    let decryptor = Decryptor::new_buffered(source).map_err(refused)?;
    left.set(None);
    let age = decryptor.decrypt(identities.each()).map_err(refused)?;
    let mut plain = Decoder::new(age).map_err(|error| damaged(&error))?;
    let mut piece = vec![0; PIECE];
    let mut written = 0;
    loop {
        let count = match plain.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(|error| damaged(&error))?,
        };
        if count == 0 {
            return Ok(written);
        }
        out.write_all(&piece[..count]).map_err(|source| SealError::Write { source })?;
        written += count as u64;
    }
}

fn damaged(error: &io::Error) -> SealError {
    SealError::Damaged { detail: error.to_string() }
}

fn refused(error: DecryptError) -> SealError {
    match error {
        DecryptError::NoMatchingKeys => SealError::WrongIdentity,
        DecryptError::UnknownFormat | DecryptError::InvalidHeader => SealError::NotSealed,
        DecryptError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            SealError::NotSealed
        }
        other => SealError::Damaged { detail: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::seal::{NotARecipient, Recipients, Sealing};
    use age::secrecy::ExposeSecret as _;
    use age::x25519::Identity;

    fn pair() -> (Identities, Recipients) {
        let identity = Identity::generate();
        let file = format!("# created: today\n\n{}\n", identity.to_string().expose_secret());
        let identities = Identities::parse(&Secret::new(file.into_bytes())).unwrap();
        (identities, Recipients::parse(&identity.to_public().to_string()).unwrap())
    }

    fn sealed(plain: &[u8], to: &Recipients) -> Vec<u8> {
        let mut sealed = Vec::new();
        Sealing::new(plain, to).unwrap().read_to_end(&mut sealed).unwrap();
        sealed
    }

    fn opened(mut sealed: &[u8], by: &Identities) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        let count = open(&mut sealed, by, &mut out)?;
        assert_eq!(count, out.len() as u64);
        Ok(out)
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_bytes_for_each_recipient_and_no_other() {
        let ((one, to_one), (two, to_two), (other, _)) = (pair(), pair(), pair());
        let to = Recipients::new(vec![to_one, to_two]).unwrap();
        let text = "Cổng thông tin điện tử tỉnh Mẫu; ".repeat(30_000);
        for plain in [&b""[..], b"x", text.as_bytes()] {
            let sealed = sealed(plain, &to);
            assert_eq!(opened(&sealed, &one).unwrap(), plain);
            assert_eq!(opened(&sealed, &two).unwrap(), plain);
            assert!(matches!(opened(&sealed, &other), Err(SealError::WrongIdentity)));
        }
        assert!(sealed(text.as_bytes(), &to).len() * 10 < text.len(), "compressed before");
    }

    /// It tells what the memory of the host did to them before they were sealed.
    #[test]
    fn the_plain_bytes_have_a_checksum_of_their_own() {
        let identity = Identity::generate();
        let to = Recipients::parse(&identity.to_public().to_string()).unwrap();
        let sealed = sealed("Cổng".as_bytes(), &to);
        let mut frame = Vec::new();
        let mut age =
            Decryptor::new(&sealed[..]).unwrap().decrypt(std::iter::once(&identity as _)).unwrap();
        age.read_to_end(&mut frame).unwrap();
        // The bit behind zstd's magic number that says so.
        assert_eq!(frame[4] & 0b100, 0b100);
    }

    #[test]
    fn no_byte_may_change_and_none_may_be_missing() {
        let (identity, to) = pair();
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(150_000)
        .collect();
        let sealed = sealed(&noise, &to);
        for at in (0..sealed.len()).step_by(997).chain(sealed.len() - 17..sealed.len()) {
            let mut wrong = sealed.clone();
            wrong[at] ^= 1;
            assert!(opened(&wrong, &identity).is_err(), "a bit at {at}");
        }
        // At the borders of age's pieces as well, where what is left is sound by itself.
        let head = sealed.len() % (64 * 1024 + 16);
        for length in [0, 1, 100, head, head + 64 * 1024 + 16, sealed.len() - 1] {
            assert!(opened(&sealed[..length], &identity).is_err(), "cut at {length}");
        }
        let longer = [&sealed[..], b"x"].concat();
        assert!(opened(&longer, &identity).is_err(), "a byte more");
        assert!(matches!(opened(b"not sealed at all", &identity), Err(SealError::NotSealed)));
    }

    #[test]
    fn a_head_without_an_end_is_refused_before_it_fills_the_memory() {
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(b'A');
                self.0 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        let (identity, _) = pair();
        for head in [&b"age-encryption.org/v1\n-> X25519 "[..], b"age-encryption.org/v1\n-> a\n"] {
            let mut rest = Endless(0);
            let opened = open(&mut head.chain(&mut rest), &identity, &mut Vec::new());
            assert!(matches!(opened, Err(SealError::NotSealed)), "{opened:?}");
            assert!(rest.0 <= HEAD_MAX + PIECE as u64, "{}", rest.0);
        }
    }

    proptest::proptest! {
        #[test]
        fn bytes_from_elsewhere_never_panic(
            head in "(age-encryption.org/v1\n(-> [A-Za-z0-9 ]{0,80}\n[A-Za-z0-9+/]{0,70}\n?){0,3}--- )?",
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let (identity, to) = pair();
            let hostile = [head.as_bytes(), &bytes].concat();
            proptest::prop_assert!(opened(&hostile, &identity).is_err());
            let mut sealed = sealed(&bytes, &to);
            let cut = bytes.len().min(sealed.len());
            sealed[..cut].copy_from_slice(&bytes[..cut]);
            let _whatever = opened(&sealed, &identity);
        }
    }

    #[test]
    fn a_source_that_fails_is_not_called_damaged() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let (identity, to) = pair();
        let sealed = sealed(&[7; 1000], &to);
        // Heads are of different lengths, by the format's will.
        let mut source = (&sealed[..sealed.len() / 2]).chain(Failing);
        let failed = open(&mut source, &identity, &mut Vec::new());
        assert!(matches!(failed, Err(SealError::Read { .. })), "{failed:?}");
        assert!(Sealing::new(Failing, &to).unwrap().read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn a_secret_in_place_of_a_recipient_is_told_and_nothing_of_it_is_printed() {
        let identity = Identity::generate();
        let secret = identity.to_string().expose_secret().to_owned();
        assert_eq!(Recipients::parse(&secret), Err(NotARecipient::Identity));
        assert_eq!(Recipients::parse("age1xyz"), Err(NotARecipient::Other));
        let parsed = Identities::parse(&Secret::new(secret.clone().into_bytes())).unwrap();
        assert_eq!(format!("{parsed:?}"), "Identities(…)");
        let broken = Identities::parse(&Secret::new(format!("# x\n{}", &secret[..40]).into()));
        assert!(matches!(broken, Err(SealError::NotAnIdentity { line: 2 })));
        let none = Identities::parse(&Secret::new(b"# nothing\n".to_vec()));
        assert!(matches!(none, Err(SealError::NoIdentity)));
    }
}
