//! One use case a file: the only place where the modules of the second floor meet.

pub mod fault;
pub mod init;
pub mod key;
pub mod report;
pub mod sample;
pub mod site;
pub mod smoke;
