//! Objects under names: the contract of a store, and the stores that keep it.
