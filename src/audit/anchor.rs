//! Heads kept outside the log: what makes a cut tail or a rewritten past visible.
//!
//! An anchor is a copy of a signed head at a place that whoever can write the log cannot. Before a
//! newer head replaces it, the old one is held against the log: a log that contradicts its anchor
//! must not overwrite the proof.

use std::path::Path;

use crate::audit::entry::{Actor, Deed, Outcome};
use crate::audit::fault::AuditError;
use crate::audit::log::{Head, Log};
use crate::audit::state::State;
use crate::base::fault::{Args, Message};
use crate::world::files::{self, FileError};

impl Log {
    /// Writes the newest signed head to a file outside the log, and puts that on record.
    pub fn anchor(&self, actor: &Actor, path: &Path) -> Result<Head, AuditError> {
        self.with_state(|state| self.held_against(state, path))?;
        let intent = self.intend(actor, Deed::new("audit.anchor", path.display().to_string()))?;
        match self.write_anchor(path) {
            Ok(head) => {
                let outcome =
                    Outcome::done().fact("size", head.size).fact("root", head.root.to_string());
                self.settle(intent, outcome)?;
                Ok(head)
            }
            Err(fault) => {
                self.settle(intent, Outcome::fault(&fault))?;
                Err(fault)
            }
        }
    }

    fn write_anchor(&self, path: &Path) -> Result<Head, AuditError> {
        let (head, note) = self.with_state(|state| {
            self.held_against(state, path)?;
            Ok((self.head_of(state)?, state.checkpoint().to_vec()))
        })?;
        files::replace_durably(path, &note).map_err(|source| AuditError::Output { source })?;
        Ok(head)
    }

    /// Compares an anchor that is there already with the log.
    fn held_against(&self, state: &State, path: &Path) -> Result<(), AuditError> {
        let note = match std::fs::read(path) {
            Ok(note) => note,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let source = FileError::io("read", path)(error);
                return Err(AuditError::Output { source });
            }
        };
        let Some((size, root)) = self.keys().open(&note) else {
            return Err(AuditError::NotAnAnchor { path: path.to_owned() });
        };
        if size > state.size() || state.tiles().root(size)? != root {
            return Err(AuditError::AnchorContradicts { path: path.to_owned() });
        }
        Ok(())
    }
}

impl Head {
    /// The head for people: name, size and root.
    pub fn message(&self) -> Message {
        let args = Args::none()
            .text("origin", &self.origin)
            .number("size", self.size)
            .text("root", self.root);
        Message::with("audit-head", args)
    }
}
