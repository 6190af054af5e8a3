//! Files that run as their owner or group, and folders whose files get their group, as
//! clients know them.

use crate::scan::SetId;

const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// What the mode says; none for a mode without the bits.
pub(super) const fn kind(mode: u32) -> Option<&'static str> {
    match (mode & SETUID != 0, mode & SETGID != 0) {
        (true, true) => Some("setuid setgid"),
        (true, false) => Some("setuid"),
        (false, true) => Some("setgid"),
        (false, false) => None,
    }
}

/// The mode with the special bits in front: `urwxr-xr-x`, of a folder `dgrwxrwxr-x`.
pub(super) fn text(mode: u32) -> String {
    let special = [(SetId::FOLDER, 'd'), (SETUID, 'u'), (SETGID, 'g'), (STICKY, 't')];
    let special = special.into_iter().filter(|(bit, _)| mode & bit != 0).map(|(_, c)| c);
    let plain = (0..9).map(|at| {
        let c = ['r', 'w', 'x'].get(at % 3).copied().unwrap_or('-');
        if mode & (0o400 >> at) != 0 { c } else { '-' }
    });
    special.chain(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        for (mode, expected, shown) in [
            (0o4755, Some("setuid"), "urwxr-xr-x"),
            (0o2755, Some("setgid"), "grwxr-xr-x"),
            (0o6711, Some("setuid setgid"), "ugrwx--x--x"),
            (0o1777, None, "trwxrwxrwx"),
            (SetId::FOLDER | 0o3775, Some("setgid"), "dgtrwxrwxr-x"),
            (0o644, None, "rw-r--r--"),
        ] {
            assert_eq!((kind(mode), text(mode).as_str()), (expected, shown));
        }
    }
}
