//! `DriftBudget`: how much drift is tolerated, and for how long (seeds S0.10).

use std::fmt;

use drift_model::Span;
use serde::{Serialize, Serializer};

use super::reader::{Reader, quote};
use super::rules;
use super::taxonomy::Labels;
use crate::table::When;

/// How much drift is tolerated, and for how long: `spec` of a `DriftBudget`.
///
/// It is about findings, so that its `match` can ask what is known of a finding; a column that only a single change has
/// (its path, say) is never certain there. [`DriftBudget::measure`] holds it against a history.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DriftBudget {
    /// Which findings; the columns are those of a rule's `when`.
    pub matches: When,
    /// How many may be open at once.
    pub max_open: Option<u32>,
    /// How old an open one may be, counted from its detection.
    pub max_age: Option<Span>,
    /// Within what time of the change it is detected.
    pub detect_within: Option<Span>,
    /// Within what time of the detection it has a class.
    pub classify_within: Option<Span>,
    /// Within what time of the detection it is settled: remediated, or accepted by somebody.
    pub reconcile_within: Option<Span>,
    /// The share of findings that must keep each of the three `…Within`.
    pub objective: Share,
    /// How far back findings count that are settled; all of them if left out.
    pub window: Option<Span>,
    /// Why.
    pub because: Option<String>,
}

/// A share, in hundredths of a percent: `99.95%`.
///
/// ```
/// use drift_policy::Share;
///
/// assert_eq!("99.5%".parse(), Ok(Share::from_hundredths(9950)));
/// assert_eq!(Share::ALL.to_string(), "100%");
/// assert!("101%".parse::<Share>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Share(u16);

/// A text that is no share.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad share, expected a percentage such as `99%` or `99.95%`")]
#[non_exhaustive]
pub struct ShareError;

impl Share {
    /// All of them.
    pub const ALL: Self = Self(10_000);

    /// So many hundredths of a percent; more than all is all.
    #[must_use]
    pub const fn from_hundredths(hundredths: u16) -> Self {
        if hundredths > Self::ALL.0 { Self::ALL } else { Self(hundredths) }
    }

    /// The share in hundredths of a percent.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.div_euclid(100), self.0.rem_euclid(100));
        match (rest, rest.rem_euclid(10)) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", rest.div_euclid(10)),
            _ => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::str::FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let read = || {
            let number = text.strip_suffix('%')?;
            let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
            let rest = match rest.len() {
                1 => format!("{rest}0"),
                2 => rest.to_owned(),
                _ => return None,
            };
            if !digits(whole) || !digits(&rest) {
                return None;
            }
            let hundredths = whole.parse::<u16>().ok()?.checked_mul(100)?.checked_add(rest.parse().ok()?)?;
            (hundredths <= Self::ALL.0).then_some(Self(hundredths))
        };
        read().ok_or(ShareError)
    }
}

/// The limits, of which a budget has one at least.
const LIMITS: [&str; 5] = ["maxOpen", "maxAge", "detectWithin", "classifyWithin", "reconcileWithin"];

/// `spec` of a `DriftBudget`.
pub(super) fn read(spec: &Reader<'_>, labels: &Labels) -> Option<DriftBudget> {
    let fields = spec.object(&[
        "domain",
        "match",
        "maxOpen",
        "maxAge",
        "detectWithin",
        "classifyWithin",
        "reconcileWithin",
        "objective",
        "window",
        "because",
    ])?;
    let domain = fields.optional("domain");
    let matched = fields.optional("match");
    if domain.is_none() && matched.is_none() {
        spec.error("missing-field", "the budget does not say what it is about", "add `domain` or `match`");
    }
    if let (Some(domain), Some(matched)) = (&domain, &matched)
        && matched.tree.get("domain").is_some()
    {
        domain.error("duplicate-column", "`domain` is asked twice", "write it once, here or in `match`");
    }
    if LIMITS.iter().all(|limit| fields.optional(limit).is_none()) {
        let help = format!("add one of {}", super::reader::list(&LIMITS));
        spec.error("missing-field", "the budget has no limit", help);
    }
    let conditions = [
        domain.map_or(Some(Vec::new()), |place| {
            place.text()?;
            Some(vec![rules::condition("domain", &place, labels)?])
        }),
        matched.map_or(Some(Vec::new()), |place| rules::conditions(&place, labels)),
    ];
    let max_open = fields.maybe("maxOpen", Reader::whole);
    let max_age = fields.maybe("maxAge", Reader::span);
    let detect_within = fields.maybe("detectWithin", Reader::span);
    let classify_within = fields.maybe("classifyWithin", Reader::span);
    let reconcile_within = fields.maybe("reconcileWithin", Reader::span);
    let objective = fields.maybe("objective", share);
    let window = fields.maybe("window", Reader::span);
    let because = fields.maybe("because", |place| place.text().map(str::to_owned));
    let [domain, matched] = conditions;
    let conditions: Vec<_> = domain?.into_iter().chain(matched?).collect();
    Some(DriftBudget {
        matches: rules::compiled(spec, &conditions)?,
        max_open: max_open?,
        max_age: max_age?,
        detect_within: detect_within?,
        classify_within: classify_within?,
        reconcile_within: reconcile_within?,
        objective: objective?.unwrap_or(Share::ALL),
        window: window?,
        because: because?,
    })
}

fn share(place: &Reader<'_>) -> Option<Share> {
    let text = place.text()?;
    let help = "expected a percentage such as `99%` or `99.95%`";
    text.parse().map_err(|_| place.error("bad-share", format!("bad share {}", quote(text)), help)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_as_it_is_read() {
        for hundredths in 0..=10_000 {
            let share = Share::from_hundredths(hundredths);
            assert_eq!(share.to_string().parse(), Ok(share));
        }
        for bad in ["", "%", "99", "100.01%", "1e2%", "-1%", "99.999%", "99.%", ".5%5", "٩%"] {
            assert_eq!(bad.parse::<Share>(), Err(ShareError), "{bad}");
        }
    }
}
