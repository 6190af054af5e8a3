//! Scans of images from a registry inside the test, honest and hostile, and
//! the vulnerability database that they are held against.

#[cfg(test)]
mod attached;
#[cfg(test)]
mod broken_layers;
#[cfg(test)]
mod debian;
#[cfg(test)]
mod downloads;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod honest;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod malware;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod misshapen;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod process;
#[cfg(test)]
mod products;
#[cfg(test)]
mod real_registry;
#[cfg(test)]
mod rpm;
#[cfg(test)]
mod signature;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod vulndb;
#[cfg(test)]
mod vulndb_file;
#[cfg(test)]
mod wire;
