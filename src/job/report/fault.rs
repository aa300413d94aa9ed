//! Why there is no report.

use crate::base::fault::{Args, Fault, FaultKind};

/// What was asked for cannot be reported on.
#[derive(Debug, thiserror::Error)]
pub enum ReportFault {
    /// These words name no period.
    #[error("`{words}` is no period")]
    Period {
        /// What was asked for.
        words: String,
    },
    /// The period has not begun: there is nothing to say about it.
    #[error("the period `{words}` has not begun")]
    Future {
        /// What was asked for.
        words: String,
    },
}

impl Fault for ReportFault {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Period { .. } => "report.period",
            Self::Future { .. } => "report.future",
        }
    }

    fn args(&self) -> Args {
        let (Self::Period { words } | Self::Future { words }) = self;
        Args::none().text("words", words)
    }
}
