//! Inventory ids: how a Kustomization names what it applied.

use crate::resource::ResourceRef;

/// Reads `<namespace>_<name>_<group>_<kind>`.
///
/// Names hold no underscores, and two of them stand for a colon, as RBAC objects have. The version stands beside the id.
///
/// ```
/// use drift_model::source::flux::parse_inventory_id;
///
/// let role = parse_inventory_id("_system__node.reader_rbac.authorization.k8s.io_ClusterRole", "v1")?;
/// assert_eq!((role.kind.as_str(), role.name.as_str()), ("ClusterRole", "system:node.reader"));
/// # Ok::<(), drift_model::source::flux::InventoryError>(())
/// ```
///
/// # Errors
///
/// [`InventoryError`] for a text of another form.
pub fn parse_inventory_id(id: &str, version: &str) -> Result<ResourceRef, InventoryError> {
    let read = || {
        let (namespace, rest) = id.split_once('_')?;
        let (rest, kind) = rest.rsplit_once('_')?;
        let (name, group) = rest.rsplit_once('_')?;
        let name = name.replace("__", ":");
        let whole = !name.is_empty() && !kind.is_empty() && !name.contains('_');
        whole.then(|| ResourceRef::kubernetes(group, version, kind, namespace, &name))
    };
    read().ok_or(InventoryError)
}

/// The id of a resource: what [`parse_inventory_id`] reads.
#[must_use]
pub fn inventory_id(resource: &ResourceRef) -> String {
    let ResourceRef { namespace, name, group, kind, .. } = resource;
    format!("{namespace}_{}_{group}_{kind}", name.replace(':', "__"))
}

/// A text that is no inventory id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bad inventory id, expected `<namespace>_<name>_<group>_<kind>`")]
#[non_exhaustive]
pub struct InventoryError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_read_as_flux_writes_them() {
        for (id, resource) in [
            ("default_podinfo_apps_Deployment", ("apps", "Deployment", "default", "podinfo")),
            ("default_podinfo__Service", ("", "Service", "default", "podinfo")),
            ("_prod__Namespace", ("", "Namespace", "", "prod")),
            (
                "_widgets.example.com_apiextensions.k8s.io_CustomResourceDefinition",
                ("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.example.com"),
            ),
            (
                "prod_system__controller__x_rbac.authorization.k8s.io_RoleBinding",
                ("rbac.authorization.k8s.io", "RoleBinding", "prod", "system:controller:x"),
            ),
        ] {
            let (group, kind, namespace, name) = resource;
            let expected = ResourceRef::kubernetes(group, "v1", kind, namespace, name);
            assert_eq!(parse_inventory_id(id, "v1"), Ok(expected.clone()), "{id}");
            assert_eq!(inventory_id(&expected), id);
        }
        for id in ["", "_", "__", "___", "a_b_c", "a_b_c_", "a_b_c_d_E", "a__apps_Deployment"] {
            assert_eq!(parse_inventory_id(id, "v1"), Err(InventoryError), "{id}");
        }
    }

    proptest! {
        #[test]
        fn parse_undoes_print(
            namespace in "([a-z][a-z0-9-]{0,5})?",
            name in "[a-z][a-z0-9.-]{0,4}(:[a-z0-9.-]{1,4}){0,2}",
            group in "([a-z]{1,4}(\\.[a-z]{1,3})?)?",
            kind in "[A-Z][A-Za-z]{0,8}",
        ) {
            let resource = ResourceRef::kubernetes(&group, "v1", &kind, &namespace, &name);
            prop_assert_eq!(parse_inventory_id(&inventory_id(&resource), "v1"), Ok(resource));
        }
    }
}
