//! `palisade-agent scan` as people and pipelines run it: the real program on
//! images that lie on this machine.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod exit_codes;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod login;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod validators;
