//! File trees of a portal: what people uploaded, the program, its settings.
//!
//! Says which folder is meant, checks that it can be read, and names its place in the set. The
//! walk itself is the repository's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::manifest::TreeRole;
use crate::source::error::SourceError;
use crate::source::name;
use crate::world::files::FileError;

/// One file tree to protect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the tree is to the portal.
    pub role: TreeRole,
    /// Where it stands.
    pub path: PathBuf,
    /// Its name in the set, unique within its role.
    pub name: String,
    /// Glob patterns, relative to `path`, of what stays out.
    pub exclude: Vec<String>,
}

impl Settings {
    /// Where the tree lies in the set.
    pub fn set_path(&self) -> String {
        format!("{}/{}", self.role.as_str(), self.name)
    }

    /// Fails unless the tree is a folder whose entries can be listed now. A portal whose media
    /// disk is not mounted must fail here, not give a set without media.
    pub fn check(&self) -> Result<(), SourceError> {
        name::check(&self.name)?;
        check(&self.path)
    }
}

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

/// A name for a tree that was given none: the last part of its path, made fit for a set.
pub fn derive_name(role: TreeRole, path: &Path) -> String {
    let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let fit: String = last
        .unwrap_or_default()
        .chars()
        .map(|c| if name::is_allowed(c) { c } else { '-' })
        .take(name::LENGTH_MAX)
        .collect();
    let fit = fit.trim_matches(['-', '.']);
    if fit.is_empty() { role.as_str().to_owned() } else { fit.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::Fault as _;

    fn settings(path: &Path) -> Settings {
        Settings {
            role: TreeRole::Media,
            path: path.to_owned(),
            name: "files".to_owned(),
            exclude: Vec::new(),
        }
    }

    #[test]
    fn names_come_from_the_last_part_of_the_path() {
        let name = |path: &str| derive_name(TreeRole::Media, Path::new(path));
        assert_eq!(name("/srv/portal/uploads"), "uploads");
        assert_eq!(name("/srv/portal/uploads/"), "uploads");
        assert_eq!(name("/srv/Tệp đính kèm"), "T-p---nh-k-m");
        assert_eq!(name("/"), "media");
        assert_eq!(name("/srv/.."), "media");
    }

    #[test]
    fn only_a_folder_that_exists_passes() {
        let folder = tempfile::tempdir().unwrap();
        assert!(settings(folder.path()).check().is_ok());
        let missing = settings(&folder.path().join("gone")).check().unwrap_err();
        assert_eq!(missing.code(), "source.missing");
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(settings(file.path()).check().unwrap_err().code(), "source.not-a-folder");
        assert_eq!(settings(folder.path()).set_path(), "media/files");
    }
}
