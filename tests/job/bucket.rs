//! The made-up portal with a bucket as one of its repositories, on a server of the test's own.

use tempfile::TempDir;

use crate::job::portal::{CONFIGURATION, SOURCES};
use crate::store::s3::{KEY, Options, Server};

/// A server, and the file with the keys to it.
pub(super) struct Bucket {
    pub(super) server: Server,
    pub(super) keys: TempDir,
}

impl Bucket {
    pub(super) fn with(options: Options) -> Self {
        let keys = TempDir::new().unwrap();
        std::fs::write(keys.path().join("s3.key"), format!("{}\n{}\n", KEY.0, KEY.1)).unwrap();
        Self { server: Server::with(options), keys }
    }

    /// A configuration in which sets go to these repositories and drills come from the bucket;
    /// `more` is what else it says of the bucket.
    pub(super) fn configuration(&self, prefix: &str, to: &str, more: &str) -> String {
        let bucket = format!(
            "  bucket:\n    s3: {{ endpoint: '{}', bucket: kho-mau, prefix: {prefix}, \
             credentials: {{ file: {} }} }}\n    \
             password: {{ file: @secrets/bucket.password }}\n",
            self.server.endpoint(),
            self.keys.path().join("s3.key").display()
        );
        let more = if more.is_empty() { String::new() } else { format!("    {more}\n") };
        CONFIGURATION
            .replace("SOURCES", SOURCES)
            .replace("portals:\n", &format!("{bucket}{more}portals:\n"))
            .replace("to: [local]", &format!("to: [{to}]"))
            .replace("from: local", "from: bucket")
    }
}
