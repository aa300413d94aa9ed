//! The proof: what a restored portal is compared with, and the verdict. Pure.
//!
//! [`choice`] says which set is restored, [`compare`] sets two inventories side by side, [`judge`]
//! turns checks and times into PASS, FAIL or NOT PROVEN, [`fact`] is the record that goes into the
//! audit log, [`fit`] makes it go in there, [`minutes`] the document people sign, [`trend`] the drills beside each other,
//! [`forecast`] what larger data would take, [`work`] what failed drills leave to be done. Nothing here
//! restores, reads a clock or touches a file: `job::drill` does, and hands in what it saw.

pub mod choice;
pub mod compare;
pub mod fact;
pub mod fit;
pub mod forecast;
pub mod judge;
pub mod minutes;
pub mod trend;
pub mod work;

use std::time::Duration;

/// The longest time a recovery may take, counted from the incident: QĐ 75/2025/QĐ-UBND (Hưng Yên)
/// Điều 12.4, "sẵn sàng phục hồi dữ liệu trong 24 giờ ngay sau khi hệ thống gặp sự cố".
pub const LEGAL_LIMIT: Duration = Duration::from_hours(24);

/// What a portal's drill is measured against. Already valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objectives {
    /// The longest accepted time from the decision to the portal's answer.
    pub rto: Duration,
    /// Our allowance for noticing the incident and deciding to restore; the law's clock runs then
    /// too. Not a figure of the law.
    pub allowance: Duration,
    /// The most data, as time, the owner accepts to lose.
    pub rpo: Duration,
}
