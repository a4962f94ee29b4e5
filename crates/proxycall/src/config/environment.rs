//! Promises: the environment and the `.env` file are read once, and what is shown of a secret is its length.

use std::collections::HashMap;

use secrecy::SecretString;

use super::variables::{self, VARIABLES};

/// The file that is read beside the environment, in the working folder only.
pub(super) const ENV_FILE: &str = ".env";

/// The variables as they are set, the `.env` file's included.
#[derive(Default)]
pub(crate) struct Environment {
    pub(super) values: HashMap<String, String>,
    /// What is wrong with the `.env` file.
    pub(super) unreadable: Option<String>,
}

impl Environment {
    /// From the process and the `.env` file of the working folder, which does not override.
    pub(crate) fn of_process() -> Self {
        let mut env = Self::default();
        match read_env_file() {
            Ok(values) => env.values = values,
            Err(problem) => env.unreadable = Some(problem),
        }
        env.values.extend(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))),
        );
        env
    }

    /// From given pairs.
    #[cfg(test)]
    pub(crate) fn of(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { values, unreadable: None }
    }

    /// Without what names outside parties and stores: for the sandbox, which brings its own.
    pub(crate) fn without_parties(&self) -> Self {
        let ours = |name: &str| name.starts_with("PROXYCALL_") && name != "PROXYCALL_SECRET_KEY";
        let values = self.values.iter().filter(|(name, _)| ours(name));
        Self {
            values: values.map(|(name, value)| (name.clone(), value.clone())).collect(),
            unreadable: self.unreadable.clone(),
        }
    }

    /// The value of a setting's variable.
    pub(crate) fn setting(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// What a variable is, for people: secrets by their length alone.
    pub(crate) fn shown(&self, variable: &variables::Variable) -> String {
        match self.get(variable.name) {
            Some(value) if variable.secret => format!("set ({} characters)", value.chars().count()),
            Some(value) => value.to_owned(),
            None if variable.default.is_empty() => "not set".to_owned(),
            None => format!("{} (default)", variable.default),
        }
    }

    /// The value as it is, unless empty: an unset variable and an empty one are the same.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value, or the default of the list.
    pub(super) fn or_default(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| {
            VARIABLES.iter().find(|variable| variable.name == name).map_or("", |variable| variable.default)
        })
    }

    /// The parts of a list.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let parts = self.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    pub(super) fn secrets(&self, name: &str) -> Vec<SecretString> {
        self.list(name).into_iter().map(SecretString::from).collect()
    }
}

/// The entries of the `.env` file; none when there is no file. What is wrong is told without quoting the file, which
/// may hold secrets.
fn read_env_file() -> Result<HashMap<String, String>, String> {
    let unreadable = |error: dotenvy::Error| match error {
        dotenvy::Error::LineParse(line, _) => {
            let text = std::fs::read_to_string(ENV_FILE).unwrap_or_default();
            let before = text.find(&line).and_then(|at| text.get(..at)).unwrap_or_default();
            format!("line {} cannot be read; expected NAME=value", before.matches('\n').count() + 1)
        }
        _ => "cannot be read as text".to_owned(),
    };
    match dotenvy::from_path_iter(ENV_FILE) {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(unreadable),
        Err(error) if error.not_found() => Ok(HashMap::new()),
        Err(error) => Err(unreadable(error)),
    }
}

/// How the log is written. Read apart from the rest, so that what is wrong with the rest can be logged.
pub(crate) struct LogConfig {
    /// The level's name.
    pub level: String,
    /// JSON instead of text.
    pub json: bool,
}

impl LogConfig {
    /// Reads level and format.
    pub(crate) fn read(env: &Environment) -> Self {
        Self {
            level: env.or_default("LOG_LEVEL").to_ascii_lowercase(),
            json: env.or_default("LOG_FORMAT").eq_ignore_ascii_case("json"),
        }
    }
}
