//! `Needles`: many texts looked for at once, in one pass, however many they are.

use std::collections::BTreeSet;
use std::ops::Bound;

/// How many bytes a needle has at least: so many are looked up at once.
const SHORTEST: usize = 8;

/// How many bytes count as one comparison.
const COMPARED_AT_ONCE: usize = 64;

/// How many comparisons a search makes for each byte of the text, all in all. Nearly every byte needs none.
const COMPARISONS_A_BYTE: usize = 32;

/// A set of texts to look for.
#[derive(Default)]
pub(super) struct Needles {
    /// None begins with another: what contains the longer one contains the shorter.
    sorted: BTreeSet<Box<[u8]>>,
    beginnings: Beginnings,
}

impl Needles {
    pub(super) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Adds a text. One of less than eight bytes is not looked for.
    pub(super) fn insert(&mut self, needle: &str) {
        let needle = needle.as_bytes();
        let Some(beginning) = needle.first_chunk() else { return };
        if self.beginnings.may_have(u64::from_be_bytes(*beginning)) {
            if self.begins(needle) {
                return;
            }
            while let Some(longer) = self.from(needle).filter(|next| next.starts_with(needle)).map(<[u8]>::to_vec) {
                self.sorted.remove(longer.as_slice());
            }
        }
        self.sorted.insert(needle.into());
        if self.beginnings.are_crowded_by(self.sorted.len()) {
            let all = self.sorted.iter().filter_map(|needle| needle.first_chunk());
            self.beginnings = Beginnings::with_room(self.sorted.len(), all);
        }
        self.beginnings.insert(*beginning);
    }

    /// Does the text contain one of the needles?
    ///
    /// A text can be made so that it nearly holds a needle everywhere. When comparing has cost more than its length is
    /// worth, the answer is yes: the time is bounded for every text, and nothing is overlooked.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.search(text.as_bytes(), text.len().saturating_mul(COMPARISONS_A_BYTE)).0
    }

    /// The answer, and the comparisons that it took: no more than `most` and those of one place.
    fn search(&self, text: &[u8], most: usize) -> (bool, usize) {
        let mut made = 0_usize;
        let mut window = 0_u64;
        for (end, byte) in (1_usize..).zip(text) {
            window = window << 8 | u64::from(*byte);
            if !self.beginnings.may_have(window) {
                continue;
            }
            let Some(rest) = end.checked_sub(SHORTEST).and_then(|start| text.get(start..)) else { continue };
            if self.begins(rest) {
                return (true, made);
            }
            made = made.saturating_add(self.comparisons(rest));
            if made > most {
                return (true, made);
            }
        }
        (false, made)
    }

    /// Does the text begin with a needle? Only the greatest needle that is not greater than the text can be the one:
    /// a needle between the two would begin with that one as the text does, and none begins with another.
    fn begins(&self, text: &[u8]) -> bool {
        self.up_to(text).is_some_and(|needle| text.starts_with(needle))
    }

    /// What it costs at most to find the place of a text among the needles: no needle has more in common with it than
    /// one of its two neighbours.
    fn comparisons(&self, text: &[u8]) -> usize {
        let neighbours = [self.up_to(text), self.from(text)];
        let common = neighbours.into_iter().flatten().map(|needle| in_common(needle, text)).max().unwrap_or_default();
        let levels = self.sorted.len().checked_ilog2().unwrap_or_default().saturating_add(1);
        usize::try_from(levels).unwrap_or(usize::MAX).saturating_mul(common.saturating_add(1))
    }

    fn up_to(&self, text: &[u8]) -> Option<&[u8]> {
        self.sorted.range::<[u8], _>((Bound::Unbounded, Bound::Included(text))).next_back().map(AsRef::as_ref)
    }

    fn from(&self, text: &[u8]) -> Option<&[u8]> {
        self.sorted.range::<[u8], _>((Bound::Included(text), Bound::Unbounded)).next().map(AsRef::as_ref)
    }
}

/// How often as many bytes as are compared at once are the same in both.
fn in_common(a: &[u8], b: &[u8]) -> usize {
    a.chunks(COMPARED_AT_ONCE).zip(b.chunks(COMPARED_AT_ONCE)).take_while(|(a, b)| a == b).count()
}

/// The first eight bytes of the needles, as a table of bits: most places of a text are passed over with one look at it.
#[derive(Default)]
struct Beginnings {
    /// As many as a power of two.
    words: Vec<u64>,
}

impl Beginnings {
    /// One bit of sixteen is set at most.
    const NEEDLES_A_WORD: usize = 4;

    fn with_room<'n>(needles: usize, all: impl Iterator<Item = &'n [u8; SHORTEST]>) -> Self {
        let words = needles.saturating_mul(2).div_ceil(Self::NEEDLES_A_WORD).next_power_of_two();
        let mut beginnings = Self { words: vec![0; words] };
        all.for_each(|beginning| beginnings.insert(*beginning));
        beginnings
    }

    fn are_crowded_by(&self, needles: usize) -> bool {
        needles > self.words.len().saturating_mul(Self::NEEDLES_A_WORD)
    }

    fn insert(&mut self, beginning: [u8; SHORTEST]) {
        let (word, bit) = self.place(u64::from_be_bytes(beginning));
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    fn may_have(&self, window: u64) -> bool {
        let (word, bit) = self.place(window);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word and the bit for eight bytes: from a product whose upper half depends on all of them.
    fn place(&self, window: u64) -> (usize, u64) {
        let hash = (window ^ window >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let word = usize::try_from(hash >> 6).unwrap_or_default() & self.words.len().wrapping_sub(1);
        (word, 1 << (hash & 63))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needles(all: &[String]) -> Needles {
        let mut needles = Needles::default();
        for needle in all {
            needles.insert(needle);
        }
        needles
    }

    #[test]
    fn what_nearly_holds_a_needle_everywhere_counts_as_holding_it_and_costs_no_more_than_its_length() {
        for length in [10_000, 20_000] {
            let text = "a".repeat(length);
            let nearly = needles(&["a".repeat(5_000) + "b", "b".repeat(5_000), "c".repeat(20)]);
            let most = length * COMPARISONS_A_BYTE;
            let (found, made) = nearly.search(text.as_bytes(), most);
            let of_one_place = 2 * (5_000 / COMPARED_AT_ONCE + 1);
            assert!(found && made > most && made <= most + of_one_place, "{made} for {length}");
            // The whole truth costs more.
            let (found, made) = nearly.search(text.as_bytes(), usize::MAX);
            assert!(!found && made > 2 * most, "{made} for {length}");
        }
    }

    #[test]
    fn a_run_of_one_letter_as_documents_have_them_is_told_from_a_longer_one() {
        let zeros = needles(&["A".repeat(4_096)]);
        let image = format!("{}{}{}", "iVBORw0KGgo".repeat(4_000), "A".repeat(3_000), "iVBORw0KGgo".repeat(4_000));
        assert!(!zeros.are_in(&image));
        assert!(!zeros.are_in(&"A".repeat(1_000)));
        assert!(zeros.are_in(&(image + &"A".repeat(4_096))));
    }

    #[test]
    fn many_needles_cost_no_more_than_few() {
        let text: String = "a line of a log, and then the next\n".repeat(2_000);
        let mut all = Needles::default();
        for count in [10_u64, 50_000] {
            for index in 0..count {
                all.insert(&format!("{:016x}", index.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            }
            let (found, made) = all.search(text.as_bytes(), usize::MAX);
            assert!(!found && made < 2 * text.len(), "{made} for {count} in {}", text.len());
        }
    }

    #[test]
    fn only_the_shortest_of_those_that_begin_with_each_other_is_kept() {
        let all =
            needles(&["password-1", "password-12", "password", "pass", "password-2", "passworx"].map(str::to_owned));
        let kept: Vec<&[u8]> = all.sorted.iter().map(AsRef::as_ref).collect();
        assert_eq!(kept, [b"password", b"passworx"]);
    }

    proptest! {
        #[test]
        fn agrees_with_looking_for_each(
            all in proptest::collection::vec("[ab]{8,12}|(ab|aab){4,5}[ä😀]?|a{6,20}b?", 0..12),
            text in "([ab]|a{8,24}|[ä😀]|(aab){4}){0,40}",
        ) {
            let naive = all.iter().any(|needle| needle.len() >= SHORTEST && text.contains(needle.as_str()));
            let needles = needles(&all);
            prop_assert_eq!(needles.search(text.as_bytes(), usize::MAX).0, naive);
            prop_assert!(needles.are_in(&text) || !naive);
            prop_assert!(all.iter().filter(|needle| needle.len() >= SHORTEST).all(|needle| needles.are_in(needle)));
        }
    }
}
