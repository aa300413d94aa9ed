//! What a sealed file is called: as the plain one, and how it is opened.

/// From the outside in: `age -d`, then `zstd -d`.
pub const SUFFIX: &str = ".zst.age";

/// The longest name that Linux file systems take, in bytes.
const NAME_MAX: usize = 255;

/// The name of the sealed file. One that would become too long for a file system keeps its name;
/// nothing if nobody could then tell whether the end of its name is its own.
pub fn sealed(plain: &[u8]) -> Option<Vec<u8>> {
    if plain.len() + SUFFIX.len() <= NAME_MAX {
        return Some([plain, SUFFIX.as_bytes()].concat());
    }
    (!plain.ends_with(SUFFIX.as_bytes())).then(|| plain.to_vec())
}

/// The name of the plain file.
pub fn plain(sealed: &[u8]) -> &[u8] {
    sealed.strip_suffix(SUFFIX.as_bytes()).unwrap_or(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back_and_none_is_too_long_for_a_disk() {
        for length in [1, 246, 247, 248, 255] {
            let name = vec![b'a'; length];
            let called = sealed(&name).unwrap();
            assert!(called.len() <= 255, "{length}");
            assert_eq!(called != name, length <= 247);
            assert_eq!(plain(&called), name);
        }
        let twice = sealed(b"a.zst.age").unwrap();
        assert_eq!((&twice[..], plain(&twice)), (&b"a.zst.age.zst.age"[..], &b"a.zst.age"[..]));
        let doubtful = [&[b'a'; 240][..], SUFFIX.as_bytes()].concat();
        assert_eq!((doubtful.len(), sealed(&doubtful)), (248, None));
    }
}
