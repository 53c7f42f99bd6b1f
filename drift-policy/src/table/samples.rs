//! Samples: values of a column that tests can tell apart.

use std::collections::BTreeMap;

use drift_model::{Domain, System};

use super::columns::{Column, LABELS, SYSTEMS, Values, domain_of};
use super::condition::{Test, Text};
use super::glob::Glob;
use super::witness::Sample;
use super::{paths, texts};

/// How many sets of texts, or of conditions, are looked at in a column that has several at once.
const SETS: usize = 1024;

/// One value of every kind that the tests of a column can tell apart, and whether that is all of them.
pub(super) fn samples(column: Column, tests: &[&Test]) -> (Vec<Sample>, bool) {
    let listed = || tests.iter().flat_map(|test| &test.texts);
    let words = || {
        let words = listed().filter_map(|text| match text {
            Text::Word(word) => Some(word.as_str()),
            Text::Glob(_) | Text::Path(_) => None,
        });
        let mut words: Vec<&str> = words.collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    match column.values() {
        Values::Words(list) if column == Column::Actor => {
            let sets = 1..1u16.checked_shl(u32::try_from(list.len()).unwrap_or(0)).unwrap_or(u16::MAX);
            let (one, several): (Vec<u16>, Vec<u16>) = sets.partition(|set| set.is_power_of_two());
            (one.into_iter().chain(several).map(Sample::Actors).collect(), true)
        }
        Values::Words(list) => ((0..list.len()).map(|index| Sample::Word(column, index)).collect(), true),
        Values::Domain => (domains(&words()), true),
        Values::System => {
            let known = SYSTEMS.iter().filter_map(|word| word.parse().ok());
            let named = words().into_iter().map(|name| System::Other(name.to_owned()));
            (known.chain(named).map(Sample::System).collect(), true)
        }
        Values::Text => {
            let globs: Vec<&Glob> = listed()
                .filter_map(|text| match text {
                    Text::Glob(glob) => Some(glob),
                    Text::Word(_) | Text::Path(_) => None,
                })
                .collect();
            let texts::Samples { found, complete } = texts::samples(&globs);
            if column == Column::ComplianceScope {
                let (sets, all) = scopes(&globs, found);
                return (sets, complete && all);
            }
            let sample = |text: String| {
                let taken = globs.iter().any(|glob| glob.takes(&text));
                if taken { Sample::Text(column, text) } else { Sample::AnythingElse(column, text) }
            };
            (found.into_iter().map(sample).collect(), complete)
        }
        Values::Path => {
            let patterns: Vec<_> = listed()
                .filter_map(|text| match text {
                    Text::Path(pattern) => Some(pattern),
                    Text::Word(_) | Text::Glob(_) => None,
                })
                .collect();
            let texts::Samples { found, complete } = paths::samples(&patterns);
            let sample = |path| {
                let covered = patterns.iter().any(|pattern| pattern.covers(&path));
                if covered { Sample::Path(path) } else { Sample::AnyOtherPath(path) }
            };
            (found.into_iter().map(sample).collect(), complete)
        }
        Values::Names => conditions(&words()),
    }
}

/// Each domain under a label that no rule names, and each label that one names in the domains that it can stand for.
fn domains(named: &[&str]) -> Vec<Sample> {
    let plain = Domain::ALL.iter().map(|domain| {
        let label = LABELS
            .iter()
            .find(|(label, of)| of == domain && !named.contains(label))
            .map_or("other", |(label, _)| label);
        (*domain, label)
    });
    let labelled = named.iter().flat_map(|label| {
        let domain = domain_of(label);
        Domain::ALL.iter().filter(move |of| domain.is_none_or(|domain| domain == **of)).map(|of| (*of, *label))
    });
    let plain = plain.map(|(domain, label)| Sample::Domain(domain, label.to_owned()));
    plain.chain(labelled.map(|(domain, label)| Sample::Label(domain, label.to_owned()))).collect()
}

/// What a change record can be, and what it can say: nobody knows, there is none, or there is one that may not say.
pub(super) fn records() -> Vec<Sample> {
    let of = |state: usize| [Some(0), Some(1), None].map(move |accepted| Sample::Record(Some(state), accepted));
    let none = Sample::Record(Some(2), Some(1));
    [0, 1].into_iter().flat_map(of).chain([none, Sample::Record(None, None)]).collect()
}

/// Lists of scopes: one that a glob takes is enough, so that lists take what any of their texts does.
fn scopes(globs: &[&Glob], found: Vec<String>) -> (Vec<Sample>, bool) {
    let matched =
        |list: &[String]| globs.iter().map(|glob| list.iter().any(|text| glob.takes(text))).collect::<Vec<bool>>();
    let mut lists: Vec<(Vec<bool>, Vec<String>)> = vec![(matched(&[]), Vec::new())];
    for text in found {
        for index in 0..lists.len() {
            let Some((_, list)) = lists.get(index) else { break };
            let longer: Vec<String> = list.iter().cloned().chain([text.clone()]).collect();
            let takes = matched(&longer);
            if lists.iter().all(|(other, _)| *other != takes) {
                lists.push((takes, longer));
            }
        }
        if lists.len() > SETS {
            return (lists.into_iter().map(|(_, list)| Sample::Scopes(list)).collect(), false);
        }
    }
    (lists.into_iter().map(|(_, list)| Sample::Scopes(list)).collect(), true)
}

/// Each condition holds, does not hold, or is not mentioned.
fn conditions(named: &[&str]) -> (Vec<Sample>, bool) {
    let mut all = vec![BTreeMap::new()];
    for name in named {
        let with = all.iter().flat_map(|known| {
            [Some(false), Some(true), None].map(|holds| {
                let mut known: BTreeMap<String, bool> = known.clone();
                known.extend(holds.map(|holds| ((*name).to_owned(), holds)));
                known
            })
        });
        all = with.collect();
        if all.len() > SETS {
            return (all.into_iter().map(Sample::Conditions).collect(), false);
        }
    }
    (all.into_iter().map(Sample::Conditions).collect(), true)
}
