//! `evidence verify` and `evidence checkpoint`: is a ledger what was written?

use drift_evidence::{CheckError, Checkpoint, Verified, verify_against};

use super::Stop;
use super::cli::{OfLedger, Verify};
use super::stored::bytes;
use crate::console::Streams;
use crate::console::problem::Problem;

pub(super) fn run(verify: &Verify, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let checkpoints = verify.checkpoint.iter().map(|path| {
        let place = path.display().to_string();
        let text = bytes(path, streams.input)?;
        let problem = |text: String| Stop::Problem(Problem::new(place.as_str(), text));
        let text = String::from_utf8(text).map_err(|_| problem("is not text".to_owned()))?;
        text.parse::<Checkpoint>().map_err(|error| problem(error.to_string()))
    });
    let checkpoints = checkpoints.collect::<Result<Vec<_>, _>>()?;
    let whole = intact(&OfLedger { ledger: verify.ledger.clone() }, &checkpoints, streams)?;
    let against = match checkpoints.len() {
        0 => String::new(),
        1 => ", and grew out of its checkpoint".to_owned(),
        several => format!(", and grew out of its {several} checkpoints"),
    };
    writeln!(
        streams.output,
        "intact: {} events of chain `{}`, the last {}{against}",
        whole.events, whole.chain, whole.last
    )?;
    Ok(())
}

pub(super) fn checkpoint(of: &OfLedger, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let whole = intact(of, &[], streams)?;
    write!(streams.output, "{}", whole.checkpoint())?;
    Ok(())
}

fn intact(of: &OfLedger, checkpoints: &[Checkpoint], streams: &mut Streams<'_>) -> Result<Verified, Stop> {
    let stored = bytes(&of.ledger, streams.input)?;
    verify_against(&stored, checkpoints).map_err(|error| {
        let message = format!("[{}] {error}", error.code());
        let help = if matches!(error, CheckError::Contradiction { .. }) {
            "verify against each alone, and ask the holder of the one that fails which copy they saw".to_owned()
        } else {
            format!(
                "the {} lines before it hold; compare the rest with a copy that was kept elsewhere",
                error.sequence()
            )
        };
        Stop::Broken(Problem::new(of.ledger.display().to_string(), message).help(help))
    })
}
