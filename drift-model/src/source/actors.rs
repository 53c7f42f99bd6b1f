//! `ActorRules`: what kind of actor stands behind an identity of an audit log.
//!
//! A rule is about one log, and all conditions that it gives must hold. Of the texts of one condition any one is enough, and
//! none may match one that begins with `except`; of `globs`, `contains`, `words` and `shapes` together one must hold.
//!
//! | condition | is about | of |
//! |---|---|---|
//! | `nobody` | events that name nobody | both logs |
//! | `globs`, `contains`, `words`, `shapes`, `except`, `exceptShapes` | the `names`: `USER`, `SERVICE_ACCOUNT` and `NAMESPACE` (Kubernetes), `USER`, `ROLE` and `SESSION` (CloudTrail) | both |
//! | `groups` | the groups of the user | Kubernetes |
//! | `types` | `userIdentity.type` | CloudTrail |
//! | `roleArns` | `sessionIssuer.arn`, with the path of the role | CloudTrail |
//! | `invokedBy`, `exceptInvokedBy` | the service that made the call | CloudTrail |
//! | `providers` | the identity provider | CloudTrail |
//! | `mfa` | the second factor | CloudTrail |
//! | `events` | the name of the event | CloudTrail |
//!
//! The first rule that applies decides. One without a `kind` says that the event does not tell, and that is an answer: the
//! rules behind it are not asked.

use serde::{Deserialize, Serialize};

use crate::facts::ActorKind;
use crate::source::first_match::FirstMatch;
use crate::vocabulary::vocabulary;

/// The rules that come with the library, one a line.
const BUILT_IN: &str = include_str!("actors.json");

vocabulary! {
    /// The log that a rule is about.
    pub enum RuleLog as "log" {
        /// Audit events of Kubernetes.
        Kubernetes = "KUBERNETES",
        /// CloudTrail records.
        Cloudtrail = "CLOUDTRAIL",
    }
}

vocabulary! {
    /// A name in an identity.
    pub enum NamePart as "part of an identity" {
        /// The user name, as a whole.
        User = "USER",
        /// CloudTrail: the name of the role.
        Role = "ROLE",
        /// CloudTrail: the name of the role session, which the caller chose.
        Session = "SESSION",
        /// Kubernetes: the name of the service account.
        ServiceAccount = "SERVICE_ACCOUNT",
        /// Kubernetes: the namespace of the service account.
        Namespace = "NAMESPACE",
    }
}

vocabulary! {
    /// What a name looks like.
    pub enum NameShape as "shape of a name" {
        /// An e-mail address, or `first.last`.
        Person = "PERSON",
        /// The id of an instance: `i-0123456789abcdef0`.
        Instance = "INSTANCE",
        /// Ten digits or more, and nothing else.
        Number = "NUMBER",
    }
}

vocabulary! {
    /// Whom a rule names as the actor.
    pub enum NamedActor as "named actor" {
        /// The user, or the session of the role.
        Caller = "CALLER",
        /// The service that made the call, else the role that it made it with.
        Service = "SERVICE",
    }
}

/// What kind of actor stands behind an identity. All conditions that are given must hold.
///
/// Only what the system vouches for is looked at: the user agent and the address are written by the client.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ActorRule {
    /// Names the rule. Several rules may share a name: they are one rule in several lines.
    pub id: String,
    /// The log that it is about.
    pub log: RuleLog,
    /// Only events that name nobody; other rules only hold for those that name somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nobody: bool,
    /// Only these types of identity (CloudTrail's `userIdentity.type`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// The names that the next four conditions, and the exceptions, are about. Left out, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NamePart>,
    /// A name matches one of these, where `*` stands for any text. Of the four conditions on names one must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<String>,
    /// A name contains one of these, in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// A name has one of these as a whole word, in any case: `deploy` in `prod-deploy`, `ProdDeploy`, not `redeployed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// A name looks like one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<NameShape>,
    /// No name matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// No name looks like one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_shapes: Vec<NameShape>,
    /// A group that the user is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The ARN of the role (CloudTrail's `sessionIssuer.arn`, which has the role's path) matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub role_arns: Vec<String>,
    /// There is a service that made the call, and it matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoked_by: Vec<String>,
    /// The service that made the call matches none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_invoked_by: Vec<String>,
    /// The identity provider matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Was the session authenticated with a second factor? What the record leaves out is no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    /// The name of the event matches one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// The kind of actor. Left out, the event does not tell, and that is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ActorKind>,
    /// Whom to name. Left out, the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<NamedActor>,
    /// Why.
    pub because: String,
}

/// An identity, as far as the event tells. What it does not tell is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity<'a> {
    /// Does the event name somebody at all?
    pub(crate) somebody: bool,
    pub(crate) of_type: &'a str,
    pub(crate) user: &'a str,
    pub(crate) role: &'a str,
    pub(crate) role_arn: &'a str,
    pub(crate) session: &'a str,
    pub(crate) service_account: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) groups: Vec<&'a str>,
    pub(crate) invoked_by: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) mfa: bool,
    pub(crate) event: &'a str,
}

impl<'a> Identity<'a> {
    fn name(&self, part: NamePart) -> &'a str {
        match part {
            NamePart::User => self.user,
            NamePart::Role => self.role,
            NamePart::Session => self.session,
            NamePart::ServiceAccount => self.service_account,
            NamePart::Namespace => self.namespace,
        }
    }
}

impl ActorRule {
    fn applies(&self, log: RuleLog, identity: &Identity<'_>) -> bool {
        let parts = if self.names.is_empty() { NamePart::ALL } else { &self.names };
        let names = || parts.iter().map(|part| identity.name(*part)).filter(|name| !name.is_empty());
        let any_name =
            self.globs.is_empty() && self.contains.is_empty() && self.words.is_empty() && self.shapes.is_empty();
        self.log == log
            && self.nobody != identity.somebody
            && (self.types.is_empty() || self.types.iter().any(|of_type| of_type == identity.of_type))
            && (any_name || names().any(|name| self.fits(name)))
            && !names().any(|name| any_glob(&self.except, name) || has_shape(&self.except_shapes, name))
            && (self.groups.is_empty() || self.groups.iter().any(|group| identity.groups.contains(&group.as_str())))
            && (self.role_arns.is_empty() || any_glob(&self.role_arns, identity.role_arn))
            && (self.invoked_by.is_empty()
                || (!identity.invoked_by.is_empty() && any_glob(&self.invoked_by, identity.invoked_by)))
            && !any_glob(&self.except_invoked_by, identity.invoked_by)
            && (self.providers.is_empty() || any_glob(&self.providers, identity.provider))
            && self.mfa.is_none_or(|mfa| mfa == identity.mfa)
            && (self.events.is_empty() || any_glob(&self.events, identity.event))
    }

    fn fits(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        any_glob(&self.globs, name)
            || self.contains.iter().any(|part| lower.contains(&part.to_lowercase()))
            || (!self.words.is_empty() && has_word(&self.words, name))
            || has_shape(&self.shapes, name)
    }
}

/// The [`ActorRule`]s that are asked, in order: a [`FirstMatch`] list. Where none applies, nobody knows what kind of actor it was.
///
/// The rules that come with the library tell people from pipelines, controllers and services by the conventions of names
/// that are common. Your own role and service account names belong in front of them.
///
/// ```
/// use drift_model::source::actors::{ActorRule, ActorRules};
///
/// let rule: ActorRule = serde_json::from_str(
///     r#"{"id": "our-deployer", "log": "CLOUDTRAIL", "roleArns": ["arn:aws:iam::*:role/ci/*"], "kind": "PIPELINE", "because": "only CI may assume it"}"#,
/// )?;
/// let rules = ActorRules::built_in().preceded_by([rule]);
/// assert_eq!(rules.as_slice()[0].id, "our-deployer");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub type ActorRules = FirstMatch<ActorRule>;

impl ActorRules {
    /// The rules that come with the library.
    #[must_use]
    pub fn built_in() -> Self {
        Self::shipped(BUILT_IN)
    }

    pub(super) fn find(&self, log: RuleLog, identity: &Identity<'_>) -> Option<&ActorRule> {
        self.first(|rule| rule.applies(log, identity))
    }
}

fn any_glob(globs: &[String], text: &str) -> bool {
    globs.iter().any(|pattern| glob(pattern, text))
}

/// Does the whole text match the pattern, in which `*` stands for any text?
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut left) = text.strip_prefix(start).and_then(|text| text.strip_suffix(end)) else { return false };
    // Taking each part where it first occurs leaves the most for the next ones.
    middle.split('*').filter(|part| !part.is_empty()).all(|part| match left.split_once(part) {
        Some((_, after)) => {
            left = after;
            true
        }
        None => false,
    })
}

/// Words end where letters and digits do, and in `camelCase` where a capital begins.
fn has_word(words: &[String], name: &str) -> bool {
    let is = |found: &str| words.iter().any(|word| word.eq_ignore_ascii_case(found));
    name.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty()).any(|token| {
        let mut word = String::new();
        let mut was_lower = false;
        let mut humps = Vec::new();
        for c in token.chars() {
            if c.is_uppercase() && was_lower {
                humps.push(std::mem::take(&mut word));
            }
            was_lower = !c.is_uppercase();
            word.push(c);
        }
        humps.push(word);
        is(token) || humps.iter().any(|hump| is(hump))
    })
}

fn has_shape(shapes: &[NameShape], name: &str) -> bool {
    shapes.iter().any(|shape| match shape {
        NameShape::Person => is_person(name),
        NameShape::Instance => {
            name.strip_prefix("i-").is_some_and(|id| id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }
        NameShape::Number => name.len() >= 10 && name.bytes().all(|byte| byte.is_ascii_digit()),
    })
}

fn is_person(name: &str) -> bool {
    let letters = |text: &str| !text.is_empty() && text.chars().all(char::is_alphabetic);
    match name.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.contains('@')
                && domain.split('.').count() > 1
                && domain.split('.').all(|part| !part.is_empty())
        }
        None => name.split_once('.').is_some_and(|(first, last)| letters(first) && letters(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_read_and_the_last_of_each_log_takes_the_rest() {
        let rules = ActorRules::from_json(BUILT_IN).unwrap();
        for (log, last) in [(RuleLog::Kubernetes, "K11-user"), (RuleLog::Cloudtrail, "C18-other-type")] {
            let somebody = Identity { somebody: true, of_type: "?", ..Identity::default() };
            assert_eq!(rules.find(log, &somebody).unwrap().id, last);
            assert!(rules.find(log, &Identity::default()).unwrap().nobody);
        }
    }

    #[test]
    fn a_star_stands_for_any_text_and_the_rest_for_itself() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("*b*", "abc", true),
            ("a**c", "abc", true),
            ("*", "", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn words_are_whole_ones_and_humps_count() {
        let words = ["deploy".to_owned()];
        for (name, expected) in
            [("prod-deploy", true), ("ProdDeploy", true), ("DEPLOY", true), ("redeployed", false), ("deployed", false)]
        {
            assert_eq!(has_word(&words, name), expected, "{name}");
        }
    }

    #[test]
    fn a_person_is_an_address_or_first_dot_last() {
        for (name, expected) in [
            ("ana@example.com", true),
            ("leroy.jenkins", true),
            ("sample-role.jenkins", false),
            ("ana", false),
            ("a.b.c", false),
            ("@example.com", false),
            ("ana@", false),
            ("ana@host", false),
        ] {
            assert_eq!(is_person(name), expected, "{name}");
        }
    }

    #[test]
    fn a_users_rule_comes_first_and_a_typo_in_it_is_refused() {
        let rule: ActorRule = serde_json::from_str(
            r#"{"id": "ours", "log": "KUBERNETES", "names": ["USER"], "globs": ["oncall-*"], "kind": "BREAK_GLASS", "because": "a rota"}"#,
        )
        .unwrap();
        let rules = ActorRules::built_in().preceded_by([rule]);
        let identity = Identity { somebody: true, user: "oncall-7", ..Identity::default() };
        assert_eq!(rules.find(RuleLog::Kubernetes, &identity).unwrap().kind, Some(ActorKind::BreakGlass));
        let error =
            ActorRules::from_json(r#"{"rules": [{"id": "a", "log": "KUBERNETES", "gloobs": []}]}"#).unwrap_err();
        assert!(error.to_string().starts_with("at `/rules/0/gloobs`"), "{error}");
    }
}
