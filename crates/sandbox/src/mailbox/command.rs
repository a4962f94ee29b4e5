//! Promises: one line of SMTP is one command, or the reply that says what is wrong with it.

/// What the client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `EHLO` (true) or `HELO`.
    Hello {
        extended: bool,
    },
    Auth {
        mechanism: String,
        initial: Option<String>,
    },
    Sender {
        address: String,
        size: Option<usize>,
        utf8: bool,
    },
    Receiver {
        address: String,
    },
    Data,
    Reset,
    Nothing,
    Verify,
    Help,
    Quit,
}

/// A reply: its code and what follows it.
pub(super) type Reply = (u16, &'static str);

const SYNTAX: Reply = (501, "5.5.4 The parameters are wrong");

/// Reads a line without its end.
///
/// # Errors
/// The reply to what is no command.
pub(super) fn parse(line: &str) -> Result<Command, Reply> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let alone = |command| if rest.is_empty() { Ok(command) } else { Err(SYNTAX) };
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" | "HELO" if rest.is_empty() || rest.contains(char::is_whitespace) => Err(SYNTAX),
        "EHLO" => Ok(Command::Hello { extended: true }),
        "HELO" => Ok(Command::Hello { extended: false }),
        "AUTH" => {
            let mut words = rest.split_whitespace();
            let mechanism = words.next().ok_or(SYNTAX)?.to_ascii_uppercase();
            let initial = words.next().map(str::to_owned);
            if words.next().is_some() { Err(SYNTAX) } else { Ok(Command::Auth { mechanism, initial }) }
        }
        "MAIL" => sender(rest),
        "RCPT" => {
            let (address, parameters) = path(rest, "TO:")?;
            if !parameters.is_empty() {
                return Err((555, "5.5.4 This server knows no parameters of RCPT"));
            }
            if is_mailbox(&address) {
                Ok(Command::Receiver { address })
            } else {
                Err((553, "5.1.3 No such form of address"))
            }
        }
        "DATA" => alone(Command::Data),
        "RSET" => alone(Command::Reset),
        "QUIT" => alone(Command::Quit),
        "NOOP" => Ok(Command::Nothing),
        "HELP" => Ok(Command::Help),
        "VRFY" if rest.is_empty() => Err(SYNTAX),
        "VRFY" => Ok(Command::Verify),
        "STARTTLS" | "EXPN" | "TURN" | "BDAT" => Err((502, "5.5.1 Not offered here")),
        _ => Err((500, "5.5.2 No such command")),
    }
}

fn sender(rest: &str) -> Result<Command, Reply> {
    let (address, parameters) = path(rest, "FROM:")?;
    let (mut size, mut utf8) = (None, false);
    for parameter in parameters.split_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", _) => size = Some(value.parse().map_err(|_| SYNTAX)?),
            ("BODY", "7BIT" | "8BITMIME") => {}
            ("BODY", _) => return Err(SYNTAX),
            ("SMTPUTF8", "") => utf8 = true,
            ("AUTH", _) => {}
            _ => return Err((555, "5.5.4 No such parameter of MAIL")),
        }
    }
    if !address.is_empty() && !is_mailbox(&address) {
        return Err((553, "5.1.7 No such form of address"));
    }
    if !address.is_ascii() && !utf8 {
        return Err((553, "5.6.7 An address beyond ASCII needs SMTPUTF8"));
    }
    Ok(Command::Sender { address, size, utf8 })
}

/// `FROM:<address> PARAMETERS`.
fn path<'a>(rest: &'a str, word: &str) -> Result<(String, &'a str), Reply> {
    let head = rest.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).ok_or(SYNTAX)?;
    let path = rest.get(head.len()..).unwrap_or_default().trim_start().strip_prefix('<').ok_or(SYNTAX)?;
    let (address, parameters) = path.split_once('>').ok_or(SYNTAX)?;
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return Err(SYNTAX);
    }
    Ok((address.to_owned(), parameters.trim()))
}

fn is_mailbox(address: &str) -> bool {
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control() || c == '<');
    plain && address.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_in_any_case_and_with_their_parameters() {
        let sender = |address: &str, size, utf8| Command::Sender { address: address.to_owned(), size, utf8 };
        for (line, expected) in [
            ("ehlo there", Command::Hello { extended: true }),
            ("MAIL FROM:<>", sender("", None, false)),
            ("mail from: <a@example.com> SIZE=12 BODY=8BITMIME", sender("a@example.com", Some(12), false)),
            ("MAIL FROM:<zoé@example.com> SMTPUTF8", sender("zoé@example.com", None, true)),
            ("RCPT TO:<a@example.com>", Command::Receiver { address: "a@example.com".to_owned() }),
            ("auth login", Command::Auth { mechanism: "LOGIN".to_owned(), initial: None }),
            ("NOOP whatever", Command::Nothing),
        ] {
            assert_eq!(parse(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_gets_the_code_that_says_why() {
        for (line, code) in [
            ("", 500),
            ("GET / HTTP/1.1", 500),
            ("EHLO", 501),
            ("MAIL TO:<a@example.com>", 501),
            ("MAIL FROM:a@example.com", 501),
            ("MAIL FROM:<a@example.com", 501),
            ("MAIL FROM:<a@example.com> SIZE=big", 501),
            ("MAIL FROM:<a@example.com> RET=FULL", 555),
            ("MAIL FROM:<zoé@example.com>", 553),
            ("RCPT TO:<nobody>", 553),
            ("RCPT TO:<a@example.com> NOTIFY=NEVER", 555),
            ("DATA now", 501),
            ("STARTTLS", 502),
        ] {
            assert_eq!(parse(line).map_err(|(code, _)| code), Err(code), "{line}");
        }
    }
}
