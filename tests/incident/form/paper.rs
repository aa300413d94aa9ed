//! What stands on the paper and in the file to edit.

use crate::incident::form::kit::{bare, draft, files, full};

#[test]
fn first_look() {
    files("mau-03-full", &draft(&full()));
    files("mau-03-bare", &draft(&bare()));
}
