//! Promises: whatever is wrong with the settings is collected, and told at once, with what was read and what is
//! expected.

use std::{fmt, str::FromStr};

use super::{Environment, variables::VARIABLES};

/// What is wrong with one variable.
#[derive(Debug, PartialEq, Eq)]
struct ConfigProblem {
    name: String,
    problem: String,
}

/// All that keeps the program from starting.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigProblems(Vec<ConfigProblem>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ProxyCall cannot start; these settings have to be mended first (docs/configuration.md explains each):"
        )?;
        for ConfigProblem { name, problem } in &self.0 {
            write!(f, "\n  {name}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigProblems {}

impl ConfigProblems {
    /// What is wrong: variable and problem.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|problem| (problem.name.as_str(), problem.problem.as_str()))
    }
}

impl ConfigProblems {
    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, name: impl Into<String>, problem: impl Into<String>) {
        self.0.push(ConfigProblem { name: name.into(), problem: problem.into() });
    }

    /// Notes that a variable's value is unusable, and shows it unless it is secret.
    pub(super) fn unusable(&mut self, name: &str, value: &str, expected: &str) {
        let secret = VARIABLES.iter().any(|variable| variable.name == name && variable.secret);
        let read =
            if secret { format!("a secret of {} characters", value.chars().count()) } else { format!("{value:?}") };
        self.add(name, format!("read {read}; expected {expected}"));
    }

    pub(super) fn parsed<T: FromStr>(&mut self, env: &Environment, name: &str, expected: &str) -> Option<T> {
        let value = env.or_default(name);
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.unusable(name, value, expected);
        }
        parsed
    }
}

impl ConfigProblems {
    pub(super) fn within(&mut self, env: &Environment, name: &str, least: u32, most: u32) -> Option<u32> {
        let value = env.or_default(name);
        let read = value.parse().ok().filter(|value| (least..=most).contains(value));
        if read.is_none() {
            self.unusable(name, value, &format!("a number from {least} to {most}"));
        }
        read
    }

    pub(super) fn truth(&mut self, env: &Environment, name: &str) -> Option<bool> {
        match env.or_default(name).to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            other => {
                self.unusable(name, other, "true or false");
                None
            }
        }
    }
}
