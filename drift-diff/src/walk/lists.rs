//! Lists within the walk: which of their items stand side by side, who says so, and what only a list as a whole shows.

use drift_model::{ChangeKind, RecordOf, Step, StepView, System};
use serde_json::Value;

use super::{Known, Said, Walk};
use crate::equivalence::{Equality, Same, equal};
use crate::list::{Alignment, Slot, align, infer_key, permuted};
use crate::place::{ACTUAL, DESIRED, RECORDED};
use crate::schema::{ListKind, Shape};

/// The items of a list, side by side.
struct Arranged {
    slots: Vec<(Step, Slot)>,
    /// Does the desired plane say of an item that it lacks that there is none?
    silence_is_absence: bool,
}

/// Who says how a list is aligned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// A user's rule.
    Rule,
    /// The schema of the kind.
    Schema,
    /// The schema of the kind, which says that the order counts; how the items are told apart is seen by their shape.
    Ordered,
    /// The shape of the items.
    Inferred,
    /// What is usual in the system.
    System,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn list(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) {
        let (outer, listed) = (self.note, self.changes.len());
        let Some(Arranged { slots, silence_is_absence }) = self.arranged(said, known) else { return };
        let mut slots = slots.into_iter();
        while let Some(items) = self.enter_next(&mut slots, said, silence_is_absence) {
            self.element(&items, &known.element());
            self.place.leave();
        }
        if self.changes.len() == listed {
            self.repeats(said);
        }
        self.note = outer;
    }

    /// Enters the next item of a list: what the planes say of it.
    #[inline(never)]
    fn enter_next(
        &mut self,
        slots: &mut std::vec::IntoIter<(Step, Slot)>,
        said: &[Said<'a>; 3],
        silence_is_absence: bool,
    ) -> Option<[Said<'a>; 3]> {
        let (step, slot) = slots.next()?;
        let items = self.items(said, slot, silence_is_absence);
        self.place.enter_element(step, slot);
        Some(self.marked(items).0)
    }

    /// Every member of the lists is everywhere; is one of them written more often in one plane than in another?
    fn repeats(&mut self, said: &[Said<'a>; 3]) {
        let [desired, recorded, actual] = said.map(|said| said.array().map(<[Value]>::len));
        let same = |a: Option<usize>, b: Option<usize>| a.zip(b).is_none_or(|(a, b)| a == b);
        let same = [same(desired, recorded), same(recorded, actual), same(desired, actual)];
        self.whole(ChangeKind::Changed, *said, same, Some("core/set-repeat/1"), false);
    }

    /// What the planes say of the items of a slot.
    fn items(&self, said: &[Said<'a>; 3], slot: Slot, silence_is_absence: bool) -> [Said<'a>; 3] {
        let mut items = [Said::Silent; 3];
        for (plane, item) in items.iter_mut().enumerate() {
            let index = slot.get(plane).copied().flatten();
            *item = self.member(plane, said.get(plane).copied(), silence_is_absence, |list| {
                index.and_then(|index| list.get(index))
            });
        }
        items
    }

    /// The items of a list side by side, once what is said of the list itself is listed; `None` where it is one value, or
    /// nothing more is to be said.
    #[inline(never)]
    fn arranged(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) -> Option<Arranged> {
        let said = *said;
        if self.is_the_same_list(said) {
            return None;
        }
        let lists = said.map(|said| said.array().unwrap_or_default());
        if lists.iter().all(|list| list.is_empty()) || self.belongs_to_another(said) {
            self.leaf(&said, known);
            return None;
        }
        // A `null` among items is an item, and items cannot be told from absent ones by it: the list is one value.
        if lists.iter().any(|list| list.iter().any(Value::is_null)) && !self.is_in_doubt() {
            self.whole_list(said, known);
            return None;
        }
        let (by, source) = self.alignment(lists, known.shape);
        let one_value = matches!(by, None | Some(Alignment::Positional | Alignment::ListOrSet));
        let nobody_else_speaks = said.iter().take(ACTUAL).all(|said| said.value().is_none());
        let by = by.filter(|_| !(one_value && nobody_else_speaks));
        let Some(by) = by.filter(|by| *by != Alignment::Positional || !permuted(said.map(Said::array))) else {
            self.whole_list(said, known);
            return None;
        };
        let aligned = align(lists, by);
        if aligned.fell_back {
            self.note = Some("list keys are missing or repeated: aligned by position");
        } else if source == Source::Inferred {
            self.note = Some("no schema: list aligned by an inferred key");
        }
        let name = self.place.last_field().unwrap_or_default();
        let is_one_of = |names: &[String]| source == Source::Schema && names.iter().any(|known| known == name);
        let (told, runs_in_order) =
            (is_one_of(&self.comparer.builtin.told_orders), is_one_of(&self.comparer.builtin.running_orders));
        let free = match source {
            Source::Rule | Source::Schema if !told && !runs_in_order => Some("core/list-order/1"),
            Source::Inferred | Source::System if self.lists_may_be_sets() => Some("core/list-or-set/1"),
            Source::Rule | Source::Schema | Source::Ordered | Source::Inferred | Source::System => None,
        };
        self.whole(ChangeKind::Reordered, said, aligned.same_order, free, told);
        // A positional list is one declared value: what Git does not list in it, it declares absent.
        let [desired, ..] = said;
        let silence_is_absence = known.exact || !desired.is_silent() && (one_value || aligned.fell_back);
        Some(Arranged { slots: aligned.slots, silence_is_absence })
    }

    /// Is the list declared, and the same in every plane that takes part? Then its items need not be told apart.
    ///
    /// Asked of lists within few others only: a list in a list in a list would be compared again at every level.
    fn is_the_same_list(&self, said: [Said<'a>; 3]) -> bool {
        const LISTS_WITHIN_LISTS: usize = 8;
        let [Said::Value(desired), ..] = said else { return false };
        let same = |said: Said<'a>| match said {
            Said::Value(value) => equal(desired, value) == Equality::Same,
            Said::Silent => true,
            Said::Absent | Said::Unknown(_) | Said::Untold(_) => false,
        };
        !self.leaves_doubt() && self.place.elements() < LISTS_WITHIN_LISTS && said.into_iter().all(same)
    }

    /// An item that one of the sides lacks is one change, not one for each of its fields.
    fn element(&mut self, items: &[Said<'a>; 3], known: &Known<'a>) {
        if self.is_one_change(items) { self.leaf(items, known) } else { self.node(items, known) }
    }

    fn is_one_change(&self, items: &[Said<'a>; 3]) -> bool {
        let [desired, recorded, actual] = items;
        if items.iter().any(|item| item.unknown().is_some()) {
            return true;
        }
        match (desired.value(), recorded.value(), actual.value()) {
            (Some(d), None, Some(a)) => !recorded.is_silent() && equal(d, a) == Equality::Same,
            (Some(_), Some(_), Some(_)) => false,
            // Git is silent, and knows nothing of the item: its fields are compared on the other planes.
            (None, Some(_), Some(_)) => !desired.is_silent() || self.record_of() == RecordOf::Declaration,
            _ => true,
        }
    }

    /// How the elements are told apart, and who says so. `None` is a list that is one value.
    fn alignment(&self, lists: [&'a [Value]; 3], shape: Shape<'a>) -> (Option<Alignment<'a>>, Source) {
        let views = self.place.views(ACTUAL);
        let rules = self.comparer.equivalences.covering(&self.observation.resource, &views);
        let by_rule = rules.into_iter().rev().find_map(|rule| match rule.same {
            Same::Set => Some(Alignment::Set),
            Same::Keyed => Some(Alignment::Keyed(&rule.keys)),
            _ => None,
        });
        let (by, source) = match (by_rule, shape.list()) {
            (Some(by), _) => (Some(by), Source::Rule),
            (None, ListKind::Atomic) => (None, Source::Schema),
            (None, ListKind::Set) => (Some(Alignment::Set), Source::Schema),
            (None, ListKind::Keyed(keys)) => (Some(Alignment::Keyed(keys)), Source::Schema),
            (None, kind @ (ListKind::Ordered | ListKind::Unordered | ListKind::Unknown)) => {
                let key = infer_key(lists).and_then(|name| self.comparer.inferred_key(name)).map(Alignment::Keyed);
                let (by_place, source) = match kind {
                    ListKind::Ordered => (Alignment::Positional, Source::Ordered),
                    ListKind::Unordered => (Alignment::ListOrSet, Source::Schema),
                    _ if key.is_some() => (Alignment::Positional, Source::Inferred),
                    _ if self.lists_may_be_sets() => (Alignment::ListOrSet, Source::System),
                    _ => (Alignment::Positional, Source::System),
                };
                (Some(key.unwrap_or(by_place)), source)
            }
        };
        match by {
            // What is secret must not stand in a path.
            Some(Alignment::Set | Alignment::Keyed(_)) if self.keys_are_secret(lists, by) => {
                (Some(Alignment::Positional), Source::System)
            }
            by => (by, source),
        }
    }

    /// Do documents of this system not tell a list from a set?
    pub(crate) fn lists_may_be_sets(&self) -> bool {
        self.system().is_terraform() || *self.system() == System::Aws
    }

    fn keys_are_secret(&self, lists: [&'a [Value]; 3], by: Option<Alignment<'_>>) -> bool {
        lists.iter().enumerate().any(|(plane, list)| {
            let Some(marks) = self.marks(plane) else { return false };
            let mut views = self.place.views(plane);
            (0..list.len()).any(|index| {
                views.push(StepView::Element { index: Some(index), step: None });
                let secret = match by {
                    Some(Alignment::Keyed(keys)) => keys.iter().any(|key| {
                        views.push(StepView::Field(&key.name));
                        let secret = marks.at(&views).sensitive;
                        views.pop();
                        secret
                    }),
                    _ => marks.at(&views).sensitive || marks.beneath(&views).sensitive,
                };
                views.pop();
                secret
            })
        })
    }

    /// A list that is one value: its order counts.
    fn whole_list(&mut self, said: [Said<'a>; 3], known: &Known<'a>) {
        if permuted(said.map(Said::array)) {
            let lists = said.map(Said::array);
            let same = |left: usize, right: usize| match (lists.get(left), lists.get(right)) {
                (Some(Some(x)), Some(Some(y))) => x.iter().zip(*y).all(|(a, b)| equal(a, b) == Equality::Same),
                _ => true,
            };
            let orders = [same(DESIRED, RECORDED), same(RECORDED, ACTUAL), same(DESIRED, ACTUAL)];
            self.whole(ChangeKind::Reordered, said, orders, None, false);
        } else {
            self.leaf(&said, known);
        }
    }
}
