//! `proxycall reference`: the files that are made from the program itself, so that they cannot drift from it.

use std::{fmt::Write as _, fs, io, path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Reference},
    config::variables,
    output::{complain, say},
};

/// Writes them, or tells which are not as they would be written.
pub(crate) fn run(options: &Reference) -> anyhow::Result<ExitCode> {
    let mut drifted = 0;
    for (path, content) in files()? {
        let there = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be read")),
        };
        if there == content {
            continue;
        }
        if options.check {
            complain(&format!("{path} is not what the program would write; run `cargo run -- reference`"));
            drifted += 1;
        } else {
            if let Some(folder) = Path::new(path).parent() {
                fs::create_dir_all(folder).with_context(|| format!("the folder of {path} cannot be made"))?;
            }
            fs::write(path, content).with_context(|| format!("{path} cannot be written"))?;
            say(&format!("{path} written"));
        }
    }
    Ok(if drifted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn files() -> anyhow::Result<[(&'static str, String); 5]> {
    let mut openapi = proxycall_web::openapi().to_pretty_json()?;
    openapi.push('\n');
    Ok([
        ("docs/configuration.md", variables::markdown()),
        (".env.example", variables::env_example()),
        ("docs/openapi.json", openapi),
        ("docs/commands.md", commands()),
        ("docs/metrics.md", proxycall_prometheus::markdown()),
    ])
}

/// Every command's help.
fn commands() -> String {
    let mut text = "# Commands\n\nMade by `proxycall reference` from the program's own help; do not edit.\n".to_owned();
    let mut root = Cli::command().term_width(100);
    root.build();
    describe(&mut root, "proxycall", &mut text);
    text
}

fn describe(command: &mut clap::Command, name: &str, text: &mut String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    for child in command.get_subcommands_mut().filter(|child| !child.is_hide_set() && child.get_name() != "help") {
        let name = format!("{name} {}", child.get_name());
        describe(child, &name, text);
    }
}
