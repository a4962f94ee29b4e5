//! The `proxycall` program: commands, configuration, wiring, life cycle. Nothing is decided here.

mod cli;
mod commands;
mod config;
mod lifecycle;
mod output;
mod server;
mod system;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, Serve};
use config::{Environment, LogConfig};

/// Gives back what a large sheet took as soon as it is read; the system's keeps it for as long as it runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    // A provider that is installed already is the same one.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let env = Environment::of_process();
    let result = match cli.command.unwrap_or(Command::Serve(Serve::default())) {
        Command::Serve(options) => {
            telemetry::start(&LogConfig::read(&env));
            commands::serve::run(&env, &options).await
        }
        Command::Sandbox(options) => {
            telemetry::start(&LogConfig::read(&env));
            commands::sandbox::run(&env, &options).await
        }
        Command::Phone(phone) => commands::phone::run(phone).await,
        Command::Migrate => commands::migrate::run(&env).await,
        Command::Backup { file } => commands::backup::back_up(&env, &file).await,
        Command::Restore { file, force } => commands::backup::restore(&env, &file, force).await,
        Command::Client(cli::Client::Import { file, skip_refused }) => {
            commands::import::run(&env, &file, skip_refused).await
        }
        Command::Client(cli::Client::Pause { id, until }) => commands::block::pause(&env, &id, until).await,
        Command::Client(cli::Client::Resume { id }) => commands::block::resume(&env, &id).await,
        Command::Block(block) => commands::block::run(&env, block).await,
        Command::Client(cli::Client::Export { id, output }) => {
            commands::privacy::export(&env, &id, output.as_deref()).await
        }
        Command::Client(cli::Client::Erase { id, yes }) => commands::privacy::erase(&env, &id, yes).await,
        Command::Client(cli::Client::Erasure { id }) => commands::privacy::erasure(&env, &id).await,
        Command::Report(report) => commands::report::run(&env, report).await,
        Command::Retention(retention) => commands::privacy::retention(&env, retention).await,
        Command::Number(number) => commands::number::run(&env, number).await,
        Command::Sheet(sheet) => commands::sheet::run(&env, sheet).await,
        Command::Token(token) => commands::token::run(&env, token).await,
        Command::Audit(options) => commands::audit::run(&env, options).await,
        Command::Setting(setting) => commands::setting::run(&env, setting).await,
        Command::Secret(secret) => commands::secret::run(&env, secret).await,
        Command::Doctor => commands::doctor::run(&env).await,
        Command::Reference(options) => commands::reference::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
