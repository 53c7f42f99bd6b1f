//! The page for people: what drifted, who did it, what class, what to do and why, and what was excused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use drift_model::{
    AssessmentReport, Change, Digest, Disposition, Finding, HealthStatus, MASK, Obligation, Plane, Relation, Risk,
    Shown, SyncStatus, Verdict,
};

use super::paint::{Ink, Paint, columns, shortened, wrapped};
use crate::assess::cli::Detail;
use crate::assess::stream::Tally;
use crate::assess::who::Who;

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

/// Two values in this many columns together: where they are too long, what they have in common goes first.
fn side_by_side(before: &str, after: &str, room: usize) -> (String, String) {
    if columns(before).saturating_add(columns(after)) <= room {
        return (before.to_owned(), after.to_owned());
    }
    let (before, after) = without_common(before, after);
    let each = room / 2;
    // What one side does not need, the other may have.
    let spare = |text: &str| each.saturating_sub(columns(text));
    let (before_room, after_room) = (each.saturating_add(spare(&after)), each.saturating_add(spare(&before)));
    (shortened(&before, before_room), shortened(&after, after_room))
}

/// How much of what is equal stays on either side of what differs.
const CONTEXT: usize = 10;

fn without_common(before: &str, after: &str) -> (String, String) {
    let (before, after): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let equal = |pair: &(&char, &char)| pair.0 == pair.1;
    let head = before.iter().zip(&after).take_while(equal).count();
    let shorter = before.len().min(after.len()).saturating_sub(head);
    let foot = before.iter().rev().zip(after.iter().rev()).take_while(equal).count().min(shorter);
    let (skip, drop) = (head.saturating_sub(CONTEXT), foot.saturating_sub(CONTEXT));
    let cut = |text: &[char]| {
        let kept = text.iter().take(text.len().saturating_sub(drop)).skip(skip);
        let (left, right) = (if skip > 0 { "…" } else { "" }, if drop > 0 { "…" } else { "" });
        format!("{left}{}{right}", kept.collect::<String>())
    };
    (cut(&before), cut(&after))
}

/// The root is the empty string, which people do not see.
fn place(path: &str) -> String {
    if path.is_empty() { "the whole object".to_owned() } else { path.to_owned() }
}

/// The end of a path, from a whole step on.
fn tail(path: &str, room: usize) -> String {
    if columns(path) <= room {
        return path.to_owned();
    }
    let mut rest = path;
    while let Some((_, after)) = rest.strip_prefix('/').unwrap_or(rest).split_once('/') {
        rest = after;
        if columns(rest).saturating_add(2) <= room {
            return format!("…/{rest}");
        }
    }
    shortened(path, room)
}

/// What is declared (or remembered, where Git is silent), and what runs.
fn sides(change: &Change) -> (String, String) {
    if change.path.to_string().is_empty() {
        let side = |shown: &Option<Shown>, there: &str, not: &str| {
            if shown.is_some() { there.to_owned() } else { not.to_owned() }
        };
        return match change.kind {
            drift_model::ChangeKind::Added => ("not in Git".to_owned(), "exists".to_owned()),
            drift_model::ChangeKind::Removed => ("in Git".to_owned(), "does not exist".to_owned()),
            drift_model::ChangeKind::Changed | drift_model::ChangeKind::Reordered => {
                (side(&change.desired, "in Git", "not in Git"), side(&change.actual, "exists", "does not exist"))
            }
        };
    }
    let there = |plane: Plane| {
        let pointer = match plane {
            Plane::Desired => &change.pointers.desired,
            Plane::Recorded => &change.pointers.recorded,
            Plane::Actual => &change.pointers.actual,
        };
        pointer.is_some()
    };
    let text = |shown: &Option<Shown>, plane: Plane, nothing: &str| match shown {
        Some(shown) => value(shown),
        None if change.sensitive && there(plane) => MASK.to_owned(),
        None => nothing.to_owned(),
    };
    let before = match change.relation {
        Relation::UndeclaredChange | Relation::StaleRecord if change.desired.is_none() => {
            text(&change.recorded, Plane::Recorded, "(undeclared)")
        }
        Relation::UndeclaredAddition => text(&change.desired, Plane::Desired, "(undeclared)"),
        _ => text(&change.desired, Plane::Desired, "(absent)"),
    };
    let after = text(&change.actual, Plane::Actual, "(absent)");
    let after = if change.kind == drift_model::ChangeKind::Reordered { format!("{after} (reordered)") } else { after };
    (before, after)
}

fn value(shown: &Shown) -> String {
    match shown.value() {
        serde_json::Value::String(text) if !text.is_empty() && text == text.trim() => text.clone(),
        _ => serde_json::to_string(shown).unwrap_or_else(|_| "(cannot be shown)".to_owned()),
    }
}

fn what_to_do(finding: &Finding) -> String {
    let mut parts = vec![finding.recommended_action.clone()];
    let named: Vec<Obligation> = drift_model::Recommend::ALL
        .iter()
        .find(|name| name.word() == finding.recommended_action)
        .map(|name| name.obligations().to_vec())
        .unwrap_or_default();
    // INCIDENT_AND_REVERT says in its name that an incident is opened; that evidence comes first, it does not.
    let spoken = |obligation: &&Obligation| match obligation {
        // The approvers are named below.
        Obligation::RequireApproval => finding.approvers.is_empty(),
        Obligation::PreserveEvidenceFirst => true,
        _ => !named.contains(obligation),
    };
    let obligations: Vec<String> =
        finding.actions.obligations.iter().filter(spoken).map(|obligation| words(obligation.word())).collect();
    if !obligations.is_empty() {
        parts.push(obligations.join(", "));
    }
    if let Some(within) = finding.reconcile_within {
        parts.push(format!("within {within}"));
    }
    if !finding.approvers.is_empty() {
        parts.push(format!("approval: {}", finding.approvers.join(", ")));
    }
    if finding.auto_heal_allowed {
        parts.push("a machine may".to_owned());
    }
    parts.join(" · ")
}

fn why(finding: &Finding) -> String {
    let rules: Vec<String> = finding
        .trace
        .iter()
        .filter(|step| step.table != "taxonomy")
        .map(|step| {
            let missing = if step.missing.is_empty() {
                String::new()
            } else {
                format!(" (unknown: {})", step.missing.join(", "))
            };
            format!("{}{missing}", step.rule)
        })
        .collect();
    let mut parts = Vec::new();
    if !rules.is_empty() {
        parts.push(rules.join(" → "));
    }
    if !finding.auto_heal.refused_by.is_empty() {
        parts.push(format!("no machine alone: {}", finding.auto_heal.refused_by.join(", ")));
    }
    parts.join(" · ")
}

/// `PRESERVE_EVIDENCE_FIRST` as `preserve evidence first`.
fn words(word: &str) -> String {
    word.to_ascii_lowercase().replace('_', " ")
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// `1,234,567`
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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

    #[test]
    fn numbers_are_grouped() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
        assert_eq!(counted(1, "resource"), "1 resource");
    }

    #[test]
    fn of_two_long_values_what_differs_is_shown() {
        let before = "registry.shop.example/checkout@sha256:9b2c6f0d4b1e8a75";
        let (before, after) = side_by_side(before, "registry.shop.example/checkout:debug", 52);
        assert_eq!((before.as_str(), after.as_str()), ("…e/checkout@sha256:9b2c6f0d4b1e8a75", "…e/checkout:debug"));
        let (before, after) =
            side_by_side("{\"a\":[1],\"b\":\"same to the end\"}", "{\"a\":[2],\"b\":\"same to the end\"}", 44);
        assert_eq!((before.as_str(), after.as_str()), ("{\"a\":[1],\"b\":\"sam…", "{\"a\":[2],\"b\":\"sam…"));
    }

    #[test]
    fn a_path_loses_its_first_steps() {
        assert_eq!(tail("/spec/template/spec/containers/[name=app]/image", 30), "…/containers/[name=app]/image");
        assert_eq!(tail("/spec/replicas", 30), "/spec/replicas");
    }
}
