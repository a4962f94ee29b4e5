//! `proxycall client import` while the service works, and when the machine fails in the middle.

use std::fmt::Write as _;

use proxycall_testkit::database::Database;

use crate::support::*;

/// Enough for some seconds of writing, in the unoptimised program of the tests.
const MANY: u32 = 20_000;

fn file(rows: std::ops::RangeInclusive<u32>) -> String {
    let mut file = "client_id,client_name,client_mail,client_real_phone,client_proxy_number\n".to_owned();
    for id in rows {
        let (real, proxy) = numbers(id);
        let _ = writeln!(file, "{id},Client {id},client{id}@example.com,{real},{proxy}");
    }
    file
}

#[tokio::test]
async fn calls_go_on_while_a_large_file_is_written() {
    let mut installation = Installation::new();
    let (real, proxy) = numbers(MANY + 1);
    installation.write("first.csv", file(MANY + 1..=MANY + 1));
    installation.run(&["client", "import", "first.csv"]).await.ok();
    // One courier stands for many.
    for limit in ["limits.caller", "limits.caller_per_number"] {
        installation.run(&["setting", "set", limit, "1000000"]).await.ok();
    }
    let service = installation.serve().await;
    installation.write("many.csv", file(1..=MANY));
    let mut import = std::pin::pin!(installation.run(&["client", "import", "many.csv"]));
    let mut calls = 0;
    // One call after the other, each within its limit and connected.
    let said = loop {
        let call = async {
            calls += 1;
            let answer = service.call(&format!("CA{calls}"), COURIER, &proxy).await;
            assert!(answer.contains(&real), "call {calls}: {answer}");
        };
        let mut call = std::pin::pin!(call);
        tokio::select! {
            said = &mut import => {
                call.await;
                break said.ok();
            }
            () = &mut call => {}
        }
    };
    assert!(said.contains(&format!("{MANY} clients imported")), "{said}");
    assert!(calls > 10, "only {calls} calls were made meanwhile");
    service.process.stop().await;
}

#[tokio::test]
async fn cut_off_in_the_middle_a_second_run_ends_with_everything_exactly_once() {
    let database = Database::sqlite();
    let mut installation = Installation::new();
    installation.set("DATABASE_URL", database.uri());
    installation.run(&["migrate"]).await.ok();
    installation.write("many.csv", file(1..=MANY));
    let import = installation.start(&["client", "import", "many.csv"]);
    let begun = async { while database.count("client").await == 0 {} };
    tokio::time::timeout(PATIENCE, begun).await.expect("the import begins to write");
    import.kill().await;
    let left = database.count("client").await;
    assert!((1..i64::from(MANY)).contains(&left), "cut off after {left}");

    let said = installation.run(&["client", "import", "many.csv"]).await.ok();
    let expected = format!("{} clients imported, {left} were there already, 0 refused", i64::from(MANY) - left);
    assert!(said.contains(&expected), "{expected}: {said}");
    for what in ["client", "proxy_number WHERE status = 'assigned' AND client_id IS NOT NULL"] {
        assert_eq!(database.count(what).await, i64::from(MANY), "{what}");
    }
}
