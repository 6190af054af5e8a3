//! The repository of Git that exports can be written to.
//!
//! [`settings`] keeps where it is; [`export`] writes a file there, by the API of whoever
//! hosts it ([`github`], [`azure_devops`]).

mod azure_devops;
mod export;
mod github;
mod settings;
#[cfg(test)]
mod tests;

pub use export::{RemoteExportError, write};
pub use settings::{NAME, RemoteRepositoryError, change, create, delete, shown};
