//! `proxycall client import`: what becomes of a file.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::*;

/// The header in the order of the sheet.
const HEADER: &str = "client_id,client_name,client_mail,client_real_phone,client_proxy_number";

async fn import(installation: &Installation, content: impl AsRef<[u8]>, options: &[&str]) -> Finished {
    installation.write("clients.csv", content);
    installation.run(&[&["client", "import", "clients.csv"], options].concat()).await
}

/// How many clients there are.
async fn count(service: &Service) -> usize {
    service.get("/clients?limit=500").await.1["clients"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_file_as_a_spreadsheet_leaves_it_is_taken_over_and_calls_are_connected() {
    let mut installation = Installation::new();
    // Another order of columns, columns of the sheet's own, the row of formulas, and each spelling of a phone.
    let file = "\u{feff}client_mail,sub_in_shopi,client_name,client_id,client_proxy_number,client_real_phone,client_iso_residency,client_last_caller,note\r\n\
        ,,,,,,,,=ARRAYFORMULA(…)\r\n\
        zoe@example.com,Inscrit,\"Martin, Zoé\",1,33199000001,+33639980001,FR,33639980002,\"a \"\"quoted\"\" note\"\r\n\
        amir@example.com,,Amir Haddad,2,+33 1 99 00 00 02,'+33 6 39 98 00 03,,,\"two\nlines\"\r\n\
        emma@example.com,,Emma,3,447700900301.0,447700900001,,,\r\n\
        ada@example.com,,\"Ada \"\"A\"\" Lovelace\",4,,0033639980005,fr,,\r\n";
    let said = import(&installation, file, &[]).await.ok();
    assert!(said.contains("4 clients imported, 0 were there already, 0 refused"), "{said}");

    let service = installation.serve().await;
    for (proxy, id, name, real, country) in [
        ("33199000001", "1", "Martin, Zoé", "+33639980001", "FR"),
        ("33199000002", "2", "Amir Haddad", "+33639980003", "FR"),
        ("447700900301", "3", "Emma", "+447700900001", "GB"),
    ] {
        let (status, client) = service.get(&format!("/clients/by-proxy/{proxy}")).await;
        assert_eq!(status, 200, "{client}");
        let seen = ["client_id", "client_name", "client_real_phone", "client_iso_residency"]
            .map(|field| client[field].clone());
        assert_eq!(seen, [id, name, real, country].map(|text| json!(text)));
        assert!(service.call(&format!("CA{id}"), COURIER, &format!("+{proxy}")).await.contains(real));
    }
    // The last caller of before is who the client reaches; now it is the courier who called since.
    let (_, client) = service.get("/clients/4").await;
    assert_eq!((&client["client_name"], &client["client_proxy_number"]), (&json!("Ada \"A\" Lovelace"), &json!("")));
    service.process.stop().await;
}

#[tokio::test]
async fn who_called_last_before_the_move_is_reached_after_it() {
    let mut installation = Installation::new();
    let file = format!("{HEADER},client_last_caller\n1,Zoé,z@example.com,+33639980001,+33199000001,'33639980002\n");
    import(&installation, file, &[]).await.ok();
    let service = installation.serve().await;
    assert!(service.call("CA1", CLIENT, "+33199000001").await.contains("+33639980002"));
    service.process.stop().await;
}

/// A file in which every second row has a fault, and what is said of each.
fn faulty() -> (String, Vec<(u32, &'static str, &'static str)>) {
    let rows = [
        ("1,Zoé,zoe@example.com,+33639980001,+33199000001", None),
        ("2,Amir,amir@example.com,not-a-phone,+33199000002", Some(("client 2", "client_real_phone"))),
        ("3,Emma,emma@example.com,+33639980003,+33199000003", None),
        ("x,Nobody,n@example.com,+33639980004,+33199000004", Some(("", "client_id"))),
        ("5,,ada@example.com,+33639980005,+33199000005", Some(("client 5", "client_name"))),
        ("6,Bob,no-mail,+33639980006,+33199000006", Some(("client 6", "client_mail"))),
        ("3,Emma again,e@example.com,+33639980007,+33199000007", Some(("client 3", "client_id"))),
        ("8,Cleo,c@example.com,+33639980008,+33199000003", Some(("client 8", "client_proxy_number"))),
        ("9,Dan,d@example.com,+33199000001,+33199000009", Some(("client 9", "client_real_phone"))),
        ("10,Eve,e@example.com,+33639980010,0612345678", Some(("client 10", "client_proxy_number"))),
        ("11,Fay,f@example.com,+33639980011,", None),
    ];
    let mut file = format!("{HEADER}\n");
    let mut refused = Vec::new();
    for (line, (row, fault)) in (2..).zip(rows) {
        let _ = writeln!(file, "{row}");
        refused.extend(fault.map(|(client, field)| (line, client, field)));
    }
    (file, refused)
}

#[tokio::test]
async fn refused_rows_are_named_and_keep_all_others_out() {
    let mut installation = Installation::new();
    let (file, refused) = faulty();
    let finished = import(&installation, &file, &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let lines: Vec<_> = finished.err.lines().filter(|line| line.starts_with("line ")).collect();
    assert_eq!(lines.len(), refused.len(), "{}", finished.err);
    for (said, (line, client, field)) in lines.iter().zip(&refused) {
        let expected = if client.is_empty() { format!("line {line}: ") } else { format!("line {line}, {client}: ") };
        assert!(said.starts_with(&expected) && said.contains(field), "{said}");
    }
    for digits in ["0612345678", "33639980008", "not-a-phone", "no-mail"] {
        assert!(!finished.err.contains(digits), "{digits} in {}", finished.err);
    }
    assert!(
        finished.out.contains("Nothing was imported") && finished.out.contains("--skip-refused"),
        "{}",
        finished.out
    );
    let service = installation.serve().await;
    assert_eq!(count(&service).await, 0);
    assert_eq!(service.get("/clients/by-proxy/33199000001").await.0, 404);
    service.process.stop().await;
}

#[tokio::test]
async fn told_to_skip_what_is_refused_it_takes_the_others() {
    let mut installation = Installation::new();
    let (file, refused) = faulty();
    let said = import(&installation, &file, &["--skip-refused"]).await;
    assert_eq!(said.err.lines().filter(|line| line.starts_with("line ")).count(), refused.len(), "{}", said.err);
    let said = said.ok();
    assert!(said.contains("3 clients imported, 0 were there already, 8 refused"), "{said}");
    let service = installation.serve().await;
    assert_eq!(count(&service).await, 3);
    assert_eq!(service.get("/clients/by-proxy/33199000003").await.1["client_name"], "Emma");
    assert_eq!(service.get("/clients/by-proxy/33199000002").await.0, 404);
    service.process.stop().await;
}

#[tokio::test]
async fn a_second_run_imports_nothing_and_says_so_and_what_differs_is_refused() {
    let installation = Installation::new();
    let file = format!("{HEADER}\n1,Zoé,z@example.com,+33639980001,+33199000001\n2,Amir,a@example.com,+33639980003,\n");
    import(&installation, &file, &[]).await.ok();
    let said = import(&installation, &file, &[]).await.ok();
    assert!(said.contains("0 clients imported, 2 were there already, 0 refused"), "{said}");

    let said = import(&installation, file.replace("Zoé", "Chloé"), &[]).await;
    assert!(said.err.contains("line 2, client 1: ") && said.code == Some(1), "{said:?}");
    // Another client may not take a number that somebody has.
    let thief = format!("{HEADER}\n3,Cleo,c@example.com,+33639980008,+33199000001\n");
    let said = import(&installation, thief, &[]).await;
    assert!(said.err.contains("line 2, client 3: ") && said.err.contains("client_proxy_number"), "{said:?}");
}

#[tokio::test]
async fn a_file_that_is_no_table_of_clients_is_told_from_one_that_is_not_there() {
    let installation = Installation::new();
    for (content, expected) in [
        (b"".as_slice(), "empty"),
        (b"client_id,client_name,client_mail\n1,A,a@example.com\n", "client_real_phone"),
        (b"client_id;client_name;client_mail;client_real_phone\n1;A;a@example.com;+33639980001\n", "semicolons"),
        (
            b"client_id,client_name,client_mail,client_real_phone\n1,Zo\xe9,z@example.com,+33639980001\n",
            "UTF-8 at line 2",
        ),
        (b"client_id,client_name,client_id,client_mail,client_real_phone\n", "client_id twice"),
    ] {
        let said = import(&installation, content, &[]).await.failed();
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let said = installation.run(&["client", "import", "nowhere.csv"]).await.failed();
    assert!(said.contains("nowhere.csv") && said.contains("No such file"), "{said}");
    let said = import(&installation, format!("{HEADER}\n"), &[]).await.ok();
    assert!(said.contains("0 clients imported"), "{said}");
}

#[tokio::test]
async fn a_row_with_too_few_cells_is_refused_by_its_line_and_not_by_the_whole_file() {
    let installation = Installation::new();
    let file = format!("{HEADER}\n1,Zoé,z@example.com,+33639980001,+33199000001\n2,Amir\n");
    let said = import(&installation, &file, &["--skip-refused"]).await;
    assert!(said.err.contains("line 3, client 2: ") && said.err.contains("client_real_phone"), "{said:?}");
    assert!(said.ok().contains("1 clients imported, 0 were there already, 1 refused"));
}
