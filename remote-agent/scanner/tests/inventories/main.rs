//! Inventories of packages that their own tools have installed, held against
//! what those tools and an independent scanner list.

#[cfg(test)]
mod everything;
#[cfg(test)]
mod independent;
#[cfg(test)]
mod node;
#[cfg(test)]
mod python;
#[cfg(test)]
mod ruby;
#[cfg(test)]
mod rust;
#[cfg(test)]
mod tool;
