//! stub
use serde_json::Value;
#[derive(Clone, Debug)]
pub(crate) struct Schema {}
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'s> {
    _schema: &'s Schema,
}
pub(crate) enum ListKind<'s> {
    Atomic,
    Set,
    Keyed(&'s [(String, Option<Value>)]),
    Unknown,
}
pub(crate) enum Leaf {
    Quantity,
    IntOrString,
    Time,
    Bytes,
    Scalar,
    Unknown,
}
impl Schema {
    pub(crate) fn kubernetes() -> Self {
        Self {}
    }
    pub(crate) fn kind(&self, _g: &str, _v: &str, _k: &str) -> Option<Shape<'_>> {
        None
    }
}
impl<'s> Shape<'s> {
    pub(crate) fn field(self, _n: &str) -> Self {
        self
    }
    pub(crate) fn element(self) -> Self {
        self
    }
    pub(crate) fn list(self) -> ListKind<'s> {
        ListKind::Unknown
    }
    pub(crate) fn leaf(self) -> Leaf {
        Leaf::Unknown
    }
    pub(crate) fn is_atomic(self) -> bool {
        false
    }
    pub(crate) fn empty_is_absent(self) -> bool {
        false
    }
    pub(crate) fn default(self, _n: &str) -> &'s [Value] {
        &[]
    }
}
