//! `proxycall sheet`, and a service that mirrors one: against a simulated Google, with everything real in between.

use proxycall_sandbox::{
    Options, Sandbox,
    google::{Google, Role, Spreadsheet, service_account_json},
};

use crate::{numbers::with_clients, support::*};

/// An installation whose settings name a spreadsheet at a simulated Google.
pub(crate) struct Sheet {
    pub(crate) installation: Installation,
    pub(crate) google: Google,
    pub(crate) id: String,
    sandbox: Sandbox,
}

impl Sheet {
    pub(crate) async fn new(spreadsheet: Spreadsheet) -> Self {
        Self::of(Installation::new(), spreadsheet).await
    }

    pub(crate) async fn of(mut installation: Installation, spreadsheet: Spreadsheet) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let google = sandbox.world().google();
        let id = google.add_spreadsheet(spreadsheet);
        installation.set("GOOGLE_SHEET_ID", &id);
        installation.set("GOOGLE_API_BASE_URL", &sandbox.base_url());
        installation.write("key.json", service_account_json(&sandbox.base_url()));
        installation.set("GOOGLE_SERVICE_ACCOUNT_FILE", "key.json");
        Self { installation, google, id, sandbox }
    }

    /// Runs `sheet …`.
    async fn run(&self, arguments: &[&str]) -> Finished {
        self.installation.run(&[&["sheet"], arguments].concat()).await
    }

    /// What it printed although it left something to do.
    async fn left_to_do(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments).await;
        assert_eq!(finished.code, Some(1), "{finished:?}");
        finished.out
    }

    fn rows(&self, tab: &str) -> Vec<Vec<String>> {
        self.google.cells(&self.id, tab).unwrap()
    }

    fn enter(&self, range: &str, typed: &str) {
        self.google.enter(&self.id, range, typed).unwrap();
    }

    pub(crate) async fn end(self) {
        self.sandbox.shutdown().await;
    }
}

/// The spreadsheet with three clients, two of them with numbers, as a push has written it.
async fn pushed() -> Sheet {
    let sheet = Sheet::of(with_clients(Installation::new()).await, Spreadsheet::proxycall("ProxyCall")).await;
    let said = sheet.run(&["push"]).await.ok();
    assert!(said.ends_with("5 rows compared; the sheet shows what the record holds.\n"), "{said}");
    sheet
}

fn proxycall() -> Spreadsheet {
    Spreadsheet::proxycall("ProxyCall")
}

#[tokio::test]
async fn tabs_and_headers_that_are_missing_are_made_and_a_push_fills_them_from_row_three() {
    let started = ["pending_id", "proxy_number", "status", "created_at", "", "Remarques"];
    let spreadsheet = Spreadsheet::new("ProxyCall").with_tab("CONFIRMATION_PENDING", &started);
    let sheet = Sheet::of(with_clients(Installation::new()).await, spreadsheet).await;
    let said = sheet.run(&["init"]).await.ok();
    assert!(said.contains("Clients: made, with its headers.\nTwilioPools: made, with its headers.\n"), "{said}");
    assert!(said.contains("CONFIRMATION_PENDING: headers added: client_name (G)"), "{said}");
    assert_eq!(sheet.rows("CONFIRMATION_PENDING")[0][..6], started);

    let said = sheet.run(&["init"]).await.ok();
    assert_eq!(said.matches("has all that it needs.").count(), 3, "{said}");
    sheet.run(&["push"]).await.ok();
    let clients = sheet.rows("Clients");
    assert!(clients[1][9].contains("kept for formulas") && clients[1][..9].concat().is_empty(), "{:?}", clients[1]);
    let ids: Vec<&str> = clients[2..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(sheet.rows("TwilioPools").len(), 3);
    sheet.end().await;
}

#[tokio::test]
async fn an_import_is_tried_first_and_says_row_by_row_what_it_does_not_take() {
    let sheet = Sheet::new(proxycall()).await;
    let rows = [
        ["1", "Zoé Martin", "zoe@example.com", "+33639980001", "+33199000001"],
        ["2", "Amir Haddad", "no address", "+33639980003", ""],
    ];
    sheet.google.paste(&sheet.id, "Clients", 3, &rows).unwrap();
    let before = sheet.google.version(&sheet.id).unwrap();
    for (option, are) in [("--dry-run", "would be"), ("--dry-run", "would be"), ("--apply", "are")] {
        let said = sheet.left_to_do(&["import", option]).await;
        assert!(said.contains(&format!("1 clients {are} taken over, 0 were there already")), "{said}");
        assert!(said.contains("Clients  4    Clients row 4: client_mail"), "{said}");
        assert!(!said.contains("no address") && !said.contains("Amir"), "what stands in a cell is not printed: {said}");
    }
    let said = sheet.left_to_do(&["import", "--apply"]).await;
    assert!(said.contains("0 clients are taken over, 1 were there already"), "{said}");
    assert_eq!(sheet.google.version(&sheet.id).unwrap(), before, "nothing is written into the sheet");
    sheet.end().await;
}

#[tokio::test]
async fn a_diff_says_what_would_be_done_and_does_nothing() {
    let sheet = pushed().await;
    let said = sheet.run(&["diff"]).await.ok();
    assert_eq!(said, "Sheet and record show the same.\n");

    let row_of =
        |id: &str| sheet.rows("Clients").iter().position(|row| row.first().is_some_and(|cell| cell == id)).unwrap() + 1;
    let (zoe, emma) = (row_of("1"), row_of("2"));
    sheet.enter(&format!("Clients!B{zoe}"), "Zoé Durand");
    sheet.enter(&format!("Clients!E{zoe}"), "+33199000009");
    sheet.enter(&format!("Clients!B{emma}"), "");
    let typed = [["8", "Ana Silva", "ana@example.com", "+33639980008"]];
    sheet.google.paste(&sheet.id, "Clients", 9, &typed).unwrap();
    let amir = row_of("3");
    sheet.google.delete_rows(&sheet.id, "Clients", amir, 1).unwrap();
    let before = (sheet.google.version(&sheet.id).unwrap(), sheet.run(&["status"]).await.ok());
    let said = sheet.run(&["diff"]).await.ok();
    for told in [
        "carry out the edit of client_name",
        "put back client_proxy_number: is kept by ProxyCall",
        "put back client_name: cannot be empty",
        "make a client of it",
        "close the client: the row was deleted",
        "Nothing was changed.",
    ] {
        assert!(said.contains(told), "{told} in {said}");
    }
    for cell in ["Durand", "Ana", "example.com", "+33199000009"] {
        assert!(!said.contains(cell), "{cell} in {said}");
    }
    let state = |said: &str| said.lines().filter(|line| line.starts_with("Rows")).collect::<Vec<_>>().join("\n");
    let after = sheet.run(&["status"]).await.ok();
    assert_eq!((sheet.google.version(&sheet.id).unwrap(), state(&after)), (before.0, state(&before.1)));

    sheet.enter("Clients!C1", "adresse");
    let said = sheet.left_to_do(&["diff"]).await;
    assert!(said.contains("tab Clients, row 1: there is no column client_mail"), "{said}");
    sheet.end().await;
}

#[tokio::test]
async fn a_push_writes_deleted_rows_again_and_closes_nobody() {
    let sheet = pushed().await;
    sheet.google.delete_rows(&sheet.id, "Clients", 3, 3).unwrap();
    let said = sheet.run(&["push"]).await.ok();
    assert!(said.contains("3 rows had been deleted in the sheet; they are written again."), "{said}");
    let mut ids: Vec<String> = sheet.rows("Clients")[2..].iter().map(|row| row[0].clone()).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2", "3"]);
    let said = sheet.run(&["diff"]).await.ok();
    assert_eq!(said, "Sheet and record show the same.\n");
    sheet.end().await;
}

#[tokio::test]
async fn where_a_service_owns_the_sheet_it_writes_and_a_push_says_so() {
    let mut sheet = Sheet::of(with_clients(Installation::new()).await, proxycall()).await;
    let service = sheet.installation.serve().await;
    let mirrored = async {
        while !sheet.run(&["status"]).await.out.contains("Rows in both:  5\n") {}
        while !sheet.run(&["status"]).await.out.contains("Rows waiting:  0\n") {}
    };
    tokio::time::timeout(PATIENCE, mirrored).await.expect("the service writes what it has");
    sheet.google.delete_rows(&sheet.id, "TwilioPools", 2, 1).unwrap();
    let said = sheet.run(&["push"]).await.ok();
    assert!(said.contains("The running service owns the sheet and begins within 10 s"), "{said}");
    let written = async {
        while sheet.rows("TwilioPools").len() < 3 {
            sheet.run(&["status"]).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("the service writes it again");
    service.process.stop().await;
    let said = sheet.run(&["push"]).await.ok();
    assert!(said.contains("the sheet shows what the record holds"), "a service that stopped gave it up: {said}");
    sheet.end().await;
}

#[tokio::test]
async fn without_a_sheet_the_commands_say_what_to_set_and_a_service_marks_nothing() {
    let mut installation = Installation::new();
    for command in
        [["sheet", "init"].as_slice(), &["sheet", "push"], &["sheet", "diff"], &["sheet", "import", "--apply"]]
    {
        let said = installation.run(command).await.failed();
        assert!(said.contains("GOOGLE_SHEET_NAME: ") && said.contains("GOOGLE_SERVICE_ACCOUNT_FILE: "), "{said}");
    }
    let service = installation.serve().await;
    service.process.stop().await;
    let said = installation.run(&["sheet", "status"]).await.ok();
    assert!(said.contains("The mirror has not begun") && said.contains("Changes are not marked"), "{said}");
}

#[tokio::test]
async fn a_sheet_that_is_not_shared_is_told_with_the_address_to_share_it_with() {
    let sheet = Sheet::new(proxycall()).await;
    sheet.google.unshare(&sheet.id);
    for command in [["diff"].as_slice(), &["push"], &["init"], &["import", "--dry-run"]] {
        let said = sheet.run(command).await.failed();
        let account = proxycall_sandbox::google::CLIENT_EMAIL;
        assert!(said.contains(account) && said.contains("share"), "{said}");
    }
    // Reading is not enough. What waits is kept, and told.
    sheet.google.share(&sheet.id, Role::Viewer);
    let told = sheet.installation.run(&["doctor"]).await.out;
    assert!(told.contains("may only be looked at") && told.contains("an editor"), "{told}");
    let sheet = Sheet { installation: with_clients(sheet.installation).await, ..sheet };
    sheet.run(&["push"]).await.failed();
    let said = sheet.left_to_do(&["status"]).await;
    assert!(said.contains("Rows waiting:  5") && said.contains("Last attempt:  failed"), "{said}");
    sheet.end().await;
}
