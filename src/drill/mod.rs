//! The proof: what a restored portal is compared with, and the verdict. Pure.
