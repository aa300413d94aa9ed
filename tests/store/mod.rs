//! Every store meets the contract of `ObjectStore`; the disk also survives what disks do.

pub(crate) mod around;
mod conformance;
mod disk;
mod disk_durable;
mod faulty;
mod retry;
pub(crate) mod s3;
mod timely;

use duphong::store::ObjectName;

/// Drives a future as `World::block_on` does: on a thread that is not one of the runtime's.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}
