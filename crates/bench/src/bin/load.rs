//! Promises: calls a server over loopback as Twilio would, checks every answer, and says what it took.
//!
//! All calls are signed before the first is sent, and the client is as small as it can be: on a machine with two cores
//! the generator must not take what the server needs.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use proxycall_bench::{
    call::Call,
    figures::Run,
    http::Connection,
    numbers::{Chance, MAX_CLIENTS},
    process::cpu_time,
    signature::Signer,
};
use tokio::time::{Instant, sleep, sleep_until};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Announce calls to a server on 127.0.0.1 and measure it.
#[derive(Parser)]
struct Options {
    /// Where the server listens; its public address must be http://127.0.0.1:PORT.
    #[arg(long)]
    port: u16,
    /// The auth token to sign with.
    #[arg(long)]
    token: String,
    /// How many clients the server has.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CLIENTS)))]
    clients: u32,
    /// How many connections are kept open.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
    /// How many calls are announced in all.
    #[arg(long, default_value_t = 50_000)]
    requests: usize,
    /// Stop after so many seconds, even if calls are left.
    #[arg(long)]
    seconds: Option<u64>,
    /// Calls a second. Without it, each connection announces the next as soon as it has an answer.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// A call that hears a sentence is answered too, and counted apart. Each answer is timed from when its call was sent, not
    /// from when it was due: this is for more calls than can be sent.
    #[arg(long)]
    sentences: bool,
    /// The server's process id: its CPU time is measured too (Linux).
    #[arg(long)]
    pid: Option<u32>,
    /// Print a JSON object instead of a line for people.
    #[arg(long)]
    json: bool,
    /// Wait until the server connects one call, and print the milliseconds since this moment (nanoseconds of Unix
    /// time, as `date +%s%N` prints them). Nothing else is done.
    #[arg(long, value_name = "NANOSECONDS")]
    first_since: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let (signer, base_url) = (Signer::new(&options.token)?, format!("http://{server}"));
    let mut chance = Chance::new();
    let mut calls = (0..options.requests).map(|_| Call::random(&signer, &base_url, options.clients, &mut chance));
    if let Some(since) = options.first_since {
        let call = calls.next().context("--requests must be at least 1")??;
        let elapsed = first_answer(server, &call, UNIX_EPOCH + Duration::from_nanos(since)).await?;
        writeln!(io::stdout(), "{:.1}", elapsed.as_secs_f64() * 1_000.0)?;
        return Ok(ExitCode::SUCCESS);
    }
    let calls = Arc::new(calls.collect::<Result<Vec<_>, _>>()?);
    let figures = run(&options, server, calls).await?.figures();
    let line = if options.json { figures.to_json() } else { figures.to_string() };
    writeln!(io::stdout(), "{line}")?;
    Ok(if figures.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries until one call is connected.
async fn first_answer(server: SocketAddr, call: &Call, since: std::time::SystemTime) -> anyhow::Result<Duration> {
    let limit = Instant::now() + START_LIMIT;
    loop {
        let answered = match Connection::open(server).await {
            Ok(connection) => Caller::new(connection, false).announce(call).await.map(drop),
            Err(error) => Err(error.into()),
        };
        match answered {
            Ok(()) => return Ok(since.elapsed()?),
            Err(error) => ensure!(Instant::now() < limit, "the server connects no call: {error:#}"),
        }
        sleep(Duration::from_millis(1)).await;
    }
}

async fn run(options: &Options, server: SocketAddr, calls: Arc<Vec<Call>>) -> anyhow::Result<Run> {
    let mut callers = Vec::new();
    for _ in 0..options.connections {
        callers.push(Caller::new(Connection::open(server).await.context("nobody listens there")?, options.sentences));
    }
    let next = Arc::new(AtomicUsize::new(0));
    let cpu = || options.pid.map(cpu_time).transpose();
    let (before, start) = (cpu()?, Instant::now());
    let plan = Plan { start, end: options.seconds.map(|s| start + Duration::from_secs(s)), rate: options.rate };
    let tasks: Vec<_> = callers
        .into_iter()
        .map(|caller| tokio::spawn(caller.work(server, plan, Arc::clone(&calls), Arc::clone(&next))))
        .collect();
    let latencies = Vec::with_capacity(calls.len());
    let mut run = Run { latencies, said: 0, failed: 0, elapsed: Duration::ZERO, server_cpu: None };
    for task in tasks {
        let Worked { latencies, said, failed } = task.await?;
        run.latencies.extend(latencies);
        run.said += said;
        run.failed += failed;
    }
    run.elapsed = start.elapsed();
    run.server_cpu = cpu()?.zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(run)
}

/// When calls are announced.
#[derive(Clone, Copy)]
struct Plan {
    start: Instant,
    end: Option<Instant>,
    rate: Option<u32>,
}

impl Plan {
    /// Waits until the call is due. From then on it counts: what waits for a slow server waits on its account.
    async fn due(&self, call: usize) -> Instant {
        let Some(rate) = self.rate else { return Instant::now() };
        let due = self.start + Duration::from_secs(1) / rate * u32::try_from(call).unwrap_or(u32::MAX);
        if due <= Instant::now() {
            return due;
        }
        // A timer fires up to a millisecond late; that is ours, not the server's.
        sleep_until(due).await;
        Instant::now()
    }
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    Connected,
    Said,
}

/// What came of one connection's calls.
struct Worked {
    latencies: Vec<Duration>,
    said: u64,
    failed: u64,
}

/// One connection, and room for a request.
struct Caller {
    connection: Connection,
    sentences: bool,
    request: Vec<u8>,
    body: Vec<u8>,
}

impl Caller {
    fn new(connection: Connection, sentences: bool) -> Self {
        Self { connection, sentences, request: Vec::new(), body: Vec::new() }
    }

    /// Announces calls until none is left. The first failure is told, all are counted.
    async fn work(mut self, server: SocketAddr, plan: Plan, calls: Arc<Vec<Call>>, next: Arc<AtomicUsize>) -> Worked {
        let (mut latencies, mut said, mut failed) = (Vec::with_capacity(1_024), 0, 0);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(call) = calls.get(index) else { break };
            let due = plan.due(index).await;
            let since = if self.sentences { Instant::now() } else { due };
            if plan.end.is_some_and(|end| since >= end) {
                break;
            }
            match self.announce(call).await {
                Ok(answered) => {
                    latencies.push(since.elapsed());
                    said += u64::from(answered == Answered::Said);
                }
                Err(error) => {
                    if failed == 0 {
                        // If nobody can be told, the number of failures still is.
                        let _told = writeln!(io::stderr(), "a call failed: {error:#}");
                    }
                    failed += 1;
                    match Connection::open(server).await {
                        Ok(connection) => self.connection = connection,
                        Err(_) => break,
                    }
                }
            }
        }
        Worked { latencies, said, failed }
    }

    /// Announces one call; whatever does not connect it is an error, but for a sentence where that is allowed.
    async fn announce(&mut self, call: &Call) -> anyhow::Result<Answered> {
        call.write(&mut self.request, &mut self.body)?;
        let answer = self.connection.exchange(&self.request).await?;
        ensure!(answer.status == 200, "the server answered {}", answer.status);
        let has = |tag: &[u8]| answer.body.windows(tag.len()).any(|part| part == tag);
        if has(b"<Dial") {
            return Ok(Answered::Connected);
        }
        ensure!(self.sentences && has(b"<Say"), "the answer connects nobody");
        Ok(Answered::Said)
    }
}
