//! The shipped tables, case by case: what the sources of the project ask for, and what a caller gets who knows little.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use drift_model::{
    Change, ChangeKind, Disposition, Domain, DriftClass, Existence, Facts, Obligation, Recommend, Relation,
    ResourceRef, Risk, System,
};
use drift_policy::{Case, HealMode, Policy, Ruling};
use serde_json::{Value, json};

/// A change of a resource, with all that the tables need of it.
struct Situation {
    resource: ResourceRef,
    existence: Existence,
    change: Change,
    facts: Facts,
}

/// What the three tables say of it.
struct Answer {
    label: String,
    class: DriftClass,
    risk: Risk,
    ruling: Ruling,
    /// The rules that decided, `-` for onUnknown.
    rules: [String; 3],
    /// What was missing for the class.
    missing: String,
}

impl Situation {
    fn new(resource: ResourceRef, path: &str) -> Self {
        let change =
            Change::new(path.parse().unwrap(), ChangeKind::Changed, Relation::RuntimeChanged, Disposition::Drift);
        Self { resource, existence: Existence::Managed, change, facts: Facts::default() }
    }

    fn kubernetes(kind: &str, path: &str) -> Self {
        Self::new(ResourceRef::kubernetes("", "v1", kind, "prod", "checkout"), path)
    }

    fn terraform(resource_type: &str, path: &str) -> Self {
        Self::new(ResourceRef::opentofu(resource_type, &format!("{resource_type}.this")), path)
    }

    fn facts(mut self, facts: Value) -> Self {
        self.facts = serde_json::from_value(facts).unwrap();
        self.facts.now = Some("2026-07-03T10:22:31Z".parse().unwrap());
        self
    }

    /// A person did it, outside of the approved flow.
    fn by_hand(self) -> Self {
        self.facts(json!({"actors": [{"kind": "HUMAN", "id": "ana"}], "changeRecord": "NONE", "incident": "NONE"}))
    }

    fn disposed(mut self, disposition: Disposition, relation: Relation) -> Self {
        self.change.disposition = disposition;
        self.change.relation = relation;
        self
    }

    fn existing(mut self, existence: Existence) -> Self {
        self.existence = existence;
        self
    }

    fn answer(&self) -> Answer {
        self.answer_of(&Policy::shipped())
    }

    fn answer_of(&self, policy: &Policy) -> Answer {
        let rule = |id: Option<&str>| id.unwrap_or("-").to_owned();
        let case = Case::new(&self.resource, &self.facts)
            .existing(self.existence)
            .of_written_change(&self.change)
            .without_exception();
        let taxonomy = policy.taxonomy().decide(&case);
        let (label, domain) = (taxonomy.outcome.label.as_str(), taxonomy.outcome.domain);
        let case = case.in_domain(domain, label).at_risk(taxonomy.outcome.risk);
        let class = policy.classification().decide(&case);
        let risk = class.outcome.risk.unwrap_or(taxonomy.outcome.risk);
        let case = case.of_class(class.outcome.class, risk);
        let decision = policy.decision().decide(&case);
        Answer {
            label: label.to_owned(),
            class: class.outcome.class,
            risk,
            ruling: decision.outcome.clone(),
            rules: [
                rule(taxonomy.rule.map(|rule| rule.id.as_str())),
                rule(class.rule.map(|rule| rule.id.as_str())),
                rule(decision.rule.map(|rule| rule.id.as_str())),
            ],
            missing: class.missing.to_string(),
        }
    }
}

#[track_caller]
fn expect(situation: &Situation, class: DriftClass, recommend: Recommend, heal: HealMode) -> Answer {
    let answer = situation.answer();
    assert_eq!(
        (answer.class, answer.ruling.recommend, answer.ruling.auto_heal),
        (class, recommend, heal),
        "{:?}, missing {}",
        answer.rules,
        answer.missing
    );
    answer
}

const IMAGE: &str = "/spec/template/spec/containers/[name=app]/image";

// S0.3: the eight classes and their default responses.

#[test]
fn s0_3_unauthorized_drift_is_classified_and_reconciled_or_made_an_incident() {
    let image = Situation::kubernetes("Deployment", IMAGE).by_hand();
    let answer =
        expect(&image, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::AllowWithAlert);
    assert_eq!((answer.risk, answer.missing.as_str()), (Risk::High, ""));
    let role = Situation::terraform("aws_iam_policy", "/policy").by_hand();
    expect(&role, DriftClass::UnauthorizedRuntimeDrift, Recommend::IncidentAndRevert, HealMode::Deny);
}

#[test]
fn s0_3_emergency_drift_keeps_evidence_and_is_reconciled_after_the_incident() {
    let facts = json!({"actors": [{"kind": "HUMAN"}], "incident": {"state": "OPEN", "id": "INC-7"}});
    let hotfix = Situation::kubernetes("Deployment", IMAGE).facts(facts);
    let answer = expect(&hotfix, DriftClass::EmergencyDrift, Recommend::OpenReconciliationPr, HealMode::Deny);
    assert_eq!(answer.ruling.obligations, [Obligation::PreserveEvidenceFirst]);
    assert_eq!(answer.ruling.reconcile_within.map(|span| span.to_string()).as_deref(), Some("7d"));
    assert_eq!(answer.ruling.playbook.as_deref(), Some("hotfix"));
}

#[test]
fn s0_3_controller_owned_drift_is_left_to_its_owner() {
    let owned = Situation::kubernetes("Deployment", "/spec/x").disposed(Disposition::OwnedBy, Relation::RuntimeChanged);
    assert_eq!(expect(&owned, DriftClass::ControllerOwnedDrift, Recommend::Ignore, HealMode::Deny).risk, Risk::Info);
    let ignored =
        Situation::kubernetes("Deployment", "/spec/x").disposed(Disposition::Ignored, Relation::RuntimeChanged);
    expect(&ignored, DriftClass::ControllerOwnedDrift, Recommend::Ignore, HealMode::Deny);
}

#[test]
fn s0_3_provider_read_drift_is_normalized() {
    let noise =
        Situation::terraform("aws_instance", "/user_data").disposed(Disposition::Equivalent, Relation::RuntimeChanged);
    assert_eq!(expect(&noise, DriftClass::ProviderReadNoise, Recommend::Normalize, HealMode::Deny).risk, Risk::Low);
}

#[test]
fn s0_2_output_that_is_rendered_differently_is_render_noise() {
    let noise = Situation::kubernetes("Deployment", "/spec/x").disposed(Disposition::Equivalent, Relation::NotApplied);
    expect(&noise, DriftClass::RenderNoise, Recommend::Normalize, HealMode::Deny);
}

#[test]
fn s0_3_dependency_drift_is_planned_again() {
    let changed = Situation::terraform("aws_instance", "/user_data").facts(json!({"dependency": "CHANGED"}));
    let answer = expect(&changed, DriftClass::DependencyDrift, Recommend::Replan, HealMode::Deny);
    // It says so although somebody may have done this by hand, and names what it does not know.
    assert_eq!(answer.missing, "actor, incident, changeRecord, accepted, sync");
}

#[test]
fn s0_3_a_stale_desired_state_becomes_a_pull_request_and_is_not_reverted() {
    let facts = json!({"actors": [{"kind": "HUMAN"}], "changeRecord": {"state": "MATCHED", "acceptsRuntime": true}});
    let accepted = Situation::kubernetes("Deployment", "/spec/replicas").facts(facts);
    expect(&accepted, DriftClass::StaleDesiredState, Recommend::OpenReconciliationPr, HealMode::Deny);
}

#[test]
fn s0_3_failed_reconciliation_is_a_failure_of_the_control_loop() {
    for (disposition, relation) in
        [(Disposition::Drift, Relation::RuntimeChanged), (Disposition::Pending, Relation::NotApplied)]
    {
        let failed = Situation::kubernetes("Deployment", "/spec/x")
            .facts(json!({"reconcile": "STALLED", "dependency": "UNCHANGED"}))
            .disposed(disposition, relation);
        expect(&failed, DriftClass::FailedReconciliation, Recommend::FixControlLoop, HealMode::Deny);
    }
}

#[test]
fn s0_3_policy_drift_gets_a_plan_of_migration() {
    let facts =
        json!({"actors": [{"kind": "PIPELINE"}], "violations": [{"policy": "no-latest"}], "changeRecord": "MATCHED"});
    let old = Situation::kubernetes("Deployment", "/spec/x").facts(facts);
    let answer = expect(&old, DriftClass::PolicyDrift, Recommend::OpenMigrationPr, HealMode::Deny);
    assert_eq!(answer.ruling.reconcile_within.map(|span| span.to_string()).as_deref(), Some("30d"));
}

#[test]
fn s0_3_no_class_is_made_up_where_hardly_anything_is_known() {
    for facts in [
        json!({}),
        json!({"environment": "prod"}),
        // A person is not yet a crime: is there a change record?
        json!({"actors": [{"kind": "HUMAN"}]}),
        json!({"actors": [{"kind": "HUMAN"}, {"kind": "PIPELINE"}], "changeRecord": "NONE", "incident": "NONE"}),
        json!({"incident": {"value": "NONE", "staleSince": "2026-07-01T00:00:00Z"}, "changeRecord": "NONE"}),
    ] {
        let poor = Situation::kubernetes("Deployment", IMAGE).facts(facts.clone());
        let answer = expect(&poor, DriftClass::Unclassified, Recommend::Incident, HealMode::Deny);
        assert_eq!(answer.rules[1], "-", "{facts}");
        assert!(answer.missing.contains("actor") || answer.missing.contains("changeRecord"), "{}", answer.missing);
    }
}

// S0.6: the two correlations that are worked out.

#[test]
fn s0_6_out_of_sync_and_a_person_and_no_pull_request_is_unauthorized() {
    for record in ["NONE", "UNMATCHED"] {
        for incident in [json!({"incident": "NONE"}), json!({"incident": "CLOSED"}), json!({})] {
            let mut facts = incident.clone();
            facts["sync"] = json!("OUT_OF_SYNC");
            facts["actors"] = json!([{"kind": "HUMAN"}]);
            facts["changeRecord"] = json!(record);
            let patched = Situation::kubernetes("Deployment", "/spec/replicas").facts(facts);
            let answer = patched.answer();
            assert_eq!(answer.class, DriftClass::UnauthorizedRuntimeDrift, "{record} {incident}");
            assert_eq!(answer.rules[1], "out-of-sync-by-hand");
        }
    }
}

#[test]
fn s0_6_break_glass_on_a_security_group_in_an_incident_is_an_emergency() {
    let facts = json!({"actors": [{"kind": "BREAK_GLASS"}], "incident": "OPEN", "changeRecord": "NONE"});
    let opened = Situation::terraform("aws_security_group", "/ingress").facts(facts);
    let answer = expect(&opened, DriftClass::EmergencyDrift, Recommend::OpenReconciliationPr, HealMode::Deny);
    assert_eq!((answer.label.as_str(), answer.risk), ("cloud-network", Risk::Critical));
    // The same without an incident is not.
    let facts = json!({"actors": [{"kind": "BREAK_GLASS"}], "incident": "NONE", "changeRecord": "NONE"});
    let opened = Situation::terraform("aws_security_group", "/ingress").facts(facts);
    expect(&opened, DriftClass::UnauthorizedRuntimeDrift, Recommend::IncidentAndRevert, HealMode::Deny);
}

#[test]
fn s0_6_a_complete_log_that_names_nobody_is_no_alibi() {
    let facts = json!({"actors": [{"kind": "UNATTRIBUTED"}], "logCoverage": "COMPLETE", "changeRecord": "NONE"});
    let changed = Situation::terraform("aws_iam_role", "/assume_role_policy").facts(facts);
    let answer = expect(&changed, DriftClass::UnauthorizedRuntimeDrift, Recommend::IncidentAndRevert, HealMode::Deny);
    assert_eq!(answer.label, "oidc-trust");
}

// S0.9.1: the nine rows.

#[test]
fn s0_9_1_row_1_a_label_on_a_stateless_app_may_be_healed() {
    let label = Situation::kubernetes("Deployment", "/metadata/labels/team").by_hand();
    let answer = expect(&label, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::Allow);
    assert_eq!((answer.label.as_str(), answer.risk), ("metadata", Risk::Low));
    // Not on what has state.
    let label = Situation::kubernetes("StatefulSet", "/metadata/labels/team").by_hand();
    expect(&label, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::Deny);
}

#[test]
fn s0_9_1_row_2_an_image_may_be_healed_with_an_alert() {
    for (kind, path) in [
        ("Deployment", IMAGE),
        ("StatefulSet", "/spec/template/spec/initContainers/[name=init]/image"),
        ("CronJob", "/spec/jobTemplate/spec/template/spec/containers/[name=app]/image"),
        ("Pod", "/spec/containers/[name=app]/image"),
    ] {
        let image = Situation::kubernetes(kind, path).by_hand();
        let answer =
            expect(&image, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::AllowWithAlert);
        assert_eq!(answer.label, "workload-image");
        assert!(answer.ruling.obligations.contains(&Obligation::Notify));
    }
}

#[test]
fn s0_9_1_row_3_replicas_of_an_autoscaler_are_left_alone() {
    let replicas = Situation::kubernetes("Deployment", "/spec/replicas")
        .by_hand()
        .disposed(Disposition::OwnedBy, Relation::RuntimeChanged);
    expect(&replicas, DriftClass::ControllerOwnedDrift, Recommend::Ignore, HealMode::Deny);
    // Where nobody owns them, somebody has to look: they may carry the load.
    let replicas = Situation::kubernetes("Deployment", "/spec/replicas").by_hand();
    let answer = expect(&replicas, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::Deny);
    assert!(answer.ruling.obligations.contains(&Obligation::RequireApproval));
}

#[test]
fn s0_9_1_row_4_a_deleted_config_map_may_be_put_back_by_approval() {
    for (existence, disposition) in
        [(Existence::DeletedOutside, Disposition::Drift), (Existence::NotCreated, Disposition::Pending)]
    {
        let deleted = Situation::kubernetes("ConfigMap", "")
            .by_hand()
            .existing(existence)
            .disposed(disposition, Relation::RuntimeChanged);
        let answer = expect(&deleted, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::Deny);
        assert_eq!(answer.ruling.obligations, [Obligation::RequireApproval], "{existence}");
    }
    let deleted = Situation::kubernetes("ConfigMap", "").existing(Existence::DeletedOutside);
    expect(&deleted, DriftClass::StateDrift, Recommend::RuntimeRevert, HealMode::Deny);
}

#[test]
fn s0_9_1_row_5_an_opened_port_is_never_closed_silently() {
    for kind in ["aws_security_group", "aws_vpc_security_group_ingress_rule", "google_compute_firewall"] {
        let port = Situation::terraform(kind, "/ingress").by_hand();
        let answer = expect(&port, DriftClass::UnauthorizedRuntimeDrift, Recommend::IncidentAndRevert, HealMode::Deny);
        assert_eq!((answer.label.as_str(), answer.risk), ("cloud-network", Risk::Critical), "{kind}");
        assert!(!answer.ruling.approvers.is_empty());
    }
    let group = Situation::new(ResourceRef::aws("AWS::EC2::SecurityGroup", "web"), "/SecurityGroupIngress").by_hand();
    expect(&group, DriftClass::UnauthorizedRuntimeDrift, Recommend::IncidentAndRevert, HealMode::Deny);
}

#[test]
fn s0_9_1_row_6_a_widened_policy_is_never_narrowed_silently() {
    for situation in [
        Situation::terraform("aws_iam_role_policy", "/policy"),
        Situation::new(ResourceRef::aws("AWS::IAM::ManagedPolicy", "admin"), "/PolicyDocument"),
        Situation::kubernetes("ClusterRole", "/rules/0/verbs"),
        Situation::kubernetes("Deployment", "/spec/template/spec/serviceAccountName"),
    ] {
        let answer = expect(
            &situation.by_hand(),
            DriftClass::UnauthorizedRuntimeDrift,
            Recommend::IncidentAndRevert,
            HealMode::Deny,
        );
        assert_eq!(answer.ruling.approvers, ["security-oncall"]);
    }
}

#[test]
fn s0_9_1_row_7_an_emergency_change_of_a_database_is_settled_by_a_migration() {
    let facts = json!({"actors": [{"kind": "HUMAN"}], "incident": "OPEN"});
    let parameter = Situation::terraform("aws_db_parameter_group", "/parameter").facts(facts);
    let answer = expect(&parameter, DriftClass::EmergencyDrift, Recommend::OpenMigrationPr, HealMode::Deny);
    assert!(answer.ruling.obligations.contains(&Obligation::PreserveEvidenceFirst));
    // And without an incident it is looked at, never rolled back.
    let parameter = Situation::terraform("aws_db_parameter_group", "/parameter").by_hand();
    expect(&parameter, DriftClass::UnauthorizedRuntimeDrift, Recommend::OpenMigrationPr, HealMode::Deny);
}

#[test]
fn s0_9_1_row_8_a_sidecar_of_the_mesh_stays() {
    let sidecar = Situation::kubernetes("Pod", "/spec/containers/[name=istio-proxy]")
        .disposed(Disposition::OwnedBy, Relation::UndeclaredAddition);
    expect(&sidecar, DriftClass::ControllerOwnedDrift, Recommend::Ignore, HealMode::Deny);
}

#[test]
fn s0_9_1_row_9_what_a_provider_spells_differently_is_not_churned() {
    for upgrade in
        [json!({}), json!({"lastUpgrade": {"what": "PROVIDER", "name": "aws", "at": "2026-07-02T00:00:00Z"}})]
    {
        let noise = Situation::terraform("aws_security_group", "/ingress")
            .facts(upgrade)
            .disposed(Disposition::Equivalent, Relation::RuntimeChanged);
        expect(&noise, DriftClass::ProviderReadNoise, Recommend::Normalize, HealMode::Deny);
    }
}

// S0.12, S0.17, S0.18, S0.5.8, S1.

#[test]
fn s0_12_a_record_is_refreshed_only_where_what_runs_is_right() {
    let policy = Policy::shipped();
    let stale = Situation::terraform("aws_instance", "/user_data").disposed(Disposition::Drift, Relation::StaleRecord);
    expect(&stale, DriftClass::StateDrift, Recommend::StateRefresh, HealMode::Deny);
    for relation in Relation::ALL.iter().filter(|relation| **relation != Relation::StaleRecord) {
        for existence in Existence::ALL.iter().filter(|existence| **existence != Existence::Orphaned) {
            for facts in [json!({}), json!({"actors": [{"kind": "HUMAN"}], "changeRecord": "NONE"})] {
                let wrong = Situation::terraform("aws_instance", "/user_data")
                    .facts(facts)
                    .existing(*existence)
                    .disposed(Disposition::Drift, *relation);
                assert_ne!(
                    wrong.answer_of(&policy).ruling.recommend,
                    Recommend::StateRefresh,
                    "{relation} {existence}"
                );
            }
        }
    }
}

#[test]
fn s0_12_what_exists_and_is_not_tracked_is_imported() {
    let untracked = Situation::terraform("aws_instance", "").existing(Existence::Untracked);
    expect(&untracked, DriftClass::StateDrift, Recommend::Import, HealMode::Deny);
    let facts = json!({"changeRecord": {"state": "MATCHED", "acceptsRuntime": true}});
    let shadow = Situation::terraform("aws_instance", "").facts(facts).existing(Existence::Unmanaged);
    expect(&shadow, DriftClass::StaleDesiredState, Recommend::Import, HealMode::Deny);
}

#[test]
fn s0_12_what_git_has_not_applied_yet_is_waited_for() {
    let pending = Situation::kubernetes("Deployment", IMAGE).disposed(Disposition::Pending, Relation::NotApplied);
    let answer = expect(&pending, DriftClass::PendingChange, Recommend::None, HealMode::Deny);
    assert_eq!(answer.missing, "reconcile, dependency");
}

#[test]
fn s0_17_a_secret_that_lags_is_delivered_and_its_consumers_restarted() {
    let facts = json!({"secretSync": {"externalVersion": "vault:v42", "syncedVersion": "vault:v40",
        "refreshAgeMinutes": 37, "consumerGeneration": "stale"}});
    let secret = Situation::kubernetes("ExternalSecret", "/spec/x").facts(facts);
    let answer =
        expect(&secret, DriftClass::SecretDeliveryDrift, Recommend::RestartConsumersAfterSecretSync, HealMode::Deny);
    assert_eq!((answer.risk, answer.missing.as_str()), (Risk::High, ""));
}

#[test]
fn s0_18_a_database_is_never_reverted() {
    let mut database = Situation::new(ResourceRef::default(), "/tables/[name=orders]/columns").by_hand();
    database.resource.system = System::Database;
    database.resource.resource_type = "schema".to_owned();
    for (facts, recommend) in [
        (json!({"actors": [{"kind": "HUMAN"}], "changeRecord": "NONE"}), Recommend::OpenMigrationPr),
        (json!({"actors": [{"kind": "HUMAN"}], "incident": "OPEN"}), Recommend::OpenMigrationPr),
        (json!({"changeRecord": {"state": "MATCHED", "acceptsRuntime": true}}), Recommend::OpenMigrationPr),
        (json!({}), Recommend::Incident),
    ] {
        database.facts = serde_json::from_value(facts).unwrap();
        let answer = database.answer();
        assert_eq!((answer.label.as_str(), answer.ruling.recommend), ("database", recommend));
        assert!(!answer.ruling.recommend.action().changes_runtime());
    }
}

#[test]
fn s0_5_8_capacity_over_its_cost_is_its_owners_to_settle_within_the_week() {
    let facts = json!({"cost": "OVER", "actors": [{"kind": "PIPELINE"}], "changeRecord": "MATCHED", "violations": [],
        "dependency": "UNCHANGED", "reconcile": "SUCCEEDED"});
    let size = Situation::terraform("aws_instance", "/instance_type").facts(facts);
    let answer = expect(&size, DriftClass::CostCapacityDrift, Recommend::None, HealMode::Deny);
    assert_eq!(answer.ruling.obligations, [Obligation::Notify]);
}

#[test]
fn s1_a_config_map_that_nobody_declared_and_somebody_edited_is_found_though_all_is_green() {
    let facts = json!({"sync": "SYNCED", "health": "HEALTHY", "actors": [{"kind": "HUMAN", "id": "ben"}]});
    let shadow = Situation::kubernetes("ConfigMap", "")
        .facts(facts)
        .existing(Existence::Unmanaged)
        .disposed(Disposition::Undeclared, Relation::UndeclaredAddition);
    let answer = expect(&shadow, DriftClass::UnauthorizedRuntimeDrift, Recommend::Incident, HealMode::Deny);
    assert_eq!(answer.rules[1], "shadow-by-hand");
    let edited = Situation::kubernetes("ConfigMap", "/data/timeout").by_hand();
    expect(&edited, DriftClass::UnauthorizedRuntimeDrift, Recommend::RuntimeRevert, HealMode::AllowWithAlert);
}

// The taxonomy.

#[test]
fn s0_5_every_resource_has_a_label_and_a_risk() {
    let kubernetes = |kind: &str, path: &str| Situation::kubernetes(kind, path);
    let terraform = |kind: &str, path: &str| Situation::terraform(kind, path);
    let aws = |kind: &str, path: &str| Situation::new(ResourceRef::aws(kind, "x"), path);
    for (situation, label, risk) in vec![
        (kubernetes("Deployment", "/status/replicas"), "runtime", Risk::Info),
        (kubernetes("Deployment", "/spec/strategy"), "workload", Risk::Medium),
        (kubernetes("Deployment", ""), "workload", Risk::Medium),
        (kubernetes("Deployment", "/spec/replicas"), "capacity", Risk::Medium),
        (
            kubernetes("Deployment", "/spec/template/spec/containers/[name=a]/resources/limits"),
            "capacity",
            Risk::Medium,
        ),
        (kubernetes("Deployment", "/spec/template/spec/hostNetwork"), "workload", Risk::High),
        (kubernetes("Deployment", "/spec/template/spec/containers/[name=shell]"), "workload", Risk::High),
        (kubernetes("ServiceAccount", "/metadata/annotations/x"), "cluster-rbac", Risk::High),
        (kubernetes("ClusterRoleBinding", "/subjects"), "cluster-rbac", Risk::Critical),
        (kubernetes("NetworkPolicy", "/spec/ingress"), "cluster-network", Risk::Critical),
        (kubernetes("Service", "/spec/ports"), "cluster-network", Risk::High),
        (kubernetes("Service", "/metadata/labels/team"), "metadata", Risk::Low),
        (kubernetes("Service", "/metadata/annotations/lb"), "cluster-network", Risk::High),
        (kubernetes("Secret", "/metadata/labels/team"), "secret", Risk::Critical),
        (kubernetes("SealedSecret", "/spec"), "secret", Risk::Critical),
        (kubernetes("ExternalSecret", "/spec"), "secret", Risk::High),
        (kubernetes("ConfigMap", "/data/x"), "app-config", Risk::Medium),
        (kubernetes("ValidatingWebhookConfiguration", "/webhooks"), "admission", Risk::Critical),
        (kubernetes("ClusterPolicy", "/spec"), "policy", Risk::High),
        (kubernetes("K8sRequiredLabels", "/spec"), "policy", Risk::High),
        (kubernetes("Namespace", "/metadata/labels/pod-security.kubernetes.io~1enforce"), "policy", Risk::High),
        (kubernetes("Namespace", "/metadata/labels/team"), "metadata", Risk::Low),
        (kubernetes("PersistentVolumeClaim", "/spec"), "storage", Risk::High),
        (kubernetes("HelmRelease", "/spec/chart/spec/version"), "dependency", Risk::Medium),
        (kubernetes("Widget", "/spec"), "configuration", Risk::Medium),
        (terraform("aws_iam_role", "/assume_role_policy"), "oidc-trust", Risk::Critical),
        (terraform("aws_iam_openid_connect_provider", "/thumbprint_list"), "oidc-trust", Risk::Critical),
        (terraform("aws_iam_role", "/tags/team"), "iam", Risk::Critical),
        (terraform("aws_s3_bucket_public_access_block", "/block_public_acls"), "iam", Risk::Critical),
        (terraform("aws_network_acl_rule", "/cidr_block"), "cloud-network", Risk::High),
        (terraform("aws_route53_record", "/records"), "dns", Risk::High),
        (terraform("aws_route_table", "/route"), "cloud-network", Risk::High),
        (terraform("aws_cloudfront_distribution", "/origin"), "cdn", Risk::High),
        (terraform("aws_db_instance", "/instance_class"), "database", Risk::High),
        (terraform("aws_rds_cluster", "/tags"), "database", Risk::High),
        (terraform("aws_secretsmanager_secret", "/policy"), "secret", Risk::Critical),
        (terraform("aws_instance", "/instance_type"), "capacity", Risk::Medium),
        (terraform("aws_instance", "/tags/Name"), "metadata", Risk::Low),
        (terraform("aws_instance", "/ami"), "workload-image", Risk::High),
        (terraform("google_project_iam_member", "/member"), "iam", Risk::Critical),
        (terraform("google_sql_database_instance", "/settings"), "database", Risk::High),
        (terraform("google_compute_instance", "/metadata/ssh-keys"), "workload", Risk::Medium),
        (terraform("azurerm_network_security_rule", "/access"), "cloud-network", Risk::Critical),
        (terraform("azurerm_mssql_server", "/version"), "database", Risk::High),
        (terraform("azurerm_role_assignment", "/principal_id"), "iam", Risk::Critical),
        (terraform("aws_budgets_budget", "/limit_amount"), "cost", Risk::Medium),
        (terraform("aws_cloudwatch_log_group", "/retention_in_days"), "cost", Risk::Low),
        (terraform("fake_instance", "/size"), "configuration", Risk::Medium),
        (aws("AWS::IAM::OIDCProvider", "/ThumbprintList"), "oidc-trust", Risk::Critical),
        (aws("AWS::EC2::SecurityGroupIngress", "/CidrIp"), "cloud-network", Risk::Critical),
        (aws("AWS::Route53::RecordSet", "/TTL"), "dns", Risk::High),
        (aws("AWS::EC2::Route", "/GatewayId"), "cloud-network", Risk::High),
        (aws("AWS::RDS::DBInstance", "/Tags"), "database", Risk::High),
        (aws("AWS::EC2::Instance", "/Tags"), "metadata", Risk::Low),
        (aws("AWS::EC2::Instance", "/InstanceType"), "capacity", Risk::Medium),
        (aws("AWS::KMS::Key", "/KeyPolicy"), "secret", Risk::Critical),
        (aws("AWS::Lambda::Function", "/Code/S3Key"), "workload-image", Risk::High),
    ] {
        let (name, answer) = (format!("{} {}", situation.resource, situation.change.path), situation.answer());
        assert_eq!((answer.label.as_str(), answer.risk), (label, risk), "{name}, by {}", answer.rules[0]);
    }
}

// The laws.

#[test]
fn law_6_nothing_shipped_lets_a_machine_heal_in_a_protected_domain() {
    let policy = Policy::shipped();
    for rule in policy.decision().rules().iter().filter(|rule| rule.outcome.auto_heal.allows()) {
        for domain in Domain::ALL.iter().filter(|domain| domain.is_protected()) {
            assert!(!rule.when.allows_domain(*domain), "{} in {domain}", rule.id);
        }
    }
    assert!(!policy.decision().on_unknown().auto_heal.allows());
}

#[test]
fn law_3_what_the_shipped_tables_forget_never_makes_them_bolder() {
    let everything = json!({
        "actors": [{"kind": "HUMAN"}], "incident": "NONE", "changeRecord": {"state": "UNMATCHED", "acceptsRuntime": false},
        "sync": "OUT_OF_SYNC", "reconcile": "FAILED", "dependency": "CHANGED", "violations": [{"policy": "p"}],
        "cost": "OVER", "secretSync": {"condition": "SecretSyncedError"}});
    let choices = [
        (
            "actors",
            json!([[{"kind": "HUMAN"}], [{"kind": "PIPELINE"}], [{"kind": "UNATTRIBUTED"}], [{"kind": "BREAK_GLASS"}]]),
        ),
        ("incident", json!(["OPEN", "NONE"])),
        ("changeRecord", json!(["NONE", "UNMATCHED", {"state": "MATCHED", "acceptsRuntime": true}])),
        ("reconcile", json!(["SUCCEEDED", "FAILED"])),
        ("dependency", json!(["CHANGED", "UNCHANGED"])),
        ("violations", json!([[], [{"policy": "p"}]])),
    ];
    let bold = |answer: &Answer| (answer.ruling.recommend.action().changes_runtime(), answer.ruling.auto_heal);
    let (policy, mut seen) = (Policy::shipped(), 0);
    for (kind, path, existence, disposition) in [
        ("Deployment", IMAGE, Existence::Managed, Disposition::Drift),
        ("Deployment", "/metadata/labels/a", Existence::Managed, Disposition::Drift),
        ("ConfigMap", "", Existence::DeletedOutside, Disposition::Drift),
        ("ConfigMap", "", Existence::NotCreated, Disposition::Pending),
        ("ConfigMap", "", Existence::Unmanaged, Disposition::Undeclared),
        ("Secret", "/data/a", Existence::Managed, Disposition::Drift),
    ] {
        let mut worlds = vec![everything.clone()];
        for (fact, values) in &choices {
            worlds = worlds
                .iter()
                .flat_map(|world| {
                    values.as_array().unwrap().iter().map(|value| {
                        let mut world = world.clone();
                        world[*fact] = value.clone();
                        world
                    })
                })
                .collect();
        }
        for world in worlds {
            let situation = |facts: Value| {
                Situation::kubernetes(kind, path)
                    .facts(facts)
                    .existing(existence)
                    .disposed(disposition, Relation::RuntimeChanged)
            };
            let before = situation(world.clone()).answer_of(&policy);
            for fact in world.as_object().unwrap().keys() {
                let mut forgot = world.clone();
                forgot.as_object_mut().unwrap().remove(fact);
                let after = situation(forgot).answer_of(&policy);
                seen += 1;
                assert!(
                    bold(&after) <= bold(&before) || !after.missing.is_empty(),
                    "{kind} {path} without {fact}: {:?} became {:?} in {world}",
                    before.rules,
                    after.rules
                );
            }
        }
    }
    assert!(seen > 1000);
}
