//! The command line: one file per verb; words, JSON and exit codes at the edge.
