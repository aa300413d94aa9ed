//! The use cases together, on the made-up portal and a real disk.

mod faults;
mod form;
mod kill;
mod portal;
mod postgres;
mod recover;
mod sqlite;
mod submit;
