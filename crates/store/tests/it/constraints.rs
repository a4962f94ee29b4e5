//! What the database itself refuses, whatever the program does.

use proxycall_service::ports::Ledger;

use crate::support::*;

async fn refused(db: &TestStore, sql: &str) {
    let error = db.database().execute(sql).await.unwrap_err();
    let error = error.as_database_error().unwrap();
    let kind = error.kind();
    assert!(
        // A trigger of SQLite's has no kind of its own.
        error.message() == "number_move"
            || matches!(kind, sqlx::error::ErrorKind::UniqueViolation | sqlx::error::ErrorKind::CheckViolation),
        "{error:?}"
    );
}

pub(crate) async fn a_second_owner_of_a_number_is_impossible(db: TestStore) {
    clients(&db, 2).await;
    let columns = "phone, country, number_type, status, friendly_name, client_id, added_at, updated_at";
    let second =
        format!("INSERT INTO proxy_number ({columns}) VALUES (33199000001, 'FR', 'local', 'assigned', '', 2, 0, 0)");
    refused(&db, &second).await;
}

pub(crate) async fn a_second_number_of_a_client_is_impossible(db: TestStore) {
    clients(&db, 2).await;
    refused(&db, "UPDATE proxy_number SET client_id = 1 WHERE client_id = 2").await;
}

pub(crate) async fn an_assigned_number_without_owner_is_impossible(db: TestStore) {
    clients(&db, 1).await;
    refused(&db, "UPDATE proxy_number SET client_id = NULL").await;
    refused(&db, "UPDATE proxy_number SET status = 'available'").await;
    refused(&db, "UPDATE proxy_number SET status = 'quarantined', client_id = NULL").await;
    refused(&db, "UPDATE proxy_number SET status = 'lost', client_id = NULL").await;
}

pub(crate) async fn a_body_beside_a_final_outcome_is_impossible(db: TestStore) {
    clients(&db, 1).await;
    relayed_text(&db, "SM1", at(0)).await;
    refused(&db, "UPDATE interaction SET outcome = 'delivered'").await;
    refused(&db, "UPDATE interaction SET outcome = 'nonsense'").await;
    refused(&db, "UPDATE interaction SET relay_to = NULL").await;
    refused(&db, "UPDATE interaction SET outcome = 'refused_paused'").await;
    refused(&db, "UPDATE client SET paused_until = 1").await;
    assert!(db.next_job_at().await.unwrap().is_some());
}
