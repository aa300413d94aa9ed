//! *Mẫu số 03*: every label of the circular, every origin, every blank; on paper and as a file to
//! edit.

mod kit;
mod paper;
mod record;
