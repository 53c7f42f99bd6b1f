//! Where the walk goes no deeper: how the planes compare, and which of them agree.

use std::borrow::Cow;

use drift_model::{ChangeKind, RecordOf, Relation, ResourceRef};
use serde_json::Value;

use super::{Known, Mode, Said, Walk};
use crate::equivalence::{Equality, Parameters, Same, account, account_of_a_name, equal};
use crate::place::ACTUAL;
use crate::schema::Shape;

/// How two planes compare at a leaf.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Pair<'a> {
    Same,
    Equivalent(Cow<'a, str>),
    Different,
    Unknowable,
}

impl Pair<'_> {
    fn agrees(&self) -> bool {
        matches!(self, Self::Same | Self::Equivalent(_))
    }
}

/// A difference, before anybody was asked about it.
pub(crate) struct Difference<'a> {
    pub(crate) kind: ChangeKind,
    pub(crate) relation: Relation,
    /// The rule by which the planes agree after all.
    pub(crate) excuse: Option<Cow<'a, str>>,
    /// Does Git say something here?
    pub(crate) declared: bool,
    /// Can nobody tell whether it is one?
    pub(crate) unknown: bool,
}

impl<'a> Walk<'a, '_> {
    /// Compares a place that is not looked into any further, and lists it if the planes differ.
    #[inline(never)]
    pub(crate) fn leaf(&mut self, said: &[Said<'a>; 3], known: &Known<'a>) {
        let [desired, recorded, actual] = *said;
        // What a record of declarations holds and Git no longer says was Git's: its silence is a removal.
        let removed = desired.is_silent() && self.record_of() == RecordOf::Declaration && recorded.value().is_some();
        let desired = if removed && self.mode == Mode::Compared { Said::Absent } else { desired };
        let said = [desired, recorded, actual];
        let declared = !desired.is_silent();
        let difference = match self.mode {
            Mode::Undetermined => self.undetermined(said, known),
            Mode::Compared if declared => self.declared(said, known),
            Mode::Compared => self.undeclared(said, known),
            Mode::Untracked => self.untracked(said, known),
        };
        if let Some(mut difference) = difference {
            difference.declared = declared;
            self.list_change(said, &difference);
        }
    }

    fn declared(&self, said: [Said<'a>; 3], known: &Known<'a>) -> Option<Difference<'a>> {
        let [desired, recorded, actual] = said;
        let da = self.with_desired(desired, actual, known);
        if recorded.is_silent() {
            return match da {
                Pair::Same => None,
                Pair::Unknowable => Some(Difference::unknown()),
                Pair::Equivalent(rule) => Some(Difference::new(kind(desired, actual), Relation::Differs, Some(rule))),
                Pair::Different => Some(Difference::new(kind(desired, actual), Relation::Differs, None)),
            };
        }
        let dr = self.with_desired(desired, recorded, known);
        let ra = self.pair(recorded, actual, known);
        if [&da, &dr, &ra].contains(&&Pair::Unknowable) {
            return Some(Difference::unknown());
        }
        let strict = Relation::of_declared(dr == Pair::Same, ra == Pair::Same, da == Pair::Same);
        if strict == Relation::InSync {
            return None;
        }
        let relation = Relation::of_declared(dr.agrees(), ra.agrees(), da.agrees());
        let against = |same: bool| if same { recorded } else { desired };
        if relation == Relation::InSync {
            let kind = kind(against(da == Pair::Same), actual);
            let rule = [da, ra, dr].into_iter().find_map(|pair| match pair {
                Pair::Equivalent(rule) => Some(rule),
                Pair::Same | Pair::Different | Pair::Unknowable => None,
            });
            return Some(Difference::new(kind, strict, rule));
        }
        Some(Difference::new(kind(against(da.agrees()), actual), relation, None))
    }

    fn undeclared(&self, said: [Said<'a>; 3], known: &Known<'a>) -> Option<Difference<'a>> {
        let [_, recorded, actual] = said;
        let recorded_has_it = matches!(recorded, Said::Value(_));
        let against = if recorded.is_silent() { Said::Absent } else { recorded };
        let relation = if recorded_has_it { Relation::UndeclaredChange } else { Relation::UndeclaredAddition };
        // Both are there, and nobody can compare them.
        let untold = |said: Said<'a>| matches!(said, Said::Untold(_));
        let seen = actual.value().is_some() && against.value().is_some() || untold(actual) || untold(against);
        match self.pair(against, actual, known) {
            Pair::Unknowable if seen => Some(Difference::unknown()),
            // Nobody declared it and nobody can see it: there is no difference to list.
            Pair::Same | Pair::Unknowable => None,
            Pair::Equivalent(rule) => Some(Difference::new(kind(against, actual), relation, Some(rule))),
            Pair::Different => Some(Difference::new(kind(against, actual), relation, None)),
        }
    }

    /// Declared and there, but not recorded: a difference is drift, and nobody can say which side moved.
    fn untracked(&self, said: [Said<'a>; 3], known: &Known<'a>) -> Option<Difference<'a>> {
        let [desired, _, actual] = said;
        if desired.is_silent() {
            return self.undeclared(said, known);
        }
        let rule = match self.with_desired(desired, actual, known) {
            Pair::Same => return None,
            Pair::Unknowable => return Some(Difference::unknown()),
            Pair::Equivalent(rule) => Some(rule),
            Pair::Different => None,
        };
        Some(Difference::new(kind(desired, actual), Relation::Undetermined, rule))
    }

    /// A plane is unknown: where the others differ, that is listed.
    fn undetermined(&self, said: [Said<'a>; 3], known: &Known<'a>) -> Option<Difference<'a>> {
        let speaking: Vec<Said<'a>> = said.into_iter().filter(|said| !said.is_silent()).collect();
        let differ = speaking.windows(2).any(|pair| match pair {
            [a, b] => self.pair(*a, *b, known) != Pair::Same,
            _ => false,
        });
        let [.., recorded, actual] = said;
        let against = speaking.first().copied().unwrap_or(recorded);
        let kind = if actual.is_silent() { kind(recorded, against) } else { kind(against, actual) };
        differ.then(|| Difference::new(kind, Relation::Undetermined, None))
    }

    /// Compares what Git declares with another plane. A `null` in Git declares absence, however the other spells that.
    fn with_desired(&self, desired: Said<'a>, other: Said<'a>, known: &Known<'a>) -> Pair<'a> {
        match (desired, other) {
            (Said::Value(Value::Null), Said::Absent | Said::Value(Value::Null)) => Pair::Same,
            _ => self.pair(desired, other, known),
        }
    }

    /// Do all planes that say something here agree, in whatever spelling?
    pub(crate) fn agree(&self, said: &[Said<'a>; 3], known: &Known<'a>) -> bool {
        let speaking = || said.iter().filter(|said| !said.is_silent());
        let later = |i: usize| speaking().skip(i.saturating_add(1));
        speaking().enumerate().all(|(i, a)| later(i).all(|b| self.pair(*a, *b, known).agrees()))
    }

    /// Compares two planes: exactly, then in every sense that holds at this place.
    fn pair(&self, a: Said<'a>, b: Said<'a>, known: &Known<'a>) -> Pair<'a> {
        if a.unknown().is_some() || b.unknown().is_some() {
            return Pair::Unknowable;
        }
        let (x, y) = (a.value(), b.value());
        match (x, y) {
            (None, None) => {
                let nulls = [a, b].map(|said| matches!(said, Said::Value(Value::Null)));
                return if nulls[0] == nulls[1] { Pair::Same } else { Pair::Equivalent("core/null-absent/1".into()) };
            }
            (Some(x), Some(y)) => match equal(x, y) {
                Equality::Same => return Pair::Same,
                Equality::Unknowable => return Pair::Unknowable,
                Equality::SameValue => return Pair::Equivalent(spelling_rule(x).into()),
                Equality::Different => {}
            },
            (Some(_), None) | (None, Some(_)) => {}
        }
        self.sense(x, y, known).map_or(Pair::Different, Pair::Equivalent)
    }

    /// The rule by which two different values mean the same here, if there is one; `y` is of the later plane.
    fn sense(&self, x: Option<&'a Value>, y: Option<&'a Value>, known: &Known<'a>) -> Option<Cow<'a, str>> {
        if let Some(rule) = shape_sense(known.shape, x, y) {
            return Some(rule.into());
        }
        if self.is_filled_in(x, y, known) {
            return Some("kubernetes/default/1".into());
        }
        let views = self.place.views(ACTUAL);
        let senses = self.comparer.equivalences.covering(&self.observation.resource, &views);
        // The last rule is the most particular: users' rules come after those that are built in.
        senses.into_iter().rev().filter(|sense| !self.in_a_policy || sense.speaks_of_policies()).find_map(|sense| {
            // What is not read back is missing where it is read. That it came to be there is no such silence.
            if sense.same == Same::NotReadBack && y.is_some() {
                return None;
            }
            if sense.same == Same::ArnOrName && !sense.covers_security_paths && self.names_somebody_else(x, y) {
                return None;
            }
            let with = Parameters { keys: &sense.key_names, value: sense.value.as_ref() };
            sense.same.holds(x, y, &with).then_some(Cow::Borrowed(sense.rule.as_str()))
        })
    }

    /// Is one the name of somebody, or of what somebody may do, and the other an ARN of an account that is not the resource's
    /// own? The role `deploy` is not that of just any account. `y` is of the later plane.
    ///
    /// Where nobody knows the resource's own account, an ARN that came to stand for a name is somebody else's. A name that is
    /// answered for the ARN that was declared is not: services leave the account out where it is their caller's.
    fn names_somebody_else(&self, x: Option<&Value>, y: Option<&Value>) -> bool {
        let exposing = &self.comparer.builtin.exposing;
        let says_who = |name: &str| exposing.has_identity(name) || exposing.has_field(name);
        let (Some(x), Some(y)) = (x, y) else { return false };
        let Some(theirs) = account_of_a_name(x, y) else { return false };
        let came_to_be_an_arn = || y.as_str().and_then(account).is_some();
        (self.in_a_policy || self.place.fields().any(says_who))
            && self.own_account().map_or_else(came_to_be_an_arn, |own| own != theirs)
    }

    /// The account of the resource, where what was read of it says so: its ARN, by the name or in a member of its own.
    fn own_account(&self) -> Option<&'a str> {
        let ResourceRef { name, resource_type, .. } = &self.observation.resource;
        // `AWS::SNS::Topic` answers its ARN as `TopicArn`.
        let kind = resource_type.rsplit("::").next().unwrap_or_default();
        let is_own = |name: &str| {
            name.eq_ignore_ascii_case("arn") || name.strip_suffix("Arn").is_some_and(|of| !of.is_empty() && of == kind)
        };
        let planes = &self.observation.planes;
        let read = [&planes.actual, &planes.recorded].into_iter().filter_map(|plane| plane.observed.present());
        let members = read.filter_map(|document| document.value().as_object()).flatten();
        let arns = members.filter(|(name, _)| is_own(name)).filter_map(|(_, value)| value.as_str());
        let mut accounts = arns.chain([name.as_str()]).filter_map(account).filter(|account| !account.is_empty());
        let first = accounts.next()?;
        // Where they do not agree, nobody knows.
        accounts.all(|other| other == first).then_some(first)
    }

    /// Would the system have made one of these values of the other, by filling in what is left out?
    ///
    /// Where something is exposed, the word of a definition that was handed over is not enough: there a default is one that
    /// the built-in tables know, or none.
    fn is_filled_in(&self, x: Option<&'a Value>, y: Option<&'a Value>, known: &Known<'a>) -> bool {
        let may = |name: &str, value: &Value| {
            let schema = &self.comparer.schema;
            !schema.of(&self.observation.resource).is_added()
                || !self.member_exposes(name, value)
                || schema.is_built_in_default(name, value)
        };
        match (x, y) {
            (Some(x), Some(y)) => known.shape.completes_to_the_same(x, y, &may),
            (Some(value), None) | (None, Some(value)) => {
                known.member.is_some_and(|member| member.is_filled_in(value) && may(member.name, value))
            }
            (None, None) => false,
        }
    }

    /// Lists what only a list as a whole shows, its order or its repetitions, if planes differ in it. `same` is for desired
    /// and recorded, recorded and actual, desired and actual; `free` is the rule by which it has no meaning. Where it is
    /// `told`, it has one that nobody relies on declaring (the order of `env`): it is listed, and does not count.
    pub(crate) fn whole(
        &mut self,
        kind: ChangeKind,
        said: [Said<'a>; 3],
        same: [bool; 3],
        free: Option<&'static str>,
        told: bool,
    ) {
        let [dr, ra, da] = same;
        let [desired, recorded, _] = said;
        let (d, r) = (desired.value().is_some(), recorded.value().is_some());
        let relation = match (self.mode, d, r) {
            (Mode::Compared, true, true) => Relation::of_declared(dr, ra, da),
            (Mode::Compared, true, false) if !da => Relation::Differs,
            (Mode::Compared, false, true) if !ra => Relation::UndeclaredChange,
            (Mode::Untracked | Mode::Undetermined, ..) if !(dr && ra && da) => Relation::Undetermined,
            (Mode::Compared | Mode::Untracked | Mode::Undetermined, ..) => Relation::InSync,
        };
        if relation != Relation::InSync {
            let mut difference = Difference::new(kind, relation, free.map(Cow::Borrowed));
            difference.declared = d && !told;
            self.list_change(said, &difference);
        }
    }
}

impl<'a> Difference<'a> {
    pub(crate) fn new(kind: ChangeKind, relation: Relation, excuse: Option<Cow<'a, str>>) -> Self {
        Self { kind, relation, excuse, declared: true, unknown: false }
    }

    fn unknown() -> Self {
        Self { unknown: true, ..Self::new(ChangeKind::Changed, Relation::Undetermined, None) }
    }
}

/// What happened to the place, as actual shows it against `against`.
fn kind(against: Said<'_>, actual: Said<'_>) -> ChangeKind {
    let has = |said: Said<'_>| matches!(said, Said::Value(value) if !value.is_null());
    match (has(against), has(actual)) {
        (false, true) => ChangeKind::Added,
        (true, false) => ChangeKind::Removed,
        (true, true) | (false, false) => ChangeKind::Changed,
    }
}

/// The name of the rule by which two values are equal in everything but spelling.
fn spelling_rule(value: &Value) -> &'static str {
    if value.is_number() { "core/number-format/1" } else { "core/null-absent/1" }
}

/// The rule of the schema by which two spellings mean the same.
fn shape_sense(shape: Shape<'_>, x: Option<&Value>, y: Option<&Value>) -> Option<&'static str> {
    let empty = shape.empty_is_absent().then_some((Same::EmptyAbsent, "kubernetes/empty-absent/1"));
    let holds = |(same, _): &(Same, &str)| same.holds(x, y, &Parameters::default());
    [shape.leaf().sense(), empty].into_iter().flatten().find(holds).map(|(_, rule)| rule)
}
