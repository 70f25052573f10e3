//! The order of variants is the format: each variant's stored number is pinned here.

use bincode::Encode;
use zentra_events::Direction;
use zentra_events::event::*;

#[test]
fn variant_numbers_are_pinned() {
    pinned(&[Direction::Debit, Direction::Credit]);
    pinned(&[
        Leg::Transfer,
        Leg::Reserve,
        Leg::Settle,
        Leg::Release,
        Leg::Reverse,
        Leg::Merchant,
        Leg::Payout,
    ]);
    pinned(&[Capture::Automatic, Capture::Manual]);
    pinned(&[Floor::None, Floor::Limit(zentra_events::Amount(1)), Floor::Unbounded]);
    pinned(&[NormalSide::Debit, NormalSide::Credit]);
    pinned(&[AccountStatus::Open, AccountStatus::Frozen, AccountStatus::Closed]);
    pinned(&[DisableReason::Operator, DisableReason::Gone, DisableReason::Failing]);
    pinned(&[DeadReason::Exhausted, DeadReason::EndpointDeleted]);
    pinned(&[
        AttemptResult::Answered(200),
        AttemptResult::TimedOut,
        AttemptResult::BlockedAddress,
        AttemptResult::DnsFailed,
        AttemptResult::ConnectFailed,
        AttemptResult::TlsFailed,
        AttemptResult::ProtocolFailed,
        AttemptResult::Internal,
        AttemptResult::Verified(200),
        AttemptResult::CertificateExpired,
        AttemptResult::CertificateNotYetValid,
        AttemptResult::UnknownIssuer,
        AttemptResult::NameMismatch,
        AttemptResult::CertificateInvalid,
        AttemptResult::NotTls,
        AttemptResult::ConnectionRefused,
        AttemptResult::ConnectTimedOut,
        AttemptResult::HeadTooLarge,
        AttemptResult::BadHead,
        AttemptResult::ClosedEarly,
    ]);
}

fn pinned<T: Encode + std::fmt::Debug>(variants: &[T]) {
    for (number, variant) in variants.iter().enumerate() {
        let bytes = bincode::encode_to_vec(variant, bincode::config::legacy()).unwrap();
        let stored = bytes.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
        assert_eq!(stored, Some(number as u32), "{variant:?}");
    }
}
