#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod table;

pub use crate::table::{Case, Column, Condition, ConditionError, Decided, Rule, Table, TableError, When};
