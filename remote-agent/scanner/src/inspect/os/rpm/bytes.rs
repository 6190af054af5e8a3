//! Numbers at places that the file chooses: none where there is nothing.

/// The `N` bytes at `at`.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    array(bytes, at).map(|two| usize::from(u16::from_be_bytes(two)))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    array(bytes, at).map(|four| u32::from_be_bytes(four) as usize)
}

pub(super) fn le32(bytes: &[u8], at: usize) -> Option<usize> {
    array(bytes, at).map(|four| u32::from_le_bytes(four) as usize)
}

/// `length` bytes from `at` on.
pub(super) fn part(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

/// How much may still be read: what lies in a file once is never read twice,
/// so a file that has more of it to tell than its own size leads in circles.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn of(file: &[u8]) -> Self {
        Self(file.len())
    }

    /// Takes `bytes`; none when there are not as many.
    pub(super) fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

/// Pages that have been read: none is part of two things.
pub(super) struct Visited(Vec<bool>);

impl Visited {
    pub(super) fn of(pages: usize) -> Self {
        Self(vec![false; pages])
    }

    /// Whether `page` is in the file and has not been read before.
    pub(super) fn enter(&mut self, page: usize) -> bool {
        match self.0.get_mut(page) {
            Some(seen) => !std::mem::replace(seen, true),
            None => false,
        }
    }
}
