//! Amazon resource names and the names in them.

use serde_json::Value;

/// Is one an ARN and the other the name of the resource that it names?
///
/// The name is what stands after the account, whole (`role/path/x`), without its type (`path/x`), or its last part alone
/// (`x`). A trailing `:*`, which log groups answer with, is no part of the name. A pattern is no name: `*` is every resource.
/// Nor is the number of an account.
/// Two ARNs are the same if they are equal but for that ending of a log group's, and two names only if they are equal.
pub(super) fn same_resource(a: &Value, b: &Value) -> bool {
    let (Value::String(a), Value::String(b)) = (a, b) else { return false };
    match (resource(a), resource(b)) {
        (Some(resource), None) => names(resource, b),
        (None, Some(resource)) => names(resource, a),
        (Some(_), Some(_)) => log_group(a).is_some_and(|group| log_group(b) == Some(group)),
        (None, None) => false,
    }
}

/// The account of an ARN, where the other is a plain name: a name says nothing of the account that it is of. `None` where both
/// are ARNs, and where the name is one in all the world, as that of a bucket is.
pub(crate) fn account_of_a_name<'v>(a: &'v Value, b: &'v Value) -> Option<&'v str> {
    let (Value::String(a), Value::String(b)) = (a, b) else { return None };
    let arn = match (resource(a), resource(b)) {
        (Some(_), None) => a,
        (None, Some(_)) => b,
        (Some(_), Some(_)) | (None, None) => return None,
    };
    account(arn).filter(|account| !account.is_empty())
}

/// `account` of `arn:partition:service:region:account:resource`.
pub(crate) fn account(arn: &str) -> Option<&str> {
    resource(arn).and(arn.split(':').nth(4))
}

/// `resource` of `arn:partition:service:region:account:resource`.
fn resource(text: &str) -> Option<&str> {
    let mut parts = text.splitn(6, ':');
    let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (_region, _account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    (scheme == "arn" && !partition.is_empty() && !service.is_empty() && !resource.is_empty()).then_some(resource)
}

/// The ARN of a log group, without the ending that means all its streams.
fn log_group(arn: &str) -> Option<&str> {
    let is_log_group = arn.split(':').nth(2) == Some("logs") && resource(arn)?.starts_with("log-group:");
    is_log_group.then(|| arn.strip_suffix(":*").unwrap_or(arn))
}

fn names(resource: &str, name: &str) -> bool {
    let separators = ['/', ':'];
    let is_pattern = name.contains(['*', '?']);
    // An account is somebody, and not whatever bears its number.
    let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    let plain = resource.strip_suffix(":*").unwrap_or(resource);
    let without_type = plain.split_once(separators).map(|(_, name)| name);
    let last = plain.rsplit_once(separators).map(|(_, name)| name);
    !name.is_empty()
        && !is_pattern
        && !is_account
        && (name == resource || name == plain || without_type == Some(name) || last == Some(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_arn_of_a_log_group_ends_in_its_streams_or_not() {
        let group = "arn:aws:logs:eu-west-1:123456789012:log-group:/shop";
        assert!(same_resource(&json!(group), &json!(format!("{group}:*"))));
        for (a, b) in [
            (group, "arn:aws:logs:eu-west-1:123456789012:log-group:/shop:log-stream:*"),
            (group, "arn:aws:logs:eu-west-1:123456789012:log-group:/shops:*"),
            ("arn:aws:sqs:eu-west-1:123456789012:log-group:x", "arn:aws:sqs:eu-west-1:123456789012:log-group:x:*"),
        ] {
            assert!(!same_resource(&json!(a), &json!(b)), "{a} {b}");
        }
    }

    #[test]
    fn the_number_of_an_account_is_no_name() {
        let user = "arn:aws:iam::999999999999:user/111111111111";
        assert!(!same_resource(&json!(user), &json!("111111111111")));
        assert!(same_resource(&json!(user), &json!("user/111111111111")));
    }

    #[test]
    fn an_arn_and_the_name_in_it() {
        for (arn, name) in [
            ("arn:aws:iam::123456789012:role/service-role/deploy", "deploy"),
            ("arn:aws:iam::123456789012:role/service-role/deploy", "service-role/deploy"),
            ("arn:aws:iam::123456789012:role/service-role/deploy", "role/service-role/deploy"),
            ("arn:aws:s3:::bucket", "bucket"),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/app/web:*", "/app/web"),
            ("arn:aws:kms:eu-west-1:123456789012:alias/aws/sns", "aws/sns"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:resize", "resize"),
        ] {
            assert!(
                same_resource(&json!(arn), &json!(name)) && same_resource(&json!(name), &json!(arn)),
                "{arn} {name}"
            );
        }
        for (a, b) in [
            ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::210987654321:role/x"),
            ("arn:aws:iam::123456789012:role/deploy", "eploy"),
            ("arn:aws:iam::123456789012:role/deploy", ""),
            ("arn:aws:iam::123456789012:role/deploy", "role"),
            ("arn:aws:s3:::logs/*", "*"),
            ("arn:aws:sqs:eu-west-1:123456789012:*", "*"),
            ("arn:aws:iam", "iam"),
            ("x", "x"),
        ] {
            assert!(!same_resource(&json!(a), &json!(b)), "{a} {b}");
        }
    }
}
