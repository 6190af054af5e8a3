//! Every SQL statement of the primary, one module an aggregate.
//!
//! Functions take a connection, so that the caller decides what is one
//! transaction; functions that are only right inside one take a transaction.
//! Open [`change`] first: it is the way in which federated state is written.

pub mod api_key;
pub mod asset_query;
pub mod audit;
pub mod auth_server;
pub mod authority;
pub mod backup;
pub mod certificate;
pub mod change;
pub mod clock;
pub mod configuration;
pub mod embedded;
pub mod ended_session;
mod error;
pub mod event;
pub mod federation;
pub mod finding;
pub mod fleet;
pub mod history;
pub mod image;
pub mod image_asset;
pub mod image_check;
pub mod image_list;
pub mod image_look;
pub mod inventory;
pub mod job;
pub mod layer;
pub mod live;
pub mod member;
pub mod member_kind;
pub mod member_seen;
pub mod migrate;
pub mod object;
mod opened;
pub mod password;
mod pool;
pub mod provider_logout;
pub mod provider_message;
pub mod question;
pub mod registry;
pub mod replica;
pub mod report;
pub mod report_vulnerability;
pub mod repository_image;
pub mod repository_scan;
mod role_columns;
pub mod rollout;
pub mod root_of_trust;
pub mod rule_id;
pub mod scanner;
mod servers;
pub mod session;
pub mod setting;
pub mod shadow_user;
pub mod sso_attempt;
pub mod token;
pub mod user;
pub mod user_role;
pub mod vex;
pub mod view;
pub mod vulnerability;
pub mod vulnerability_profile;
pub mod vulnerability_spread;
pub mod within;
pub mod workload;

pub use audit::Actor;
pub use error::{Result, StoreError};
pub use opened::Opened;
pub use pool::{Database, DatabaseConfig, plan_for_values};
pub use servers::{NotADatabaseUrl, parse as parse_database_url};
