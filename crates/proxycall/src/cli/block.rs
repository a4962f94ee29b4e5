//! The options of `proxycall block`.

use clap::Subcommand;

/// What to do with blocked callers.
#[derive(Subcommand)]
pub(crate) enum Block {
    /// Block a caller: calls are answered with a sentence, texts are not relayed. Whoever is blocked already stays so.
    Add {
        /// The caller's number.
        #[arg(required_unless_present = "interaction")]
        phone: Option<String>,
        /// Instead of a number: the id of a call or text, whose other side is meant.
        #[arg(long, value_name = "ID", conflicts_with = "phone")]
        interaction: Option<String>,
        /// Only for this client; without it, for all.
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        /// Why, for whoever reads the list later.
        #[arg(long)]
        reason: Option<String>,
    },
    /// List blocked callers, newest first.
    List {
        /// Only those who are blocked for this client alone.
        #[arg(long, value_name = "ID")]
        client: Option<String>,
    },
    /// Let a caller call again.
    Remove {
        /// The block's id, as `add` and `list` print it.
        id: String,
    },
}
