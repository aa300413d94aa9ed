//! A pair of real PostgreSQL servers, and a whole failover between them.

mod farm;
mod node;
mod replication;
