//! The snapshot engine: restic's repository format, version 2, written and read by our own code.
