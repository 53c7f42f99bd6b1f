//! Proofs over the [`Tree`] of a ledger: that a line stands in it, and that it grew out of a smaller one.

use drift_model::Digest;
use serde::{Deserialize, Serialize};

use crate::tree::{Tree, leaf, node};

/// The leaves of a ledger, from which proofs are made. It takes 32 bytes for each line.
///
/// ```
/// use drift_evidence::Leaves;
///
/// let ledger = "first\nsecond\nthird\n";
/// let leaves = Leaves::of(ledger.as_bytes());
/// let (old, new) = (leaves.root(2).unwrap(), leaves.root(3).unwrap());
///
/// // Whoever knows the root need not have the ledger to see that a line stands in it,
/// let inclusion = leaves.inclusion(1, 3).unwrap();
/// assert_eq!(inclusion.verify(b"second", new), Ok(()));
/// assert!(inclusion.verify(b"Second", new).is_err());
/// // or that nothing was changed in it since the time of an older root.
/// assert_eq!(leaves.consistency(2, 3).unwrap().verify(old, new), Ok(()));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leaves(Vec<Digest>);

impl Leaves {
    /// The leaves of the whole lines of a ledger. Whether it is one is for [`verify`](crate::verify) to say.
    #[must_use]
    pub fn of(ledger: &[u8]) -> Self {
        let lines = ledger.split_inclusive(|byte| *byte == b'\n');
        Self(lines.filter_map(|line| line.strip_suffix(b"\n")).map(leaf).collect())
    }

    /// How many there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// The root of the tree over the first `size` leaves; `None` if there are not so many.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Digest> {
        self.first(size).map(root)
    }

    /// The proof that the line at `index` (from 0) stands in the tree of the first `size` lines (RFC 6962 §2.1.1).
    ///
    /// `None` if there are not so many lines, or the index is not among them.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        let mut part = self.first(size)?;
        let mut place = usize::try_from(index).ok().filter(|place| *place < part.len())?;
        let mut path = Vec::new();
        while let Some((left, right)) = halves(part) {
            if place < left.len() {
                path.push(root(right));
                part = left;
            } else {
                path.push(root(left));
                place = place.saturating_sub(left.len());
                part = right;
            }
        }
        path.reverse();
        Some(Inclusion { index, size, path })
    }

    /// The proof that the tree of the first `old` lines is the beginning of that of the first `new` lines (RFC 6962 §2.1.2).
    ///
    /// `None` if there are not so many lines, or `old` is more than `new`.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Consistency> {
        let mut part = self.first(new)?;
        let mut known = self.first(old)?.len();
        let mut path = Vec::new();
        if known > part.len() {
            return None;
        }
        // The old root itself need not be told, as long as the old tree is the whole left side.
        let mut whole = true;
        while known > 0
            && known < part.len()
            && let Some((left, right)) = halves(part)
        {
            if known <= left.len() {
                path.push(root(right));
                part = left;
            } else {
                path.push(root(left));
                known = known.saturating_sub(left.len());
                part = right;
                whole = false;
            }
        }
        if !whole {
            path.push(root(part));
        }
        path.reverse();
        Some(Consistency { old, new, path })
    }

    fn first(&self, size: u64) -> Option<&[Digest]> {
        self.0.get(..usize::try_from(size).ok()?)
    }
}

fn root(leaves: &[Digest]) -> Digest {
    let mut tree = Tree::default();
    tree.extend(leaves.iter().copied());
    tree.root()
}

/// The left half has the largest power of two of leaves that leaves any for the right.
fn halves(part: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    if part.len() < 2 {
        return None;
    }
    part.split_at_checked(part.len().next_power_of_two() >> 1)
}

/// That a line stands in a ledger.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Inclusion {
    /// Its sequence.
    pub index: u64,
    /// How many lines the ledger has.
    pub size: u64,
    /// The roots of the parts beside it, the nearest first.
    pub path: Vec<Digest>,
}

impl Inclusion {
    /// Does this line, without its newline, stand at the index in the ledger of this root? (RFC 9162 §2.1.3.2)
    ///
    /// # Errors
    ///
    /// [`ProofError`] if it does not, or the proof is none for a tree of this size.
    pub fn verify(&self, line: &[u8], root: Digest) -> Result<(), ProofError> {
        if self.index >= self.size {
            return Err(ProofError::Shape);
        }
        let mut place = Place { node: self.index, last: self.size.saturating_sub(1) };
        let mut seen = leaf(line);
        for beside in &self.path {
            seen = if place.is_right()? { node(*beside, seen) } else { node(seen, *beside) };
            place.rise();
        }
        place.is_root(seen == root)
    }
}

/// That a ledger grew out of a smaller one, of which nothing was changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Consistency {
    /// How many lines the smaller one has.
    pub old: u64,
    /// How many the larger one has.
    pub new: u64,
    /// The roots of the parts that both roots are made of.
    pub path: Vec<Digest>,
}

impl Consistency {
    /// Is the ledger of the old root the beginning of that of the new one? (RFC 9162 §2.1.4.2)
    ///
    /// Everything grows out of a ledger without lines.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if it is not, or the proof is none for trees of these sizes.
    pub fn verify(&self, old: Digest, new: Digest) -> Result<(), ProofError> {
        if self.old == 0 || self.old == self.new {
            let same = (self.old != self.new || old == new) && (self.old != 0 || old == Digest::of(b""));
            return if !self.path.is_empty() {
                Err(ProofError::Shape)
            } else if same {
                Ok(())
            } else {
                Err(ProofError::Root)
            };
        }
        if self.old > self.new {
            return Err(ProofError::Shape);
        }
        let mut place = Place { node: self.old.saturating_sub(1), last: self.new.saturating_sub(1) };
        // Up to the root of the last perfect part of the old tree, which both trees have.
        while place.node & 1 == 1 {
            place.up();
        }
        // Where the old tree is one perfect part, that is its root, and the proof need not tell it.
        let told = if self.old.is_power_of_two() { Some(old) } else { None };
        let mut path = told.into_iter().chain(self.path.iter().copied());
        let first = path.next().ok_or(ProofError::Shape)?;
        let (mut seen_old, mut seen_new) = (first, first);
        for beside in path {
            if place.is_right()? {
                seen_old = node(beside, seen_old);
                seen_new = node(beside, seen_new);
            } else {
                seen_new = node(seen_new, beside);
            }
            place.rise();
        }
        place.is_root(seen_old == old && seen_new == new)
    }
}

/// Where a proof has come to: a node of a level, and the last node of that level.
struct Place {
    node: u64,
    last: u64,
}

impl Place {
    /// Does what the proof tells next stand to the left of the node? It has to stand somewhere.
    const fn is_right(&self) -> Result<bool, ProofError> {
        if self.last == 0 { Err(ProofError::Shape) } else { Ok(self.node & 1 == 1 || self.node == self.last) }
    }

    /// Goes to the parent; past the levels where a last node stands alone, which has no parent of its own there.
    fn rise(&mut self) {
        while self.node & 1 == 0 && self.node == self.last && self.node != 0 {
            self.up();
        }
        self.up();
    }

    const fn up(&mut self) {
        (self.node, self.last) = (self.node >> 1, self.last >> 1);
    }

    const fn is_root(&self, same: bool) -> Result<(), ProofError> {
        match (self.last, same) {
            (0, true) => Ok(()),
            (0, false) => Err(ProofError::Root),
            (_, _) => Err(ProofError::Shape),
        }
    }
}

/// What a proof does not prove.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// It has too many or too few digests for its sizes, or sizes that cannot be.
    #[error("the proof does not fit the sizes that it names")]
    Shape,
    /// It leads to another root.
    #[error("the proof leads to another root; the line, the ledger or the proof was changed")]
    Root,
}

impl ProofError {
    /// A stable name for the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Shape => "proof-shape",
            Self::Root => "other-root",
        }
    }
}

#[cfg(test)]
mod tests;
