//! The names that the workload uses: few, so that they meet.

use crate::oracle::AMOUNT_MAX;
use crate::random::Random;
use zentra_events::{AccountCode, Amount, Currency};

/// Accounts that the built-in chart opens, some often and some seldom.
const PARTIES: [&str; 8] = [
    "customer_balance:a",
    "customer_balance:b",
    "customer_balance:c",
    "customer_balance:hot",
    "customer_balance:hot",
    "merchant_balance:x",
    "merchant_balance:y",
    "merchant_balance:hot",
];
/// Accounts that have what a caller gives them, or that there is no template for.
const OTHERS: [&str; 6] =
    ["till:1", "till:2", "vault:1", "nobody:1", "reserved_balance", "settlement_account:USD"];
const WORLDS: [&str; 2] = ["world", "world:eu"];
/// With digits, and without.
const CURRENCIES: [&str; 4] = ["EUR", "USD", "JPY", "PTS"];

fn code(text: &str) -> AccountCode {
    text.parse().expect("the names here are codes")
}

/// An account of a caller.
pub(super) fn party(random: &mut Random) -> AccountCode {
    let list: &[&str] = if random.chance(40) { &OTHERS } else { &PARTIES };
    code(random.pick::<&str>(list))
}

/// An account that money comes from.
pub(super) fn world(random: &mut Random) -> AccountCode {
    code(random.pick::<&str>(&WORLDS))
}

/// An account that is opened by name.
pub(super) fn named(random: &mut Random) -> AccountCode {
    let list: &[&str] = if random.chance(300) { &PARTIES } else { &OTHERS };
    code(random.pick::<&str>(list))
}

/// A currency, mostly the first.
pub(super) fn currency(random: &mut Random) -> Currency {
    let text = if random.chance(850) { CURRENCIES[0] } else { random.pick::<&str>(&CURRENCIES) };
    text.parse().expect("the names here are currencies")
}

/// An amount, mostly small.
pub(super) fn amount(random: &mut Random) -> Amount {
    Amount(match random.below(100) {
        0 => 0,
        1 => AMOUNT_MAX,
        2 => AMOUNT_MAX + 1,
        3 => AMOUNT_MAX / 2,
        _ => u128::from(random.magnitude(1, 100_000)),
    })
}
