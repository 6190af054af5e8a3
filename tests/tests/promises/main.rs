//! What the project promises, tried on the real programs. One module an area,
//! one binary for all: linking costs more than compiling.

mod admission;
mod architecture;
mod authority;
mod ci_scans;
mod coverage;
mod database_outage;
mod documents;
mod drift;
mod embedded_postgres;
mod faults;
mod files;
mod forwarding;
mod harbor;
mod harness;
mod hostile_member;
mod joining;
mod kinds;
mod lifecycle;
mod live;
mod member_status;
mod membership;
mod node_scan;
mod reaching;
mod registry;
mod replicas;
mod rest;
mod scan_workers;
mod shapes;
mod sync;
mod system_config;
mod unattended;
mod vulndb;
mod vulnerability_profile;
mod vulnerability_queries;
