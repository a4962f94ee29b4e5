//! Promises: the built program, run as its users run it: its own process, its own folder, nothing inherited from the
//! environment; waited for by what it says, never by the clock alone.

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::OnceLock,
    time::Duration,
};

use reqwest::{Method, StatusCode};
use rustix::{
    process::{Pid, Signal},
    pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
};

pub(crate) use proxycall_testkit::app::{ACCOUNT_SID, AUTH_TOKEN, CLIENT, COURIER, PUBLIC_BASE_URL, TOKEN};

/// How long the program may take to say what is waited for, or to end. Longer than a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to end after SIGTERM.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(25);
/// How long any webhook may take to be answered: a caller hears a sentence within three seconds.
pub(crate) const WEBHOOK_LIMIT: Duration = Duration::from_millis(2_400);
/// How long a running service may take to follow a setting.
pub(crate) const SETTING_LIMIT: Duration = Duration::from_secs(5);
/// 32 made-up bytes.
pub(crate) const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// What `serve` says when it takes requests.
const LISTENING: &str = "listening on 0.0.0.0";
/// What it says when somebody else listens there.
const PORT_TAKEN: &str = "cannot be listened on";

/// A working folder and the variables that the program is started with.
pub(crate) struct Installation {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Installation {
    /// A folder of its own, and nothing set.
    pub(crate) fn bare() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// A folder that is there already, and nothing set.
    pub(crate) fn within(folder: TempDir) -> Self {
        Self { folder, variables: Vec::new() }
    }

    /// All that `serve` needs, over an SQLite file in the folder; the account is that of the fixtures.
    pub(crate) fn new() -> Self {
        let mut installation = Self::bare();
        for (name, value) in [
            ("PUBLIC_BASE_URL", PUBLIC_BASE_URL),
            ("PROXYCALL_API_TOKEN", TOKEN),
            ("PROXYCALL_SECRET_KEY", SECRET_KEY),
            ("TWILIO_ACCOUNT_SID", ACCOUNT_SID),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            // Nobody listens on port 1: no test reaches a carrier that it has not started.
            ("TWILIO_API_BASE_URL", "http://127.0.0.1:1"),
        ] {
            installation.set(name, value);
        }
        installation
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_proxycall"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null()).kill_on_drop(true);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        finish(arguments, &mut self.command(arguments)).await
    }

    /// Runs a command to its end with a terminal for its standard input, at which somebody has typed this.
    pub(crate) async fn run_at_terminal(&self, arguments: &[&str], typed: &str) -> Finished {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let keyboard = openpt(flags).unwrap();
        unlockpt(&keyboard).unwrap();
        let terminal = ioctl_tiocgptpeer(&keyboard, flags).unwrap();
        rustix::io::write(&keyboard, typed.as_bytes()).unwrap();
        let finished = finish(arguments, self.command(arguments).stdin(Stdio::from(terminal))).await;
        drop(keyboard);
        finished
    }

    /// Starts a command and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::new(self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Starts the service on a free port and waits until it listens.
    pub(crate) async fn serve(&mut self) -> Service {
        self.serve_with(&["serve"], |_, _| ()).await
    }

    /// The same with other arguments, and with what else hangs on the port.
    pub(crate) async fn serve_with(&mut self, arguments: &[&str], prepare: impl Fn(&mut Self, u16)) -> Service {
        loop {
            let port = free_port().await;
            self.set("PORT", &port.to_string());
            prepare(self, port);
            let mut process = self.start(arguments);
            // Between the choice of the port and its use somebody else may have taken it.
            let line = process.line(|line| line.contains(LISTENING) || line.contains(PORT_TAKEN)).await;
            if line.contains(LISTENING) {
                return Service { process, address: format!("http://127.0.0.1:{port}"), http: http() };
            }
        }
    }
}

async fn finish(arguments: &[&str], command: &mut Command) -> Finished {
    let output = tokio::time::timeout(PATIENCE, command.output());
    let output = output.await.unwrap_or_else(|_| panic!("{arguments:?} did not end in time")).unwrap();
    Finished {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A port that nobody listens on.
pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A client that follows nothing and knows no proxy.
pub(crate) fn http() -> reqwest::Client {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) out: String,
    /// What it complained about.
    pub(crate) err: String,
}

impl Finished {
    /// What it printed, when it went well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// What it complained about, when it failed as a program that noticed.
    pub(crate) fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.err
    }
}

/// A command that runs; killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    said: String,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        Self { child, lines, said: String::new() }
    }

    /// Waits for a line, of either stream, that has not been waited for yet.
    pub(crate) async fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let found = async {
            while let Some(line) = self.lines.recv().await {
                self.said.push_str(&line);
                self.said.push('\n');
                if wanted(&line) {
                    return Some(line);
                }
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.ok().flatten().unwrap_or_else(|| panic!("the line does not come; it said:\n{}", self.said))
    }

    /// Waits for a line with this in it.
    pub(crate) async fn says(&mut self, text: &str) -> String {
        self.line(|line| line.contains(text)).await
    }

    /// Asks it to stop, as Render does.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it without a word, as a power cut would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for the end. How it ended, and all it said on both streams.
    pub(crate) async fn end(mut self, limit: Duration) -> (ExitStatus, String) {
        let status = tokio::time::timeout(limit, self.child.wait()).await.expect("it ends in time").unwrap();
        while let Some(line) = self.lines.recv().await {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        (status, self.said)
    }

    /// Asks it to stop; it must end well and in time. All it said.
    pub(crate) async fn stop(self) -> String {
        self.terminate();
        let (status, said) = self.end(STOP_LIMIT).await;
        assert_eq!(status.code(), Some(0), "{said}");
        said
    }
}

fn forward(stream: impl AsyncRead + Unpin + Send + 'static, lines: mpsc::UnboundedSender<String>) {
    tokio::spawn(async move {
        let mut stream = BufReader::new(stream).lines();
        while let Ok(Some(line)) = stream.next_line().await {
            // Whoever no longer reads has ended the test.
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}

/// A running service, and how to talk to it.
pub(crate) struct Service {
    /// Its process.
    pub(crate) process: Running,
    /// Where it listens.
    pub(crate) address: String,
    http: reqwest::Client,
}

impl Service {
    /// Asks the API.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, None).await
    }

    /// Asks the API to do something.
    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(TOKEN);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Posts a webhook; the answer's TwiML. Anything but 200 within the limit fails the test.
    pub(crate) async fn send(&self, webhook: &Webhook) -> String {
        let request = self.http.post(format!("{}{}", self.address, webhook.path)).timeout(WEBHOOK_LIMIT);
        let request = request
            .header("X-Twilio-Signature", &webhook.signature)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(webhook.body.clone());
        let answer = request.send().await.expect("a webhook is answered in time");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }

    /// Somebody calls; the answer's TwiML.
    pub(crate) async fn call(&self, sid: &str, from: &str, to: &str) -> String {
        self.send(&Webhook::call(sid, from, to)).await
    }
}

/// A webhook as the carrier signs it.
pub(crate) struct Webhook {
    pub(crate) path: &'static str,
    pub(crate) body: String,
    pub(crate) signature: String,
}

impl Webhook {
    /// Somebody calls.
    pub(crate) fn call(sid: &str, from: &str, to: &str) -> Self {
        let call = [("CallSid", sid), ("CallStatus", "ringing"), ("From", from), ("To", to)];
        Self::new("/twilio/voice", &call)
    }

    /// Somebody writes.
    pub(crate) fn text(sid: &str, from: &str, to: &str, body: &str) -> Self {
        Self::new("/twilio/sms", &[("MessageSid", sid), ("From", from), ("To", to), ("Body", body)])
    }

    fn new(path: &'static str, parameters: &[(&str, &str)]) -> Self {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signature =
            proxycall_sandbox::signature::sign(AUTH_TOKEN, &format!("{PUBLIC_BASE_URL}{path}"), &parameters);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        Self { path, body, signature }
    }
}

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A client's real number and proxy number, made from its id; both are reserved for fiction.
pub(crate) fn numbers(id: u32) -> (String, String) {
    (format!("+3363998{id:08}"), format!("+3319900{id:08}"))
}
