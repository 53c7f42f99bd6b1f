//! `Column`: the closed list of things that a rule can ask about, and `Columns`, a set of them.

use std::fmt;
use std::str::FromStr;

use drift_model::{
    ActorKind, ChangeKind, ChangeRecordState, CostStatus, Dependency, Disposition, Domain, DriftClass, Existence,
    Freeze, Freshness, HealthStatus, IncidentState, LogCoverage, OwnerKind, ReconcileState, RecordAddress, Relation,
    Risk, SourceStep, SyncStatus, UnknownWord, Validity, YesNo,
};

/// The word for a fact that nobody supplied, or that is stale.
pub(crate) const UNKNOWN: &str = "UNKNOWN";
/// The words of `system`; the last stands for every system that has a name of its own.
pub(crate) const SYSTEMS: &[&str] =
    &["KUBERNETES", "OPENTOFU", "TERRAFORM", "ARGOCD", "FLUX", "AWS", "DATABASE", "GENERIC", "GENERIC:*"];
pub(crate) const ACCEPTED: &[&str] = &["true", "false"];
pub(crate) const EXCEPTION: &[&str] = &["ACTIVE", "EXPIRED", "NONE"];
pub(crate) const UPGRADE: &[&str] = &["RECENT", "NONE"];
pub(crate) const SECRET_SYNC: &[&str] = &["CURRENT", "LAGGING", "FAILED"];

/// The labels of the shipped taxonomy, each with the Domain that it stands for. No document gives them another.
pub(crate) const LABELS: &[(&str, Domain)] = &[
    ("iam", Domain::Identity),
    ("cluster-rbac", Domain::Identity),
    ("oidc-trust", Domain::Identity),
    ("cloud-network", Domain::Network),
    ("cluster-network", Domain::Network),
    ("dns", Domain::Network),
    ("cdn", Domain::Network),
    ("secret", Domain::Secret),
    ("database", Domain::Database),
    ("policy", Domain::Policy),
    ("admission", Domain::Policy),
    ("state", Domain::State),
    ("dependency", Domain::Dependency),
    ("cost", Domain::Cost),
    ("capacity", Domain::Cost),
    ("runtime", Domain::RuntimeController),
    ("workload", Domain::Configuration),
    ("workload-image", Domain::Configuration),
    ("app-config", Domain::Configuration),
    ("metadata", Domain::Configuration),
    ("storage", Domain::Configuration),
    ("configuration", Domain::Configuration),
];

/// The Domain of a label that is shipped.
pub(crate) fn domain_of(label: &str) -> Option<Domain> {
    LABELS.iter().find(|(shipped, _)| *shipped == label).map(|(_, domain)| *domain)
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Values {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A Domain, or a label of a taxonomy, which anybody may add to.
    Domain,
    /// A known system, or one with a name of its own.
    System,
    /// Text, matched by globs.
    Text,
    /// A path, matched by path patterns.
    Path,
    /// Names of conditions.
    Names,
}

impl Values {
    /// The words that a rule may use, where the list is closed.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Words(words) => words,
            Self::Domain => Domain::WORDS,
            Self::System => SYSTEMS,
            Self::Text | Self::Path | Self::Names => &[],
        }
    }

    /// One bit a word; bit 0 alone, "anything else", where the values are open.
    pub(crate) fn all_bits(self) -> u16 {
        match self.words().len() {
            0 => 1,
            count => (0..count).fold(0, |bits, index| bits | bit(index)),
        }
    }
}

/// The bit of the value with this index.
pub(crate) fn bit(index: usize) -> u16 {
    u32::try_from(index).ok().and_then(|index| 1u16.checked_shl(index)).unwrap_or(0)
}

macro_rules! columns {
    ($( $(#[$meta:meta])* $Variant:ident = $name:literal, $fact:literal, $values:expr; )+) => {
        /// A column: one thing that a rule can ask about.
        ///
        /// A column whose value comes from the facts may be unknown, and takes `UNKNOWN` in its list; the others are
        /// properties of the resource and the change. The order is the one in which a rule is read: the first column
        /// that refuses a case is the first in this order.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Column {
            $( $(#[$meta])* $Variant, )+
        }

        impl Column {
            /// Every column, in order.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];
            /// Every name, in the same order.
            pub const NAMES: &'static [&'static str] = &[ $( $name, )+ ];

            /// The name in a `when`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            /// Does the value come from the facts, so that it can be unknown?
            #[must_use]
            pub const fn is_fact(self) -> bool {
                match self { $( Self::$Variant => $fact, )+ }
            }

            /// The words that a `when` may have here, where the list is closed.
            #[cfg(feature = "schemars")]
            pub(crate) fn closed_words(self) -> Option<Vec<&'static str>> {
                let Values::Words(words) = self.values() else { return None };
                let besides = ["*"].into_iter().chain(self.is_fact().then_some(UNKNOWN));
                Some(words.iter().copied().chain(besides).collect())
            }

            pub(crate) const fn values(self) -> Values {
                match self { $( Self::$Variant => $values, )+ }
            }
        }
    };
}

columns! {
    /// The class of the drift; known from the classification on.
    Class = "class", false, Values::Words(DriftClass::WORDS);
    /// The Domain, in any case, or a label of the taxonomy. `secret` is a Domain before it is a label.
    Domain = "domain", false, Values::Domain;
    /// What the change amounts to.
    Disposition = "disposition", false, Values::Words(Disposition::WORDS);
    /// Which planes hold the resource.
    Existence = "existence", false, Values::Words(Existence::WORDS);
    /// Which planes agree.
    Relation = "relation", false, Values::Words(Relation::WORDS);
    /// What happened to the path.
    Change = "change", false, Values::Words(ChangeKind::WORDS);
    /// Who owns the path.
    OwnerKind = "ownerKind", false, Values::Words(OwnerKind::WORDS);
    /// The risk, as the earlier tables have it.
    Risk = "risk", false, Values::Words(Risk::WORDS);
    /// The system. `GENERIC` takes every system that has a name of its own as well.
    System = "system", false, Values::System;
    /// The kind of a Kubernetes object, the type of anything else.
    Kind = "kind", false, Values::Text;
    /// The namespace; empty where there is none.
    Namespace = "namespace", false, Values::Text;
    /// The name; the address where there is no name.
    Name = "name", false, Values::Text;
    /// The path of the change. A pattern takes what it covers.
    Path = "path", false, Values::Path;
    /// The environment.
    Environment = "environment", true, Values::Text;
    /// The platform's tier.
    Tier = "tier", true, Values::Text;
    /// The tier of risk.
    RiskTier = "riskTier", true, Values::Text;
    /// How critical the service is.
    ServiceCriticality = "serviceCriticality", true, Values::Text;
    /// How the data is classified.
    DataClassification = "dataClassification", true, Values::Text;
    /// Which customers are affected.
    CustomerTier = "customerTier", true, Values::Text;
    /// The accountable team.
    Owner = "owner", true, Values::Text;
    /// The frameworks in whose scope it is; one that matches is enough.
    ComplianceScope = "complianceScope", true, Values::Text;
    /// The kind of actor. Where there are several candidates, all of them must be in the list.
    Actor = "actor", true, Values::Words(ActorKind::WORDS);
    /// Does the log cover the window?
    LogCoverage = "logCoverage", true, Values::Words(LogCoverage::WORDS);
    /// The incident's state.
    Incident = "incident", true, Values::Words(IncidentState::WORDS);
    /// The change record's state.
    ChangeRecord = "changeRecord", true, Values::Words(ChangeRecordState::WORDS);
    /// Does the change record accept what runs? Where there is known to be no record, it does not.
    Accepted = "accepted", true, Values::Words(ACCEPTED);
    /// The exception: one without an end is ACTIVE. NONE is known only from whoever holds all exceptions
    /// ([`Case::without_exception`](crate::Case::without_exception)); that none was supplied is UNKNOWN.
    Exception = "exception", true, Values::Words(EXCEPTION);
    /// Is there a change freeze?
    Freeze = "freeze", true, Values::Words(Freeze::WORDS);
    /// Desired against live, as the controller says.
    Sync = "sync", true, Values::Words(SyncStatus::WORDS);
    /// Operational health.
    Health = "health", true, Values::Words(HealthStatus::WORDS);
    /// The controller's source: OK when every step is known to be, FAILED when one failed.
    Source = "source", true, Values::Words(SourceStep::WORDS);
    /// The last reconciliation.
    Reconcile = "reconcile", true, Values::Words(ReconcileState::WORDS);
    /// Is reconciliation paused?
    Suspended = "suspended", true, Values::Words(YesNo::WORDS);
    /// Is the desired plane current?
    DesiredFreshness = "desiredFreshness", true, Values::Words(Freshness::WORDS);
    /// Is the actual plane current?
    ActualFreshness = "actualFreshness", true, Values::Words(Freshness::WORDS);
    /// RECENT where the last upgrade lies within the seven days before now, NONE where it lies further back. Without
    /// its time, or with one that is yet to come, it is UNKNOWN.
    Upgrade = "upgrade", true, Values::Words(UPGRADE);
    /// Is a policy violated?
    Violation = "violation", true, Values::Words(YesNo::WORDS);
    /// How far a secret came: FAILED where the controller's condition names an error, LAGGING where it is not delivered
    /// (versions or fingerprints differ), the consumers are stale, or what was delivered has expired or is overdue for rotation, CURRENT where it is delivered, the consumers are current,
    /// and it is neither expired nor overdue for rotation.
    SecretSync = "secretSync", true, Values::Words(SECRET_SYNC);
    /// Did a dependency change?
    Dependency = "dependency", true, Values::Words(Dependency::WORDS);
    /// Can the action be taken back?
    Reversible = "reversible", true, Values::Words(YesNo::WORDS);
    /// Is cost within its model?
    Cost = "cost", true, Values::Words(CostStatus::WORDS);
    /// Does the record know the resource by the address under which it is declared?
    RecordAddress = "recordAddress", true, Values::Words(RecordAddress::WORDS);
    /// Is the resource sound as it is?
    Validity = "validity", true, Values::Words(Validity::WORDS);
    /// Named conditions; one that is known to hold is enough.
    Condition = "condition", true, Values::Names;
}

/// How many columns there are.
pub(crate) const COUNT: usize = Column::ALL.len();
const _: () = assert!(COUNT <= 64, "`Columns` has one bit a column");

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Column {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().copied().find(|column| column.name() == text);
        found.ok_or_else(|| UnknownWord::new("column", text, Self::NAMES))
    }
}

/// A set of columns.
///
/// ```
/// use drift_policy::{Column, Columns};
///
/// let columns = Columns::from_iter([Column::Incident, Column::Actor]);
/// assert_eq!(columns.to_string(), "actor, incident");
/// assert!(columns.contains(Column::Actor) && !columns.contains(Column::Freeze));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Columns(u64);

impl Columns {
    /// Is it empty?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Is this one of them?
    #[must_use]
    pub const fn contains(self, column: Column) -> bool {
        self.0 & Self::of(column).0 != 0
    }

    /// The columns, in order.
    pub fn iter(self) -> impl Iterator<Item = Column> {
        Column::ALL.iter().copied().filter(move |column| self.contains(*column))
    }

    /// The names, in the order of the columns.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|column| column.name().to_owned()).collect()
    }

    pub(crate) fn insert(&mut self, column: Column) {
        self.0 |= Self::of(column).0;
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    const fn of(column: Column) -> Self {
        match 1u64.checked_shl(column as u32) {
            Some(bit) => Self(bit),
            None => Self(0),
        }
    }
}

impl Extend<Column> for Columns {
    fn extend<I: IntoIterator<Item = Column>>(&mut self, columns: I) {
        columns.into_iter().for_each(|column| self.insert(column));
    }
}

impl FromIterator<Column> for Columns {
    fn from_iter<I: IntoIterator<Item = Column>>(columns: I) -> Self {
        let mut set = Self::default();
        set.extend(columns);
        set
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, column) in self.iter().enumerate() {
            write!(f, "{}{column}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_and_a_bit_of_its_own() {
        for (index, column) in Column::ALL.iter().enumerate() {
            assert_eq!(column.name().parse(), Ok(*column));
            assert_eq!(*column as usize, index);
            assert!(column.values().words().len() < 15, "{column}: one bit a value, and one for UNKNOWN");
        }
        assert_eq!(Column::ALL.iter().copied().collect::<Columns>().len(), COUNT);
    }

    #[test]
    fn a_column_that_nobody_knows_is_met_with_the_one_that_was_meant() {
        let error = "enviroment".parse::<Column>().unwrap_err();
        assert_eq!(error.to_string(), "unknown column `enviroment`; did you mean `environment`?");
    }
}
