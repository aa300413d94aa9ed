//! Work that is over when the log hears of it: intents and outcomes in one write.
//!
//! Nothing depends any more on the intent being on the disk before the effect. What still holds is
//! that no intent stays open: a crash in the middle leaves one without its outcome to the next
//! writer, which says so as of any other.

use crate::audit::entry::{Actor, Deed, Draft, Kind, Outcome};
use crate::audit::fault::AuditError;
use crate::audit::log::Log;

/// A piece of such work.
#[derive(Clone, Debug)]
pub struct Late {
    /// Who did it.
    pub actor: Actor,
    /// What it was.
    pub deed: Deed,
    /// How it ended; none for a fact without an effect of ours.
    pub outcome: Option<Outcome>,
}

impl Log {
    /// Records all of them under one signed head: either they are durable when this returns, or it
    /// fails and some may be.
    pub fn record_late(&self, work: Vec<Late>) -> Result<(), AuditError> {
        self.locked(|state, inner| {
            let settled = work.iter().filter(|piece| piece.outcome.is_some()).count() as u64;
            let session = match settled {
                0 => None,
                _ => Some(self.session_in(state, inner)?),
            };
            let id = session.as_ref().map(|session| session.id().to_owned());
            let mut drafts = Vec::with_capacity(work.len());
            for Late { actor, deed, outcome } in work {
                let Some(outcome) = outcome else {
                    drafts.push(Draft::new(&actor, Kind::Record, deed));
                    continue;
                };
                let (verb, subject) = (deed.verb, deed.subject.clone());
                let seq = state.size() + drafts.len() as u64;
                let mut intent = Draft::new(&actor, Kind::Intent, deed);
                intent.session.clone_from(&id);
                let mut ended = Draft::outcome(&actor, (seq, verb, &subject), outcome);
                // Between the two entries, not between the two events.
                ended.took_ms = Some(0);
                drafts.extend([intent, ended]);
            }
            let Some(session) = session else { return self.write(state, drafts) };
            // Counted before the write: if that fails half way, the session file must stay.
            session.open += settled;
            self.write(state, drafts)?;
            session.open = session.open.saturating_sub(settled);
            Ok(())
        })
    }
}
