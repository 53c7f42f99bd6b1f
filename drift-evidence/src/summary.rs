//! `Summary`: what the figures of all dashboards are made of, told by shards and merged in any order.

mod case;
mod look;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use drift_model::{AssessmentReport, Method, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use self::case::{Case, Episode};
pub use self::look::Look;
pub(crate) use self::look::{Known, Latest, LookRow};
pub(crate) use self::window::Window;
use crate::chain::Entry;
use crate::event::Event;
use crate::ledger::{Ledger, LedgerError};
use crate::record::Record;

drift_model::vocabulary! {
    /// What a summary was told of. What it was never told of is not known, which is something else than zero.
    #[non_exhaustive]
    pub enum Told as "kind of source" {
        /// Records of cases, from ledgers.
        Records = "RECORDS",
        /// Looks at resources, also those that found nothing.
        Looks = "LOOKS",
        /// Runs of detectors that failed, from ledgers.
        Failures = "FAILURES",
        /// Exceptions that were granted.
        Exceptions = "EXCEPTIONS",
    }
}

/// What is known of cases, looks and exceptions, in rows that merge.
///
/// A commutative monoid, and idempotent besides: `default()` is neutral, and [`merge`](Self::merge) gives the same summary in
/// any order and any grouping, also when a shard is told twice. That holds because nothing in it is a count. There is one row for
/// each thing that has a name, two rows of one name join to the one that knows more, and the figures are counted when they are
/// read, by [`Figures::read`](crate::Figures::read). Whoever counts first and adds up later counts what two shards saw twice.
///
/// | rows of | have the name | of two rows holds |
/// |---|---|---|
/// | cases | id of the record, fingerprint that opened it, unit | the one of the later observation, then of more events |
/// | looks | unit, resource, detector | the later look; besides it the latest that knew something, and the latest reconciliation |
/// | exceptions | id | the one that was told of later |
///
/// Two ledgers may open a case each for the same drift. Their rows stay apart, and reading takes cases of one unit and
/// one fingerprint for one finding, which is as the later observation says. (Where only one of the ledgers has seen the drift
/// change since, there are two fingerprints, and two findings, until the other sees it, too.)
///
/// What it costs: a row of a case is some 900 bytes of JSON and 150 more for each time it was reopened, a row of a look some
/// 150 bytes and 100 more for each rule that excused something there. So a summary grows with the resources that were looked at,
/// not with how often; the figures read from it do not grow with either.
///
/// On the wire an object with `told` and the rows, sorted by name. What is read back may be merged on.
///
/// ```
/// use drift_evidence::{Figures, Reading, Record, Summary};
/// # let finding: drift_model::Finding =
/// #     serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json")))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// let one = Summary::of(&record);
/// let same: Summary = serde_json::from_str(&serde_json::to_string(&one)?)?;
/// let both = one.merge(same);
///
/// let now = "2026-07-03T12:22:31Z".parse()?;
/// let figures = Figures::read(&both, &Reading::at(now));
/// assert_eq!(figures.executive.map(|view| view.open_critical), Some(1));
/// // A ledger does not tell what was looked at and found clean: that is not known, and not zero.
/// assert_eq!(figures.platform.looks, None);
/// assert_eq!(Figures::read(&Summary::default(), &Reading::at(now)).executive, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    told: BTreeSet<Told>,
    #[serde(with = "rows")]
    cases: Rows<Case>,
    #[serde(with = "rows")]
    looks: Rows<LookRow>,
    #[serde(with = "rows")]
    exceptions: Rows<Window>,
}

impl Summary {
    /// The summary of one record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let mut summary = Self::default();
        summary.add(record);
        summary
    }

    /// The summary of the records of a ledger, of which there may be none: then it is known that there are none.
    #[must_use]
    pub fn of_records<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut summary = Self { told: [Told::Records].into(), ..Self::default() };
        for record in records {
            summary.add(record);
        }
        summary
    }

    /// The summary of a stored ledger: its records, and the runs of detectors that failed. It is verified first.
    ///
    /// # Errors
    ///
    /// As [`Ledger::resume`]: what was changed after it was written makes no figures. A cut last line is left out.
    pub fn of_ledger(stored: &[u8]) -> Result<Self, LedgerError> {
        let (ledger, _) = Ledger::resume(stored)?;
        let mut summary = Self::of_records(ledger.records());
        summary.tell(Told::Failures);
        for (sequence, line) in (0..ledger.chain().next()).zip(stored.split(|byte| *byte == b'\n')) {
            let entry = Entry::read(line).map_err(|error| LedgerError::Unreadable { sequence, error })?;
            summary.add_event(&entry.event, entry.at);
        }
        Ok(summary)
    }

    /// Adds a record, as it stands.
    pub fn add(&mut self, record: &Record) {
        self.told.insert(Told::Records);
        join(&mut self.cases, Case::of(record));
    }

    /// Adds a look at a resource, whatever it found.
    pub fn add_look(&mut self, look: Look) {
        self.told.insert(Told::Looks);
        join(&mut self.looks, look.into_row());
    }

    /// Adds the assessment of an observation that was made at this time. The same as a [`Look`] of which no more is known.
    pub fn add_report(&mut self, report: &AssessmentReport, method: Option<Method>, observed_at: Timestamp) {
        self.add_look(Look::of(report, method, observed_at));
    }

    /// Adds what an event of a ledger tells that belongs to no record: a run of a detector that failed. `at` is when it was
    /// recorded. Of all other events the records tell.
    pub fn add_event(&mut self, event: &Event, at: Timestamp) {
        self.told.insert(Told::Failures);
        if let Event::DetectorFailed { resource, unit, method, reason, .. } = event {
            join(&mut self.looks, LookRow::failed(resource, unit.as_deref(), *method, *reason, at));
        }
    }

    /// Adds an exception, as it stands at this time: whose it is, and until when it holds.
    pub fn add_exception(&mut self, id: &str, owner: Option<&str>, expires: Timestamp, as_of: Timestamp) {
        self.told.insert(Told::Exceptions);
        let owner = owner.map(str::to_owned);
        join(&mut self.exceptions, Window { as_of, expires, owner, id: id.to_owned() });
    }

    /// Says that the summary knows all there is of this kind, also if there is nothing: a run that looked at nothing, a
    /// registry without exceptions.
    pub fn tell(&mut self, told: Told) {
        self.told.insert(told);
    }

    /// Both together.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.told.extend(other.told);
        absorb(&mut self.cases, other.cases);
        absorb(&mut self.looks, other.looks);
        absorb(&mut self.exceptions, other.exceptions);
        self
    }

    /// What it was told of.
    #[must_use]
    pub const fn told(&self) -> &BTreeSet<Told> {
        &self.told
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    pub(crate) fn looks(&self) -> impl Iterator<Item = &LookRow> {
        self.looks.values()
    }

    pub(crate) fn exceptions(&self) -> impl Iterator<Item = &Window> {
        self.exceptions.values()
    }
}

impl Extend<Self> for Summary {
    fn extend<I: IntoIterator<Item = Self>>(&mut self, shards: I) {
        for shard in shards {
            *self = std::mem::take(self).merge(shard);
        }
    }
}

impl FromIterator<Self> for Summary {
    fn from_iter<I: IntoIterator<Item = Self>>(shards: I) -> Self {
        let mut summary = Self::default();
        summary.extend(shards);
        summary
    }
}

/// A row: it has a name, and two of one name join to one.
///
/// INVARIANT: `join` is commutative, associative and idempotent, and keeps the name.
pub(crate) trait Row: Clone {
    type Name: Clone + Ord;

    fn name(&self) -> Self::Name;

    #[must_use]
    fn join(self, other: Self) -> Self;
}

type Rows<R> = BTreeMap<<R as Row>::Name, R>;

fn join<R: Row>(rows: &mut Rows<R>, row: R) {
    let name = row.name();
    let row = match rows.remove(&name) {
        Some(known) => known.join(row),
        None => row,
    };
    rows.insert(name, row);
}

fn absorb<R: Row>(rows: &mut Rows<R>, others: Rows<R>) {
    for row in others.into_values() {
        join(rows, row);
    }
}

/// Rows are a list on the wire: their names are in them.
mod rows {
    use serde::de::SeqAccess;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Row, Rows, join};

    pub(super) fn serialize<R: Row + Serialize, S: Serializer>(
        rows: &Rows<R>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.values())
    }

    pub(super) fn deserialize<'de, R, D>(deserializer: D) -> Result<Rows<R>, D::Error>
    where
        R: Row + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        struct List<R>(std::marker::PhantomData<R>);

        impl<'de, R: Row + Deserialize<'de>> serde::de::Visitor<'de> for List<R> {
            type Value = Rows<R>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<R>, A::Error> {
                let mut rows = Rows::<R>::new();
                while let Some(row) = list.next_element::<R>()? {
                    join(&mut rows, row);
                }
                Ok(rows)
            }
        }

        deserializer.deserialize_seq(List(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests;
