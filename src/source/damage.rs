//! Damage done on purpose to a restored database, so that a drill is seen to notice it. Only servers
//! and files of our own can be asked for it.

/// What is damaged: the first thing of its kind that can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A trigger is dropped.
    Trigger,
    /// A right of an account on a table is taken away.
    Grant,
    /// A value in one row becomes another one.
    Row,
}

impl Damage {
    /// What is attempted, in English diagnostics.
    pub fn act(self) -> &'static str {
        match self {
            Self::Trigger => "drop a trigger",
            Self::Grant => "take away a right",
            Self::Row => "change a row",
        }
    }
}
