//! The page for people: what drifted, who did it, what class, what to do and why, and what was excused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use drift_model::{AssessmentReport, Change, Digest, Disposition, Finding, HealthStatus, Risk, SyncStatus, Verdict};

use super::words::{counted, grouped, place, side_by_side, sides, tail, what_to_do, why};
use crate::assess::cli::Detail;
use crate::assess::stream::Tally;
use crate::assess::who::Who;
use crate::console::paint::{Ink, Paint, columns, shortened, wrapped};

/// How many findings are shown: the worst.
const MAX_ROWS: usize = 30;
/// How many unknown or pending resources are shown: the first.
const MAX_LISTED: usize = 12;
/// How many changes of a finding are shown: the first.
const MAX_CHANGES: usize = 3;
/// How many excuses are kept apart.
const MAX_EXCUSES: usize = 1000;
/// How many excuses are shown: the most frequent.
const MAX_EXCUSES_SHOWN: usize = 8;
/// Where the text of a finding begins.
const INDENT: usize = 11;
/// Where the words after a label begin.
const LABEL: usize = 6;

/// Collects what the page needs, in bounded memory, and prints it.
#[derive(Debug)]
pub(crate) struct Table {
    paint: Paint,
    detail: Detail,
    rows: Vec<Row>,
    drift: u64,
    unknown: Listed,
    pending: Listed,
    excuses: BTreeMap<(Disposition, String), Excuse>,
}

/// One finding, or a drifted resource without one.
#[derive(Debug)]
struct Row {
    resource: String,
    who: String,
    green: Option<String>,
    changes: Vec<Change>,
    hidden: usize,
    partial: bool,
    finding: Option<Finding>,
}

impl Row {
    fn risk(&self) -> Option<Risk> {
        self.finding.as_ref().map(|finding| finding.risk)
    }
}

#[derive(Debug, Default)]
struct Listed {
    count: u64,
    first: Vec<(String, String)>,
}

impl Listed {
    fn add(&mut self, resource: &str, why: String) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < MAX_LISTED {
            self.first.push((resource.to_owned(), why));
        }
    }
}

#[derive(Debug)]
struct Excuse {
    count: u64,
    resource: String,
    path: String,
}

impl Table {
    pub(crate) const fn new(paint: Paint, detail: Detail) -> Self {
        Self {
            paint,
            detail,
            rows: Vec::new(),
            drift: 0,
            unknown: Listed { count: 0, first: Vec::new() },
            pending: Listed { count: 0, first: Vec::new() },
            excuses: BTreeMap::new(),
        }
    }

    /// Takes from an answer what the page needs.
    pub(crate) fn add(&mut self, report: AssessmentReport, who: &Who) {
        let resource = report.resource.to_string();
        for change in &report.changes {
            self.excuse(&resource, change);
        }
        match report.verdict {
            Verdict::Drifted => self.add_drift(report, &resource, who),
            Verdict::Unknown => {
                let reason = report.reason.map_or("", drift_model::UnknownReason::word);
                let detail = report.detail.unwrap_or_default();
                let between = if reason.is_empty() || detail.is_empty() { "" } else { ": " };
                self.unknown.add(&resource, format!("{reason}{between}{detail}"));
            }
            Verdict::Pending => {
                let waiting: Vec<&Change> =
                    report.changes.iter().filter(|change| change.disposition == Disposition::Pending).collect();
                let place = waiting.first().map_or(String::new(), |change| place(&change.path.to_string()));
                let more = waiting.len().saturating_sub(1);
                self.pending.add(&resource, if more == 0 { place } else { format!("{place} and {more} more") });
            }
            Verdict::InSync => {}
        }
    }

    fn add_drift(&mut self, report: AssessmentReport, resource: &str, who: &Who) {
        let green = (report.sync == Some(SyncStatus::Synced)).then(|| {
            let health = if report.health == Some(HealthStatus::Healthy) { " and HEALTHY" } else { "" };
            format!("the dashboards are green: SYNCED{health}")
        });
        let row = |changes: Vec<Change>, finding: Option<Finding>| {
            let hidden = changes.len().saturating_sub(MAX_CHANGES);
            Row {
                resource: resource.to_owned(),
                who: who.words(),
                green: green.clone(),
                changes: changes.into_iter().take(MAX_CHANGES).collect(),
                hidden,
                partial: report.partial,
                finding,
            }
        };
        let mut rows = Vec::new();
        for mut finding in report.findings {
            let changes = std::mem::take(&mut finding.changes);
            // Findings of what is excused have their place among the excuses.
            let drifted: Vec<Change> = changes.into_iter().filter(Change::is_drift).collect();
            if !drifted.is_empty() {
                rows.push(row(drifted, Some(finding)));
            }
        }
        if rows.is_empty() {
            rows.push(row(report.changes.into_iter().filter(Change::is_drift).collect(), None));
        }
        self.drift = self.drift.saturating_add(u64::try_from(rows.len()).unwrap_or(0));
        self.rows.append(&mut rows);
        if self.rows.len() >= MAX_ROWS.saturating_mul(2) {
            self.keep_worst();
        }
    }

    /// The worst first; the earlier first among equals.
    fn keep_worst(&mut self) {
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.risk()));
        self.rows.truncate(MAX_ROWS);
    }

    fn excuse(&mut self, resource: &str, change: &Change) {
        let by = match change.disposition {
            Disposition::Drift | Disposition::Undetermined | Disposition::Pending => return,
            Disposition::Undeclared if change.counted => return,
            Disposition::Undeclared => "nothing is exposed".to_owned(),
            Disposition::Equivalent | Disposition::Ignored => change.rule.clone().unwrap_or_default(),
            Disposition::OwnedBy => change.owner_name.clone().unwrap_or_else(|| change.owner.word().to_owned()),
        };
        let mut key = (change.disposition, by);
        if self.excuses.len() >= MAX_EXCUSES && !self.excuses.contains_key(&key) {
            key = (change.disposition, "others".to_owned());
        }
        let path = || place(&change.path.to_string());
        let excuse =
            self.excuses.entry(key).or_insert_with(|| Excuse { count: 0, resource: resource.to_owned(), path: path() });
        excuse.count = excuse.count.saturating_add(1);
    }

    /// The whole page.
    pub(crate) fn page(mut self, title: Option<&str>, tally: &Tally, policy: &Digest) -> String {
        self.keep_worst();
        let mut page = String::new();
        if let Some(title) = title {
            for line in title.lines() {
                page.push_str(&self.paint.text(Ink::Dim, line));
                page.push('\n');
            }
            page.push('\n');
        }
        self.heading(&mut page, tally, policy);
        for row in &self.rows {
            page.push('\n');
            self.row(&mut page, row);
        }
        let shown = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        if let Some(more) = self.drift.checked_sub(shown).filter(|more| *more > 0) {
            let text = format!("… and {}, none of them worse; --format jsonl lists all", counted(more, "more finding"));
            let _ = writeln!(page, "\n{}", self.paint.text(Ink::Bad, &text));
        }
        self.listed(&mut page, &self.unknown, "UNKNOWN", Ink::Doubt, "nobody could tell; this is not in sync");
        self.listed(&mut page, &self.pending, "PENDING", Ink::Waiting, "Git moved on, and is not applied yet");
        self.excused(&mut page);
        page
    }

    fn heading(&self, page: &mut String, tally: &Tally, policy: &Digest) {
        let counts = [
            (tally.drifted, "drifted", Ink::Bad),
            (tally.unknown, "unknown", Ink::Doubt),
            (tally.pending, "pending", Ink::Waiting),
            (tally.in_sync, "in sync", Ink::Good),
        ];
        let mut words = vec![(Ink::Strong, counted(tally.resources(), "resource"))];
        for (count, word, ink) in counts {
            let ink = if count == 0 { Ink::Dim } else { ink };
            words.push((ink, format!("{} {word}", grouped(count))));
        }
        if tally.problems > 0 {
            words.push((Ink::Bad, format!("{} unreadable", grouped(tally.problems))));
        }
        let policy = policy.to_string();
        words.push((Ink::Dim, format!("policy {}", policy.get(..15).unwrap_or(&policy))));
        let mut used = 0_usize;
        for (ink, word) in words {
            let wide = columns(&word);
            if used > 0 && used.saturating_add(wide).saturating_add(3) > self.paint.width {
                page.push('\n');
                used = 0;
            }
            if used > 0 {
                page.push_str("   ");
            }
            page.push_str(&self.paint.text(ink, &word));
            used = used.saturating_add(wide).saturating_add(3);
        }
        page.push('\n');
    }

    fn row(&self, page: &mut String, row: &Row) {
        let paint = self.paint;
        let (risk, ink) = row.risk().map_or(("DRIFTED", Ink::Bad), |risk| (risk.word(), Ink::Risk(risk)));
        let class = row
            .finding
            .as_ref()
            .map_or(String::new(), |finding| format!("{} · {}", finding.drift_class.word(), finding.domain));
        let room = paint.width.saturating_sub(INDENT);
        let name = shortened(&row.resource, room);
        let risk_cell = format!(" {risk:<8} ");
        let gap = room.saturating_sub(columns(&name)).saturating_sub(columns(&class));
        let _ = write!(page, "{} {}", paint.text(ink, &risk_cell), paint.text(Ink::Strong, &name));
        if gap >= 2 {
            let _ = writeln!(page, "{}{}", " ".repeat(gap), paint.text(ink_of_class(ink), &class));
        } else {
            let _ = writeln!(page, "\n{}{}", " ".repeat(INDENT), paint.text(ink_of_class(ink), &class));
        }
        for change in &row.changes {
            let _ = writeln!(page, "{}{}", " ".repeat(INDENT), self.change(change, room));
        }
        if row.hidden > 0 {
            let more = format!("… and {}", counted(row.hidden as u64, "more field"));
            let _ = writeln!(page, "{}{}", " ".repeat(INDENT), paint.text(Ink::Dim, &more));
        }
        self.line(page, "who", Ink::Plain, &row.who);
        if let Some(finding) = &row.finding {
            self.line(page, "do", Ink::Strong, &what_to_do(finding));
            self.line(page, "why", Ink::Dim, &why(finding));
        }
        if let Some(green) = &row.green {
            self.line(page, "but", Ink::Risk(Risk::Medium), green);
        }
        if row.partial {
            self.line(page, "and", Ink::Doubt, "more is unknown here besides");
        }
    }

    fn line(&self, page: &mut String, label: &str, ink: Ink, text: &str) {
        let room = self.paint.width.saturating_sub(INDENT).saturating_sub(LABEL).max(20);
        for (index, line) in wrapped(text, room).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = self.paint.text(Ink::Dim, &format!("{label:<LABEL$}"));
            let _ = writeln!(page, "{}{label}{}", " ".repeat(INDENT), self.paint.text(ink, line));
        }
    }

    /// `/spec/replicas  2 → 5`
    fn change(&self, change: &Change, room: usize) -> String {
        let path = change.path.to_string();
        let (before, after) = sides(change);
        let longest = room.saturating_sub(7);
        let path = tail(&place(&path), longest / 2);
        let (before, after) = side_by_side(&before, &after, longest.saturating_sub(columns(&path)));
        let paint = self.paint;
        format!(
            "{path}  {} {} {}",
            paint.text(Ink::Good, &before),
            paint.text(Ink::Dim, "→"),
            paint.text(Ink::Bad, &after),
        )
    }

    fn listed(&self, page: &mut String, listed: &Listed, word: &str, ink: Ink, meaning: &str) {
        if listed.count == 0 {
            return;
        }
        let paint = self.paint;
        let room = paint.width.saturating_sub(INDENT);
        let cell = format!(" {word:<8} ");
        let text = format!("{}: {meaning}", counted(listed.count, "resource"));
        let _ = writeln!(page, "\n{} {}", paint.text(ink, &cell), paint.text(ink, &shortened(&text, room)));
        let wide = listed.first.iter().map(|(name, _)| columns(name)).max().unwrap_or(0).min(room / 2);
        for (name, why) in &listed.first {
            let name = shortened(name, wide);
            let fill = " ".repeat(wide.saturating_sub(columns(&name)).saturating_add(2));
            let why = shortened(why, room.saturating_sub(wide).saturating_sub(2));
            let _ = writeln!(
                page,
                "{}{}{fill}{}",
                " ".repeat(INDENT),
                paint.text(Ink::Plain, &name),
                paint.text(Ink::Dim, &why)
            );
        }
        let shown = u64::try_from(listed.first.len()).unwrap_or(u64::MAX);
        if let Some(more) = listed.count.checked_sub(shown).filter(|more| *more > 0) {
            let _ =
                writeln!(page, "{}{}", " ".repeat(INDENT), paint.text(ink, &format!("… and {} more", grouped(more))));
        }
    }

    fn excused(&self, page: &mut String) {
        if self.excuses.is_empty() {
            return;
        }
        let paint = self.paint;
        let all = self.excuses.values().map(|excuse| excuse.count).fold(0, u64::saturating_add);
        let cell = format!(" {:<8} ", "excused");
        let room = paint.width.saturating_sub(INDENT);
        let text = format!("{}: somebody else's, or no difference in meaning", counted(all, "change"));
        let _ = writeln!(page, "\n{}", paint.text(Ink::Dim, &format!("{cell} {}", shortened(&text, room))));
        let mut excuses: Vec<_> = self.excuses.iter().collect();
        excuses.sort_by_key(|(key, excuse)| (std::cmp::Reverse(excuse.count), *key));
        let shown: Vec<_> = excuses.iter().take(MAX_EXCUSES_SHOWN).collect();
        let label = |disposition: Disposition, by: &str| {
            let how = match disposition {
                Disposition::OwnedBy => "owned by ",
                Disposition::Equivalent => "equivalent by ",
                Disposition::Ignored => "ignored by ",
                Disposition::Undeclared => "undeclared: ",
                Disposition::Pending | Disposition::Undetermined | Disposition::Drift => "",
            };
            format!("{how}{by}")
        };
        let labels: Vec<String> =
            shown.iter().map(|((disposition, by), _)| shortened(&label(*disposition, by), room / 2)).collect();
        let wide = labels.iter().map(|label| columns(label)).max().unwrap_or(0);
        for (label, (_, excuse)) in labels.iter().zip(&shown) {
            let fill = " ".repeat(wide.saturating_sub(columns(label)));
            let head = format!("{label}{fill}  {:>5}", grouped(excuse.count));
            let example = match self.detail {
                Detail::All => {
                    let left = room.saturating_sub(columns(&head)).saturating_sub(2);
                    let resource = shortened(&excuse.resource, left.saturating_sub(20).max(left / 2));
                    let path = tail(&excuse.path, left.saturating_sub(columns(&resource)).saturating_sub(1));
                    format!("{resource} {path}")
                }
                Detail::Drift => String::new(),
            };
            let line = format!("{}{head}  {example}", " ".repeat(INDENT));
            let _ = writeln!(page, "{}", paint.text(Ink::Dim, line.trim_end()));
        }
        let more = excuses.len().saturating_sub(shown.len());
        if more > 0 {
            let text = format!("{}… and {}", " ".repeat(INDENT), counted(more as u64, "more excuse"));
            let _ = writeln!(page, "{}", paint.text(Ink::Dim, &text));
        }
    }
}

/// The badge has a background where the risk is critical; the class beside it has not.
fn ink_of_class(ink: Ink) -> Ink {
    if ink == Ink::Risk(Risk::Critical) { Ink::Bad } else { ink }
}

#[cfg(test)]
mod tests {
    use drift_model::Facts;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        facts: Facts,
        report: AssessmentReport,
    }

    /// Answers written by hand, one of each kind that the page knows.
    fn cases() -> Vec<Case> {
        include_str!("reports.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn page(cases: Vec<Case>, paint: Paint, detail: Detail) -> String {
        let mut table = Table::new(paint, detail);
        let mut tally = Tally::default();
        let mut digest = Digest::of(b"policy");
        for Case { facts, report } in cases {
            tally.count(report.verdict);
            digest = report.policy_digest;
            table.add(report, &Who::of(&facts));
        }
        table.page(None, &tally, &digest)
    }

    #[test]
    fn the_page_says_what_drifted_who_did_it_what_to_do_and_what_is_excused() {
        let page = page(cases(), Paint { colour: false, width: 100 }, Detail::All);
        assert!(page.lines().all(|line| columns(line) <= 100), "{page}");
        insta::assert_snapshot!(page);
    }

    #[test]
    fn a_narrow_page_loses_no_line() {
        let narrow = page(cases(), Paint { colour: false, width: 60 }, Detail::Drift);
        assert!(narrow.lines().all(|line| columns(line) <= 60), "{narrow}");
        for word in ["CRITICAL", "INCIDENT_AND_REVERT", "unattributed", "UNKNOWN", "PENDING", "excused"] {
            assert!(narrow.contains(word), "{word}\n{narrow}");
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let coloured = page(cases(), Paint { colour: true, width: 100 }, Detail::All);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_eq!(plain, page(cases(), Paint { colour: false, width: 100 }, Detail::All));
    }

    #[test]
    fn of_many_findings_the_worst_are_shown_and_the_rest_is_counted() {
        let many: Vec<Case> = (0..100).flat_map(|_| cases()).collect();
        let page = page(many, Paint { colour: false, width: 100 }, Detail::All);
        assert_eq!(page.matches(" CRITICAL ").count(), MAX_ROWS, "{page}");
        assert!(page.contains("… and 370 more findings, none of them worse"), "{page}");
        assert!(page.contains("200 resources: nobody could tell"), "{page}");
        assert!(page.contains("… and 188 more"), "{page}");
    }

    #[test]
    fn law_8_a_secret_never_leaves_a_sensitive_change_is_shown_as_such() {
        let page = page(cases(), Paint { colour: false, width: 160 }, Detail::All);
        assert!(page.contains("[name=API_TOKEN]/value  (sensitive) → (sensitive)"), "{page}");
    }
}
