//! One use case a file: the only place where the modules of the second floor meet.

pub mod fault;
pub mod sample;
pub mod smoke;
