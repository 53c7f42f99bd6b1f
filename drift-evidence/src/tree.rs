//! `Tree`: the Merkle tree of RFC 6962 over the lines of a ledger.

use drift_model::Digest;

/// The Merkle tree over lines, as far as it takes to go on: the root of each perfect part of it.
///
/// A leaf is the exact bytes of a stored line without its newline, which is also what the [chain](crate::Chain) digests. It
/// takes memory for the logarithm of the lines, and one line more costs two digests on average.
///
/// ```
/// use drift_evidence::Tree;
///
/// let mut tree = Tree::default();
/// assert_eq!(tree.root().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
/// tree.append(b"");
/// assert_eq!(tree.root().hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
/// assert_eq!(tree.size(), 1);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tree {
    size: u64,
    /// INVARIANT: one for each bit that is set in the size, the largest part first.
    parts: Vec<Digest>,
}

impl Tree {
    /// The tree without a line.
    pub(crate) const EMPTY: Self = Self { size: 0, parts: Vec::new() };

    /// Takes the next line, without its newline.
    pub fn append(&mut self, line: &[u8]) {
        self.push(leaf(line));
    }

    /// Takes the next leaf, digested already.
    pub(crate) fn push(&mut self, leaf: Digest) {
        let (mut part, mut rest) = (leaf, self.size);
        // Two parts of one size are one part of the next.
        while rest & 1 == 1 {
            part = self.parts.pop().map_or(part, |left| node(left, part));
            rest >>= 1;
        }
        self.parts.push(part);
        self.size = self.size.saturating_add(1);
    }

    /// How many lines it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The digest that stands for all of them, in their order (RFC 6962 §2.1); of none, that of no bytes.
    #[must_use]
    pub fn root(&self) -> Digest {
        let parts = self.parts.iter().rev().copied();
        parts.reduce(|right, left| node(left, right)).unwrap_or_else(|| Digest::of(b""))
    }
}

impl Extend<Digest> for Tree {
    fn extend<T: IntoIterator<Item = Digest>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

/// The digest of a line. Leaves and nodes begin differently, so that neither passes for the other.
pub(crate) fn leaf(line: &[u8]) -> Digest {
    Digest::of_joined([&[0][..], line])
}

pub(crate) fn node(left: Digest, right: Digest) -> Digest {
    Digest::of_joined([&[1][..], left.bytes(), right.bytes()])
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6962 §2.1, as it is written there.
    pub(crate) fn by_the_book(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [leaf] => *leaf,
            leaves => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(by_the_book(left), by_the_book(right))
            }
        }
    }

    #[test]
    fn the_known_roots_of_the_first_eight_leaves() {
        // The leaves and roots that implementations of RFC 6962 test with.
        let mut tree = Tree::default();
        for (line, root) in [
            (&b""[..], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (b"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
            (b"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (b"\x40\x41\x42\x43", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
            (b"PQRSTUVW", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (b"`abcdefghijklmno", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            tree.append(line);
            assert_eq!(tree.root().hex(), root, "{}", tree.size());
        }
    }

    proptest! {
        #[test]
        fn it_grows_into_what_the_book_says(lines in proptest::collection::vec(any::<[u8; 2]>(), 0..70)) {
            let leaves: Vec<Digest> = lines.iter().map(|line| leaf(line)).collect();
            let mut tree = Tree::default();
            for (size, leaf) in leaves.iter().enumerate() {
                prop_assert_eq!(tree.root(), by_the_book(&leaves[..size]));
                prop_assert_eq!(tree.parts.len(), size.count_ones() as usize);
                tree.push(*leaf);
            }
            prop_assert_eq!((tree.size(), tree.root()), (leaves.len() as u64, by_the_book(&leaves)));
        }
    }
}
