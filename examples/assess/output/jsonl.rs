//! The wire forms: one JSON object a line.

use drift_model::AssessmentReport;

use crate::assess::cli::Detail;

/// An assessment as one line.
pub(crate) fn assessment(report: &AssessmentReport, detail: Detail) -> serde_json::Result<String> {
    let mut line = match detail {
        Detail::All => serde_json::to_string(report)?,
        Detail::Drift => serde_json::to_string(&report.clone().summarized())?,
    };
    line.push('\n');
    Ok(line)
}

/// The findings of an assessment, one a line.
pub(crate) fn findings(report: &AssessmentReport) -> serde_json::Result<String> {
    let mut lines = String::new();
    for finding in &report.findings {
        lines.push_str(&serde_json::to_string(finding)?);
        lines.push('\n');
    }
    Ok(lines)
}
