//! Rekor's transparency log: the proof that it holds an entry. Hashes lead from the entry to
//! the root of a tree (RFC 6962), and a checkpoint with that root is signed by the log, as a
//! note whose last lines are signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_api::Digest;

use super::key::PublicKey;
use super::signed::Inclusion;

/// Signatures of a checkpoint that are looked at: witnesses sign it too.
const MOST_SIGNATURES: usize = 32;
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// Whether one of `logs` signs that it holds `entry`; none where the proof cannot be read.
pub(super) fn holds(inclusion: &Inclusion, entry: &[u8], logs: &[&PublicKey]) -> Option<bool> {
    let (text, signatures) = inclusion.checkpoint.rsplit_once("\n\n")?;
    let mut lines = text.split('\n');
    let origin = lines.next()?;
    let size: u64 = lines.next()?.parse().ok()?;
    let root = hash(lines.next()?)?;
    if origin.is_empty() {
        return None;
    }
    // The end of its last line is signed as well.
    let signed = format!("{text}\n");
    let is_signed = signatures
        .split('\n')
        .filter_map(signature)
        .take(MOST_SIGNATURES)
        .any(|signature| logs.iter().any(|log| log.signed(signed.as_bytes(), &signature)));
    let leaf = Digest::of(&[&[LEAF][..], entry].concat());
    Some(is_signed && root_above(leaf, inclusion.index, size, &inclusion.hashes) == Some(root))
}

/// A hash in base64.
pub(super) fn hash(text: &str) -> Option<Digest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest::from_bytes)
}

/// The signature in `— NAME BASE64`, behind the four bytes that hint at the key.
fn signature(line: &str) -> Option<Vec<u8>> {
    let (_, encoded) = line.strip_prefix("— ")?.rsplit_once(' ')?;
    STANDARD.decode(encoded).ok()?.get(4..).map(<[u8]>::to_vec)
}

fn node(left: Digest, right: Digest) -> Digest {
    Digest::of(&[&[NODE][..], left.as_bytes(), right.as_bytes()].concat())
}

/// The root of the tree of `size` leaves in which `leaf` is at `index` with `hashes` beside its
/// way up; none where there are too few of these or too many.
fn root_above(leaf: Digest, index: u64, size: u64, hashes: &[Digest]) -> Option<Digest> {
    // The places of the leaf and of the last one, in the row that has been reached.
    let (mut at, mut last) = (index, size.checked_sub(1)?);
    if at > last {
        return None;
    }
    let mut reached = leaf;
    for beside in hashes {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            reached = node(*beside, reached);
            // The last of a row that has none beside it stands for itself in the rows above.
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            reached = node(reached, *beside);
        }
        at /= 2;
        last /= 2;
    }
    (last == 0).then_some(reached)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count).map(|at| Digest::of(&[vec![LEAF], entry(at)].concat())).collect()
    }

    fn entry(at: usize) -> Vec<u8> {
        at.to_string().into_bytes()
    }

    /// Leaves left of the highest split.
    fn split(count: usize) -> usize {
        count.next_power_of_two() / 2
    }

    /// The root as RFC 6962 defines it.
    fn tree(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node(tree(left), tree(right))
            }
        }
    }

    /// The hashes beside the way to a leaf as RFC 6962 defines them.
    fn path(at: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let middle = split(leaves.len());
        let (left, right) = leaves.split_at(middle);
        let (mut below, beside) = if at < middle {
            (path(at, left), tree(right))
        } else {
            (path(at - middle, right), tree(left))
        };
        below.push(beside);
        below
    }

    struct Log(Ed25519KeyPair);

    impl Log {
        fn new(seed: u8) -> Self {
            Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
        }

        fn key(&self) -> PublicKey {
            let mut info = hex::decode("302a300506032b6570032100").unwrap();
            info.extend(self.0.public_key().as_ref());
            PublicKey::from_der(&info).unwrap()
        }

        fn line(&self, name: &str, text: &str) -> String {
            let signature = [&b"hint"[..], self.0.sign(text.as_bytes()).as_ref()].concat();
            format!("— {name} {}\n", STANDARD.encode(signature))
        }
    }

    fn noted(root: Digest, size: usize) -> String {
        format!("log.shop.example\n{size}\n{}\n", STANDARD.encode(root.as_bytes()))
    }

    fn inclusion(at: usize, leaves: &[Digest], checkpoint: String) -> Inclusion {
        Inclusion { index: at as u64, hashes: path(at, leaves), checkpoint }
    }

    proptest! {
        #[test]
        fn every_leaf_leads_to_the_root(count in 1_usize..70, at in any::<prop::sample::Index>()) {
            let (leaves, at) = (leaves(count), at.index(count));
            let (root, path) = (tree(&leaves), path(at, &leaves));
            let found = |at: usize, size: usize, path: &[Digest]| {
                root_above(leaves[at % count], at as u64, size as u64, path)
            };
            prop_assert_eq!(found(at, count, &path), Some(root));
            let mut more = path.clone();
            more.push(root);
            prop_assert_eq!(found(at, count, &more), None);
            if let Some((_, less)) = path.split_last() {
                prop_assert_ne!(found(at, count, less), Some(root));
            }
            prop_assert_eq!(found(count, count, &path), None);
            prop_assert_eq!(found(0, 0, &path), None);
            let other = leaves[(at + 1) % count];
            if count > 1 {
                prop_assert_ne!(root_above(other, at as u64, count as u64, &path), Some(root));
            }
        }

        #[test]
        fn nonsense_does_no_harm(text in "[—a1 \n=]{0,40}", index in any::<u64>()) {
            let inclusion = Inclusion { index, hashes: Vec::new(), checkpoint: text };
            prop_assert_ne!(holds(&inclusion, b"", &[&Log::new(1).key()]), Some(true));
        }
    }

    #[test]
    fn a_checkpoint_is_signed_by_the_log_and_perhaps_by_others() {
        let (log, witness) = (Log::new(1), Log::new(2));
        let leaves = leaves(11);
        let text = noted(tree(&leaves), 11);
        let name = "log.shop.example";
        let (ours, theirs) = (log.line(name, &text), witness.line("witness.example", &text));
        let other_text = log.line(name, "log.shop.example\n11\n\n");
        let other = noted(Digest::of(b"other"), 11);
        for (checkpoint, expected) in [
            (format!("{text}\n{ours}"), Some(true)),
            (format!("{text}\n{theirs}{ours}"), Some(true)),
            (format!("{text}\n{ours}{theirs}"), Some(true)),
            (format!("{text}\n{theirs}"), Some(false)),
            (format!("{text}\n{other_text}"), Some(false)),
            (format!("{text}\n"), Some(false)),
            (format!("{other}\n{}", log.line(name, &other)), Some(false)),
            (format!("{text}more\n\n{ours}"), Some(false)),
            (text.clone(), None),
            (format!("\n{text}\n{ours}"), None),
            (format!("{}\n{ours}", text.replace("\n11\n", "\n")), None),
            (format!("{name}\n11\n\n{ours}"), None),
            (String::new(), None),
        ] {
            let inclusion = inclusion(4, &leaves, checkpoint);
            let held = holds(&inclusion, &entry(4), &[&log.key()]);
            assert_eq!(held, expected, "{}", inclusion.checkpoint);
        }
        let inclusion = inclusion(4, &leaves, format!("{text}\n{ours}"));
        assert_eq!(holds(&inclusion, &entry(5), &[&log.key()]), Some(false));
        assert_eq!(holds(&inclusion, &entry(4), &[&witness.key()]), Some(false));
        assert_eq!(holds(&inclusion, &entry(4), &[]), Some(false));
    }
}
