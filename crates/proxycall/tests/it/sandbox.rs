//! The sandbox and its phones: what a newcomer sees first.

use serde_json::Value;

use crate::support::*;

/// A sandbox's real number, proxy number and courier, as it prints them.
const ZOE: &str = "+33639980001";
const PROXY: &str = "+33199000101";

/// A running sandbox on ports of its own.
struct Playground {
    process: Running,
    greeting: Vec<String>,
    service: String,
    carrier: String,
}

impl Playground {
    async fn start(installation: &Installation, arguments: &[&str]) -> Self {
        let arguments = [&["sandbox", "--port", "0", "--carrier-port", "0"], arguments].concat();
        let mut process = installation.start(&arguments);
        let mut greeting = Vec::new();
        loop {
            let line = process.line(|_| true).await;
            if line.contains("Ctrl-C") {
                break;
            }
            greeting.push(line);
        }
        let after = |word: &str| {
            let words = greeting.iter().flat_map(|line| line.split_whitespace());
            words.skip_while(|it| *it != word).nth(1).unwrap_or_else(|| panic!("{word} in {greeting:#?}")).to_owned()
        };
        let (service, carrier) = (after("API"), after("--carrier"));
        let service = service.strip_suffix("/docs").expect("the API's page").to_owned();
        Self { process, greeting, service, carrier }
    }

    /// A command that it prints, by what it is said to show; as the arguments to our program.
    fn printed(&self, what: &str) -> Vec<String> {
        let line = self.greeting.iter().find(|line| line.contains(what)).expect("the command is printed");
        let command = line.split_once("cargo run --release -- ").expect("a cargo command").1;
        let mut arguments = Vec::new();
        for (index, part) in command.split('"').enumerate() {
            match index % 2 {
                0 => arguments.extend(part.split_whitespace().map(str::to_owned)),
                _ => arguments.push(part.to_owned()),
            }
        }
        arguments
    }

    async fn run_printed(&self, what: &str) -> String {
        let arguments = self.printed(what);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        Installation::bare().run(&arguments).await.ok()
    }

    async fn phone(&self, arguments: &[&str]) -> Finished {
        let arguments = [&["phone"], arguments, &["--carrier", &self.carrier]].concat();
        Installation::bare().run(&arguments).await
    }

    /// What happened, newest first. No token is needed here.
    async fn interactions(&self) -> Vec<Value> {
        let answer = http().get(format!("{}/interactions", self.service)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        body["interactions"].as_array().cloned().unwrap()
    }
}

#[tokio::test]
async fn the_printed_commands_show_a_masked_call_a_call_back_and_a_text() {
    let installation = Installation::bare();
    let sandbox = Playground::start(&installation, &[]).await;
    assert!(sandbox.greeting.iter().any(|line| line.contains(ZOE) && line.contains(PROXY)), "{:#?}", sandbox.greeting);

    let call = sandbox.run_printed("A courier calls").await;
    assert!(call.contains(&format!("{ZOE} rings and sees {PROXY}")), "{call}");
    assert!(call.contains(&format!("connected: {COURIER} (sees {PROXY}) with {ZOE} (sees {PROXY})")), "{call}");
    let back = sandbox.run_printed("calls back").await;
    assert!(back.contains(&format!("{COURIER} rings and sees {PROXY}")), "{back}");
    assert!(back.contains(&format!("connected: {ZOE} (sees {PROXY}) with {COURIER} (sees {PROXY})")), "{back}");
    let text = sandbox.run_printed("A courier texts").await;
    assert!(text.contains(&format!("{ZOE} receives from {PROXY}: \"I am downstairs\"")), "{text}");
    let unanswered = sandbox.run_printed("Nobody answers").await;
    assert!(unanswered.contains("was not reached: no-answer") && unanswered.contains("hears"), "{unanswered}");
    assert!(!unanswered.contains("connected:"), "{unanswered}");

    assert_eq!(sandbox.interactions().await.len(), 4);
    sandbox.process.stop().await;
    let left: Vec<_> = std::fs::read_dir(installation.path("")).unwrap().collect();
    assert!(left.is_empty(), "a sandbox that is not told to keep anything leaves {left:?}");
}

#[tokio::test]
async fn the_page_of_the_phones_is_printed_first_and_knows_what_became_of_a_call() {
    let installation = Installation::bare();
    let sandbox = Playground::start(&installation, &[]).await;
    let page = sandbox.greeting.iter().find(|line| line.contains("http://")).expect("an address").trim();
    assert_eq!(page, format!("{}/sandbox", sandbox.carrier));
    let html = http().get(page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("phones.js"), "{html}");

    sandbox.phone(&["call", "--from", "+14155550132", "--to", PROXY]).await.ok();
    let told = http().get(format!("{page}/phones/service")).send().await.unwrap().text().await.unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["interactions"][0]["outcome"], "refused_region", "{told}");
    assert!(told["clients"].as_array().unwrap().iter().any(|client| client["client_proxy_number"] == PROXY), "{told}");
    sandbox.process.stop().await;
}

#[tokio::test]
async fn the_client_answers_a_courier_by_text_and_a_busy_line_is_said() {
    let installation = Installation::bare();
    let sandbox = Playground::start(&installation, &[]).await;
    let text = |from, body| ["text", "--from", from, "--to", PROXY, body];
    let there = sandbox.phone(&text(COURIER, "Where are you?")).await.ok();
    assert!(there.contains(&format!("{ZOE} receives from {PROXY}: \"Where are you?\"")), "{there}");
    let back = sandbox.phone(&text(ZOE, "Third floor")).await.ok();
    assert!(back.contains(&format!("{COURIER} receives from {PROXY}: \"Third floor\"")), "{back}");

    let busy = sandbox.phone(&["call", "--from", COURIER, "--to", PROXY, "--answer", "busy"]).await.ok();
    assert!(busy.contains(&format!("{ZOE} was not reached: busy")), "{busy}");
    assert!(busy.contains(&format!("{COURIER} hears (fr-FR): \"Votre correspondant est déjà en ligne")), "{busy}");

    let inboxes = sandbox.phone(&["list"]).await.ok();
    let expected = format!("{COURIER}\n  from {PROXY}: Third floor\n");
    assert!(inboxes.contains(&expected), "{inboxes}");
    sandbox.process.stop().await;
}

#[tokio::test]
async fn a_phone_without_a_sandbox_says_what_to_start() {
    let nobody = format!("http://127.0.0.1:{}", free_port().await);
    let call = ["phone", "call", "--from", COURIER, "--to", PROXY, "--carrier", &nobody];
    let said = Installation::bare().run(&call).await.failed();
    assert!(said.contains(&nobody) && said.contains("cargo run --release -- sandbox"), "{said}");
}

#[tokio::test]
async fn a_number_that_is_not_there_is_answered_with_those_that_are() {
    let installation = Installation::bare();
    let sandbox = Playground::start(&installation, &[]).await;
    let said = sandbox.phone(&["call", "--from", COURIER, "--to", "+33199009999"]).await.failed();
    assert!(said.contains(PROXY), "{said}");
    sandbox.process.stop().await;
}

#[tokio::test]
async fn what_is_to_be_kept_is_there_again_after_a_restart() {
    let installation = Installation::bare();
    let sandbox = Playground::start(&installation, &["--keep", "kept"]).await;
    sandbox.phone(&["call", "--from", COURIER, "--to", PROXY]).await.ok();
    let before = sandbox.interactions().await;
    assert_eq!(before.len(), 1);
    sandbox.process.stop().await;

    let sandbox = Playground::start(&installation, &["--keep", "kept"]).await;
    assert!(sandbox.greeting.iter().any(|line| line.contains(ZOE) && line.contains(PROXY)), "{:#?}", sandbox.greeting);
    assert_eq!(sandbox.interactions().await, before);
    // The last caller is known from before the restart.
    let back = sandbox.phone(&["call", "--from", ZOE, "--to", PROXY]).await.ok();
    assert!(back.contains(&format!("{COURIER} rings and sees {PROXY}")), "{back}");
    sandbox.process.stop().await;
}

/// Waits until the page of the live sheet shows this in a tab.
async fn sheet_shows(sandbox: &Playground, tab: &str, text: &str) {
    let page = sandbox.greeting.iter().find_map(|line| line.trim().strip_prefix("Sheet")).expect("the sheet's address");
    let page = page.split_whitespace().next().unwrap();
    assert_eq!(http().get(page).send().await.unwrap().status(), 200);
    let view = format!("{page}/view?tab={tab}");
    let shown = async { while !http().get(&view).send().await.unwrap().text().await.unwrap().contains(text) {} };
    tokio::time::timeout(PATIENCE, shown).await.unwrap_or_else(|_| panic!("{tab} never shows {text}"));
}

#[tokio::test]
async fn the_sheet_is_filled_within_seconds_and_filled_again_where_the_record_was_kept() {
    let installation = Installation::bare();
    for arguments in [["--keep", "kept"].as_slice(), &["--keep", "kept"]] {
        let sandbox = Playground::start(&installation, arguments).await;
        sheet_shows(&sandbox, "Clients", ZOE).await;
        sheet_shows(&sandbox, "TwilioPools", PROXY).await;
        sheet_shows(&sandbox, "Clients", "proxycall_note").await;
        let answer = http().get(format!("{}/clients/1", sandbox.service)).send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(PROXY), "the client is not closed: {answer}");
        sandbox.process.stop().await;
    }
}

#[tokio::test]
async fn an_operators_setting_reaches_a_running_service_within_five_seconds() {
    let mut installation = Installation::bare();
    let sandbox = Playground::start(&installation, &["--keep", "kept"]).await;
    installation.set("DATABASE_URL", "sqlite:kept/sandbox.db");
    let withheld = ["call", "--from", "anonymous", "--to", PROXY];
    let refused = sandbox.phone(&withheld).await.ok();
    assert!(refused.contains("anonymous hears") && !refused.contains("connected:"), "{refused}");

    // So often as the test asks nobody calls.
    for limit in ["limits.caller", "limits.caller_per_number"] {
        installation.run(&["setting", "set", limit, "1000000"]).await.ok();
    }
    installation.run(&["setting", "set", "calls.withheld", "connect"]).await.ok();
    let followed = async { while !sandbox.phone(&withheld).await.ok().contains("connected:") {} };
    tokio::time::timeout(SETTING_LIMIT, followed).await.expect("the running service follows in time");

    installation.run(&["setting", "reset", "calls.withheld"]).await.ok();
    let followed = async { while sandbox.phone(&withheld).await.ok().contains("connected:") {} };
    tokio::time::timeout(SETTING_LIMIT, followed).await.expect("the running service follows in time");
    sandbox.process.stop().await;
}

/// Hands a letter to the sandbox's mail server, as the service does.
async fn letter(address: &str, to: &str, body: &str) {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let (read, mut write) = tokio::net::TcpStream::connect(address).await.unwrap().into_split();
    let mut replies = BufReader::new(read).lines();
    let letter = format!("Subject: Confirm your number\r\n\r\n{body}\r\n.\r\n");
    let (to, last) = (format!("RCPT TO:<{to}>\r\n"), "QUIT\r\n");
    for line in ["", "HELO test\r\n", "MAIL FROM:<shop@example.com>\r\n", &to, "DATA\r\n", &letter, last] {
        write.write_all(line.as_bytes()).await.unwrap();
        let reply = replies.next_line().await.unwrap().unwrap();
        assert!(reply.starts_with(['2', '3']), "{reply}");
    }
}

#[tokio::test]
async fn letters_are_printed_newest_last_with_their_links() {
    let installation = Installation::bare();
    let port = free_port().await.to_string();
    let sandbox = Playground::start(&installation, &["--mail-port", &port]).await;
    assert_eq!(sandbox.run_printed("The letters sent").await.trim(), "no letters");
    let address = format!("127.0.0.1:{port}");
    letter(&address, "zoe@example.com", "Here: http://127.0.0.1:8000/activate?id=1").await;
    letter(&address, "amir@example.com", "Hello").await;
    let all = sandbox.phone(&["mail"]).await.ok();
    let (first, second) = (all.find("to zoe@example.com").unwrap(), all.find("to amir@example.com").unwrap());
    assert!(first < second, "{all}");
    let one = sandbox.phone(&["mail", "--to", "Zoe@example.com"]).await.ok();
    assert!(one.contains("subject: Confirm your number") && !one.contains("amir"), "{one}");
    assert!(one.contains("\n  link: http://127.0.0.1:8000/activate?id=1"), "{one}");
    sandbox.process.stop().await;
}
