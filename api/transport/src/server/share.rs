//! How many of a listener's connections one address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The part of an IPv6 address that one household shares.
const HOUSEHOLD: Ipv6Addr = Ipv6Addr::new(0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0);

/// The connections of each address that has any.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Shares {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more connection of `address`; none where it has `most`.
    pub(super) fn take(&self, address: IpAddr, most: usize) -> Option<Share> {
        let address = neighbourhood(address);
        let mut shares = self.lock();
        let held = shares.entry(address).or_default();
        if *held >= most {
            return None;
        }
        *held += 1;
        Some(Share { address, shares: self.clone() })
    }
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    address: IpAddr,
    shares: Shares,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.shares.lock();
        if let Some(held) = shares.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                shares.remove(&self.address);
            }
        }
    }
}

fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(address & HOUSEHOLD),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_leaves_nothing_behind() {
        let shares = Shares::default();
        let take = |address: &str| shares.take(address.parse().unwrap(), 2);
        let (first, _second) = (take("::ffff:192.0.2.1").unwrap(), take("192.0.2.1").unwrap());
        assert!(take("192.0.2.1").is_none());
        let other = take("192.0.2.2").unwrap();
        let _household = (take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap());
        assert!(take("2001:db8::3").is_none());
        assert!(take("2001:db8:0:1::3").is_some());
        drop((first, other));
        assert!(take("192.0.2.1").is_some());
        assert_eq!(shares.lock().len(), 2);
    }
}
