//! SIGTERM: stop accepting, finish what is in flight, let jobs reach a safe point, exit 0.

use std::time::Duration;

use proxycall_sandbox::{
    Fault, Options, Sandbox,
    world::{Handset, Number},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::*;

const PROXY: &str = "+33199000001";

/// What the service says when it was asked to stop.
const STOPPING: &str = "stopping";

/// Imports one client with this proxy number.
async fn with_a_client(installation: &Installation) {
    let clients = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n\
                   1,Zoé,zoe@example.com,+33639980001,+33199000001\n";
    installation.write("clients.csv", clients);
    installation.run(&["client", "import", "clients.csv"]).await.ok();
}

/// A webhook of which the service has read the head and waits for the body: it said so by `100 Continue`.
async fn half_sent(service: &Service, webhook: &Webhook) -> TcpStream {
    let address = service.address.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nX-Twilio-Signature: {}\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        webhook.path,
        webhook.signature,
        webhook.body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 12];
    connection.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100");
    connection
}

async fn rest(connection: &mut TcpStream) -> String {
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, connection.read_to_string(&mut answer)).await.expect("an answer").unwrap();
    answer
}

#[tokio::test]
async fn a_call_in_flight_is_recorded_and_answered_and_no_new_one_is_taken() {
    let mut installation = Installation::new();
    with_a_client(&installation).await;
    let mut service = installation.serve().await;
    let webhook = Webhook::call("CA1", COURIER, PROXY);
    let mut connection = half_sent(&service, &webhook).await;
    service.process.terminate();
    service.process.says(STOPPING).await;
    connection.write_all(webhook.body.as_bytes()).await.unwrap();

    let answer = rest(&mut connection).await;
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("<Dial"), "{answer}");
    let address = service.address.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nothing new is accepted");
    let (status, said) = service.process.end(STOP_LIMIT).await;
    assert_eq!(status.code(), Some(0), "{said}");
    let service = installation.serve().await;
    let (_, recorded) = service.get("/interactions").await;
    assert_eq!(recorded["interactions"][0]["inbound_sid"], "CA1", "{recorded}");
    service.process.stop().await;
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_it_from_ending_in_time() {
    let mut installation = Installation::new();
    let service = installation.serve().await;
    let _open = half_sent(&service, &Webhook::call("CA1", COURIER, PROXY)).await;
    service.process.stop().await;
}

#[tokio::test]
async fn an_open_connection_without_a_request_does_not_hold_it() {
    let mut installation = Installation::new();
    let mut service = installation.serve().await;
    let _idle = TcpStream::connect(service.address.strip_prefix("http://").unwrap()).await.unwrap();
    // A second connection that was answered: by then the first one has been accepted.
    service.get("/health/live").await;
    service.process.terminate();
    service.process.says(STOPPING).await;
    let (status, said) = service.process.end(Duration::from_secs(5)).await;
    assert_eq!(status.code(), Some(0), "{said}");
}

#[tokio::test]
async fn a_text_that_is_being_sent_is_sent_once() {
    let carrier = Sandbox::start(Options {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        numbers: vec![Number::new(PROXY)],
        ..Options::default()
    })
    .await
    .unwrap();
    let world = carrier.world();
    world.add_handset(Handset::new(CLIENT));
    world.fail_next(Fault::Slow(Duration::from_secs(2)));
    let mut installation = Installation::new();
    installation.set("TWILIO_API_BASE_URL", &carrier.base_url());
    with_a_client(&installation).await;
    let service = installation.serve().await;
    service.send(&Webhook::text("SM1", COURIER, PROXY, "I am downstairs")).await;
    world
        .wait_for(PATIENCE, |world| (!world.requests().is_empty()).then_some(()))
        .await
        .expect("the text is being sent");
    service.process.stop().await;
    assert_eq!(world.sent_messages().len(), 1);

    // The next start finds it done: what it has to look up at the carrier would be a request too.
    let requests = world.requests().len();
    let service = installation.serve().await;
    let (_, interactions) = service.get("/interactions").await;
    assert_eq!(interactions["interactions"][0]["outcome"], "sent", "{interactions}");
    service.process.stop().await;
    assert_eq!(world.requests().len(), requests);
    carrier.shutdown().await;
}
