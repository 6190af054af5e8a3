//! The orders and ranges of versions, held against the tools of their
//! ecosystems where those are on the machine.

#[cfg(test)]
mod advisories;
#[cfg(test)]
mod composer;
#[cfg(test)]
mod dpkg;
#[cfg(test)]
mod java;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod node;
#[cfg(test)]
mod nuget;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod python;
#[cfg(test)]
mod ranges;
#[cfg(test)]
mod rpm;
#[cfg(test)]
mod ruby;
