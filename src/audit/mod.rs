//! The record that can be trusted: entries in a Merkle log with signed heads.
