//! The files that ship with the program say what it does.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::Value;
use tokio::process::Command;

use crate::support::*;

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// YAML as the JSON that a schema speaks of.
fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(value)) => value.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(fields) => fields.iter().map(|(key, value)| (key.as_str().unwrap(), json(value))).collect(),
        other => panic!("a blueprint holds no {other:?}"),
    }
}

fn blueprint() -> Value {
    blueprint_in("render.yaml")
}

fn blueprint_in(file: &str) -> Value {
    let text = read(file);
    let documents = Yaml::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    json(&documents[0])
}

/// (name, whether it is secret) of each environment variable, from the reference that the program writes.
fn variables() -> BTreeMap<String, bool> {
    let reference = read("docs/configuration.md");
    let environment = reference.split("\n## ").find(|part| part.starts_with("Environment")).unwrap();
    let rows = environment.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[3] == "yes")
    })
    .collect()
}

#[test]
fn the_blueprints_are_valid_under_renders_schema() {
    let schema: Value = serde_json::from_str(include_str!("../fixtures/render-blueprint.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for file in ["render.yaml", "render-sqlite.yaml"] {
        let blueprint = blueprint_in(file);
        let problems: Vec<_> =
            validator.iter_errors(&blueprint).map(|error| format!("{}: {error}", error.instance_path)).collect();
        assert_eq!(problems, [""; 0], "{file}");
    }
    // The schema can say no: a field that Render does not know.
    let mut wrong = blueprint();
    wrong["services"][0]["secretFiles"] = "google-credentials.json".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn the_blueprint_asks_for_what_the_deployment_guide_promises() {
    let blueprint = blueprint();
    let service = &blueprint["services"][0];
    for (field, expected) in [
        ("type", "web"),
        ("runtime", "rust"),
        ("plan", "pro"),
        ("region", "frankfurt"),
        ("healthCheckPath", "/health/live"),
    ] {
        assert_eq!(service[field], expected, "{field}");
    }
    assert_eq!(blueprint["databases"][0]["region"], "frankfurt");
    assert_eq!(service["numInstances"], 2);
    // Whoever starts does not migrate: that is done before, once.
    assert_eq!(service["preDeployCommand"], "./target/release/proxycall migrate");
    assert_eq!(service["startCommand"], "./target/release/proxycall serve --no-migrate");
    // Render kills what has not ended by then.
    assert!(service["maxShutdownDelaySeconds"].as_u64().unwrap() >= STOP_LIMIT.as_secs());
}

#[test]
fn the_blueprint_with_a_disk_differs_from_the_other_only_in_where_the_record_is() {
    let (mut plain, mut disk) = (blueprint(), blueprint_in("render-sqlite.yaml"));
    let service = &mut disk["services"][0];
    assert_eq!(service["startCommand"], "./target/release/proxycall serve", "only serve sees the disk");
    let folder = service["disk"]["mountPath"].as_str().unwrap().to_owned();
    for variable in service["envVars"].as_array().unwrap().iter().filter(|it| it["key"] == "DATABASE_URL") {
        assert_eq!(variable["value"], format!("sqlite:{folder}/proxycall.db"));
    }
    assert!(disk["databases"].is_null());
    plain.as_object_mut().unwrap().remove("databases");
    for blueprint in [&mut plain, &mut disk] {
        let service = blueprint["services"][0].as_object_mut().unwrap();
        for field in ["preDeployCommand", "startCommand", "numInstances", "disk"] {
            service.remove(field);
        }
        service["envVars"].as_array_mut().unwrap().retain(|variable| variable["key"] != "DATABASE_URL");
    }
    assert_eq!(plain, disk);
}

#[test]
fn the_blueprint_names_every_variable_and_keeps_the_secret_ones_out_of_the_repository() {
    let blueprint = blueprint();
    let listed: BTreeMap<&str, &Value> = blueprint["services"][0]["envVars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| (variable["key"].as_str().unwrap(), variable))
        .collect();
    let variables = variables();
    assert!(variables.len() > 20 && variables["TWILIO_AUTH_TOKEN"], "the reference is read as it is written");
    for (name, secret) in &variables {
        // Render sets these itself.
        if ["PORT", "RENDER_EXTERNAL_URL"].contains(&name.as_str()) {
            assert!(!listed.contains_key(name.as_str()), "{name}");
            continue;
        }
        let variable = listed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is missing in render.yaml"));
        if *secret {
            let hidden =
                variable["sync"] == false || variable["generateValue"] == true || !variable["fromDatabase"].is_null();
            assert!(hidden && variable["value"].is_null(), "{name}: {variable}");
        }
    }
    for name in listed.keys() {
        assert!(variables.contains_key(*name), "render.yaml sets {name}, which the program does not know");
    }
    assert_eq!(listed["PROXYCALL_SECRET_KEY"]["generateValue"], true);
    let database = &listed["DATABASE_URL"]["fromDatabase"];
    assert_eq!(database["property"], "connectionString");
    assert_eq!(database["name"], blueprint["databases"][0]["name"]);
}

#[tokio::test]
async fn the_generated_files_are_what_the_program_would_write() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proxycall"));
    let output = command.args(["reference", "--check"]).current_dir(repository()).env_clear().output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn every_command_is_described_and_its_help_names_the_variables_it_reads() {
    let described = read("docs/commands.md");
    let installation = Installation::bare();
    for (command, variables) in [
        ("serve", ["PUBLIC_BASE_URL", "TWILIO_AUTH_TOKEN"].as_slice()),
        ("sandbox", &[]),
        ("phone call", &[]),
        ("phone text", &[]),
        ("migrate", &["DATABASE_URL"]),
        ("client import", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("client pause", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("client resume", &["DATABASE_URL"]),
        ("block", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("block add", &[]),
        ("block list", &[]),
        ("block remove", &[]),
        ("number list", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("number summary", &["DATABASE_URL"]),
        ("number history", &["DATABASE_URL"]),
        ("number buy", &["TWILIO_PHONE_COUNTRY", "TWILIO_BUNDLE_SID", "PROXYCALL_MAX_PURCHASES_PER_DAY"]),
        ("number assign", &["TWILIO_NUMBER_TYPE", "PROXYCALL_BUY_ON_DEMAND"]),
        ("number release", &["TWILIO_AUTH_TOKEN"]),
        ("number quarantine", &["PROXYCALL_QUARANTINE_DAYS"]),
        ("number sync", &["PUBLIC_BASE_URL", "TWILIO_ACCOUNT_SID"]),
        ("number fix-webhooks", &["PUBLIC_BASE_URL"]),
        ("number restore-webhooks", &["TWILIO_ACCOUNT_SID"]),
        ("number adopt", &["PUBLIC_BASE_URL"]),
        ("sheet init", &["GOOGLE_SHEET_NAME", "GOOGLE_SERVICE_ACCOUNT_FILE"]),
        ("sheet import", &["GOOGLE_SHEET_ID", "DATABASE_URL"]),
        ("sheet push", &["GOOGLE_SERVICE_ACCOUNT_JSON"]),
        ("sheet diff", &["GOOGLE_API_BASE_URL"]),
        ("sheet status", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("secret new", &[]),
        ("secret status", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("secret rotate", &["DATABASE_URL", "PROXYCALL_SECRET_KEY"]),
        ("setting list", &[]),
        ("setting get", &[]),
        ("setting set", &[]),
        ("setting", &["DATABASE_URL"]),
        ("doctor", &["PUBLIC_BASE_URL", "TWILIO_API_BASE_URL"]),
    ] {
        assert!(described.contains(&format!("\n## proxycall {command}\n")), "{command}");
        let arguments: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let help = installation.run(&arguments).await.ok();
        for variable in variables {
            assert!(help.contains(variable), "{variable} in the help of {command}: {help}");
        }
    }
}

#[tokio::test]
async fn the_example_of_an_env_file_is_one_that_can_be_read() {
    let installation = Installation::bare();
    let example = read(".env.example");
    // With every line taken out of its comment, as an operator would.
    let filled: Vec<_> = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|it| it.contains('=') && !it.contains(' ')).unwrap_or(line))
        .collect();
    installation.write(".env", filled.join("\n"));
    assert_eq!(installation.run(&["setting", "get", "calls.withheld"]).await.ok(), "refuse\n");
}
