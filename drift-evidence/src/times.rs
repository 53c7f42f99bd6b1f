//! How long a case took: from detection to a class, and to the look that shows that it is gone.

use drift_model::{DriftClass, Finding, Span, Timestamp};

use crate::event::Event;
use crate::record::Record;

/// What the figures of a dashboard are made of. All of it is of the case since it was opened for the last time.
///
/// ```
/// use drift_evidence::Record;
/// # let finding: drift_model::Finding = serde_json::from_str(include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json"
/// # )))?;
///
/// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
/// assert_eq!(record.time_to_detect().map(|span| span.seconds()), Some(689));
/// assert_eq!(record.time_to_classify().map(|span| span.seconds()), Some(9));
/// assert_eq!(record.time_to_reconcile(), None);
/// assert_eq!(record.age("2026-07-03T11:22:31Z".parse()?).to_string(), "1h");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Record {
    /// When the observation was made that first showed it; when that was recorded, if it does not say.
    #[must_use]
    pub fn detected_at(&self) -> Timestamp {
        let recorded = self.current().next().map_or(self.seen(), |(at, _)| *at);
        self.findings().next().and_then(|finding| finding.detected_at).unwrap_or(recorded)
    }

    /// When somebody did it, as far as a log tells: the first of the times that its findings name. What happened after the
    /// drift was detected did not begin it.
    #[must_use]
    pub fn began_at(&self) -> Option<Timestamp> {
        let times = self.findings().filter_map(|finding| finding.audit_correlation.as_ref()?.event_time);
        times.min().filter(|began| *began <= self.detected_at())
    }

    /// How long it was there before it was detected, where a log tells when it began.
    #[must_use]
    pub fn time_to_detect(&self) -> Option<Span> {
        self.began_at().map(|began| self.detected_at().since(began))
    }

    /// How long it took from detection until a class was on record; `None` as long as it has none.
    #[must_use]
    pub fn time_to_classify(&self) -> Option<Span> {
        let classified = |event: &Event| event.class().is_some_and(|(class, _)| class != DriftClass::Unclassified);
        let (at, _) = self.current().find(|(_, event)| classified(event))?;
        Some(at.since(self.detected_at()))
    }

    /// How long it took from detection until a look showed that it is gone; `None` as long as none did.
    #[must_use]
    pub fn time_to_reconcile(&self) -> Option<Span> {
        self.gone().map(|look| look.observed_at.since(self.detected_at()))
    }

    /// For how long it is known: from detection until it was seen to be gone, or until now.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Span {
        self.time_to_reconcile().unwrap_or_else(|| now.since(self.detected_at()))
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.current().filter_map(|(_, event)| event.finding())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, at, record};

    const ID: &str = "drift-20260703-000184";

    #[test]
    fn times_are_of_what_was_observed_and_of_the_case_as_it_was_last_opened() {
        let figures = |count: usize| {
            let record = record(count);
            let seconds = |span: Option<Span>| span.map(Span::seconds);
            (seconds(record.time_to_classify()), seconds(record.time_to_reconcile()), record.age(at(40)).to_string())
        };
        assert_eq!(figures(1), (Some(0), None, "40m".to_owned()));
        // Seen to be gone twenty minutes after detection, recorded as closed a minute later.
        assert_eq!(figures(8), (Some(0), Some(1200), "20m".to_owned()));
        assert_eq!(figures(9), (Some(3600), None, "40m".to_owned()));
    }

    #[test]
    fn what_has_no_class_is_not_classified_until_somebody_did_it() {
        let mut unclassified = sample::finding();
        unclassified.drift_class = DriftClass::Unclassified;
        let mut record = Record::open(&unclassified, at(0));
        assert_eq!(record.time_to_classify(), None);
        record.apply(&Event::updated(ID, sample::wider()), at(9)).unwrap();
        assert_eq!(record.time_to_classify().map(Span::seconds), Some(540));
    }

    #[test]
    fn what_was_done_after_detection_did_not_begin_it() {
        let mut finding = sample::finding();
        finding.audit_correlation = None;
        let mut record = Record::open(&finding, at(0));
        let mut wider = sample::wider();
        wider.audit_correlation.as_mut().unwrap().event_time = Some(at(7));
        record.apply(&Event::updated(ID, wider), at(9)).unwrap();
        assert_eq!((record.began_at(), record.time_to_detect()), (None, None));
        let duration = record.answer(crate::Question::Duration).to_string();
        assert!(duration.contains("it was there for 8m when"), "{duration}");
    }

    #[test]
    fn drift_began_when_the_first_of_its_changes_did() {
        let mut record = record(1);
        let mut wider = sample::wider();
        let audit = wider.audit_correlation.as_mut().unwrap();
        audit.event_time = Some(at(7));
        record.apply(&Event::updated(ID, wider), at(9)).unwrap();
        assert_eq!(record.began_at().unwrap().to_string(), "2026-07-03T10:11:02Z");
        assert_eq!(record.time_to_detect().map(Span::seconds), Some(689));
    }
}
