//! Pipes that hold more.

use std::os::fd::AsFd;

/// What anybody may ask for without privileges on Linux (`/proc/sys/fs/pipe-max-size`), sixteen times
/// what a pipe has from the start.
const WIDE: usize = 1 << 20;

/// Lets a pipe hold 1 MiB, so that writer and reader wait for each other less often.
///
/// Where it is no pipe, or the system gives no more, all stays as it is.
pub fn widen(pipe: impl AsFd) {
    // Nothing depends on it but the time.
    let _as_it_was = rustix::pipe::fcntl_setpipe_size(pipe, WIDE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_holds_more_and_anything_else_stays_as_it_is() {
        let (reader, writer) = std::io::pipe().unwrap();
        widen(&writer);
        assert_eq!(rustix::pipe::fcntl_getpipe_size(&reader).unwrap(), WIDE);
        widen(std::fs::File::open("/dev/null").unwrap());
    }
}
