//! File trees of a portal: what people uploaded, the program, its settings.
//!
//! Checks that a folder can be read at all. The walk itself is the repository's.

use std::fs;
use std::path::Path;

use crate::source::error::SourceError;
use crate::world::files::FileError;

/// Fails unless the folder is there and its entries can be listed now. A portal whose media disk
/// is not mounted must fail here, not give a set without media.
pub fn check(folder: &Path) -> Result<(), SourceError> {
    let path = || folder.to_owned();
    if !folder.try_exists().map_err(FileError::io("examine", folder))? {
        return Err(SourceError::Missing { path: path() });
    }
    if !folder.is_dir() {
        return Err(SourceError::NotAFolder { path: path() });
    }
    fs::read_dir(folder).map_err(FileError::io("read", folder))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::Fault as _;

    #[test]
    fn only_a_folder_that_exists_passes() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(folder.path()).is_ok());
        assert_eq!(check(&folder.path().join("gone")).unwrap_err().code(), "source.missing");
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(check(file.path()).unwrap_err().code(), "source.not-a-folder");
    }
}
