//! Renewing the vulnerability database from a server on this machine.

#[cfg(test)]
mod increments;
#[cfg(test)]
mod outcome;
#[cfg(test)]
mod server;
