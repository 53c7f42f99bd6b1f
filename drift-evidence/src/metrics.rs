//! The figures as OpenMetrics text, for whoever scrapes them.

mod exposition;

use drift_model::{DriftClass, Risk, UnknownReason, Verdict};

use self::exposition::{Exposition, Kind};
use crate::figures::{Exceptions, Figures, Group, Measures, Platform, Service};

/// The content type of [`Figures::open_metrics`].
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many values a label has at most, of those that callers name. The smaller ones are added up under `other`.
pub const MAX_LABEL_VALUES: usize = 64;

/// How many characters a label's value has at most.
pub const MAX_LABEL_CHARS: usize = 64;

impl Figures {
    /// The figures as OpenMetrics 1.0 text, whose content type is [`OPEN_METRICS`].
    ///
    /// A figure that is not known has no metric: nothing reads zero where nobody looked. Labels are words of closed
    /// vocabularies, or what a caller has few of (environments, labels of the taxonomy, gates, budgets): of those the
    /// [`MAX_LABEL_VALUES`] greatest are named, in [`MAX_LABEL_CHARS`] characters, and the rest is `other`. A label of what is
    /// not known is left out. No resource, owner or person is ever in a label.
    ///
    #[doc = include_str!("metrics/names.md")]
    ///
    /// ```
    /// use drift_evidence::{Figures, Reading, Record, Summary};
    /// # let finding: drift_model::Finding =
    /// #     serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/finding.json")))?;
    ///
    /// let record = Record::open(&finding, "2026-07-03T10:22:40Z".parse()?);
    /// let figures = Figures::read(&Summary::of(&record), &Reading::at("2026-07-03T12:22:31Z".parse()?));
    /// let text = figures.open_metrics();
    /// assert!(text.contains("\ndrift_open_findings{risk=\"CRITICAL\"} 1\n"));
    /// // Nobody told of looks, and so there is no `drift_resources`.
    /// assert!(!text.contains("drift_resources{"));
    /// assert!(text.ends_with("\n# EOF\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn open_metrics(&self) -> String {
        let mut text = Exposition::default();
        self.write_executive(&mut text);
        if let Some(measures) = &self.measures {
            write_measures(&mut text, measures);
        }
        write_platform(&mut text, &self.platform);
        if let Some(services) = &self.services {
            write_services(&mut text, services);
        }
        if let Some(exceptions) = &self.exceptions {
            write_exceptions(&mut text, exceptions);
        }
        if let Some(security) = &self.security {
            text.one(
                "drift_break_glass_findings",
                "Open findings of changes through broken glass.",
                security.break_glass_open,
            );
        }
        self.write_evidence(&mut text);
        text.finish()
    }

    fn write_executive(&self, text: &mut Exposition) {
        let Some(executive) = &self.executive else { return };
        let of = |groups: &[Group], word: &str| {
            groups.iter().find(|group| group.name.as_deref() == Some(word)).map_or(0, |group| group.findings)
        };
        let risks = Risk::WORDS.iter().map(|risk| (*risk, of(&executive.by_risk, risk)));
        text.closed("drift_open_findings", Kind::Gauge, "Open findings.", "risk", risks);
        let classes = DriftClass::WORDS.iter().map(|class| (*class, of(&executive.by_class, class)));
        text.closed("drift_open_findings_by_class", Kind::Gauge, "Open findings by class.", "drift_class", classes);
        let domains = names(&executive.by_domain);
        text.open("drift_open_findings_by_domain", "Open findings by label of the taxonomy.", "domain", domains);
        let environments = names(&executive.by_environment);
        text.open("drift_open_findings_by_environment", "Open findings by environment.", "environment", environments);
        text.histogram(
            "drift_open_finding_age_seconds",
            Kind::GaugeHistogram,
            "For how long open findings are known.",
            &executive.age,
        );
        text.histogram(
            "drift_time_to_classify_seconds",
            Kind::Histogram,
            "From detection until a class was on record.",
            &executive.time_to_classify,
        );
        text.histogram(
            "drift_time_to_reconcile_seconds",
            Kind::Histogram,
            "From detection until a look showed it gone.",
            &executive.time_to_reconcile,
        );
        if let Some(burn) = &executive.budget_burn {
            text.family(
                "drift_budget_findings",
                Kind::Gauge,
                "Findings that keep a drift budget, break it, or are open.",
            );
            let budgets = exposition::few(burn.iter().map(|burn| (Some(burn.burn.budget.as_str()), 0)));
            let limits = exposition::few(burn.iter().map(|burn| (Some(burn.burn.limit.as_str()), 0)));
            let rows = burn.iter().map(|reported| {
                let burn = &reported.burn;
                let names = [exposition::named(&burn.budget, &budgets), exposition::named(&burn.limit, &limits)];
                (names, [burn.kept, burn.broken, burn.open])
            });
            for ([budget, limit], counts) in exposition::summed(rows) {
                for (state, count) in ["KEPT", "BROKEN", "OPEN"].into_iter().zip(counts) {
                    text.sample("", &[("budget", &budget), ("limit", &limit), ("state", state)], count);
                }
            }
        }
    }

    fn write_evidence(&self, text: &mut Exposition) {
        let Some(evidence) = &self.evidence else { return };
        let answered = evidence.answered.iter().map(|answered| (answered.question.word(), answered.records.part));
        let help = "Records that answer a question of an auditor.";
        text.closed("drift_records_answering", Kind::Gauge, help, "question", answered);
        let records = evidence.answered.first().map_or(0, |answered| answered.records.of);
        text.one("drift_records", "Records of cases.", records);
        text.one("drift_complete_records", "Records that answer all ten questions.", evidence.complete.part);
    }
}

fn write_measures(text: &mut Exposition, measures: &Measures) {
    text.family("drift_detections", Kind::Counter, "Times that drift was detected.");
    text.sample("_total", &[], measures.detections.iter().fold(0, |sum, class| sum.saturating_add(class.times)));
    // No counter: what is classified again leaves its class.
    let detections = measures.detections.iter().map(|class| (class.drift_class.word(), class.times));
    let help = "The same by the class it has now.";
    text.closed("drift_detections_by_class", Kind::Gauge, help, "drift_class", detections);
    text.histogram(
        "drift_time_to_detect_seconds",
        Kind::Histogram,
        "How long drift was there before it was detected.",
        &measures.persistence_before_detection,
    );
    let (backfilled, reverted, open) = (measures.backfilled.part, measures.reverted.part, measures.manual_open);
    let told = backfilled.saturating_add(reverted).saturating_add(open);
    let other = measures.backfilled.of.saturating_sub(told);
    let fates = [("BACKFILLED", backfilled), ("REVERTED", reverted), ("OPEN", open), ("OTHER", other)];
    text.closed("drift_manual_changes", Kind::Gauge, "Manual changes by what became of them.", "fate", fates);
    let help = "Emergency changes that Git never said.";
    text.one("drift_emergency_changes_not_backfilled", help, measures.emergency_not_backfilled);
    if let Some(older) = &measures.older_than_sync_interval {
        let help = "Manual changes that are open for longer than the sync interval.";
        text.open("drift_findings_over_sync_interval", help, "environment", names(older));
    }
    let help = "Resources that drifted in the week of the reading.";
    text.one("drift_resources_drifted_this_week", help, measures.this_week.resources);
}

fn write_platform(text: &mut Exposition, platform: &Platform) {
    if let Some(looks) = &platform.looks {
        let verdicts = Verdict::ALL.iter().map(|verdict| {
            let count = match verdict {
                Verdict::Drifted => looks.drifted,
                Verdict::Unknown => looks.unknown,
                Verdict::Pending => looks.pending,
                Verdict::InSync => looks.in_sync,
            };
            (verdict.word(), count)
        });
        text.closed("drift_resources", Kind::Gauge, "Resources by the last look at them.", "verdict", verdicts);
    }
    if let Some(because) = &platform.failed_because {
        let reasons =
            UnknownReason::ALL.iter().map(|reason| (reason.word(), because.get(reason).copied().unwrap_or(0)));
        let help = "Detectors whose last look at a resource knows nothing.";
        text.closed("drift_failed_jobs", Kind::Gauge, help, "reason", reasons);
    }
    if let Some(stale) = &platform.stale_units {
        text.one("drift_stale_units", "Registered units of which nothing was known for too long.", stale.count);
    }
    if let Some(heals) = &platform.auto_heal {
        let outcomes = [("SUCCEEDED", heals.succeeded), ("FAILED", heals.failed)];
        text.closed("drift_heals", Kind::Counter, "What machines did alone.", "outcome", outcomes);
        let refused = heals.refused.iter().map(|refused| (Some(refused.gate.as_str()), refused.findings));
        text.open("drift_heal_refusals", "Findings that a gate refused to let a machine heal.", "gate", refused);
    }
}

fn write_services(text: &mut Exposition, services: &[Service]) {
    let sum = |count: fn(&Service) -> u64| services.iter().map(count).fold(0, u64::saturating_add);
    text.one("drift_overdue_findings", "Open findings whose time to reconcile is up.", sum(|service| service.overdue));
    text.one("drift_pull_requests", "Open findings with a pull request.", sum(|service| service.pull_requests));
}

fn write_exceptions(text: &mut Exposition, exceptions: &Exceptions) {
    let states = [
        ("ACTIVE", exceptions.active.saturating_sub(exceptions.expiring_soon)),
        ("EXPIRING_SOON", exceptions.expiring_soon),
        ("EXPIRED", exceptions.expired),
    ];
    text.closed("drift_exceptions", Kind::Gauge, "Exceptions by how they stand.", "state", states);
}

fn names(groups: &[Group]) -> impl Clone + Iterator<Item = (Option<&str>, u64)> {
    groups.iter().map(|group| (group.name.as_deref(), group.findings))
}

#[cfg(test)]
mod tests;
