//! `assess kubernetes`: manifests and live objects, joined by what they name.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use drift_model::{Document, Mark, Observation, Observed, PlaneState, Planes, RecordOf, ResourceRef, UnknownReason};
use serde_json::Value;

use super::cli::Kubernetes;
use super::input::{self, Located, unlisted};
use super::problem::Problem;
use super::yaml::Dialect;

/// The observations of all objects on any side, in order of their names, and what is wrong with the files.
pub(super) fn observations(of: &Kubernetes, stdin: &mut dyn Read) -> (Vec<Observation>, Vec<Problem>) {
    let mut problems = Vec::new();
    if let Some(audit) = &of.audit {
        problems.push(
            Problem::new(audit.display().to_string(), "audit events are not read yet")
                .help("leave out --audit, and say who did it with --facts (`actors`)"),
        );
    }
    let mut read = |paths: &[PathBuf]| {
        let before = problems.len();
        let objects = objects(paths, stdin, &mut problems);
        (objects, problems.len() > before)
    };
    let (desired, desired_broken) = read(&of.desired);
    let (actual, actual_broken) = read(&of.actual);
    let (recorded, _) = read(&of.recorded);
    let sides = Sides {
        // What could not be read is not absent.
        desired_complete: !desired_broken,
        actual_complete: of.complete && !actual_broken,
        record_given: !of.recorded.is_empty(),
    };
    let observations =
        join(desired, recorded, actual).into_iter().map(|(name, objects)| sides.observation(&name, objects)).collect();
    (observations, problems)
}

/// What names an object, whatever the version it is written in: group, kind, namespace, name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Names {
    kind: String,
    group: String,
    namespace: String,
    name: String,
}

#[derive(Debug)]
struct Object {
    name: Names,
    version: String,
    content: Value,
}

#[derive(Debug, Default)]
struct Objects {
    desired: Option<Object>,
    recorded: Option<Object>,
    actual: Option<Object>,
}

/// Every object of some files. An object that stands twice is complained of, and the first is taken.
fn objects(paths: &[PathBuf], stdin: &mut dyn Read, problems: &mut Vec<Problem>) -> BTreeMap<Names, Object> {
    let mut found: BTreeMap<Names, Object> = BTreeMap::new();
    for document in documents(paths, stdin, problems) {
        for content in unlisted(document.content) {
            match object(content) {
                Ok(object) if found.contains_key(&object.name) => {
                    let Names { kind, namespace, name, .. } = &object.name;
                    let reference = ResourceRef::kubernetes("", "", kind, namespace, name);
                    problems.push(
                        Problem::new(&document.place, format!("`{reference}` stands there twice"))
                            .help("keep one of the two; the first is taken"),
                    );
                }
                Ok(object) => drop(found.insert(object.name.clone(), object)),
                Err(missing) => problems.push(
                    Problem::new(&document.place, format!("not a Kubernetes object: no {missing}"))
                        .help("an object has `apiVersion`, `kind` and `metadata.name`; values files and charts must be rendered first"),
                ),
            }
        }
    }
    found
}

fn documents(paths: &[PathBuf], stdin: &mut dyn Read, problems: &mut Vec<Problem>) -> Vec<Located<Value>> {
    let mut all = Vec::new();
    for path in paths {
        match input::files(Path::new(path)) {
            Ok(files) => {
                for file in files {
                    let (documents, mut found) = input::documents(&file, Dialect::Kubernetes, stdin);
                    all.extend(documents);
                    problems.append(&mut found);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    all
}

fn object(content: Value) -> Result<Object, &'static str> {
    let text = |pointer: &str| {
        let text = content.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        text.to_owned()
    };
    let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    for (value, what) in [(&api_version, "`apiVersion`"), (&kind, "`kind`"), (&name, "`metadata.name`")] {
        if value.is_empty() {
            return Err(what);
        }
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let name = Names { kind, group: group.to_owned(), namespace: text("/metadata/namespace"), name };
    Ok(Object { name, version: version.to_owned(), content })
}

/// Puts the planes of each object together.
///
/// A manifest often leaves its namespace to whoever applies it: it is joined to the one live object that it can mean, and
/// to none if there are several.
fn join(
    desired: BTreeMap<Names, Object>,
    recorded: BTreeMap<Names, Object>,
    actual: BTreeMap<Names, Object>,
) -> BTreeMap<Names, Objects> {
    let mut joined: BTreeMap<Names, Objects> = BTreeMap::new();
    for (name, object) in actual {
        joined.entry(name).or_default().actual = Some(object);
    }
    let meant = |joined: &BTreeMap<Names, Objects>, name: Names| {
        if !name.namespace.is_empty() || joined.contains_key(&name) {
            return name;
        }
        let same = |other: &&Names| (&other.kind, &other.group, &other.name) == (&name.kind, &name.group, &name.name);
        let mut candidates = joined.keys().filter(same);
        match (candidates.next(), candidates.next()) {
            (Some(one), None) => one.clone(),
            _ => name,
        }
    };
    for (name, object) in desired {
        let name = meant(&joined, name);
        joined.entry(name).or_default().desired = Some(object);
    }
    for (name, object) in recorded {
        let name = meant(&joined, name);
        joined.entry(name).or_default().recorded = Some(object);
    }
    joined
}

/// What is known of the sides as a whole.
struct Sides {
    desired_complete: bool,
    actual_complete: bool,
    record_given: bool,
}

impl Sides {
    fn observation(&self, name: &Names, objects: Objects) -> Observation {
        let versions = [&objects.actual, &objects.desired, &objects.recorded];
        let version = versions.into_iter().flatten().next().map_or("", |object| &object.version);
        let resource = ResourceRef::kubernetes(&name.group, version, &name.kind, &name.namespace, &name.name);
        let desired = match objects.desired {
            Some(object) => present(object),
            None if self.desired_complete => PlaneState::new(Observed::Absent),
            None => PlaneState::unknown(UnknownReason::Partial).because("some manifests could not be read"),
        };
        let last_applied = objects.actual.as_ref().and_then(last_applied);
        let actual = match objects.actual {
            Some(object) => present(object),
            None if self.actual_complete => PlaneState::new(Observed::Absent),
            None => PlaneState::unknown(UnknownReason::NotObserved)
                .because("not among the live objects that were given; --complete says that these are all"),
        };
        let recorded = match objects.recorded {
            Some(object) => present(object),
            None if self.record_given => PlaneState::new(Observed::Absent),
            None => last_applied.map_or(PlaneState::new(Observed::NotKept), PlaneState::present),
        };
        let planes = Planes::new(desired, actual).with_recorded(recorded, RecordOf::Declaration);
        Observation::new(resource.to_string(), resource, planes)
    }
}

fn present(object: Object) -> PlaneState {
    let secret = object.name.kind == "Secret" && object.name.group.is_empty();
    let mut document = Document::new(object.content);
    for pattern in if secret { SECRET_PATHS } else { &[] } {
        if let Ok(pattern) = pattern.parse() {
            document.mark(Mark::Sensitive, pattern);
        }
    }
    PlaneState::present(document)
}

/// What is secret in a Secret. The annotation holds a copy of it all.
const SECRET_PATHS: &[&str] =
    &["/data", "/stringData", "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"];

fn last_applied(object: &Object) -> Option<Value> {
    let text = object.content.pointer("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration")?;
    serde_json::from_str(text.as_str()?).ok()
}
