//! Who did it, as far as anybody knows.

use drift_model::{Actor, ActorKind, Fact, Facts, MASK, Secrets, Timestamp};

/// Who may have made a change. What was not looked for is not the same as what was not found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// Exactly one actor is known.
    One(Actor),
    /// Several may have done it; none is picked.
    Several(Vec<Actor>),
    /// A log covers the time, and names nobody.
    Unattributed,
    /// Known for an earlier time only.
    Stale(Timestamp),
    /// No log was read.
    Unknown,
}

impl Who {
    /// What the facts say.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let actors = match &facts.actors {
            Fact::Known(actors) => actors,
            Fact::Stale { since, .. } => return Self::Stale(*since),
            Fact::Unknown => return Self::Unknown,
        };
        match actors.as_slice() {
            [] => Self::Unattributed,
            [one] if one.kind == ActorKind::Unattributed => Self::Unattributed,
            [one] => Self::One(one.clone()),
            several => Self::Several(several.to_vec()),
        }
    }

    /// The same, without what is secret: whoever tells the facts may quote it.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        let actors = match &mut self {
            Self::One(actor) => std::slice::from_mut(actor),
            Self::Several(actors) => actors,
            Self::Unattributed | Self::Stale(_) | Self::Unknown => return self,
        };
        for actor in actors {
            for text in [&mut actor.id, &mut actor.source].into_iter().chain(&mut actor.via) {
                if secrets.are_in(text) {
                    MASK.clone_into(text);
                }
            }
        }
        self
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::One(actor) => {
                let mut words = named(actor);
                let log = (!actor.source.is_empty()).then(|| actor.source.clone());
                let beside: Vec<String> = log.into_iter().chain(actor.at.map(minute)).collect();
                if !beside.is_empty() {
                    words = format!("{words} ({})", beside.join(", "));
                }
                words
            }
            Self::Several(actors) => {
                let names: Vec<String> = actors.iter().map(named).collect();
                format!("one of {}", names.join(", "))
            }
            Self::Unattributed => "unattributed: the log names nobody".to_owned(),
            Self::Stale(since) => format!("unknown: the log was last read {}", minute(*since)),
            Self::Unknown => "unknown: no log was read".to_owned(),
        }
    }
}

fn named(actor: &Actor) -> String {
    let kind = match actor.kind {
        ActorKind::Human => "person",
        ActorKind::Pipeline => "pipeline",
        ActorKind::Controller => "controller",
        ActorKind::Service => "service",
        ActorKind::BreakGlass => "break-glass",
        ActorKind::Root => "account root",
        ActorKind::Unattributed => "unattributed",
    };
    let via = actor.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
    if actor.id.is_empty() { kind.to_owned() } else { format!("{kind} {}{via}", actor.id) }
}

/// An instant to the minute, which is what people read.
pub(super) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..16).map_or(text.clone(), |minute| format!("{}Z", minute.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(facts: &str) -> String {
        Who::of(&serde_json::from_str(facts).unwrap()).words()
    }

    #[test]
    fn what_was_not_looked_for_is_not_what_was_not_found() {
        assert_eq!(words("{}"), "unknown: no log was read");
        assert_eq!(words(r#"{"actors": []}"#), "unattributed: the log names nobody");
        assert_eq!(words(r#"{"actors": [{"kind": "UNATTRIBUTED"}]}"#), "unattributed: the log names nobody");
    }

    #[test]
    fn law_8_a_secret_never_leaves_in_the_name_of_who_did_it() {
        let mut secrets = Secrets::default();
        secrets.add("CANARY-hunter2");
        let actor =
            r#"{"kind": "HUMAN", "id": "ana CANARY-hunter2", "source": "x CANARY-hunter2", "via": "CANARY-hunter2"}"#;
        for actors in [format!("[{actor}]"), format!("[{actor}, {actor}]")] {
            let who = Who::of(&serde_json::from_str(&format!(r#"{{"actors": {actors}}}"#)).unwrap());
            assert!(who.words().contains("CANARY"));
            let words = who.without(&secrets).words();
            assert!(words.contains("person (sensitive)") && !words.contains("CANARY"), "{words}");
        }
    }

    #[test]
    fn several_are_candidates_and_none_is_picked() {
        let one = r#"{"kind": "HUMAN", "id": "ana", "source": "kubernetes-audit", "at": "2026-07-03T10:11:02Z"}"#;
        assert_eq!(words(&format!(r#"{{"actors": [{one}]}}"#)), "person ana (kubernetes-audit, 2026-07-03 10:11Z)");
        let two = r#"{"kind": "BREAK_GLASS", "id": "oncall", "via": "emergency-admin"}"#;
        assert_eq!(
            words(&format!(r#"{{"actors": [{one}, {two}]}}"#)),
            "one of person ana, break-glass oncall via emergency-admin"
        );
    }
}
