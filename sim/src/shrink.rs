//! Makes a failing run smaller: fewer wishes, then fewer faults, as long as it still fails.

use crate::run::{Ended, run};
use crate::world::Settings;

/// The smallest failing run that is found from this one, and how it ended.
pub(crate) fn shrink(settings: Settings, ended: Ended) -> (Settings, Ended) {
    let mut least = (settings, ended);
    loop {
        let mut smaller = Vec::new();
        let ticks = least.0.ticks;
        for part in [ticks / 2, ticks / 4 * 3, ticks / 10 * 9, ticks.saturating_sub(1)] {
            if part > 0 && part < ticks {
                smaller.push(Settings { ticks: part, ..least.0.clone() });
            }
        }
        for faults in least.0.faults.without_one() {
            smaller.push(Settings { faults, ..least.0.clone() });
        }
        let fails = |settings: Settings| {
            let ended = run(&settings);
            ended.failure.is_some().then_some((settings, ended))
        };
        match smaller.into_iter().find_map(fails) {
            Some(found) => least = found,
            None => return least,
        }
    }
}
