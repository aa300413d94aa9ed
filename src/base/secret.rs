//! Passwords and keys that cannot be printed by accident.

use std::fmt;

use zeroize::Zeroizing;

/// Secret bytes: no `Display`, no `Serialize`; `Debug` prints `Secret(…)`; wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Every use can be found by searching for this name.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A password as a file holds it: one line ending is not part of it.
    pub fn from_file_content(mut bytes: Vec<u8>) -> Self {
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        Self::new(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::from_file_content(b"m\xe1\xba\xadt kh\xe1\xba\xa9u\r\n".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "mật khẩu".as_bytes());
    }
}
