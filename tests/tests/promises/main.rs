//! What the project promises, tried on the real programs. One module an area,
//! one binary for all: linking costs more than compiling.

mod admission;
mod architecture;
mod ci_scans;
mod coverage;
mod database_outage;
mod documents;
mod embedded_postgres;
mod files;
mod harbor;
mod harness;
mod joining;
mod kinds;
mod lifecycle;
mod node_scan;
mod registry;
mod rest;
mod scan_workers;
mod shapes;
mod sync;
mod vulndb;
mod vulnerability_profile;
mod vulnerability_queries;
