//! The mark of what a run has brought back: written before anything else, taken away last.
//!
//! It stands in the folder beside production (for a PostgreSQL database in our own state, since a
//! server has no place for it), and says whose the folder is, what is in it and whether that is
//! whole. Nothing without this run's mark is ever removed or put in production's place.
//! The folder beside production may be writable by who attacked the portal: a shelf counts only if
//! nobody else can have made it (`world::private`), whatever its mark says.
//! `docs/formats/in-place-mark.md` tells the format.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::fault::AnyFault;
use crate::job::playbook::restore::fault::InPlaceFault;
use crate::world::files::{self, FileError};
use crate::world::fuse;
use crate::world::moves;
use crate::world::private::{Content, Found, PrivateFolder};

/// The name of the file.
const NAME: &str = "mark";

/// What a killed write of it leaves.
const NAME_TMP: &str = "mark.tmp";

/// Its first line.
const HEAD: &str = "duphong in-place 1";

/// A mark has some hundred bytes, and the names of the roles that a server lacks.
const BYTES_MAX: u64 = 1 << 20;

/// Whose a shelf is, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The portal.
    pub(super) portal: String,
    /// The run.
    pub(super) run: u64,
    /// The source, by its place in a set.
    pub(super) part: String,
    /// The set, by its whole id.
    pub(super) set: String,
    /// The repository that holds it.
    pub(super) repository: String,
    /// The inode, or the number of the database, of what was brought back: it stays the same under
    /// every name. Of a database it is there as soon as the database is.
    pub(super) number: Option<u64>,
    /// Whether it is all there.
    pub(super) whole: bool,
    /// Whether it may have stood in production's place, where people write to it: then it may hold
    /// what is nowhere else, and only a person removes it.
    pub(super) served: bool,
    /// Roles that the server lacked before the first attempt at loading the database: whichever
    /// attempt makes them, they are told.
    pub(super) roles: Vec<String>,
}

impl Mark {
    fn to_text(&self) -> String {
        // As JSON: the name of a role may hold anything, line breaks too.
        let roles = serde_json::json!(self.roles);
        let number = self.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        format!(
            "{HEAD}\nportal {}\nrun {}\npart {}\nset {}\nrepository {}\nnumber {number}\nwhole {}\n\
             served {}\nroles {roles}\n",
            self.portal, self.run, self.part, self.set, self.repository, self.whole, self.served
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return None;
        }
        let values: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once(' ')).collect();
        let text = |key: &str| values.get(key).map(|value| (*value).to_owned());
        Some(Self {
            portal: text("portal")?,
            run: text("run")?.parse().ok()?,
            part: text("part")?,
            set: text("set")?,
            repository: text("repository")?,
            number: match *values.get("number")? {
                "-" => None,
                number => Some(number.parse().ok()?),
            },
            whole: text("whole")?.parse().ok()?,
            served: text("served")?.parse().ok()?,
            roles: serde_json::from_str(values.get("roles")?).ok()?,
        })
    }
}

/// A folder of one run for one source: the mark, and beside it what was brought back.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    pub(super) path: PathBuf,
}

/// What stands where a shelf would.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nothing, or an empty folder, as a kill just before the mark leaves it.
    Free,
    /// A mark that can be read.
    Marked(Mark),
    /// Something else.
    Foreign,
}

impl Shelf {
    /// Where a set is restored to, on this shelf.
    pub(super) fn root(&self) -> PathBuf {
        self.path.join("set")
    }

    /// What stands here now.
    pub(super) fn standing(&self) -> Result<Standing, FileError> {
        let folder = match PrivateFolder::open(&self.path)? {
            Found::Absent => return Ok(Standing::Free),
            Found::Foreign => return Ok(Standing::Foreign),
            Found::Ours(folder) => folder,
        };
        if folder.read(NAME_TMP, BYTES_MAX)? == Content::Foreign {
            return Ok(Standing::Foreign);
        }
        Ok(match folder.read(NAME, BYTES_MAX)? {
            Content::Absent if self.is_empty()? => Standing::Free,
            Content::Absent | Content::Foreign => Standing::Foreign,
            Content::Bytes(bytes) => {
                let mark = str::from_utf8(&bytes).ok().and_then(Mark::parse);
                mark.map_or(Standing::Foreign, Standing::Marked)
            }
        })
    }

    /// The mark, if it is one of this run for this source.
    pub(super) fn mark_of(&self, portal: &str, run: u64, part: &str) -> Result<Mark, AnyFault> {
        match self.standing()? {
            Standing::Free => Err(InPlaceFault::NotStaged { part: part.to_owned() }.into()),
            Standing::Marked(mark)
                if (mark.portal.as_str(), mark.run, mark.part.as_str()) == (portal, run, part) =>
            {
                Ok(mark)
            }
            _ => Err(self.taken().into()),
        }
    }

    /// Writes the mark, durably; the folder is made where it is missing.
    pub(super) fn write(&self, mark: &Mark) -> Result<(), AnyFault> {
        fuse::point();
        files::create_private_dir(&self.path)?;
        fuse::point();
        // Looked at again: somebody else may have been quicker.
        let Found::Ours(folder) = PrivateFolder::open(&self.path)? else {
            return Err(self.taken().into());
        };
        folder.replace_durably(NAME, NAME_TMP, mark.to_text().as_bytes())?;
        fuse::point();
        Ok(())
    }

    /// Removes what was restored here, and last the mark and the folder.
    pub(super) fn remove(&self) -> Result<(), AnyFault> {
        let folder = match PrivateFolder::open(&self.path)? {
            Found::Absent => return Ok(()),
            Found::Foreign => return Err(self.taken().into()),
            Found::Ours(folder) => folder,
        };
        remove_folder(&self.root())?;
        fuse::point();
        folder.remove_file(NAME_TMP)?;
        folder.remove_file(NAME)?;
        fuse::point();
        // Not with what is in it: whatever somebody has put here besides is not ours.
        fs::remove_dir(&self.path).map_err(FileError::io("remove", &self.path))?;
        Ok(())
    }

    fn taken(&self) -> InPlaceFault {
        InPlaceFault::Taken { place: self.path.display().to_string() }
    }

    fn is_empty(&self) -> Result<bool, FileError> {
        let entries = fs::read_dir(&self.path).map_err(FileError::io("read", &self.path))?;
        for entry in entries {
            if entry.map_err(FileError::io("read", &self.path))?.file_name() != NAME_TMP {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Removes a folder of ours with all that is in it; none is fine.
pub(super) fn remove_folder(path: &Path) -> Result<(), FileError> {
    if !moves::is_there(path)? {
        return Ok(());
    }
    fs::remove_dir_all(path).map_err(FileError::io("remove", path))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mark() -> Mark {
        Mark {
            portal: "mau".to_owned(),
            run: 7,
            part: "media/tep".to_owned(),
            set: "0123".to_owned(),
            repository: "local".to_owned(),
            number: None,
            whole: false,
            served: false,
            roles: Vec::new(),
        }
    }

    #[test]
    fn a_mark_survives_its_own_text() {
        let whole = Mark {
            number: Some(42),
            whole: true,
            served: true,
            roles: vec!["biên\n tập".to_owned()],
            ..mark()
        };
        for mark in [mark(), whole] {
            assert_eq!(Mark::parse(&mark.to_text()), Some(mark));
        }
        assert_eq!(
            mark().to_text(),
            "duphong in-place 1\nportal mau\nrun 7\npart media/tep\nset 0123\nrepository local\n\
             number -\nwhole false\nserved false\nroles []\n"
        );
        for bad in ["", "duphong in-place 2\n", "duphong in-place 1\nportal a\nrun x\n"] {
            assert_eq!(Mark::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_has_no_mark_of_this_run_is_not_ours() {
        let here = tempfile::tempdir().unwrap();
        let shelf = Shelf { path: here.path().join("x.duphong-7-new") };
        let code = |part: &str, run| shelf.mark_of("mau", run, part).unwrap_err().code();
        assert_eq!(code("media/tep", 7), "in-place.not-staged");
        files::create_private_dir(&shelf.path).unwrap();
        assert_eq!(code("media/tep", 7), "in-place.not-staged");
        let stranger = shelf.path.join("a");
        fs::File::create(&stranger).unwrap();
        assert_eq!(code("media/tep", 7), "in-place.taken");
        shelf.write(&mark()).unwrap();
        assert_eq!(code("media/tep", 8), "in-place.taken");
        assert_eq!(code("db/cong", 7), "in-place.taken");
        assert_eq!(shelf.mark_of("mau", 7, "media/tep").unwrap(), mark());
        assert!(shelf.remove().is_err() && stranger.exists(), "what is not ours stays");
        fs::remove_file(&stranger).unwrap();
        shelf.remove().unwrap();
        assert!(!shelf.path.exists());
    }

    #[test]
    fn a_shelf_that_somebody_has_prepared_is_not_ours_whatever_its_mark_says() {
        let here = tempfile::tempdir().unwrap();
        let path = |name: &str| here.path().join(name);
        let shelf = |name: &str| Shelf { path: path(name) };
        let foreign = |shelf: &Shelf| matches!(shelf.standing().unwrap(), Standing::Foreign);
        let open = shelf("open");
        open.write(&mark()).unwrap();
        fs::set_permissions(&open.path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(foreign(&open), "others can enter it");
        assert_eq!(open.write(&mark()).unwrap_err().code(), "in-place.taken");
        assert_eq!(open.remove().unwrap_err().code(), "in-place.taken");
        assert!(open.path.join(NAME).exists());

        let real = shelf("real");
        real.write(&mark()).unwrap();
        symlink(&real.path, path("link")).unwrap();
        assert!(foreign(&shelf("link")));
        assert_eq!(shelf("link").write(&mark()).unwrap_err().code(), "in-place.taken");

        let victim = path("victim");
        File::create(&victim).unwrap();
        symlink(&victim, real.path.join(NAME_TMP)).unwrap();
        assert!(foreign(&real), "a link waits to be written through");
        fs::remove_file(real.path.join(NAME_TMP)).unwrap();
        let huge = File::options().write(true).open(real.path.join(NAME)).unwrap();
        huge.set_len(1 << 40).unwrap();
        assert!(foreign(&real), "no mark is that long");
    }
}
