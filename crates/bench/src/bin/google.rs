//! A simulated Google on this machine with one spreadsheet, empty or filled with a benchmark's clients, for a service that
//! mirrors it. Says once a second what it was asked, and at its end what the spreadsheet holds.

use std::{collections::HashSet, fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};
use clap::Parser;
use proxycall_bench::numbers::{MAX_CLIENTS, proxy_number, real_phone};
use proxycall_sandbox::{
    Options as SandboxOptions, Sandbox,
    google::{Google, Spreadsheet},
};

/// How often it says what it was asked.
const EVERY: Duration = Duration::from_secs(1);

/// Keep one spreadsheet at a simulated Google.
#[derive(Parser)]
struct Options {
    /// Where to listen, on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Where the service account's key is written.
    #[arg(long)]
    key: PathBuf,
    /// With how many clients, each with a number, the spreadsheet is filled.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(MAX_CLIENTS)))]
    clients: u32,
    /// Refuse more than Google's quota of requests a minute.
    #[arg(long)]
    quota: bool,
}

fn fill(google: &Google, id: &str, clients: u32) -> anyhow::Result<()> {
    let client = |n: u32| {
        let (real, proxy) = (format!("+{}", real_phone(n)), format!("+{}", proxy_number(n)));
        vec![n.to_string(), format!("Client {n}"), format!("client{n}@example.com"), real, proxy]
    };
    let number = |n: u32| {
        let mut row: Vec<String> = ["FR", "", "assigned", "", "2026-01-01T00:00:00"].map(str::to_owned).to_vec();
        if let Some(phone) = row.get_mut(1) {
            *phone = format!("+{}", proxy_number(n));
        }
        row.extend(["2026-01-01T00:00:00+00:00".to_owned(), format!("Client {n}"), "local".to_owned()]);
        row.extend([String::new(), String::new(), n.to_string()]);
        row
    };
    let rows: Vec<_> = (1..=clients).map(client).collect();
    google.paste(id, "Clients", 3, &rows).context("the clients cannot be pasted")?;
    let rows: Vec<_> = (1..=clients).map(number).collect();
    google.paste(id, "TwilioPools", 2, &rows).context("the numbers cannot be pasted")?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let sandbox =
        Sandbox::start(SandboxOptions { port: options.port, google_quota: options.quota, ..SandboxOptions::default() })
            .await?;
    let google = sandbox.world().google();
    let id = google.add_spreadsheet(Spreadsheet::proxycall("ProxyCall"));
    fill(&google, &id, options.clients)?;
    fs::write(&options.key, sandbox.service_account_json()).context("the key cannot be written")?;
    say(&format!("ready sheet={id}"));
    let mut told = google.counts();
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            _ = &mut stop => break,
            () = tokio::time::sleep(EVERY) => {}
        }
        let counts = google.counts();
        if counts != told {
            say(&format!(
                "reads={} writes={} drive={} tokens={}",
                counts.reads, counts.writes, counts.drive, counts.tokens
            ));
            told = counts;
        }
    }
    let rows = google.cells(&id, "Clients").context("the clients cannot be read")?;
    let filled = rows.iter().skip(2).filter_map(|row| row.first()).filter(|key| !key.is_empty());
    let (all, keys) = filled.fold((0_usize, HashSet::new()), |(all, mut keys), key| {
        keys.insert(key);
        (all + 1, keys)
    });
    ensure!(all == keys.len(), "{} clients are in the sheet twice", all - keys.len());
    let called = rows.iter().skip(2).filter(|row| row.get(7).is_some_and(|cell| !cell.is_empty())).count();
    say(&format!("rows={all} with_last_caller={called}"));
    sandbox.shutdown().await;
    Ok(())
}

/// A line for the script that started it.
#[expect(clippy::print_stdout, reason = "it is what this program is asked for")]
fn say(line: &str) {
    println!("{line}");
}
