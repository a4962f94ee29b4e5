use super::*;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SHORT: Duration = Duration::from_millis(300);
/// Longer than anything takes here that is right.
const LONG: Duration = Duration::from_secs(60);

fn limits() -> ServerLimits {
    ServerLimits { connections: 100, head: LONG, idle: LONG, stalled: LONG }
}

/// A server that says hello, takes a body, and has more to tell than any buffer on the way holds.
async fn start(limits: ServerLimits) -> (SocketAddr, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/", post(async |body: axum::body::Bytes| body))
        .route("/much", get(async || vec![b'x'; 32 * 1024 * 1024]));
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, router, limits, stop.clone()));
    (address, stop)
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Everything that comes until the other side closes; a test that waits for that in vain fails.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(LONG / 2, stream.read_to_end(&mut said)).await;
    // Closed with something unread on the other side is closed, too.
    let _reset = read.expect("it stays open");
    String::from_utf8_lossy(&said).into_owned()
}

async fn ask(address: SocketAddr) -> String {
    let mut stream = connect(address).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    until_closed(&mut stream).await
}

#[tokio::test]
async fn a_head_that_comes_drop_by_drop_is_given_up_and_others_are_answered_meanwhile() {
    let (address, _stop) = start(ServerLimits { head: SHORT, ..limits() }).await;
    let mut slow = connect(address).await;
    slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert!(ask(address).await.ends_with("hello"));
    let (mut reads, mut writes) = slow.into_split();
    let drops = tokio::spawn(async move {
        let mut often = tokio::time::interval(SHORT / 10);
        while writes.write_all(b"a: b\r\n").await.is_ok() {
            often.tick().await;
        }
    });
    let mut said = Vec::new();
    let _reset = tokio::time::timeout(LONG / 2, reads.read_to_end(&mut said)).await.expect("it stays open");
    assert!(said.is_empty());
    drops.await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_given_up_before_and_after_an_answer() {
    let (address, _stop) = start(ServerLimits { idle: SHORT, ..limits() }).await;
    assert_eq!(until_closed(&mut connect(address).await).await, "");
    let mut kept = connect(address).await;
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut kept).await.ends_with("hello"));
}

#[tokio::test]
async fn a_connection_is_used_again_after_longer_than_a_head_may_take() {
    let (address, _stop) = start(ServerLimits { head: SHORT, ..limits() }).await;
    let mut kept = connect(address).await;
    for _ in 0..2 {
        kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 512];
        let length = kept.read(&mut answer).await.unwrap();
        assert!(answer[..length].ends_with(b"hello"));
        // Nothing comes, for longer than a head may take: it is not closed.
        assert!(tokio::time::timeout(SHORT * 2, kept.read(&mut answer)).await.is_err());
    }
}

#[tokio::test]
async fn a_body_may_take_longer_than_a_head() {
    let (address, _stop) = start(ServerLimits { head: SHORT, ..limits() }).await;
    let mut slow = connect(address).await;
    let head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab";
    slow.write_all(head).await.unwrap();
    let mut answer = [0; 512];
    assert!(tokio::time::timeout(SHORT * 2, slow.read(&mut answer)).await.is_err());
    slow.write_all(b"cd").await.unwrap();
    assert!(until_closed(&mut slow).await.ends_with("abcd"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_frees_its_place() {
    let (address, _stop) = start(ServerLimits { connections: 1, stalled: SHORT, ..limits() }).await;
    let mut greedy = connect(address).await;
    greedy.write_all(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(ask(address).await.ends_with("hello"));
}

#[tokio::test]
async fn no_more_connections_are_open_than_allowed_and_the_next_waits_for_its_place() {
    let (address, _stop) = start(ServerLimits { connections: 1, ..limits() }).await;
    let mut first = connect(address).await;
    first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    assert!(first.read(&mut answer).await.unwrap() > 0);
    let mut second = connect(address).await;
    second.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(tokio::time::timeout(SHORT, second.read(&mut answer)).await.is_err());
    drop(first);
    assert!(until_closed(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_fields_is_refused() {
    let (address, _stop) = start(limits()).await;
    for (fields, is_read_whole) in
        [("a: b\r\n".repeat(101), true), (format!("a: {}\r\n", "x".repeat(4 * HEAD_MAX)), false)]
    {
        let mut stream = connect(address).await;
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
        let _closed_meanwhile = stream.write_all(head.as_bytes()).await;
        let said = until_closed(&mut stream).await;
        // What was not read whole is closed with a reset, which may overtake the answer.
        assert!(said.starts_with("HTTP/1.1 431 ") || !is_read_whole && said.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_it_answers_and_closes_what_is_idle() {
    let (address, stop) = start(limits()).await;
    let mut idle = connect(address).await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    assert!(idle.read(&mut answer).await.unwrap() > 0);
    let mut busy = connect(address).await;
    busy.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await.unwrap();
    // The request is being answered: its body is asked for.
    assert!(busy.read(&mut answer).await.unwrap() > 0);
    stop.cancel();
    assert_eq!(until_closed(&mut idle).await, "");
    busy.write_all(b"abcd").await.unwrap();
    assert!(until_closed(&mut busy).await.ends_with("abcd"));
    assert!(TcpStream::connect(address).await.is_err());
}
