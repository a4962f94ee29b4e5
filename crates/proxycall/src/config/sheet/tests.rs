use std::path::PathBuf;

use super::*;

/// A key that opens nothing but a simulator.
fn key() -> String {
    proxycall_sandbox::google::service_account_json("http://127.0.0.1:1")
}

fn file(folder: &tempfile::TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("key.json");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn read(pairs: &[(&'static str, &str)]) -> Result<Option<SheetConfig>, String> {
    let env = Environment::of(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())));
    SheetConfig::read(&env).map_err(|problems| problems.to_string())
}

fn refusal(pairs: &[(&'static str, &str)]) -> String {
    read(pairs).unwrap_err()
}

#[test]
fn without_any_of_these_settings_there_is_no_sheet() {
    assert!(read(&[]).unwrap().is_none());
    assert!(read(&[(NAME, " "), (JSON, "")]).unwrap().is_none());
    // Deployments name the file before there is one.
    assert!(read(&[(FILE, "/no/such/google-credentials.json")]).unwrap().is_none());
}

#[test]
fn an_id_counts_before_a_title_and_a_key_before_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = read(&[(NAME, "ProxyCall"), (FILE, &file(&folder, &key()))]).unwrap().unwrap();
    assert_eq!(sheet.spreadsheet, Spreadsheet::ByTitle("ProxyCall".to_owned()));
    assert_eq!(sheet.api_base_url, None);
    let all = [(NAME, "ProxyCall"), (ID, "1a_B-2"), (JSON, &key()), (FILE, "/none"), (BASE_URL, "http://127.0.0.1:9/")];
    let sheet = read(&all).unwrap().unwrap();
    assert_eq!(sheet.spreadsheet, Spreadsheet::ById("1a_B-2".to_owned()));
    assert_eq!(sheet.api_base_url.as_deref(), Some("http://127.0.0.1:9"));
}

#[test]
fn a_sheet_without_a_key_and_a_key_without_a_sheet_are_told_with_what_is_missing() {
    let said = refusal(&[(NAME, "ProxyCall")]);
    assert!(said.contains(&format!("\n  {FILE}: is not set, nor is {JSON}")) && said.contains("expected"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    for (variable, value) in [(JSON, key()), (FILE, file(&folder, &key()))] {
        let said = refusal(&[(variable, &value)]);
        assert!(said.contains(&format!("\n  {NAME}: is not set, nor is {ID}")), "{said}");
        assert!(said.contains(&format!("although {variable} gives a key")), "{said}");
    }
}

#[test]
fn a_key_that_cannot_be_read_or_used_is_told_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&[(NAME, "ProxyCall"), (FILE, "/no/such/key.json")]);
    assert!(said.contains("\"/no/such/key.json\": there is no such file; expected"), "{said}");
    let said = refusal(&[(NAME, "ProxyCall"), (FILE, &file(&folder, "hunter2"))]);
    assert!(said.contains("key.json\", which is no usable key: it is not JSON; expected"), "{said}");
    let said = refusal(&[(NAME, "ProxyCall"), (JSON, &key().replace("-----BEGIN", "hunter2"))]);
    assert!(said.contains(&format!("\n  {JSON}: read a secret of ")) && said.contains("private_key"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn an_address_is_no_id_and_a_word_is_no_address() {
    let said =
        refusal(&[(ID, "https://docs.google.com/spreadsheets/d/1aB/edit"), (JSON, &key()), (BASE_URL, "google")]);
    for (name, expected) in [(ID, "between /d/ and /edit"), (BASE_URL, "an address such as")] {
        assert!(said.contains(&format!("\n  {name}: read ")) && said.contains(expected), "{name} in {said}");
    }
}
