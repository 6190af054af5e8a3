//! REST types, one module an area. Field names are those that clients of
//! NeuVector's REST API know; lists are always present and never null.

pub mod access_scope;
pub mod admission;
pub mod alert;
pub mod api_key;
pub mod apply;
pub mod attachment;
pub mod auth;
pub mod byte_order_mark;
pub mod cluster_selector;
pub mod configuration_file;
pub mod controller;
pub mod domain;
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
pub mod json;
pub mod password_profile;
pub mod path;
pub mod policy_rule;
pub mod process_profile;
pub mod promote;
pub mod query;
pub mod remote_repository;
pub mod response_rule;
pub mod rollout;
pub mod scan;
pub mod sensor;
pub mod server;
pub mod server_test;
pub mod system;
pub mod system_v2;
pub mod token_auth_server;
pub mod unserved;
pub mod usage;
pub mod user;
pub mod user_role;
pub mod vex;
pub mod vulasset;
pub mod vulnerability;
pub mod webhook;
pub mod workload;

/// Whether a number is 0, and so left out where fields say that by
/// `skip_serializing_if`.
pub fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}
