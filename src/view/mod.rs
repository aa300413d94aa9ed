//! What is true now: folds of the audit log. Pure.
