//! `Completeness`: how much of what happened could be proven.

use serde::Serialize;

use super::spread::{Share, count};
use crate::answer::Question;
use crate::artifact::ArtifactKind;
use crate::summary::{Case, Summary};

/// How many records answer the ten questions, and what documents they hold (seeds S0.20). Of records, not of findings: each
/// ledger must bear out its own.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Completeness {
    /// Records whose drift is gone and that answer all ten, of those whose drift is gone. No open one can.
    pub complete: Share,
    /// Records that answer each question, of all.
    pub answered: Vec<Questioned>,
    /// Records that hold at least one document of each kind, of all.
    pub artifacts: Vec<Kept>,
}

/// How many records answer a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Questioned {
    /// The question.
    pub question: Question,
    /// How many.
    pub records: Share,
}

/// How many records hold a document of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Kept {
    /// The kind.
    pub kind: ArtifactKind,
    /// How many.
    pub records: Share,
}

impl Completeness {
    pub(super) fn read(summary: &Summary) -> Self {
        let share = |holds: &dyn Fn(&Case) -> bool| {
            Share::of(count(summary.cases().filter(|case| holds(case))), count(summary.cases()))
        };
        let gone = || summary.cases().filter(|case| !case.is_open());
        let all = |case: &&Case| case.answers.len() == Question::ALL.len();
        Self {
            complete: Share::of(count(gone().filter(all)), count(gone())),
            answered: Question::ALL
                .iter()
                .map(|question| Questioned {
                    question: *question,
                    records: share(&|case| case.answers.contains(question)),
                })
                .collect(),
            artifacts: ArtifactKind::ALL
                .iter()
                .map(|kind| Kept {
                    kind: *kind,
                    records: share(&|case| case.episodes.iter().any(|episode| episode.artifacts.contains(kind))),
                })
                .collect(),
        }
    }
}
