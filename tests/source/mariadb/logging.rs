//! What the tests of both makers' logs ask of a server.

use super::*;

/// A server that writes a log, of either maker.
pub(crate) trait Logging {
    /// Says where the log ends.
    const STATUS: &str;
    /// Begins it anew.
    const RESET: &str;

    /// As its administrator.
    fn settings(&self, database: &str) -> Settings;

    /// A file of the log, as it lies on the server's disk.
    fn log_file(&self, name: &str) -> Vec<u8>;

    /// Kills the server and starts it again on what it left.
    fn kill_and_start(&mut self);

    /// Runs a script by the maker's stock client; returns what it printed.
    fn run(settings: &Settings, script: &str) -> String;
}

impl Logging for Production {
    const STATUS: &str = "SHOW MASTER STATUS";
    const RESET: &str = "RESET MASTER";

    fn settings(&self, database: &str) -> Settings {
        self.settings(database)
    }

    fn log_file(&self, name: &str) -> Vec<u8> {
        self.log_file(name)
    }

    fn kill_and_start(&mut self) {
        self.kill_and_start();
    }

    fn run(settings: &Settings, script: &str) -> String {
        run(settings, script)
    }
}
