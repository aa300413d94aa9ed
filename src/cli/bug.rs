//! Panics: defects of ours, caught at the edge and told as such.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::base::fault::{AnyFault, Args, Fault, FaultKind};

/// The last panic anywhere in the program: the hook sees what `catch_unwind` cannot.
static LAST: Mutex<Option<Bug>> = Mutex::new(None);

/// A panic that ended a verb.
#[derive(Clone, Debug, thiserror::Error)]
#[error("panicked at {place}: {words}")]
struct Bug {
    words: String,
    place: String,
}

impl Fault for Bug {
    fn kind(&self) -> FaultKind {
        FaultKind::Bug
    }

    fn code(&self) -> &'static str {
        "cli.bug"
    }

    fn args(&self) -> Args {
        Args::none()
            .text("words", &self.words)
            .text("place", &self.place)
            .text("version", env!("CARGO_PKG_VERSION"))
    }
}

/// The runtime did not start.
#[derive(Debug, thiserror::Error)]
#[error("failed to start the runtime")]
pub(super) struct NoRuntime {
    #[source]
    pub source: std::io::Error,
}

impl Fault for NoRuntime {
    fn kind(&self) -> FaultKind {
        FaultKind::Environment
    }

    fn code(&self) -> &'static str {
        "cli.no-runtime"
    }
}

/// Runs `work`; a panic in it comes back as a fault instead of a page of English.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, AnyFault>) -> Result<T, AnyFault> {
    std::panic::set_hook(Box::new(remember));
    // Nothing that `work` touched is used afterwards, so a broken invariant in it is not seen.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let bug = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(bug.unwrap_or_else(|| Bug { words: "—".to_owned(), place: "—".to_owned() }).into())
    })
}

fn remember(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let words = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let trace = std::backtrace::Backtrace::force_capture();
    tracing::error!(%place, "A thread panicked: {words}.");
    tracing::debug!("{trace}");
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Bug { words, place });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_fault_that_names_its_place() {
        let fault = caught(|| -> Result<(), AnyFault> { panic!("hỏng {}", 7) }).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Bug);
        assert_eq!(fault.exit().number(), 70);
        assert!(fault.to_string().contains("bug.rs"), "{fault}");
        assert!(fault.to_string().ends_with("hỏng 7"));
    }
}
