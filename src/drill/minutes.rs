//! The minutes of a drill as a document.
