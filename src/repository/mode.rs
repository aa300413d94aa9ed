//! Go's `os.FileMode`, which restic stores, and the mode of Unix systems.

/// The bits of Go's `os.FileMode` that restic keeps.
mod go {
    pub(super) const DIR: u32 = 1 << 31;
    pub(super) const SYMLINK: u32 = 1 << 27;
    pub(super) const DEVICE: u32 = 1 << 26;
    pub(super) const FIFO: u32 = 1 << 25;
    pub(super) const SOCKET: u32 = 1 << 24;
    pub(super) const SETUID: u32 = 1 << 23;
    pub(super) const SETGID: u32 = 1 << 22;
    pub(super) const CHARACTER: u32 = 1 << 21;
    pub(super) const STICKY: u32 = 1 << 20;
}

/// `st_mode` types beside Go's.
const TYPES: [(u32, u32); 7] = [
    (0o100_000, 0),
    (0o040_000, go::DIR),
    (0o120_000, go::SYMLINK),
    (0o060_000, go::DEVICE),
    (0o020_000, go::DEVICE | go::CHARACTER),
    (0o010_000, go::FIFO),
    (0o140_000, go::SOCKET),
];

const TYPE_MASK: u32 = 0o170_000;

/// `st_mode` specials beside Go's.
const SPECIALS: [(u32, u32); 3] =
    [(0o4000, go::SETUID), (0o2000, go::SETGID), (0o1000, go::STICKY)];

/// Go's form of a `st_mode`.
pub fn from_unix(mode: u32) -> u32 {
    let kind = TYPES.iter().find(|(unix, _)| *unix == mode & TYPE_MASK).map_or(0, |(_, go)| *go);
    let specials: u32 =
        SPECIALS.iter().filter(|(unix, _)| mode & unix != 0).map(|(_, go)| go).sum();
    kind | specials | mode & 0o777
}

/// The permission bits (with set-user-id, set-group-id and sticky) of Go's form.
pub fn permissions(mode: u32) -> u32 {
    let specials: u32 =
        SPECIALS.iter().filter(|(_, go)| mode & go != 0).map(|(unix, _)| unix).sum();
    specials | mode & 0o777
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_translated_as_go_does() {
        assert_eq!(from_unix(0o100_644), 420);
        assert_eq!(from_unix(0o040_755), 2_147_484_141);
        assert_eq!(from_unix(0o120_777), 134_218_239);
        for permissions_only in [0o0, 0o644, 0o4755, 0o2755, 0o1777, 0o7777] {
            assert_eq!(permissions(from_unix(0o100_000 | permissions_only)), permissions_only);
        }
    }
}
