//! Writes the clients of a benchmark as the file that `proxycall client import` reads: `clients 1000 > clients.csv`.

use std::io::{self, BufWriter, Write as _};

use clap::Parser;
use proxycall_bench::numbers::{CSV_HEADER, MAX_CLIENTS, csv_line};

/// Write invented clients as CSV to standard output.
#[derive(Parser)]
struct Options {
    /// How many.
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CLIENTS)))]
    clients: u32,
}

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "{CSV_HEADER}")?;
    for client in 1..=Options::parse().clients {
        writeln!(out, "{}", csv_line(client))?;
    }
    out.flush()
}
