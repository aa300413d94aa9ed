//! What must be loaded after everything else, by one process alone.
//!
//! A partition whose copy of a trigger is switched off or on otherwise than the trigger itself has
//! an entry of its own in a dump, and the dump does not say that this entry needs the trigger: of
//! `pg_restore`'s processes the one that is first decides, and the load ends with "trigger does not
//! exist". One process alone follows the dump's order, in which the trigger comes first. Event
//! triggers go with them, or they would fire for triggers that are made.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::error::SourceError;
use crate::source::postgres::dump::SMALL_LIMIT;
use crate::source::postgres::tools::Tools;
use crate::world::World;
use crate::world::files;

/// The two parts of a dump's table of contents, as files for `pg_restore --use-list`; gone with
/// this value.
pub(super) struct Lists<'a> {
    work: &'a Path,
}

impl<'a> Lists<'a> {
    /// Cuts the table of contents of the dump in `folder` in two, below `work`, which must be
    /// private; none where nothing must wait.
    pub(super) fn write(
        folder: &Path,
        work: &'a Path,
        tools: &Tools,
        world: &World,
    ) -> Result<Option<Self>, SourceError> {
        let list = tools
            .program("pg_restore")
            .arg("--list")
            .arg(folder)
            .output(world.clock.as_ref(), SMALL_LIMIT)
            .map_err(SourceError::Program)?;
        // Bytes, not text: the names are in the dump's encoding, and only the kinds are read.
        let (late, early): (Vec<_>, Vec<_>) =
            list.split_inclusive(|byte| *byte == b'\n').partition(|line| is_late(line));
        if late.is_empty() {
            return Ok(None);
        }
        let lists = Self { work };
        for (index, lines) in [early, late].into_iter().enumerate() {
            files::write_synced(&lists.path(index), &lines.concat(), 0o600)?;
        }
        Ok(Some(lists))
    }

    /// The arguments for both runs, in their order.
    pub(super) fn arguments(&self) -> [String; 2] {
        [0, 1].map(|index| format!("--use-list={}", self.path(index).display()))
    }

    fn path(&self, index: usize) -> PathBuf {
        self.work.join(format!(".load-{index}.list"))
    }
}

impl Drop for Lists<'_> {
    fn drop(&mut self) {
        for index in [0, 1] {
            // The folder around them is private, and removed by who made it.
            let _gone = fs::remove_file(self.path(index));
        }
    }
}

/// Whether a line, `<id>; <class OID> <OID> <kind> <schema> <name> <owner>`, is of a trigger or of
/// what is said about one. Of a comment too many may be taken: nothing waits for a comment.
fn is_late(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let Some((_, rest)) = line.split_once("; ").filter(|_| !line.starts_with(';')) else {
        return false;
    };
    let what = rest.splitn(3, ' ').nth(2).unwrap_or("");
    let about = ["COMMENT ", "SECURITY LABEL "].iter().any(|kind| what.starts_with(kind));
    what.starts_with("TRIGGER ")
        || what.starts_with("EVENT TRIGGER ")
        || about && what.contains("TRIGGER ")
}

#[cfg(test)]
mod tests {
    use super::is_late;

    #[test]
    fn triggers_and_what_is_said_of_them_wait() {
        for (line, late) in [
            ("4525; 2620 18561 TRIGGER public region everywhere postgres\n", true),
            ("4026; 3466 16632 EVENT TRIGGER - ddl postgres\n", true),
            ("4810; 0 0 COMMENT public TRIGGER \"some\" ON reformed postgres\n", true),
            ("4811; 0 0 COMMENT - EVENT TRIGGER ddl postgres\n", true),
            ("12; 1259 16386 TABLE public TRIGGER postgres\n", false),
            ("13; 0 16386 TABLE DATA public TRIGGER postgres\n", false),
            ("14; 0 0 COMMENT public TABLE article postgres\n", false),
            (";     TOC Entries: 4 TRIGGER \n", false),
            ("\n", false),
        ] {
            assert_eq!(is_late(line.as_bytes()), late, "{line}");
        }
    }
}
