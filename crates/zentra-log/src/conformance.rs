//! What every store must make of the same calls: one suite, given a way to make places for a log.
//!
//! Owns what the contract says and how it is shown. Must not know how a store keeps anything; what
//! a store promises beyond the contract is for its own tests.
#![expect(clippy::unwrap_used, reason = "these are tests: a store that fails is what they find")]

mod crashes;
mod place;
mod reads;
mod texts;
mod writes;

pub use place::Place;

/// Runs the suite. Each `place` is a new and empty one.
///
/// # Panics
/// When the store does not do what the contract says.
pub fn run<P: Place>(mut place: impl FnMut() -> P) {
    reads::an_empty_log_has_nothing(&mut place());
    reads::entries_come_back_by_position_and_in_order(&mut place());
    reads::a_scan_begins_with_the_frame_of_its_position_and_can_be_broken_off(&mut place());
    reads::a_scan_ends_where_the_log_ended_when_it_began(&mut place());
    reads::frames_that_are_kept_stay_as_they_are(&mut place());
    reads::a_reader_beside_the_writer_sees_a_log_that_grows(&mut place());
    writes::nothing_is_read_before_it_is_synced(&mut place());
    writes::frames_that_break_a_limit_change_nothing(&mut place());
    writes::any_size_of_frame_is_taken(&mut place());
    writes::the_chain_depends_on_every_byte_and_on_nothing_else(&mut place);
    crashes::what_was_synced_is_there_and_the_rest_is_a_prefix(&mut place);
    crashes::after_a_failure_nothing_more_is_taken(&mut place);
}
