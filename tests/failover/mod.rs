//! A pair of real PostgreSQL servers, and a whole failover between them.

mod node;
mod replication;
