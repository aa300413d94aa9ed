//! The use cases together, on the made-up portal and a real disk.

mod faults;
mod incident;
mod kill;
mod portal;
mod postgres;
mod probe;
mod recover;
mod sqlite;
mod watching;
