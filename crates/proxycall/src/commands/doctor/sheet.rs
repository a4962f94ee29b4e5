//! The Google Sheet, as far as its settings go.

use proxycall_service::doctor::{Finding, Verdict, check_sheet};

use crate::{
    config::{Environment, SheetConfig},
    wiring,
};

/// The spreadsheet that is set up, or what is to be said where there is none.
pub(super) fn set_up(env: &Environment) -> Result<SheetConfig, Box<Finding>> {
    let subject = "Google Sheet";
    match SheetConfig::read(env) {
        Ok(Some(config)) => Ok(config),
        Ok(None) => {
            let seen = "no spreadsheet is set up: nothing is mirrored";
            Err(Box::new(Finding::new(subject, Verdict::Unused, "", seen, "")))
        }
        Err(problems) => {
            let names: Vec<&str> = problems.iter().map(|(name, _)| name).collect();
            Err(Box::new(Finding::new(
                subject,
                Verdict::Bad,
                "a spreadsheet's title or id, and the key of a service account that it is shared with",
                format!("not asked for before this is mended: {}", names.join(", ")),
                "In Google's console make a JSON key for the service account; put the file where \
                 GOOGLE_SERVICE_ACCOUNT_FILE says (on Render: a secret file, under /etc/secrets/).",
            )))
        }
    }
}

/// Whether it can be read, and is as expected.
pub(super) async fn check(config: &SheetConfig) -> Vec<Finding> {
    match wiring::sheet(config) {
        Ok(sheet) => check_sheet(sheet.as_ref()).await,
        Err(error) => vec![Finding::new(
            "Google Sheet",
            Verdict::Bad,
            "settings that a client can be made with",
            format!("{error:#}"),
            "Check GOOGLE_API_BASE_URL and the service account's key.",
        )],
    }
}
