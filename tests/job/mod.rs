//! The use cases together, on the made-up portal and a real disk.

mod portal;
mod postgres;
mod sqlite;
