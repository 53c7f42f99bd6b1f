//! `Answer`: what a record answers to the ten questions of an auditor (seeds S0.20).

use std::fmt;

use drift_model::{Actor, Change, ChangeKind, DriftClass, MASK, Obligation, Plane, Relation, Span, canonical_text};
use serde::Serialize;

use crate::event::Event;
use crate::record::Record;

drift_model::vocabulary! {
    /// The ten questions that evidence answers.
    #[non_exhaustive]
    pub enum Question as "question" {
        /// What resource drifted?
        Resource = "RESOURCE",
        /// What was the desired state?
        DesiredState = "DESIRED_STATE",
        /// What was the observed actual state?
        ObservedState = "OBSERVED_STATE",
        /// When was drift detected?
        DetectedAt = "DETECTED_AT",
        /// How long did it exist?
        Duration = "DURATION",
        /// Who or what caused it?
        Cause = "CAUSE",
        /// Which policy classified it?
        Policy = "POLICY",
        /// Who approved remediation?
        Approver = "APPROVER",
        /// What action was taken?
        Action = "ACTION",
        /// What verified closure?
        Closure = "CLOSURE",
    }
}

/// An answer, or why there is none yet. Never a guess.
///
/// On the wire `{"known": "…"}` or `{"notKnown": {"because": "…"}}`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "an answer is there or it is not")]
pub enum Answer {
    /// What the record says.
    Known(String),
    /// The record cannot say.
    NotKnown {
        /// Why not.
        because: String,
    },
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(answer) => f.write_str(answer),
            Self::NotKnown { because } => write!(f, "not known: {because}"),
        }
    }
}

impl Record {
    /// What the record answers to a question, from what happened since it was opened for the last time.
    #[must_use]
    pub fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Resource => Answer::Known(self.finding().resource_ref.clone()),
            Question::DesiredState => self.plane(Plane::Desired),
            Question::ObservedState => self.plane(Plane::Actual),
            Question::DetectedAt => Answer::Known(self.detected_at().to_string()),
            Question::Duration => self.duration(),
            Question::Cause => self.cause(),
            Question::Policy => self.policy(),
            Question::Approver => self.approver(),
            Question::Action => self.action(),
            Question::Closure => self.closure(),
        }
    }

    /// All ten answers, in the order of [`Question`].
    #[must_use]
    pub fn answers(&self) -> Vec<(Question, Answer)> {
        Question::ALL.iter().map(|question| (*question, self.answer(*question))).collect()
    }

    fn plane(&self, plane: Plane) -> Answer {
        let told: Vec<_> = self.finding().changes.iter().map(|change| (change, value(change, plane))).collect();
        if told.iter().all(|(_, value)| value.is_none()) {
            return not_known(format!("the finding carries no value of {plane}"));
        }
        let told = told.into_iter().map(|(change, value)| {
            let path = if change.path.is_root() { "the resource".to_owned() } else { change.path.to_string() };
            format!("{path}: {}", value.as_deref().unwrap_or("not known"))
        });
        Answer::Known(list(told))
    }

    fn duration(&self) -> Answer {
        let (began, from) = (self.began_at(), self.began_at().unwrap_or_else(|| self.detected_at()));
        match self.gone() {
            Some(look) => {
                let (span, until) = (look.observed_at.since(from), look.observed_at);
                Answer::Known(match began {
                    Some(_) => format!("at most {}, from {from} until it was seen to be gone at {until}", exact(span)),
                    None => format!(
                        "it was detected {} before it was seen to be gone at {until}; when it began is not known",
                        exact(span)
                    ),
                })
            }
            None => not_known(format!(
                "nothing has shown that it is gone; it was there for {} when it was last seen at {}",
                exact(self.seen().since(from)),
                self.seen()
            )),
        }
    }

    fn cause(&self) -> Answer {
        let finding = self.finding();
        match &finding.audit_correlation {
            Some(audit) => {
                let when = audit.event_time.map(|at| format!(" at {at}")).unwrap_or_default();
                Answer::Known(format!("{}{when}, according to {}", audit.actor, audit.source))
            }
            None if finding.candidates.is_empty() => not_known("no audit event was found for it".to_owned()),
            None => {
                let who = |actor: &Actor| if actor.id.is_empty() { actor.kind.to_string() } else { actor.id.clone() };
                not_known(format!("several may have: {}", list(finding.candidates.iter().map(who))))
            }
        }
    }

    fn policy(&self) -> Answer {
        let finding = self.finding();
        // The latest word on it: what was said of a finding that has changed since is of the past.
        let mut said = self.current().rev().take_while(|(_, event)| !matches!(event, Event::Updated { .. }));
        let later = said.find_map(|(_, event)| {
            let Event::Classified { class, risk, rule, policy_digest, .. } = event else { return None };
            Some((*class, *risk, rule, policy_digest))
        });
        let made = finding.trace.iter().find(|step| step.table == "classification");
        let made = made.map(|step| (finding.drift_class, finding.risk, &step.rule, &finding.policy_digest));
        match later.or(made) {
            Some((DriftClass::Unclassified, ..)) => not_known("what was known did not suffice for a class".to_owned()),
            Some((class, risk, rule, policy)) => {
                Answer::Known(format!("rule `{rule}` of policy {policy}: {class}, risk {risk}"))
            }
            None => not_known(format!("the finding does not say which rule of policy {} did", finding.policy_digest)),
        }
    }

    fn approver(&self) -> Answer {
        let approvals = self.current().filter_map(|(at, event)| {
            let Event::Approved { action, by, reference, .. } = event else { return None };
            Some(format!("{by} approved {action} at {at}{}", within(reference.as_ref())))
        });
        let approvals = list(approvals);
        let acted = self.current().any(|(_, event)| matches!(event, Event::Acted { .. }));
        let finding = self.finding();
        if !approvals.is_empty() {
            Answer::Known(approvals)
        } else if acted && finding.auto_heal.allowed {
            not_known("an action was taken without an approval; the policy allowed a machine to heal it".to_owned())
        } else if acted && finding.actions.obligations.contains(&Obligation::RequireApproval) {
            not_known("an action was taken without the approval that the policy requires".to_owned())
        } else if acted {
            not_known("an action was taken without an approval".to_owned())
        } else {
            not_known("nobody has approved anything yet".to_owned())
        }
    }

    fn action(&self) -> Answer {
        let actions = list(self.current().filter_map(|(at, event)| {
            let Event::Acted { action, by, outcome, reference, .. } = event else { return None };
            Some(format!("{action} by {by} at {at}: {outcome}{}", within(reference.as_ref())))
        }));
        if actions.is_empty() { not_known("no action is recorded".to_owned()) } else { Answer::Known(actions) }
    }

    fn closure(&self) -> Answer {
        match self.gone() {
            Some(look) => Answer::Known(format!(
                "assessment `{}` of {}: {}, nothing of this finding left",
                look.assessment, look.observed_at, look.verdict
            )),
            None => not_known("no later look has shown that the drift is gone".to_owned()),
        }
    }
}

fn not_known(because: String) -> Answer {
    Answer::NotKnown { because }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

fn within(reference: Option<&String>) -> String {
    reference.map(|reference| format!(" ({reference})")).unwrap_or_default()
}

/// A span to the second in two units, as `21m29s`; spans of their own unit stay as they are written.
fn exact(span: Span) -> String {
    let seconds = span.seconds();
    let (minutes, rest) = (seconds / 60, seconds % 60);
    if minutes == 0 || rest == 0 { span.to_string() } else { format!("{minutes}m{rest}s") }
}

/// What a change says of one plane, as far as it says anything.
pub(crate) fn value(change: &Change, plane: Plane) -> Option<String> {
    let masked = change.masked.as_ref();
    let (shown, class, pointer) = match plane {
        Plane::Desired => (&change.desired, masked.and_then(|m| m.desired.as_ref()), &change.pointers.desired),
        Plane::Recorded => (&change.recorded, masked.and_then(|m| m.recorded.as_ref()), &change.pointers.recorded),
        Plane::Actual => (&change.actual, masked.and_then(|m| m.actual.as_ref()), &change.pointers.actual),
    };
    match (shown, class) {
        (_, Some(class)) => Some(format!("{MASK} {class}")),
        (_, None) if change.sensitive && pointer.is_some() => Some(MASK.to_owned()),
        (Some(shown), None) => Some(canonical_text(shown.value())),
        (None, None) if pointer.is_some() => Some("present".to_owned()),
        (None, None) => match (change.kind, plane) {
            _ if change.relation == Relation::Undetermined => None,
            (ChangeKind::Added, Plane::Desired) | (ChangeKind::Removed, Plane::Actual) => Some("absent".to_owned()),
            (ChangeKind::Added, Plane::Actual) => Some("present".to_owned()),
            (ChangeKind::Added | ChangeKind::Removed | ChangeKind::Changed | ChangeKind::Reordered, _) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn told(count: usize) -> String {
        let answers = sample::record(count).answers();
        let lines: Vec<_> = answers.iter().map(|(question, answer)| format!("{question}: {answer}\n")).collect();
        lines.concat()
    }

    #[test]
    fn s0_20_a_new_record_answers_what_it_can_and_says_why_not_the_rest() {
        assert_eq!(
            told(1),
            r#"RESOURCE: aws_security_group.app_public
DESIRED_STATE: /ingress/[from=443]: absent; /tags/password: (sensitive) class-1
OBSERVED_STATE: /ingress/[from=443]: {"cidr":"0.0.0.0/0","from":443,"weight":1.5}; /tags/password: (sensitive) class-2
DETECTED_AT: 2026-07-03T10:22:31Z
DURATION: not known: nothing has shown that it is gone; it was there for 11m29s when it was last seen at 2026-07-03T10:22:31Z
CAUSE: ana@example.com at 2026-07-03T10:11:02Z, according to cloudtrail
POLICY: rule `human-in-prod` of policy sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: UNAUTHORIZED_RUNTIME_DRIFT, risk CRITICAL
APPROVER: not known: nobody has approved anything yet
ACTION: not known: no action is recorded
CLOSURE: not known: no later look has shown that the drift is gone
"#
        );
    }

    #[test]
    fn s0_20_a_closed_record_answers_all_ten_questions() {
        assert_eq!(
            told(8),
            r#"RESOURCE: aws_security_group.app_public
DESIRED_STATE: /ingress/[from=443]: absent; /tags/password: (sensitive) class-1
OBSERVED_STATE: /ingress/[from=443]: {"cidr":"0.0.0.0/0","from":443,"weight":1.5}; /tags/password: (sensitive) class-2
DETECTED_AT: 2026-07-03T10:22:31Z
DURATION: at most 31m29s, from 2026-07-03T10:11:02Z until it was seen to be gone at 2026-07-03T10:42:31Z
CAUSE: ana@example.com at 2026-07-03T10:11:02Z, according to cloudtrail
POLICY: rule `open-incident` of policy sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812: EMERGENCY_DRIFT, risk HIGH
APPROVER: security-oncall approved RUNTIME_REVERT at 2026-07-03T10:34:31Z (INC-9127)
ACTION: RUNTIME_REVERT by pipeline/42 at 2026-07-03T10:35:31Z: SUCCEEDED
CLOSURE: assessment `obs-9` of 2026-07-03T10:42:31Z: IN_SYNC, nothing of this finding left
"#
        );
    }

    #[test]
    fn a_reopened_record_does_not_answer_with_its_past() {
        assert_eq!(told(9), told(1));
    }

    #[test]
    fn what_was_said_of_drift_that_has_changed_since_is_of_the_past() {
        let mut record = sample::record(2);
        let policy = |record: &Record| record.answer(Question::Policy).to_string();
        assert!(policy(&record).starts_with("rule `open-incident`"), "{}", policy(&record));
        record.apply(&Event::updated(record.id(), sample::wider()), sample::at(9)).unwrap();
        assert!(policy(&record).starts_with("rule `human-in-prod`"), "{}", policy(&record));
        let observed = record.answer(Question::ObservedState).to_string();
        assert!(observed.ends_with("; /ingress/[from=8443]: present"), "{observed}");
        assert_eq!(record.answer(Question::DetectedAt).to_string(), "2026-07-03T10:22:31Z");
    }

    #[test]
    fn what_is_not_known_is_never_an_answer() {
        let mut finding = sample::finding();
        finding.audit_correlation = None;
        finding.drift_class = DriftClass::Unclassified;
        finding.actions.obligations = vec![Obligation::RequireApproval];
        finding.changes = vec![Change::new(
            "/port".parse().unwrap(),
            ChangeKind::Changed,
            Relation::Undetermined,
            drift_model::Disposition::Undetermined,
        )];
        let mut record = Record::open(&finding, sample::at(0));
        let acted = Event::Acted {
            record: finding.finding_id.clone(),
            action: drift_model::Action::RuntimeRevert,
            by: "bot".to_owned(),
            outcome: crate::Outcome::Failed,
            reference: None,
        };
        record.apply(&acted, sample::at(1)).unwrap();
        let unanswered: Vec<_> = record
            .answers()
            .into_iter()
            .filter_map(|(question, answer)| match answer {
                Answer::Known(_) => None,
                Answer::NotKnown { because } => Some(format!("{question}: {because}")),
            })
            .collect();
        assert_eq!(
            unanswered,
            [
                "DESIRED_STATE: the finding carries no value of DESIRED",
                "OBSERVED_STATE: the finding carries no value of ACTUAL",
                "DURATION: nothing has shown that it is gone; it was there for 0s when it was last seen at 2026-07-03T10:22:31Z",
                "CAUSE: no audit event was found for it",
                "POLICY: what was known did not suffice for a class",
                "APPROVER: an action was taken without the approval that the policy requires",
                "CLOSURE: no later look has shown that the drift is gone",
            ]
        );
    }
}
