//! A change and a finding in a person's words.

use drift_model::{Change, Finding, MASK, Obligation, Plane, Relation, Shown};

use crate::console::paint::{columns, shortened};

/// Two values in this many columns together: where they are too long, what they have in common goes first.
pub(super) fn side_by_side(before: &str, after: &str, room: usize) -> (String, String) {
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
pub(super) fn place(path: &str) -> String {
    if path.is_empty() { "the whole object".to_owned() } else { path.to_owned() }
}

/// The end of a path, from a whole step on.
pub(super) fn tail(path: &str, room: usize) -> String {
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
pub(super) fn sides(change: &Change) -> (String, String) {
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

pub(super) fn what_to_do(finding: &Finding) -> String {
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

pub(super) fn why(finding: &Finding) -> String {
    let rules: Vec<String> = finding
        .trace
        .iter()
        .filter(|step| step.table != "taxonomy")
        .map(|step| {
            let missing = first_of(&step.missing).map(|(first, more)| format!(" (unknown: {first}{more})"));
            format!("{}{}", step.rule, missing.unwrap_or_default())
        })
        .collect();
    let mut parts = Vec::new();
    let reason = finding.trace.iter().find(|step| step.table == "decision").and_then(|step| step.because.as_ref());
    parts.extend(reason.cloned());
    if !rules.is_empty() {
        parts.push(format!("by {}", rules.join(" → ")));
    }
    // Where the decision itself leaves it to people, the gates behind it are of no interest.
    let gates = Some(&finding.auto_heal.refused_by).filter(|gates| !gates.iter().any(|gate| gate == "decision-denies"));
    if let Some((gates, more)) = gates.and_then(|gates| first_of(gates)) {
        parts.push(format!("no machine alone: {gates}{more}"));
    }
    parts.join(" · ")
}

/// The first three of a list, and how many more there are.
fn first_of(list: &[String]) -> Option<(String, String)> {
    let (first, rest) = list.split_at_checked(3).unwrap_or((list, &[]));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    (!first.is_empty()).then(|| (first.join(", "), more))
}

/// `PRESERVE_EVIDENCE_FIRST` as `preserve evidence first`.
fn words(word: &str) -> String {
    word.to_ascii_lowercase().replace('_', " ")
}

pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// `1,234,567`
pub(super) fn grouped(count: u64) -> String {
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
    use super::*;

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
