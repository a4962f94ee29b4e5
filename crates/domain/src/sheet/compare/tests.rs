use rstest::rstest;

use super::*;

mod settles;

const BASE: &str = "base";

/// The tab's own headers, with what others keep in it.
fn layout(tab: Tab) -> Layout {
    let strangers = ["client_iso_residency", "client_country_code", "otp_requests_count"];
    Layout::find(tab, tab.columns().map(Column::header).chain(strangers)).unwrap()
}

fn cells(cells: &[(Column, &str)]) -> Cells {
    cells.iter().copied().filter(|(_, text)| !text.is_empty()).collect()
}

fn row(cells: Cells) -> Row {
    Row { number: 7, cells }
}

fn live(cells: Cells) -> Record {
    Record { cells, live: true, erased: false }
}

fn zoe() -> Cells {
    cells(&[
        (Column::ClientId, "7"),
        (Column::ClientName, "Zoé Martin"),
        (Column::ClientMail, "zoe@example.com"),
        (Column::ClientPhone, "+33639980001"),
        (Column::ClientProxy, "+33199000001"),
    ])
}

/// What happens to one cell of a row that is otherwise the same on all sides.
fn one(column: Column, base: Option<&str>, sheet: &str, store: &str) -> Difference {
    let one = |text| cells(&[(column, text)]);
    let step = compare(&layout(column.tab()), base.map(one).as_ref(), Some(&row(one(sheet))), Some(&live(one(store))));
    let Step::Compared(difference) = step else { panic!("row and record are there") };
    difference
}

fn write(column: Column, text: &str) -> Cells {
    [(column, text)].into_iter().collect()
}

#[test]
fn the_row_of_an_erased_record_is_emptied_whatever_stands_in_it_and_never_an_edit() {
    let erased = Record { cells: cells(&[(Column::ClientId, "7")]), live: false, erased: true };
    let edited = cells(&[
        (Column::ClientId, "7"),
        (Column::ClientName, "Zoé Durand"),
        (Column::ClientMail, "#REF!"),
        (Column::ClientPhone, "+33639980009"),
        (Column::ClientShop, "Inscrit"),
    ]);
    for base in [None, Some(zoe())] {
        let step = compare(&layout(Tab::Clients), base.as_ref(), Some(&row(edited.clone())), Some(&erased));
        let Step::Compared(found) = step else { panic!("row and record are there") };
        assert!(found.edits.is_empty() && found.put_back.is_empty());
        let emptied: Vec<_> = found.writes.iter().collect();
        assert_eq!(emptied, [(Column::ClientName, ""), (Column::ClientMail, ""), (Column::ClientPhone, "")]);
    }
    let gone = compare(&layout(Tab::Clients), Some(&zoe()), None, Some(&erased));
    assert_eq!(gone, Step::Forget);
}

mod one_cell {
    use super::*;

    #[rstest]
    #[case::nothing_changed(Some("a"), "a", "a")]
    #[case::both_came_to_the_same(Some("a"), "b", "b")]
    #[case::first_sight(None, "b", "b")]
    #[case::empty(Some("a"), "", "")]
    fn where_both_sides_agree_nothing_is_to_do_and_the_base_agrees_too(
        #[case] base: Option<&str>,
        #[case] sheet: &str,
        #[case] store: &str,
        #[values(Column::ClientName, Column::NumberClientName)] column: Column,
    ) {
        let found = one(column, base, sheet, store);
        assert_eq!(found, Difference { base: cells(&[(column, sheet)]), ..Difference::default() });
    }

    #[rstest]
    fn what_changed_in_the_store_only_is_written_quietly(
        #[values(Column::ClientName, Column::ClientProxy, Column::NumberStatus)] column: Column,
        #[values("new", "")] new: &str,
    ) {
        let found = one(column, Some(BASE), BASE, new);
        assert_eq!(
            found,
            Difference { writes: write(column, new), base: cells(&[(column, BASE)]), ..Difference::default() }
        );
    }

    #[rstest]
    #[case::name(Column::ClientName, "Zoé")]
    #[case::mail(Column::ClientMail, "zoe@example.com")]
    #[case::phone(Column::ClientPhone, "+33639980002")]
    fn a_persons_word_in_a_contact_column_is_an_edit_even_if_the_store_changed_too(
        #[case] column: Column,
        #[case] new: &str,
        #[values(BASE, "other")] store: &str,
    ) {
        let found = one(column, Some(BASE), new, store);
        assert_eq!(
            found,
            Difference { edits: write(column, new), base: cells(&[(column, BASE)]), ..Difference::default() }
        );
    }

    #[rstest]
    #[case::no_name(Column::ClientName, "", "cannot be empty")]
    #[case::no_mail(Column::ClientMail, "", "cannot be empty")]
    #[case::no_phone(Column::ClientPhone, "", "cannot be empty")]
    #[case::long_name(Column::ClientName, &"é".repeat(121), "1 to 120 characters")]
    #[case::bad_mail(Column::ClientMail, "zoe@", "must be an e-mail address")]
    #[case::national_phone(Column::ClientPhone, "06 39 98 00 02", "begins with 0")]
    #[case::no_number(Column::ClientPhone, "appeler le soir", "not a digit")]
    fn what_a_contact_column_cannot_hold_is_put_back_with_the_reason(
        #[case] column: Column,
        #[case] bad: &str,
        #[case] reason: &str,
    ) {
        let found = one(column, Some(BASE), bad, BASE);
        assert_eq!((found.writes, found.edits), (write(column, BASE), Cells::default()));
        assert_eq!(found.base, cells(&[(column, bad)]));
        assert_eq!(found.put_back.len(), 1);
        let said = found.put_back[0].1.said().to_string();
        assert!(said.contains(reason), "{said}");
    }

    #[rstest]
    fn a_persons_word_in_a_column_of_the_store_is_put_back(
        #[values(
            Column::ClientProxy,
            Column::ClientLastCaller,
            Column::NumberStatus,
            Column::NumberCountry,
            Column::NumberReservation,
            Column::PendingMail,
            Column::PendingProxy,
            Column::PendingStatus
        )]
        column: Column,
        #[values("typed", "")] typed: &str,
        #[values(BASE, "other")] store: &str,
    ) {
        let found = one(column, Some(BASE), typed, store);
        assert_eq!((found.writes, found.edits), (write(column, store), Cells::default()));
        assert_eq!(found.put_back, [(column, Reason::Ours)]);
    }

    #[rstest]
    fn what_was_put_back_and_did_not_arrive_is_written_again_and_not_mentioned_again(
        #[values((Column::ClientName, ""), (Column::ClientProxy, "typed"))] (column, typed): (Column, &str),
    ) {
        let first = one(column, Some(BASE), typed, BASE);
        let second = one(column, Some(first.base.text(column)), typed, BASE);
        assert_eq!((second.writes, second.put_back), (write(column, BASE), vec![]));
    }

    #[rstest]
    fn a_cell_that_cannot_be_read_is_no_edit_and_is_left_while_the_store_stands_still(
        #[values(Column::ClientName, Column::ClientPhone, Column::ClientProxy, Column::NumberStatus)] column: Column,
        #[values(Some(BASE), None)] base: Option<&str>,
    ) {
        let found = one(column, base, "#REF!", BASE);
        assert_eq!(found, Difference { base: cells(&[(column, BASE)]), ..Difference::default() });
    }

    #[rstest]
    #[case(Column::ClientPhone, "3.36399E+10")]
    #[case(Column::ClientName, "#N/A")]
    #[case(Column::NumberStatus, "Loading...")]
    fn a_cell_that_cannot_be_read_is_written_over_when_the_store_changed(#[case] column: Column, #[case] cell: &str) {
        let found = one(column, Some(BASE), cell, "new");
        assert_eq!((found.writes, found.edits, found.put_back), (write(column, "new"), Cells::default(), vec![]));
    }

    #[rstest]
    #[case::contact(Column::ClientName, "sheet", "store", true)]
    #[case::contact_empty(Column::ClientName, "", "store", false)]
    #[case::store(Column::ClientProxy, "sheet", "store", true)]
    #[case::store_empties(Column::ClientProxy, "sheet", "", true)]
    #[case::store_fills(Column::ClientProxy, "", "store", false)]
    fn at_first_sight_the_store_counts_and_what_it_replaces_is_mentioned(
        #[case] column: Column,
        #[case] sheet: &str,
        #[case] store: &str,
        #[case] mentioned: bool,
    ) {
        let found = one(column, None, sheet, store);
        assert_eq!((found.writes, found.edits), (write(column, store), Cells::default()));
        let reasons = if mentioned { vec![(column, Reason::FirstSight)] } else { vec![] };
        assert_eq!(found.put_back, reasons);
    }

    #[test]
    fn at_first_sight_a_contact_that_the_store_lacks_is_taken_from_the_sheet() {
        assert_eq!(one(Column::ClientName, None, "Zoé", "").edits, write(Column::ClientName, "Zoé"));
    }

    #[rstest]
    #[case(Column::NumberFriendlyName, "our name for it")]
    #[case(Column::ClientNote, "seen")]
    #[case(Column::ClientShop, "Inscrit")]
    fn columns_that_are_not_compared_are_remembered_and_never_written(#[case] column: Column, #[case] text: &str) {
        let found = one(column, Some(BASE), text, "ours");
        assert_eq!(found, Difference { base: cells(&[(column, text)]), ..Difference::default() });
    }

    #[rstest]
    #[case(Column::PendingCode, "123456")]
    fn what_others_keep_is_neither_written_nor_remembered(#[case] column: Column, #[case] text: &str) {
        assert_eq!(one(column, None, text, "ours"), Difference::default());
        assert_eq!(one(column, Some(BASE), text, "ours"), Difference::default());
    }

    #[test]
    fn a_column_that_the_tab_lacks_keeps_its_base() {
        let few = Layout::find(Tab::Confirmations, ["pending_id", "proxy_number", "status", "created_at"]).unwrap();
        let base = cells(&[(Column::PendingMail, "zoe@example.com")]);
        let record = live(cells(&[(Column::PendingMail, "new@example.com")]));
        let step = compare(&few, Some(&base), Some(&row(Cells::default())), Some(&record));
        assert_eq!(step, Step::Compared(Difference { base, ..Difference::default() }));
    }
}

mod words {
    use super::*;

    #[rstest]
    fn a_number_that_a_person_sets_to_error_is_an_edit(
        #[values("available", "reserved", "assigned", "quarantined")] status: &str,
    ) {
        let found = one(Column::NumberStatus, Some(status), "error", status);
        assert_eq!((found.edits, found.writes), (write(Column::NumberStatus, "error"), Cells::default()));
    }

    #[rstest]
    #[case::gone("missing", "missing")]
    #[case::given_back("released", "released")]
    #[case::changed_meanwhile("available", "assigned")]
    fn error_is_put_back_on_a_number_that_is_gone_or_changed_meanwhile(#[case] base: &str, #[case] store: &str) {
        let found = one(Column::NumberStatus, Some(base), "error", store);
        assert_eq!(found.writes, write(Column::NumberStatus, store));
        assert_eq!(found.put_back, [(Column::NumberStatus, Reason::Ours)]);
    }

    #[rstest]
    fn the_scripts_word_stays_while_the_confirmation_is_in_progress(
        #[values("INIT", "PENDING_CALL", "PENDING_MAIL")] word: &str,
    ) {
        let found = one(Column::PendingStatus, Some("PENDING"), word, "PENDING");
        assert_eq!(found, Difference { base: cells(&[(Column::PendingStatus, "PENDING")]), ..Difference::default() });
    }

    #[rstest]
    fn our_next_word_is_written_over_the_scripts(#[values("PENDING_MAIL", "VERIFIED", "EXPIRED")] next: &str) {
        let found = one(Column::PendingStatus, Some("PENDING"), "PENDING_CALL", next);
        assert_eq!((found.writes, found.put_back), (write(Column::PendingStatus, next), vec![]));
    }

    #[test]
    fn the_scripts_first_word_gives_way_to_ours_without_a_mention() {
        let found = one(Column::PendingStatus, None, "INIT", "PENDING");
        assert_eq!((found.writes, found.put_back), (write(Column::PendingStatus, "PENDING"), vec![]));
    }

    #[rstest]
    #[case::over_already("PROMOTED", "PENDING")]
    #[case::proven_already("VERIFIED", "PENDING_CALL")]
    #[case::not_the_scripts_word("PENDING", "PROMOTED")]
    #[case::failed("PENDING", "FAILED")]
    fn any_other_word_about_a_confirmation_is_put_back(#[case] status: &str, #[case] typed: &str) {
        let found = one(Column::PendingStatus, Some(status), typed, status);
        assert_eq!(found.writes, write(Column::PendingStatus, status));
        assert_eq!(found.put_back, [(Column::PendingStatus, Reason::Ours)]);
    }
}

mod rows {
    use super::*;

    fn step(tab: Tab, base: bool, sheet: Option<Cells>, store: Option<bool>) -> Step {
        let key = if tab == Tab::Clients { zoe() } else { cells(&[(tab.key(), "+33199000001")]) };
        let record = store.map(|live| Record { cells: key.clone(), live, erased: false });
        compare(&layout(tab), base.then_some(&key), sheet.map(row).as_ref(), record.as_ref())
    }

    #[rstest]
    fn a_living_record_that_never_had_a_row_gets_one_and_one_that_is_over_does_not(
        #[values(Tab::Clients, Tab::Pool, Tab::Confirmations)] tab: Tab,
    ) {
        assert!(matches!(step(tab, false, None, Some(true)), Step::Append(cells) if !cells.text(tab.key()).is_empty()));
        assert_eq!(step(tab, false, None, Some(false)), Step::Leave(None));
    }

    #[test]
    fn a_row_is_added_with_its_key_and_only_in_columns_that_are_there() {
        let few = Layout::find(Tab::Confirmations, ["pending_id", "proxy_number", "status", "created_at"]).unwrap();
        let record = live(cells(&[
            (Column::PendingId, "P-1"),
            (Column::PendingMail, "a@b.c"),
            (Column::PendingStatus, "PENDING"),
        ]));
        let wanted = cells(&[(Column::PendingId, "P-1"), (Column::PendingStatus, "PENDING")]);
        assert_eq!(compare(&few, None, None, Some(&record)), Step::Append(wanted));
    }

    #[test]
    fn a_clients_row_that_was_deleted_closes_the_client() {
        assert_eq!(step(Tab::Clients, true, None, Some(true)), Step::Close);
    }

    #[rstest]
    fn a_living_number_or_confirmation_whose_row_was_deleted_is_written_again(
        #[values(Tab::Pool, Tab::Confirmations)] tab: Tab,
    ) {
        assert!(matches!(step(tab, true, None, Some(true)), Step::Append(_)));
    }

    #[rstest]
    fn the_row_of_what_is_over_may_go(
        #[values(Tab::Clients, Tab::Pool, Tab::Confirmations)] tab: Tab,
        #[values(Some(false), None)] record: Option<bool>,
    ) {
        assert_eq!(step(tab, true, None, record), Step::Forget);
        assert_eq!(step(tab, false, None, None), Step::Leave(None));
    }

    #[rstest]
    fn a_confirmation_that_was_not_asked_for_yet_is_left_alone(#[values(true, false)] base: bool) {
        let typed = cells(&[(Column::PendingId, "P-1"), (Column::PendingStatus, "INIT")]);
        assert_eq!(step(Tab::Confirmations, base, Some(typed), None), Step::Leave(None));
    }

    #[test]
    fn a_number_that_is_not_ours_is_left_alone_and_said_so() {
        let typed = cells(&[(Column::NumberPhone, "+33199000009"), (Column::NumberStatus, "available")]);
        let Step::Leave(Some(problem)) = step(Tab::Pool, false, Some(typed), None) else { panic!("a problem") };
        let shown =
            "TwilioPools row 7: phone_number is not a number of ours; run `proxycall number sync`, or delete the row";
        assert_eq!(problem.to_string(), shown);
    }

    #[test]
    fn the_row_of_an_erased_client_does_not_make_the_client_again() {
        let Step::Leave(Some(problem)) = step(Tab::Clients, true, Some(zoe()), None) else { panic!("a problem") };
        assert_eq!(problem.fault, Fault::Erased);
    }

    #[rstest]
    #[case::with_number("+33199000001", true)]
    #[case::without("", false)]
    fn a_client_typed_into_the_sheet_is_a_client_to_be_created(#[case] proxy: &str, #[case] has: bool) {
        let typed = zoe().overlaid(&write(Column::ClientProxy, proxy));
        let Step::Create(client) = step(Tab::Clients, false, Some(typed), None) else { panic!("a client") };
        assert_eq!((client.id.get(), client.name.expose(), client.mail.expose()), (7, "Zoé Martin", "zoe@example.com"));
        assert_eq!((client.phone.expose().as_str(), client.proxy.is_some()), ("+33639980001", has));
        assert!(!format!("{client:?}").contains("Zoé"));
    }

    #[rstest]
    fn a_client_who_is_still_being_typed_is_left_alone_without_a_word(
        #[values(Column::ClientName, Column::ClientMail, Column::ClientPhone)] column: Column,
        #[values("", "#REF!")] text: &str,
    ) {
        let typed = zoe().overlaid(&write(column, text));
        assert_eq!(step(Tab::Clients, false, Some(typed), None), Step::Leave(None));
    }

    #[rstest]
    #[case(Column::ClientPhone, "06 39 98 00 01")]
    #[case(Column::ClientMail, "zoe")]
    #[case(Column::ClientProxy, "à venir")]
    fn a_client_typed_in_full_but_wrongly_is_left_alone_and_said_so(#[case] column: Column, #[case] text: &str) {
        let typed = zoe().overlaid(&write(column, text));
        let Step::Leave(Some(problem)) = step(Tab::Clients, false, Some(typed), None) else { panic!("a problem") };
        assert_eq!(problem.column, column);
        assert!(!problem.to_string().contains(text), "{problem}");
    }

    #[rstest]
    #[case::the_only_row(1, 1, false)]
    #[case::one_of_a_few(3, 1, false)]
    #[case::two_of_a_few(39, 2, true)]
    #[case::two_of_forty(40, 2, false)]
    #[case::five_of_a_hundred(100, 5, false)]
    #[case::five_of_ninety_nine(99, 5, true)]
    #[case::six_of_many(100_000, 6, true)]
    #[case::none(0, 0, false)]
    fn more_than_five_rows_or_more_than_a_twentieth_are_too_many_but_one_may_always_go(
        #[case] live: usize,
        #[case] vanished: usize,
        #[case] too_many: bool,
    ) {
        assert_eq!(too_many_vanished(live, vanished), too_many);
    }
}
