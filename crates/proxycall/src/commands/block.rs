//! `proxycall block`, and `client pause` and `resume`: who is kept away from whom.

use std::process::ExitCode;

use jiff::Timestamp;
use proxycall_domain::{Block, BlockId, ClientId, client::Client, pool::life::Actor};
use proxycall_service::{Service, audit::client_subject, blocks::BlockFields, ports::ledger::BlockFilter};

use super::audit::act;
use crate::{
    cli,
    config::{Config, Environment, Needs},
    output::{Table, say},
    wiring::{self, Parts},
};

/// How many are read at once.
const PAGE: u32 = 500;

/// Blocks, lists, or lets call again.
pub(crate) async fn run(env: &Environment, command: cli::Block) -> anyhow::Result<ExitCode> {
    let parts = open(env).await?;
    let service = parts.service.as_ref();
    let result = match command {
        cli::Block::Add { phone, interaction, client, reason } => {
            let fields = BlockFields {
                phone: phone.as_deref(),
                interaction: interaction.as_deref(),
                client: client.as_deref(),
                reason: reason.as_deref(),
            };
            let subject = client.as_deref().map_or_else(|| "everybody".to_owned(), |id| format!("client {id}"));
            let add = async {
                let block = service.add_block(&fields, Actor::Cli).await?;
                let whom = block.client.map_or_else(|| "anybody".to_owned(), |id| format!("client {id}"));
                say(&format!("{} does not reach {whom} any more ({}).", block.phone.expose(), block.id));
                Ok(ExitCode::SUCCESS)
            };
            act(service, "add_block", &subject, add).await
        }
        cli::Block::List { client } => list(service, client.as_deref()).await.map(|()| ExitCode::SUCCESS),
        cli::Block::Remove { id } => {
            let remove = async { remove(service, &id).await.map(|()| ExitCode::SUCCESS) };
            act(service, "remove_block", &format!("block {id}"), remove).await
        }
    };
    parts.store.close().await;
    result
}

/// Begins, changes or ends a client's pause.
pub(crate) async fn pause(env: &Environment, id: &str, until: Option<Timestamp>) -> anyhow::Result<ExitCode> {
    let id = ClientId::parse("ID", id)?;
    let parts = open(env).await?;
    let pause = async {
        let client: Client = parts.service.pause_client(id, until).await?;
        let end = match client.pause.and_then(|pause| pause.until) {
            Some(until) => format!("until {until}"),
            None => format!("until `proxycall client resume {id}`"),
        };
        say(&format!("Nobody reaches client {id} {end}; the client's own calls and texts go out."));
        Ok(ExitCode::SUCCESS)
    };
    let result = act(&parts.service, "pause_client", &client_subject(id), pause).await;
    parts.store.close().await;
    result
}

/// Ends a client's pause.
pub(crate) async fn resume(env: &Environment, id: &str) -> anyhow::Result<ExitCode> {
    let id = ClientId::parse("ID", id)?;
    let parts = open(env).await?;
    let resume = async {
        parts.service.resume_client(id).await?;
        say(&format!("Client {id} is reached again."));
        Ok(ExitCode::SUCCESS)
    };
    let result = act(&parts.service, "resume_client", &client_subject(id), resume).await;
    parts.store.close().await;
    result
}

async fn open(env: &Environment) -> anyhow::Result<Parts> {
    wiring::parts(&Config::read(env, Needs::Store)?, true).await
}

async fn remove(service: &Service, id: &str) -> anyhow::Result<()> {
    let block = service.remove_block(id.parse::<BlockId>()?).await?;
    let whom = block.client.map_or_else(|| "everybody".to_owned(), |id| format!("client {id}"));
    say(&format!(
        "{} reaches {whom} again, unless another block stands: `proxycall block list`.",
        block.phone.expose()
    ));
    Ok(())
}

async fn list(service: &Service, client: Option<&str>) -> anyhow::Result<()> {
    let client = client.map(|id| ClientId::parse("--client", id)).transpose()?;
    let mut table = Table::new(&["NUMBER", "FOR", "SINCE", "BY", "ID", "WHY"]);
    let mut after = None;
    loop {
        let page = service.ledger.blocks(BlockFilter { client, after, limit: PAGE }).await?;
        if page.items.is_empty() && after.is_none() {
            say("Nobody is blocked.");
            return Ok(());
        }
        for line in table.lines(&page.items.iter().map(cells).collect::<Vec<_>>()) {
            say(&line);
        }
        let Some(next) = page.next else { return Ok(()) };
        after = Some(next.parse()?);
    }
}

fn cells(block: &Block) -> Vec<String> {
    vec![
        block.phone.expose(),
        block.client.map_or_else(|| "all".to_owned(), |id| format!("client {id}")),
        block.created_at.strftime("%Y-%m-%d %H:%M").to_string(),
        block.actor.as_str().to_owned(),
        block.id.to_string(),
        block.reason.expose().to_owned(),
    ]
}
