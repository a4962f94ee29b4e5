//! The Google spreadsheet: which one, and the key of the service account that it is shared with. Both or neither.

use std::{io::ErrorKind, path::Path};

use proxycall_google_sheets::{Spreadsheet, account_of};
use secrecy::SecretString;
use url::Url;

use super::{ConfigProblems, Environment};

const NAME: &str = "GOOGLE_SHEET_NAME";
const ID: &str = "GOOGLE_SHEET_ID";
const FILE: &str = "GOOGLE_SERVICE_ACCOUNT_FILE";
const JSON: &str = "GOOGLE_SERVICE_ACCOUNT_JSON";
const BASE_URL: &str = "GOOGLE_API_BASE_URL";

/// A spreadsheet to be mirrored.
#[derive(Debug)]
pub(crate) struct SheetConfig {
    /// Which one.
    pub spreadsheet: Spreadsheet,
    /// The text of the service account's key file. It was read well.
    pub key: SecretString,
    /// Where Google is found; none: at Google.
    pub api_base_url: Option<String>,
}

impl SheetConfig {
    /// Reads these settings alone; none: no sheet is set up.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn read(env: &Environment) -> Result<Option<Self>, ConfigProblems> {
        let mut problems = ConfigProblems::default();
        let config = read(env, &mut problems, false);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

/// Reads the settings; none: no sheet is set up, or what is wrong was noted. `needed`: there must be one.
pub(super) fn read(env: &Environment, problems: &mut ConfigProblems, needed: bool) -> Option<SheetConfig> {
    let api_base_url = env.get(BASE_URL).map(|url| url.trim_end_matches('/').to_owned());
    if let Some(url) = &api_base_url
        && !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        problems.unusable(BASE_URL, url, "an address such as https://sheets.googleapis.com, or nothing: Google's own");
    }
    match (read_spreadsheet(env, problems), find_key(env)) {
        (None, None) => {
            if needed {
                problems.add(NAME, format!("is not set, nor is {ID}; expected the spreadsheet's title"));
                problems
                    .add(FILE, format!("is not set, nor is {JSON}; expected the file with the service account's key"));
            }
            None
        }
        (Some(_), None) => {
            problems.add(
                FILE,
                format!(
                    "is not set, nor is {JSON}, although a spreadsheet is named; expected the file with the service \
                     account's key, or no spreadsheet: then nothing is mirrored"
                ),
            );
            None
        }
        (None, Some(key)) => {
            problems.add(
                NAME,
                format!(
                    "is not set, nor is {ID}, although {} gives a key; expected the spreadsheet's title, or no key: \
                     then nothing is mirrored",
                    key.variable()
                ),
            );
            None
        }
        (Some(spreadsheet), Some(key)) => Some(SheetConfig { spreadsheet, key: key.read(problems)?, api_base_url }),
    }
}

/// By its id if there is one, else by its title.
fn read_spreadsheet(env: &Environment, problems: &mut ConfigProblems) -> Option<Spreadsheet> {
    if let Some(id) = env.get(ID) {
        if !id.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"-_".contains(&sign)) {
            problems.unusable(ID, id, "the id alone: what stands between /d/ and /edit in the spreadsheet's address");
        }
        return Some(Spreadsheet::ById(id.to_owned()));
    }
    env.get(NAME).map(|title| Spreadsheet::ByTitle(title.to_owned()))
}

/// Where the key is.
enum Key<'a> {
    File(&'a Path),
    Json(&'a str),
}

/// The key that is set, itself before its file. A file that is not there is a key only to a spreadsheet: deployments
/// name it before there is one.
fn find_key(env: &Environment) -> Option<Key<'_>> {
    if let Some(json) = env.get(JSON) {
        return Some(Key::Json(json));
    }
    let file = Path::new(env.get(FILE)?);
    let wanted = env.get(ID).or_else(|| env.get(NAME)).is_some();
    (wanted || file.exists()).then_some(Key::File(file))
}

impl Key<'_> {
    fn variable(&self) -> &'static str {
        match self {
            Self::File(_) => FILE,
            Self::Json(_) => JSON,
        }
    }

    /// The key's text, if a client can be made with it. What is wrong with it is told without showing it.
    fn read(&self, problems: &mut ConfigProblems) -> Option<SecretString> {
        let (text, read) = match self {
            Self::Json(json) => ((*json).to_owned(), format!("a secret of {} characters", json.chars().count())),
            Self::File(file) => match std::fs::read_to_string(file) {
                Ok(text) => (text, format!("{file:?}")),
                Err(error) => {
                    let why = match error.kind() {
                        ErrorKind::NotFound => "there is no such file",
                        ErrorKind::PermissionDenied => "this user may not read that file",
                        _ => "that file cannot be read as text",
                    };
                    let expected = "the service account's key, a JSON file from Google's console";
                    problems.add(FILE, format!("read {file:?}: {why}; expected {expected}"));
                    return None;
                }
            },
        };
        match account_of(&text) {
            Ok(_) => Some(text.into()),
            Err(error) => {
                problems.add(self.variable(), format!("read {read}, which is no usable key: {error}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
