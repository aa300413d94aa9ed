//! Schedules against the calendar, and days of a scheduler that is killed again and again.

mod days;
mod schedule;
mod wish;
