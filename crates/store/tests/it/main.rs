//! Promises: every rule of the Ledger port holds on SQLite and on PostgreSQL.
//!
//! A rule is a function from a store to nothing; `ledger_suite!` runs each on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a rule that meets an error has failed"
)]

mod access;
mod backup;
mod blocks;
mod calls;
mod clients;
mod confirmations;
mod console;
mod constraints;
mod erasure;
mod import;
mod interactions;
mod jobs;
mod numbers;
mod opening;
mod orders;
mod page_requests;
mod pool;
mod privacy;
mod purchases;
mod report;
mod requests;
mod retention;
mod sending;
mod settings;
mod sheet;
mod sqlite_faults;
mod standing;
mod support;
mod texts;
mod units;
mod vault;

macro_rules! ledger_suite {
    ($($noun:ident: $($rule:ident),+;)+) => {
        mod on_sqlite { $(mod $noun { $(
            #[tokio::test]
            async fn $rule() {
                crate::$noun::$rule(proxycall_testkit::database::sqlite().await).await;
            }
        )+ })+ }

        mod on_postgres { $(mod $noun { $(
            #[tokio::test]
            async fn $rule() {
                crate::$noun::$rule(proxycall_testkit::database::postgres().await).await;
            }
        )+ })+ }
    };
}

ledger_suite! {
    access:
        a_token_is_kept_rotated_and_revoked_for_good,
        one_of_20_who_make_the_same_token_at_once_has_it,
        the_last_use_of_a_token_is_never_set_back,
        an_act_is_there_before_it_ends_and_ends_once,
        acts_come_newest_first_by_page_actor_action_and_subject,
        a_console_session_is_seen_ended_and_forgotten;
    calls:
        a_call_is_decided_recorded_and_its_caller_remembered,
        the_same_call_gets_the_same_answer,
        the_same_call_50_times_at_once_is_one_row_and_50_equal_answers,
        a_call_to_a_number_nobody_has_is_refused_and_recorded,
        a_call_ends_once_and_later_reports_change_nothing,
        the_end_of_an_unknown_call_is_nobodys,
        a_proxy_number_that_calls_is_known_as_one;
    blocks:
        whoever_is_blocked_for_all_reaches_nobody_and_is_not_remembered,
        whoever_is_blocked_for_one_client_reaches_the_others,
        a_client_does_not_reach_back_to_somebody_blocked_since_until_that_ends,
        somebody_is_blocked_once_for_a_client_and_for_all,
        the_other_side_of_an_interaction_is_blocked_without_its_number,
        a_client_is_not_blocked_from_the_own_number,
        blocks_come_newest_first_by_page_and_client,
        a_block_holds_from_when_it_is_acknowledged,
        nobody_reaches_a_paused_client_until_the_pause_is_over,
        a_pause_is_changed_ended_and_begun_anew;
    texts:
        a_text_is_recorded_and_enqueued_together,
        the_same_text_50_times_at_once_is_one_row_and_one_job,
        a_refused_text_keeps_no_body_and_enqueues_nothing,
        a_wish_to_stop_is_recorded_and_not_relayed,
        the_client_answers_whoever_came_last,
        a_text_from_a_short_code_is_relayed_and_not_remembered;
    jobs:
        a_job_is_taken_by_one_alone,
        a_job_whose_lease_ended_is_taken_again_and_its_former_holder_changes_nothing,
        no_more_jobs_are_taken_than_asked_for,
        the_next_job_is_due_when_the_earliest_is,
        a_job_that_cannot_be_read_does_not_hold_up_the_others,
        each_lane_takes_its_own_kinds_of_work_and_leaves_the_others,
        work_that_is_asked_for_anew_begins_with_its_first_attempt;
    sending:
        a_text_is_sent_and_delivered_and_its_body_erased,
        a_text_delivered_before_it_counts_as_sent_stays_delivered,
        a_text_that_was_not_sent_is_tried_again,
        a_text_that_may_have_been_sent_is_in_doubt_until_it_is_looked_up,
        a_look_up_takes_the_first_message_that_is_nobodys,
        a_text_that_the_carrier_does_not_know_is_unknown_and_not_sent_again,
        what_was_given_up_may_still_be_delivered,
        a_text_that_cannot_be_sent_has_failed_with_its_code,
        a_report_of_an_unknown_message_finds_nothing,
        a_report_settles_a_text_that_was_about_to_be_tried_again,
        a_report_with_another_messages_id_is_that_messages,
        two_texts_never_share_a_message;
    clients:
        a_new_client_gets_a_number_of_the_preferred_type,
        the_other_type_is_taken_when_none_is_left,
        a_client_is_found_by_id_and_by_number,
        an_id_that_exists_is_refused_unless_the_same_request_made_it,
        a_proxy_number_is_nobodys_real_number,
        without_a_number_there_is_no_client,
        changes_leave_the_rest_as_it_was,
        a_client_that_is_unknown_or_closed_is_not_changed,
        another_number_is_no_change,
        a_closed_client_is_hidden_and_its_number_rests,
        a_client_is_restored_with_its_number_or_another,
        a_client_closed_too_long_ago_is_gone,
        the_next_id_counts_closed_clients_too,
        clients_come_by_page_and_country,
        clients_are_found_by_what_is_known_of_them,
        signs_of_a_search_mean_themselves;
    pool:
        numbers_are_added_once,
        a_number_that_is_taken_over_set_aside_was_never_available,
        a_real_number_does_not_join_the_pool,
        a_number_becomes_real_and_a_proxy_number_at_once_and_is_one_of_them,
        available_numbers_are_those_that_may_be_given,
        a_refusal_for_want_of_numbers_counts_what_is_left,
        a_number_rests_before_another_client_gets_it,
        two_hundred_clients_and_a_hundred_numbers,
        restoring_and_creating_at_once_never_give_one_number_twice;
    numbers:
        the_database_moves_numbers_as_the_domain_says,
        a_number_never_passes_from_client_to_client,
        each_change_is_remembered_with_who_why_and_when,
        a_reservation_is_its_owners_alone_and_ends,
        a_reservation_that_lapsed_or_was_cancelled_frees_its_number,
        a_client_with_a_number_keeps_it,
        an_assignment_takes_the_type_that_was_asked_for_and_enqueues_its_webhooks,
        what_has_been_free_for_longest_is_given_first,
        a_client_who_gets_another_number_gives_up_the_one_before_or_keeps_it,
        two_changes_of_a_number_at_once_leave_the_client_one,
        a_certain_number_is_given_when_it_is_free_or_was_this_clients,
        numbers_in_use_are_kept_unless_forced,
        a_release_is_told_to_the_carrier_by_a_job,
        a_client_gets_back_only_what_was_the_clients_last,
        a_clients_missing_number_comes_back_to_the_client,
        a_number_rests_after_a_client_whatever_becomes_of_it_meanwhile,
        the_database_lets_nobody_but_the_former_client_have_what_rests,
        a_rest_ends_early_only_as_the_operator_saw_it,
        what_is_used_elsewhere_is_set_aside_until_an_operator_adopts_it,
        a_clients_real_number_is_not_adopted,
        numbers_come_by_page_country_type_and_state,
        the_stock_counts_states_and_the_recent_pace,
        an_alert_stands_once_until_it_is_over,
        work_that_is_there_once_runs_again_when_it_is_wanted_meanwhile,
        many_at_once_reserve_each_number_once,
        no_sequence_of_acts_gives_a_number_two_owners;
    standing:
        of_an_empty_store_nothing_is_told,
        jobs_are_counted_by_kind_with_their_age_and_when_they_are_due,
        the_pool_is_counted_as_the_stock_is,
        alerts_and_waiting_rows_are_counted_and_the_oldest_is_told,
        a_job_carries_the_request_that_caused_it_and_so_does_what_follows,
        the_version_before_reads_a_job_with_a_request_and_we_read_one_without;
    sheet:
        without_a_mirror_nothing_is_marked,
        every_change_of_what_the_sheet_shows_marks_its_row,
        a_confirmation_marks_its_row_and_the_number_that_it_holds,
        a_mark_outlives_what_was_settled_before_the_change,
        every_record_can_be_marked_at_once,
        one_instance_owns_the_sheet_until_its_time_is_over,
        what_a_cycle_found_out_is_kept,
        however_many_writes_were_sent_to_a_tab_each_is_known_again_and_only_the_last_ones,
        a_row_of_which_nothing_could_be_sent_is_looked_at_again,
        what_people_should_know_is_told_page_by_page_the_newest_first_and_counted,
        how_the_mirror_goes_is_told,
        every_key_is_told_and_all_that_is_known_of_the_sheet_can_be_forgotten;
    page_requests:
        a_requester_is_limited_by_what_it_asked_itself,
        what_others_asked_for_is_not_told,
        one_of_our_numbers_as_a_phone_looks_like_any_other,
        an_empty_pool_is_told_to_everybody_alike,
        a_mistyped_address_is_corrected_after_a_moment,
        who_began_with_my_phone_does_not_block_me,
        a_locked_code_is_replaced_by_asking_again,
        what_the_operator_began_gives_way_to_no_page_and_outranks_one,
        requests_at_once_pass_no_limit,
        a_mailed_link_may_wait_for_an_operators_word_on_the_phone;
    confirmations:
        a_confirmation_holds_a_number_until_it_is_a_clients,
        an_operator_ends_a_confirmation_and_its_number_is_free_again,
        a_number_that_a_code_was_sent_from_rests_before_anybody_else_gets_it,
        two_confirmations_race_for_the_last_number_and_one_gets_it,
        two_confirmations_race_for_one_phone_and_one_gets_it,
        one_id_many_times_at_once_is_one_confirmation,
        ten_thousand_guesses_over_all_channels_compare_five,
        six_digits_in_a_clients_sentence_to_somebody_else_are_no_try_unless_they_are_the_code,
        a_call_counts_three_entries_and_a_repeated_one_once,
        a_link_is_used_once_and_none_is_forged,
        a_number_is_not_taken_over_with_an_address,
        consent_is_that_of_the_phone_that_was_asked,
        a_token_that_holds_a_number_already_is_a_conflict,
        a_code_is_said_in_the_call_that_was_placed_and_in_no_other,
        no_code_is_in_the_database,
        no_order_of_events_crash_or_clock_breaks_a_rule;
    console:
        the_database_keeps_the_words_that_the_domain_makes,
        clients_are_found_by_the_start_of_any_words_in_any_spelling,
        closed_clients_are_found_after_the_others_and_erased_ones_never,
        activity_is_found_by_everything_that_is_known_of_it,
        what_is_rare_is_found_page_by_page_however_much_lies_between,
        traffic_is_counted_once_by_what_it_came_to,
        a_text_is_counted_where_it_stands_whatever_becomes_of_it,
        the_stock_that_is_kept_is_that_of_the_numbers,
        the_board_has_each_confirmation_where_it_stands_newest_first,
        a_confirmation_is_shown_with_the_last_that_was_sent_of_each_kind,
        a_client_is_shown_with_all_that_is_known_open_closed_and_erased,
        a_number_is_shown_with_its_past_and_what_passed_through_it,
        all_that_passed_through_a_number_is_found_whoever_had_it;
    purchases:
        a_purchase_is_written_down_asked_for_and_joins_the_pool,
        a_candidate_is_asked_for_by_one_purchase_at_a_time,
        the_days_ceiling_holds_for_many_at_once,
        what_was_not_bought_does_not_count_until_it_turns_out_to_be,
        an_interrupted_purchase_leaves_a_job_that_settles_it,
        a_number_bought_again_comes_back_into_the_pool,
        a_number_that_is_bought_again_before_it_has_rested_rests_on,
        a_bought_number_that_is_a_clients_own_is_kept_and_set_aside;
    orders:
        an_order_creates_its_client,
        the_same_order_gets_the_same_answer,
        the_same_order_50_times_at_once_is_one_order,
        an_order_with_other_content_is_a_conflict,
        an_order_uses_the_client_as_it_is,
        an_order_gives_a_number_to_a_client_without_one,
        an_order_of_a_closed_client_is_refused,
        orders_come_newest_first_by_page;
    import:
        clients_are_taken_over_with_their_numbers,
        taking_over_again_finds_the_same,
        a_dry_run_writes_nothing_and_finds_the_same,
        rows_that_would_cross_two_parties_are_refused_alone,
        an_available_number_of_the_pool_becomes_the_clients;
    report:
        an_alert_is_told_once_again_while_it_stands_and_when_it_is_over,
        many_alerts_are_one_letter_for_each_receiver_and_nothing_is_told_to_nobody,
        an_alert_that_is_seen_again_stands_in_newer_words_until_nobody_sees_it,
        a_weeks_report_is_sent_once_for_all_times,
        one_of_20_instances_sends_a_weeks_report,
        one_of_20_instances_tells_an_alert,
        clients_are_counted_by_number_shop_and_last_caller,
        numbers_given_are_counted_in_their_week_also_when_given_back,
        orders_are_counted_in_their_week_with_who_ordered,
        calls_and_texts_are_counted_by_the_hour,
        what_the_carrier_could_not_carry_is_counted_among_what_ended,
        open_clients_who_share_a_phone_or_an_address_are_duplicates;
    interactions:
        interactions_come_newest_first_by_page,
        interactions_are_found_by_client_number_outcome_and_time;
    settings:
        a_setting_is_kept_until_it_is_given_up;
    requests:
        the_first_request_is_carried_out_and_repetitions_hear_its_answer,
        one_of_50_requests_at_once_is_fresh,
        a_request_that_never_ended_is_taken_over_once_nobody_waits_any_more,
        a_request_that_is_held_is_not_taken_over_however_long_it_takes,
        an_answer_is_forgotten_after_a_day,
        answers_older_than_a_day_are_swept_by_the_next_request,
        a_request_that_failed_frees_its_key,
        the_first_answer_stays;
    constraints:
        a_second_owner_of_a_number_is_impossible,
        a_second_number_of_a_client_is_impossible,
        an_assigned_number_without_owner_is_impossible,
        a_body_beside_a_final_outcome_is_impossible;
    privacy:
        no_real_number_or_body_is_kept_but_sealed,
        errors_hold_no_value;
    erasure:
        an_erased_client_is_found_by_nothing_and_the_person_may_enrol_again,
        erasing_is_final_and_erasing_again_changes_nothing,
        the_database_keeps_an_erased_client_erased,
        what_others_have_of_the_person_is_emptied_and_what_is_theirs_stays,
        a_phone_that_another_client_has_too_stays_theirs,
        a_text_that_nobody_has_sent_is_not_sent_and_what_came_before_gets_no_number,
        what_the_carrier_tells_after_an_erasure_is_deleted_there_too,
        an_erasure_goes_on_part_by_part_from_where_it_stopped,
        a_confirmation_ends_and_is_emptied_with_its_client,
        blocks_by_the_client_and_of_the_person_are_gone_and_others_stay,
        stored_answers_that_name_the_person_are_forgotten_and_others_stay,
        an_erasure_waits_until_the_mirror_has_emptied_the_rows,
        an_erasure_against_a_restoring_and_a_change_at_once_is_whole;
    retention:
        interactions_past_their_period_become_figures,
        a_long_past_is_emptied_part_by_part,
        a_confirmation_is_emptied_when_it_has_been_over_for_its_period,
        an_open_confirmation_is_never_emptied,
        clients_closed_for_their_period_are_named_and_open_ones_never,
        nothing_is_emptied_where_the_period_is_for_ever,
        what_is_long_over_is_noted_once_for_the_carrier_to_delete,
        alerts_that_are_over_and_what_lives_for_a_day_are_forgotten;
    units:
        a_unit_with_a_refusal_leaves_nothing,
        refused_verbs_among_others_undo_only_themselves;
    vault:
        a_new_store_has_nothing_to_renew,
        what_an_older_program_left_unsealed_is_read_and_sealed,
        a_store_goes_over_to_another_secret_while_it_is_used,
        a_code_and_a_consent_outlive_the_change,
        a_code_that_is_out_keeps_the_secret_before_needed_until_it_is_over,
        a_request_is_answered_once_across_the_change,
        one_phone_is_confirmed_once_across_the_change,
        a_block_holds_once_across_the_change,
        who_was_erased_stays_so_across_the_change,
        the_stores_own_secret_is_gone_over_from_and_given_up,
        a_secret_that_was_given_up_is_not_gone_back_to,
        a_row_that_no_secret_opens_holds_up_the_end_and_nothing_else,
        an_instance_that_does_not_know_the_new_secret_leaves_the_work,
        every_sealed_column_is_in_the_list;
    opening:
        a_schema_that_a_newer_version_made_is_worked_with,
        a_store_opens_only_with_the_secret_it_was_made_with,
        a_secret_made_at_first_start_is_found_again,
        a_former_secret_may_be_listed_behind_the_new_one,
        two_that_open_a_new_store_at_once_share_one_secret,
        a_store_that_is_closed_answers_with_an_error;
}
