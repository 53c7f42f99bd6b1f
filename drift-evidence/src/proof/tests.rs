#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]
#![allow(clippy::many_single_char_names, reason = "the names that the RFC gives")]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::tree::tests::by_the_book;

fn lines(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("line {number}").into_bytes()).collect()
}

fn leaves(lines: &[Vec<u8>]) -> Leaves {
    let ledger: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
    Leaves::of(&ledger)
}

fn other_library(lines: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for line in lines {
        tree.push(line.clone());
    }
    tree
}

/// PATH of RFC 6962 §2.1.1, as it is written there.
fn path_by_the_book(place: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut path, beside) = if place < half {
        (path_by_the_book(place, left), right)
    } else {
        (path_by_the_book(place - half, right), left)
    };
    path.push(by_the_book(beside));
    path
}

/// SUBPROOF of RFC 6962 §2.1.2, as it is written there.
fn proof_by_the_book(known: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
    if known == leaves.len() {
        return if whole { Vec::new() } else { vec![by_the_book(leaves)] };
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut path, beside) = if known <= half {
        (proof_by_the_book(known, left, whole), right)
    } else {
        (proof_by_the_book(known - half, right, false), left)
    };
    path.push(by_the_book(beside));
    path
}

fn bytes(path: &[Digest]) -> Vec<u8> {
    path.iter().flat_map(|digest| *digest.bytes()).collect()
}

/// Every proof that is this one but for one bit of one digest.
fn flipped(path: &[Digest]) -> impl Iterator<Item = Vec<Digest>> {
    let bits = 0..path.len() * 256;
    bits.map(|bit| {
        let mut digests = path.to_vec();
        let mut digits: Vec<char> = digests[bit / 256].hex().chars().collect();
        let digit = &mut digits[bit % 256 / 4];
        *digit = char::from_digit(digit.to_digit(16).unwrap() ^ 1 << (bit % 4), 16).unwrap();
        digests[bit / 256] = format!("sha256:{}", String::from_iter(digits)).parse().unwrap();
        digests
    })
}

/// The tree of seven leaves of RFC 6962 §2.1.3, with the names that it gives.
#[test]
fn the_proofs_of_the_example_in_the_rfc() {
    let lines = lines(7);
    let leaves = leaves(&lines);
    let [a, b, c, d, e, f, j] = [0, 1, 2, 3, 4, 5, 6].map(|index: usize| leaf(&lines[index]));
    let (g, h, i) = (node(a, b), node(c, d), node(e, f));
    let (k, l) = (node(g, h), node(i, j));
    for (index, path) in [(0, vec![b, h, l]), (3, vec![c, g, l]), (4, vec![f, j, k]), (6, vec![i, k])] {
        assert_eq!(leaves.inclusion(index, 7).unwrap().path, path, "{index}");
    }
    for (old, path) in [(3, vec![c, d, g, l]), (4, vec![l]), (6, vec![i, j, k])] {
        assert_eq!(leaves.consistency(old, 7).unwrap().path, path, "{old}");
    }
    assert_eq!(leaves.root(7), Some(node(k, l)));
}

#[test]
fn every_proof_of_small_trees_proves_one_thing() {
    let lines = lines(11);
    let leaves = leaves(&lines);
    let roots: Vec<Digest> = (0..=11).map(|size| leaves.root(size).unwrap()).collect();
    for new in 0..=11_u64 {
        for old in 0..=new {
            let proof = leaves.consistency(old, new).unwrap();
            for (a, root_a) in roots.iter().enumerate() {
                for (b, root_b) in roots.iter().enumerate() {
                    let (a, b) = (a as u64, b as u64);
                    // Of equal sizes, it says that the roots are equal.
                    let holds = match old {
                        _ if old == new => a == b && (old > 0 || a == 0),
                        0 => a == 0,
                        _ => a == old && b == new,
                    };
                    assert_eq!(proof.verify(*root_a, *root_b).is_ok(), holds, "{old} {new} as {a} {b}");
                }
            }
        }
        for index in 0..new {
            let proof = leaves.inclusion(index, new).unwrap();
            for (place, line) in lines.iter().enumerate() {
                for (size, root) in roots.iter().enumerate() {
                    let holds = place as u64 == index && size as u64 == new;
                    assert_eq!(proof.verify(line, *root).is_ok(), holds, "{index} {new} as {place} {size}");
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_has_no_proof() {
    let leaves = leaves(&lines(3));
    assert_eq!((leaves.size(), leaves.root(4), leaves.root(u64::MAX)), (3, None, None));
    assert_eq!((leaves.inclusion(3, 3), leaves.inclusion(0, 4), leaves.inclusion(0, 0)), (None, None, None));
    assert_eq!((leaves.consistency(3, 2), leaves.consistency(1, 4)), (None, None));
    // A line that was cut is no line.
    assert_eq!(Leaves::of(b"a\nb\nc").size(), 2);
    assert_eq!(Leaves::of(b"").root(0), Some(Digest::of(b"")));
}

#[test]
fn a_proof_from_a_stranger_is_refused_whatever_its_sizes() {
    let any = Digest::of(b"");
    for (index, size, length) in [(0, 0, 0), (1, 1, 0), (u64::MAX, 1, 3), (0, u64::MAX, 0), (0, 1, 1), (5, 6, 200)] {
        let proof = Inclusion { index, size, path: vec![any; length] };
        assert_eq!(proof.verify(b"line", any), Err(ProofError::Shape), "{index} {size}");
    }
    for (old, new, length) in
        [(2, 1, 0), (0, 1, 1), (3, 3, 1), (1, 2, 0), (3, u64::MAX, 0), (3, 4, 200), (u64::MAX, 0, 1)]
    {
        let proof = Consistency { old, new, path: vec![any; length] };
        assert_eq!(proof.verify(any, any), Err(ProofError::Shape), "{old} {new}");
    }
    assert_eq!(Consistency { old: 0, new: 9, path: vec![] }.verify(leaf(b""), any), Err(ProofError::Root));
}

proptest! {
    #[test]
    fn roots_and_proofs_are_those_of_the_book_and_of_another_library(size in 1..200_usize, pick in any::<prop::sample::Index>()) {
        let lines = lines(size);
        let leaves = leaves(&lines);
        let (size, place) = (size as u64, pick.index(size));
        let other = other_library(&lines);
        let root = leaves.root(size).unwrap();
        prop_assert_eq!(root, by_the_book(&leaves.0));
        prop_assert_eq!(root.bytes().to_vec(), other.root().as_bytes().to_vec());

        let inclusion = leaves.inclusion(place as u64, size).unwrap();
        prop_assert_eq!(&inclusion.path, &path_by_the_book(place, &leaves.0));
        prop_assert_eq!(bytes(&inclusion.path), other.prove_inclusion(place).as_bytes().to_vec());
        prop_assert_eq!(inclusion.verify(&lines[place], root), Ok(()));

        let old = place + 1;
        let consistency = leaves.consistency(old as u64, size).unwrap();
        prop_assert_eq!(&consistency.path, &proof_by_the_book(old, &leaves.0, true));
        prop_assert_eq!(bytes(&consistency.path), other.prove_consistency(lines.len() - old).as_bytes().to_vec());
        prop_assert_eq!(consistency.verify(leaves.root(old as u64).unwrap(), root), Ok(()));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_proof_with_one_bit_flipped_proves_nothing(size in 1..40_usize, pick in any::<prop::sample::Index>()) {
        let lines = lines(size);
        let leaves = leaves(&lines);
        let (size, place) = (size as u64, pick.index(size));
        let (old, root) = (leaves.root(place as u64 + 1).unwrap(), leaves.root(size).unwrap());
        let inclusion = leaves.inclusion(place as u64, size).unwrap();
        for path in flipped(&inclusion.path) {
            let forged = Inclusion { path, ..inclusion.clone() };
            prop_assert_eq!(forged.verify(&lines[place], root), Err(ProofError::Root));
        }
        let consistency = leaves.consistency(place as u64 + 1, size).unwrap();
        for path in flipped(&consistency.path) {
            let forged = Consistency { path, ..consistency.clone() };
            prop_assert_eq!(forged.verify(old, root), Err(ProofError::Root));
        }
    }

}

proptest! {
    #[test]
    fn a_proof_with_more_or_less_in_it_does_not_hold(size in 2..60_usize, pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let lines = lines(size);
        let leaves = leaves(&lines);
        let (size, place) = (size as u64, pick.index(size));
        let root = leaves.root(size).unwrap();
        let inclusion = leaves.inclusion(place as u64, size).unwrap();
        let (mut shorter, mut longer) = (inclusion.clone(), inclusion.clone());
        shorter.path.remove(at.index(shorter.path.len()));
        longer.path.insert(at.index(longer.path.len() + 1), root);
        prop_assert_eq!(shorter.verify(&lines[place], root), Err(ProofError::Shape));
        prop_assert_eq!(longer.verify(&lines[place], root), Err(ProofError::Shape));
        let text = serde_json::to_string(&inclusion).unwrap();
        prop_assert_eq!(serde_json::from_str::<Inclusion>(&text).unwrap(), inclusion);
    }
}
