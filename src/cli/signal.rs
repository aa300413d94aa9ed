//! Being asked to stop.
//!
//! The first Ctrl-C (or SIGTERM) asks every long loop to stop at its next safe place; a second one
//! ends the program at once. Both are safe for what is stored: the order of durability is that of
//! a crash.

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::base::cancel::Cancel;
use crate::base::exit::ExitCode;

/// Listens for the rest of the program's life; `acknowledge` tells the person that the first was
/// heard.
pub(super) fn listen(
    runtime: &Handle,
    cancel: Cancel,
    acknowledge: impl Fn() + Send + Sync + 'static,
) {
    // Registered before this returns: a signal that comes with the first line of work is heard.
    let _inside = runtime.enter();
    // Without a listener the signals keep their own effect, which is to end the program.
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    let _listener = runtime.spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancel.is_cancelled() {
                end_at_once();
            }
            cancel.cancel();
            acknowledge();
        }
    });
}

#[expect(clippy::exit, reason = "asked for twice: nothing is waited for any more")]
fn end_at_once() -> ! {
    std::process::exit(i32::from(ExitCode::Interrupted.number()))
}
