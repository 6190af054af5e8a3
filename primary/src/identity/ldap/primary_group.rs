//! The primary group of Active Directory.
//!
//! Each user has one, mostly *Domain Users*. The group does not name the user as a
//! member: the user has the group's number, which with the domain's identifier is the
//! group's.

use std::fmt::Write as _;

use super::connection::Entry;

/// The attribute with the identifier of an entry.
pub(super) const SID: &str = "objectSid";
/// The attribute with the number of the primary group.
pub(super) const GROUP: &str = "primaryGroupID";

/// A filter that the user's primary group matches.
pub(super) fn filter(user: &Entry) -> Option<String> {
    let group: u32 = user.first(GROUP)?.parse().ok()?;
    sibling(user.bytes(SID)?, group)
}

/// The entry of the same domain with that number. The number is the last of an
/// identifier's, in little-endian order.
fn sibling(sid: &[u8], number: u32) -> Option<String> {
    let (domain, _) = sid.split_last_chunk::<4>()?;
    let mut filter = format!("({SID}=");
    for byte in domain.iter().copied().chain(number.to_le_bytes()) {
        write!(filter, "\\{byte:02x}").ok()?;
    }
    filter.push(')');
    Some(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_the_groups() {
        let user = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x4f, 4, 0, 0];
        assert_eq!(
            sibling(&user, 513).unwrap(),
            "(objectSid=\\01\\02\\00\\00\\00\\00\\00\\05\\20\\00\\00\\00\\01\\02\\00\\00)"
        );
        assert_eq!(sibling(&[1, 2], 513), None);
    }
}
