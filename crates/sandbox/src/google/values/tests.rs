use super::*;

fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn query(pairs: &[(&str, &str)]) -> Params {
    Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn raw() -> Params {
    query(&[("valueInputOption", "RAW")])
}

fn sheet() -> Spreadsheet {
    Spreadsheet::proxycall("ProxyCall")
}

fn append_row(sheet: &mut Spreadsheet, range: &str, row: &Value) -> Value {
    append("1", sheet, range, &raw(), &json!({ "values": [row] }), now()).unwrap()
}

fn write(sheet: &mut Spreadsheet, range: &str, values: &Value) -> Result<Value, Reply> {
    update("1", sheet, range, &raw(), &json!({ "values": values }), now())
}

fn values(sheet: &Spreadsheet, range: &str) -> Value {
    get(sheet, range, &query(&[("valueRenderOption", "UNFORMATTED_VALUE")])).unwrap()["values"].clone()
}

fn message(refusal: &Reply) -> String {
    refusal.body()["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_row_is_appended_behind_the_formulas_row_and_the_answer_says_where() {
    let mut sheet = sheet();
    let row = json!(["1", "Zoé", "zoe@example.com", "+33639980001", "+33199000001", null, null, null, null]);
    let answer = append_row(&mut sheet, "'Clients'!A:A", &row);
    assert_eq!(answer["updates"]["updatedRange"], "Clients!A3:I3");
    assert_eq!(answer["updates"]["updatedCells"], 5);
    assert_eq!(answer["tableRange"], "Clients!A1:I2");
    assert_eq!(
        values(&sheet, "Clients!A3:I3"),
        json!([["1", "Zoé", "zoe@example.com", "+33639980001", "+33199000001", "FR", 33]])
    );
}

#[test]
fn an_empty_text_appended_into_a_formulas_column_does_not_block_it_but_a_text_does() {
    let mut sheet = sheet();
    append_row(&mut sheet, "Clients!A:A", &json!(["1", "", "", "+33639980001", "", ""]));
    assert_eq!(values(&sheet, "Clients!F2:F3"), json!([[], ["FR"]]));
    append_row(&mut sheet, "Clients!A:A", &json!(["2", "", "", "+33639980002", "", "FR"]));
    assert_eq!(values(&sheet, "Clients!F2:F4"), json!([["#REF!"], [], ["FR"]]));
}

#[test]
fn appending_makes_the_grid_grow_and_writing_does_not() {
    let mut sheet = sheet();
    sheet.tab_mut("TwilioPools").unwrap().rows = 2;
    append_row(&mut sheet, "TwilioPools!A:A", &json!(["FR", "+33199000001"]));
    let answer = append_row(&mut sheet, "TwilioPools!A:A", &json!(["FR", "+33199000002"]));
    assert_eq!(answer["updates"]["updatedRange"], "TwilioPools!A3:B3");
    assert_eq!(sheet.tab("TwilioPools").unwrap().rows, 3);
    let refusal = write(&mut sheet, "TwilioPools!A4:B4", &json!([["FR"]])).unwrap_err();
    assert_eq!(message(&refusal), "Range (TwilioPools!A4:B4) exceeds grid limits. Max rows: 3, max columns: 26");
    let refusal = get(&sheet, "TwilioPools!A4", &query(&[])).unwrap_err();
    assert!(message(&refusal).starts_with("Range (TwilioPools!A4) exceeds grid limits."));
    let refusal = get(&sheet, "TwilioPools!A9:C", &query(&[])).unwrap_err();
    assert!(message(&refusal).starts_with("Range (TwilioPools!A9:C9) exceeds grid limits."));
    assert_eq!(values(&sheet, "TwilioPools!A3:B9"), json!([["FR", "+33199000002"]]));
}

#[test]
fn rows_can_be_inserted_behind_the_table() {
    let mut sheet = Spreadsheet::new("S").with_tab("T", &["a"]);
    write(&mut sheet, "T!A4", &json!([["below"]])).unwrap();
    let options = query(&[("valueInputOption", "RAW"), ("insertDataOption", "INSERT_ROWS")]);
    append("1", &mut sheet, "T!A1", &options, &json!({ "values": [["b"], ["c"]] }), now()).unwrap();
    assert_eq!(values(&sheet, "T"), json!([["a"], ["b"], ["c"], [], [], ["below"]]));
}

#[test]
fn null_leaves_a_cell_and_an_empty_text_empties_it() {
    let mut sheet = Spreadsheet::new("S").with_tab("T", &["a", "b", "c"]);
    write(&mut sheet, "T!A1:C1", &json!([[null, "", "x"]])).unwrap();
    assert_eq!(values(&sheet, "T"), json!([["a", "", "x"]]));
}

#[test]
fn what_is_empty_at_the_end_is_left_out() {
    let mut sheet = Spreadsheet::new("S").with_tab("T", &["a"]);
    write(&mut sheet, "T!A2:C4", &json!([["", "b", ""], [], ["", "", ""]])).unwrap();
    assert_eq!(values(&sheet, "T"), json!([["a"], ["", "b"]]));
    assert_eq!(values(&sheet, "T!A3:C4"), Value::Null);
    assert_eq!(get(&sheet, "T!A3:C4", &query(&[])).unwrap()["range"], "T!A3:C4");
}

#[test]
fn numbers_and_formulas_read_as_the_render_option_says() {
    let mut sheet = sheet();
    let entered = query(&[("valueInputOption", "USER_ENTERED")]);
    let body = json!({ "values": [["+33639980001", "'+33639980001", 0.5, true, "=A1"]] });
    update("1", &mut sheet, "'EMAIL LOG'!A2:E2", &entered, &body, now()).unwrap();
    let read = |option| {
        let answer = get(&sheet, "'EMAIL LOG'!A2:E2", &query(&[("valueRenderOption", option)])).unwrap();
        answer["values"][0].clone()
    };
    assert_eq!(read("UNFORMATTED_VALUE"), json!([33_639_980_001_i64, "+33639980001", 0.5, true, "=A1"]));
    assert_eq!(read("FORMATTED_VALUE"), json!(["33639980001", "+33639980001", "0.5", "TRUE", "=A1"]));
    assert!(
        get(&sheet, "Clients!F2", &query(&[("valueRenderOption", "FORMULA")])).unwrap()["values"][0][0].is_string()
    );
}

#[test]
fn a_batch_of_writes_is_done_whole_or_not_at_all() {
    let mut sheet = sheet();
    let before = sheet.version;
    let part = |range: &str| json!({ "range": range, "values": [["x"]] });
    for (range, word) in [
        ("Nobody!A1", "Invalid data[1]: Unable to parse range: Nobody!A1"),
        ("Clients!A1001", "Invalid data[1]: Range (Clients!A1001) exceeds grid limits."),
    ] {
        let body = json!({ "valueInputOption": "RAW", "data": [part("Clients!A3"), part(range)] });
        let refusal = batch_update("1", &mut sheet, &body, now()).unwrap_err();
        assert!(message(&refusal).starts_with(word), "{refusal:?}");
    }
    assert_eq!((values(&sheet, "Clients!A3"), sheet.version), (Value::Null, before));
    let body = json!({ "valueInputOption": "RAW", "data": [part("Clients!A3"), part("TwilioPools!A2")] });
    assert_eq!(batch_update("1", &mut sheet, &body, now()).unwrap()["totalUpdatedCells"], 2);
    assert!(sheet.version > before);
}

#[test]
fn more_than_fits_into_the_range_is_refused() {
    let mut sheet = sheet();
    let refusal = write(&mut sheet, "Clients!A3", &json!([["1", "2"]])).unwrap_err();
    assert_eq!(message(&refusal), "Requested writing within range [Clients!A3], but tried writing to column [B]");
    let refusal = write(&mut sheet, "Clients!A3:B3", &json!([["1"], ["2"]])).unwrap_err();
    assert_eq!(message(&refusal), "Requested writing within range [Clients!A3:B3], but tried writing to row [4]");
    let refusal = write(&mut sheet, "Clients!A3", &json!([[{}]])).unwrap_err();
    assert!(message(&refusal).starts_with("Invalid value"));
    let refusal = update("1", &mut sheet, "Clients!A3", &query(&[]), &json!({}), now()).unwrap_err();
    assert!(message(&refusal).contains("valueInputOption"));
}

#[test]
fn many_ranges_are_read_at_once_and_one_unknown_tab_refuses_all() {
    let sheet = sheet();
    let ranges = |names: [&str; 2]| query(&names.map(|name| ("ranges", name)));
    let answer = batch_get("1", &sheet, &ranges(["'TwilioPools'", "'EMAIL LOG'"])).unwrap();
    assert_eq!(answer["valueRanges"][0]["values"][0][1], "phone_number");
    assert_eq!(answer["valueRanges"][1]["range"], "'EMAIL LOG'!A1:Z1000");
    let refusal = batch_get("1", &sheet, &ranges(["'TwilioPools'", "'Nobody'"])).unwrap_err();
    assert_eq!(message(&refusal), "Unable to parse range: 'Nobody'");
    assert!(batch_get("1", &sheet, &query(&[("majorDimension", "COLUMNS")])).is_err());
}
