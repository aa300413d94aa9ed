//! One fault that several repositories share: the source failed, or somebody asked to stop.

use std::fmt;
use std::sync::Arc;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args, Fault, FaultKind, Retry};

/// A fault that is told more than once.
#[derive(Clone)]
pub(super) struct Shared(Arc<AnyFault>);

impl Shared {
    pub(super) fn new(fault: AnyFault) -> Self {
        Self(Arc::new(fault))
    }

    fn fault(&self) -> &dyn Fault {
        &**self.0
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.fault(), f)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.fault(), f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.fault().source()
    }
}

impl Fault for Shared {
    fn kind(&self) -> FaultKind {
        self.fault().kind()
    }

    fn code(&self) -> &'static str {
        self.fault().code()
    }

    fn args(&self) -> Args {
        self.fault().args()
    }

    fn retry(&self) -> Retry {
        self.fault().retry()
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        self.fault().beneath()
    }

    fn is_lost(&self) -> bool {
        self.fault().is_lost()
    }

    fn exit(&self) -> ExitCode {
        self.fault().exit()
    }
}
