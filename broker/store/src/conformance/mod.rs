//! The suite that every kind of store passes, and what it is made of. `conformance_suite!` turns it into tests.

pub mod fixture;
mod suite;
mod withdrawals;

use std::sync::Arc;

use concordat_core::clock::TestClock;

use crate::store::Store;

pub use suite::*;
pub use withdrawals::*;

/// A store to be tried, that can be stopped and started.
pub trait Subject: Sized + Send {
    /// The store.
    type Store: Store;

    /// A new store without entries, whose clock stands at [`fixture::start`].
    fn create() -> Self;

    /// The store.
    fn store(&self) -> Arc<Self::Store>;

    /// Its clock.
    fn clock(&self) -> TestClock;

    /// Stops the store, cleanly or not, and opens it again.
    #[must_use]
    fn reopen(self, cleanly: bool) -> Self;

    /// Stops the store and opens it again with its projections rebuilt.
    #[must_use]
    fn rebuild(self) -> Self;
}

/// Makes a test of every function of the suite, for one kind of store.
#[macro_export]
macro_rules! conformance_suite {
    ($subject:ty) => {
        $crate::conformance_suite!(@ $subject:
            entries_are_read_back_as_they_were_proposed
            group_is_appended_whole_or_not_at_all
            key_is_used_once_and_the_same_content_finds_its_entry
            two_at_once_under_one_key_are_recorded_once
            version_in_force_decides_what_may_replace_it
            what_was_looked_at_must_still_be_in_force
            overdue_is_raised_once
            invitation_is_used_once
            delivery_is_answered_in_the_states_allowed
            preconditions_see_the_entries_before_them_in_their_group
            receipts_stay_the_same_byte_for_byte
            receipts_verify_with_the_public_key_alone
            recorded_times_never_go_back
            inbox_is_paged_by_index
            uncollected_deliveries_come_due_and_go
            obligations_follow_what_was_recorded
            principals_follow_enrolment_and_revocation
            payload_opens_only_for_its_release
            payload_in_a_file_opens_like_one_in_the_journal
            content_that_came_in_pieces_is_read_in_pieces_or_whole
            rows_are_the_same_after_reopening_and_rebuilding
            sixty_four_writers_get_what_they_wrote
            consistency_and_inclusion_are_proved_up_to_the_head
            checkpoints_are_all_there
            withdrawn_return_is_in_force_no_longer_and_withdrawn_once
            version_after_a_withdrawal_counts_on
            one_of_a_withdrawal_and_a_replacement_at_once_is_recorded
            withdrawn_delivery_is_neither_released_nor_reported
            withdrawal_erases_what_it_names_and_nothing_else
        );
    };
    (@ $subject:ty: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let runtime = ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
                runtime.unwrap().block_on($crate::conformance::$name::<$subject>());
            }
        )*
    };
}
