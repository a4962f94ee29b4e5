//! Promises: one conversation keeps the order that SMTP asks for, tells what is out of it, and takes a letter whole or
//! not at all.

use std::{io, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{
    Envelope, Login, ReceivedMail,
    command::{Command, parse},
};
use crate::{
    fault::{MailFault, MailStep},
    world::World,
};

/// The largest letter taken, in bytes.
const LARGEST: usize = 1 << 20;
/// The longest line of the conversation, its end included.
const LONGEST_LINE: usize = 2_048;
/// The longest line of a letter, its end included (RFC 5321: 1,000).
const LONGEST_TEXT_LINE: usize = 1_000;
/// The most receivers of one letter.
const MOST_RECEIVERS: usize = 100;
/// How long the client may be silent.
const PATIENCE: Duration = Duration::from_secs(300);

/// Speaks with one client until it leaves.
pub(super) async fn serve(world: &World, stream: TcpStream) -> io::Result<()> {
    let (read, write) = stream.into_split();
    let (fault, login) = world.change(|state| (state.mail_faults.pop_front(), state.mail_login.clone()));
    Session {
        world,
        login,
        fault,
        read: BufReader::new(read),
        write,
        greeted: false,
        signed_in_as: None,
        envelope: None,
    }
    .run()
    .await
}

struct Session<'a, R, W> {
    world: &'a World,
    login: Option<Login>,
    /// What goes wrong with this conversation.
    fault: Option<MailFault>,
    read: R,
    write: W,
    greeted: bool,
    signed_in_as: Option<String>,
    /// The letter under way.
    envelope: Option<Envelope>,
}

/// Whether the conversation goes on.
#[derive(PartialEq, Eq)]
enum Next {
    On,
    Over,
}

/// What a fault makes of a step.
enum Disturbed {
    No,
    Refused(u16),
    HungUp,
    HungUpAfterwards,
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Session<'_, R, W> {
    async fn run(mut self) -> io::Result<()> {
        match self.disturbed(MailStep::Connect).await {
            Disturbed::HungUp | Disturbed::HungUpAfterwards => return Ok(()),
            Disturbed::Refused(code) => return self.reply(code, "The sandbox was told to say so").await,
            Disturbed::No => self.reply(220, "sandbox.invalid ESMTP ProxyCall sandbox").await?,
        }
        while let Some(line) = self.line().await? {
            if self.answer(&line).await? == Next::Over {
                break;
            }
        }
        self.write.shutdown().await
    }

    /// The next line; none when the client has left. What cannot be read as a line is answered here.
    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            let mut bytes = Vec::new();
            let limit = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
            let mut limited = (&mut self.read).take(limit);
            match tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut bytes)).await {
                Ok(read) => drop(read?),
                Err(_) => {
                    self.reply(421, "4.4.2 Nothing heard for too long").await?;
                    return Ok(None);
                }
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            match bytes.strip_suffix(b"\r\n").map(str::from_utf8) {
                Some(Ok(line)) => return Ok(Some(line.to_owned())),
                Some(Err(_)) => self.reply(500, "5.5.2 Not UTF-8").await?,
                None if bytes.len() >= LONGEST_LINE => {
                    self.reply(500, "5.5.2 The line is too long").await?;
                    return Ok(None);
                }
                None => self.reply(500, "5.5.2 A line ends with CR and LF").await?,
            }
        }
    }

    async fn answer(&mut self, line: &str) -> io::Result<Next> {
        let command = match parse(line) {
            Ok(command) => command,
            Err((code, text)) => return self.say(code, text).await,
        };
        let step = match command {
            Command::Hello { .. } => Some(MailStep::Hello),
            Command::Auth { .. } => Some(MailStep::Auth),
            Command::Sender { .. } => Some(MailStep::Sender),
            Command::Receiver { .. } => Some(MailStep::Receiver),
            Command::Data => Some(MailStep::Data),
            _ => None,
        };
        if let Some(step) = step {
            match self.disturbed(step).await {
                Disturbed::No => {}
                Disturbed::Refused(code) => return self.say(code, "The sandbox was told to say so").await,
                Disturbed::HungUp | Disturbed::HungUpAfterwards => return Ok(Next::Over),
            }
        }
        match command {
            Command::Hello { extended } => self.hello(extended).await,
            Command::Auth { mechanism, initial } => self.sign_in(&mechanism, initial).await,
            Command::Sender { address, size, .. } => self.sender(address, size).await,
            Command::Receiver { address } => self.receiver(address).await,
            Command::Data => self.data().await,
            Command::Reset => {
                self.envelope = None;
                self.say(250, "2.0.0 Forgotten").await
            }
            Command::Nothing => self.say(250, "2.0.0 Fine").await,
            Command::Verify => self.say(252, "2.5.0 Cannot tell, but will take letters").await,
            Command::Help => self.say(214, "2.0.0 See RFC 5321").await,
            Command::Quit => {
                self.reply(221, "2.0.0 Goodbye").await?;
                Ok(Next::Over)
            }
        }
    }

    async fn hello(&mut self, extended: bool) -> io::Result<Next> {
        (self.greeted, self.envelope) = (true, None);
        if !extended {
            return self.say(250, "sandbox.invalid").await;
        }
        let size = format!("SIZE {LARGEST}");
        let auth = self.login.is_some().then_some("AUTH PLAIN LOGIN");
        let lines = ["sandbox.invalid", "PIPELINING", &size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];
        let lines: Vec<&str> = lines.into_iter().chain(auth).collect();
        let mut text = String::new();
        for (index, line) in lines.iter().enumerate() {
            let sign = if index + 1 == lines.len() { ' ' } else { '-' };
            text.push_str(&format!("250{sign}{line}\r\n"));
        }
        self.send(&text).await?;
        Ok(Next::On)
    }

    async fn sign_in(&mut self, mechanism: &str, initial: Option<String>) -> io::Result<Next> {
        let Some(login) = self.login.clone() else { return self.say(502, "5.5.1 Nobody signs in here").await };
        if !self.greeted || self.envelope.is_some() || self.signed_in_as.is_some() {
            return self.say(503, "5.5.1 Not now").await;
        }
        let given = match mechanism {
            "PLAIN" => {
                let text = match initial {
                    Some(text) => Some(text),
                    None => self.ask("").await?,
                };
                text.and_then(|text| decoded(&text)).and_then(|text| {
                    let mut parts = text.split('\0').skip(1);
                    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
                })
            }
            "LOGIN" => {
                let user = match initial {
                    Some(text) => Some(text),
                    None => self.ask("VXNlcm5hbWU6").await?,
                };
                let password = if user.is_some() { self.ask("UGFzc3dvcmQ6").await? } else { None };
                user.and_then(|text| decoded(&text)).zip(password.and_then(|text| decoded(&text)))
            }
            _ => return self.say(504, "5.5.4 PLAIN or LOGIN").await,
        };
        match given {
            None => self.say(501, "5.5.2 Given up, or not what was asked for").await,
            Some((user, password)) if user == login.user && password == login.password => {
                self.signed_in_as = Some(user);
                self.say(235, "2.7.0 Welcome").await
            }
            Some(_) => self.say(535, "5.7.8 User or password are wrong").await,
        }
    }

    /// Asks one thing of a client that signs in; none when it gives up.
    async fn ask(&mut self, challenge: &str) -> io::Result<Option<String>> {
        self.reply(334, challenge).await?;
        Ok(self.line().await?.filter(|line| line != "*"))
    }

    async fn sender(&mut self, address: String, size: Option<usize>) -> io::Result<Next> {
        if !self.greeted || self.envelope.is_some() {
            return self.say(503, "5.5.1 Not now").await;
        }
        if self.login.is_some() && self.signed_in_as.is_none() {
            return self.say(530, "5.7.0 Sign in first").await;
        }
        if size.is_some_and(|size| size > LARGEST) {
            return self.say(552, "5.3.4 The letter is too large").await;
        }
        self.envelope = Some(Envelope { from: address, to: Vec::new() });
        self.say(250, "2.1.0 Fine").await
    }

    async fn receiver(&mut self, address: String) -> io::Result<Next> {
        let Some(envelope) = &mut self.envelope else { return self.say(503, "5.5.1 Not now").await };
        if envelope.to.len() >= MOST_RECEIVERS {
            return self.say(452, "4.5.3 Too many receivers").await;
        }
        envelope.to.push(address);
        self.say(250, "2.1.5 Fine").await
    }

    async fn data(&mut self) -> io::Result<Next> {
        let Some(envelope) = self.envelope.take_if(|envelope| !envelope.to.is_empty()) else {
            return self.say(503, "5.5.1 Sender and receiver first").await;
        };
        self.reply(354, "Go on; a line with a dot alone ends it").await?;
        let Some(letter) = self.letter().await? else { return Ok(Next::Over) };
        let disturbed = self.disturbed(MailStep::Letter).await;
        match disturbed {
            Disturbed::Refused(code) => return self.say(code, "The sandbox was told to say so").await,
            Disturbed::HungUp => return Ok(Next::Over),
            Disturbed::No | Disturbed::HungUpAfterwards => {}
        }
        let Ok(raw) = letter else { return self.say(552, "5.3.4 The letter, or a line of it, is too long").await };
        let mail = ReceivedMail::read(self.world.now(), envelope, self.signed_in_as.clone(), &raw);
        self.world.change(|state| state.mails.push(mail));
        if matches!(disturbed, Disturbed::HungUpAfterwards) {
            return Ok(Next::Over);
        }
        self.say(250, "2.0.0 Taken").await
    }

    /// What follows until a dot alone, without the dots added; none when the client left in the midst of it. A letter
    /// that is too large is read to its end all the same, and is then an error.
    async fn letter(&mut self) -> io::Result<Option<Result<Vec<u8>, ()>>> {
        let (mut letter, mut fits) = (Vec::new(), true);
        loop {
            let mut line = Vec::new();
            let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
            let mut limited = (&mut self.read).take(limit);
            let Ok(read) = tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await else {
                return Ok(None);
            };
            if read? == 0 {
                return Ok(None);
            }
            if line == b".\r\n" {
                return Ok(Some(if fits { Ok(letter) } else { Err(()) }));
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            fits &= line.len() <= LONGEST_TEXT_LINE && letter.len() + line.len() <= LARGEST;
            if fits {
                letter.extend_from_slice(line);
            }
        }
    }

    /// What the fault of this conversation, if any, makes of a step.
    async fn disturbed(&mut self, step: MailStep) -> Disturbed {
        match self.fault.take_if(|fault| fault.step() == step) {
            None => Disturbed::No,
            Some(MailFault::Refuse(_, code)) => Disturbed::Refused(code),
            Some(MailFault::HangUp(_)) => Disturbed::HungUp,
            Some(MailFault::HangUpAfterAccepting) => Disturbed::HungUpAfterwards,
            Some(MailFault::Slow(_, time)) => {
                tokio::time::sleep(time).await;
                Disturbed::No
            }
        }
    }

    async fn say(&mut self, code: u16, text: &str) -> io::Result<Next> {
        self.reply(code, text).await?;
        Ok(Next::On)
    }

    async fn reply(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.send(&format!("{code} {text}\r\n")).await
    }

    async fn send(&mut self, text: &str) -> io::Result<()> {
        self.write.write_all(text.as_bytes()).await?;
        self.write.flush().await
    }
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}
