#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod chain;
mod event;
mod ledger;
mod record;
#[cfg(test)]
mod sample;
mod words;

pub use crate::answer::{Answer, Question};
pub use crate::chain::{
    AppendError, Broken, BrokenKind, Chain, ChainId, ChainIdError, Cut, Entry, Line, Verified, Verifier, verify,
};
pub use crate::event::{Event, EventKind, Outcome, Verification};
pub use crate::ledger::{Ledger, LedgerError};
pub use crate::record::{IllegalEvent, IllegalKind, Record, State};
