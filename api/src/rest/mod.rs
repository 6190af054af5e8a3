//! REST types, one module an area. Field names are those that clients of
//! NeuVector's REST API know; lists are always present and never null.

pub mod access_scope;
pub mod admission;
pub mod api_key;
pub mod apply;
pub mod auth;
pub mod cluster_selector;
pub mod dry_run;
pub mod empty;
pub mod error;
pub mod event;
pub mod fed;
pub mod file;
pub mod file_monitor;
pub mod fleet;
pub mod group;
pub mod harbor;
pub mod history;
pub mod host;
pub mod password_profile;
pub mod policy_rule;
pub mod process_profile;
pub mod promote;
pub mod response_rule;
pub mod rollout;
pub mod scan;
pub mod sensor;
pub mod server;
pub mod system;
pub mod unserved;
pub mod user;
pub mod user_role;
pub mod vulasset;
pub mod vulnerability;
pub mod webhook;
pub mod workload;
