//! Where a test ends the process: points between two steps that a loss of power could come between.
//!
//! Code whose promise is "a kill at any moment leaves this resumable" passes [`point`] between its
//! steps. Outside of tests a point is nothing at all; with the `testkit` feature a fuse can be set,
//! and the process then dies by SIGKILL at that point, without a word and without clean-up.

#[cfg(feature = "testkit")]
use std::sync::atomic::{AtomicI64, Ordering};

/// Points that are still passed; negative while no fuse is set.
#[cfg(feature = "testkit")]
static LEFT: AtomicI64 = AtomicI64::new(-1);

/// Lets `points` points pass and ends the process at the next one.
#[cfg(feature = "testkit")]
pub fn set(points: u32) {
    LEFT.store(i64::from(points), Ordering::SeqCst);
}

/// The step before is done, and the step after has not begun.
#[cfg(feature = "testkit")]
pub fn point() {
    let passed =
        LEFT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left >= 0).then(|| left - 1));
    if passed == Ok(0) {
        let myself = rustix::process::getpid();
        let _dead = rustix::process::kill_process(myself, rustix::process::Signal::KILL);
    }
}

/// The step before is done, and the step after has not begun.
#[cfg(not(feature = "testkit"))]
pub fn point() {}
