//! The use cases together, on the made-up portal and a real disk.

mod action;
mod bucket;
mod command;
mod copy;
mod faults;
mod forget;
mod form;
mod incident;
mod key;
mod kill;
mod mariadb;
mod mass_change;
mod object_lock;
mod playbook;
mod portal;
mod postgres;
mod probe;
mod pulled;
mod recover;
mod requests;
mod restore_in_place;
mod restore_plan;
mod s3;
mod sqlite;
mod submit;
mod watching;
