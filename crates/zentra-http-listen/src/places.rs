//! How many connections there are, whose, and which one ends when another needs its place.
//!
//! A new connection is always taken: at the bound, the one ends that has waited longest without
//! having shown a key, or else the new one gets its health and nothing more. Owns the counts in
//! all and of an address. Must not do any IO.

use crate::counts::Counts;
use crate::options::ServeOptions;
use crate::seat::{Allowed, Phase, Seat};
use crate::shares::Shares;
use crate::ticks::{Ticks, ticks};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections beyond the bound that are served their health.
pub(crate) const KEPT: usize = 16;
/// Bytes a second that a client must take of an answer.
const WRITE_BYTES_A_SECOND: u64 = 16 * 1024;
/// How long what a refused client still sends is read, so that it can read its answer.
const LINGER: Duration = Duration::from_secs(2);
/// How long a connection beyond the bound may take to ask for its health.
const KEPT_WITHIN: Duration = Duration::from_secs(2);
/// How long one that never showed a key has waited before it makes room for another.
const STRANGER_WAITED: Duration = Duration::from_millis(500);
/// The same of one that did.
const KNOWN_WAITED: Duration = Duration::from_secs(5);

/// All open connections.
pub(crate) struct Places {
    connections_max: usize,
    address_max: usize,
    multiplexed: bool,
    allowed: Allowed,
    ticks: Arc<Ticks>,
    shares: Arc<Shares>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// By their numbers, so the oldest is the first.
    seats: BTreeMap<u64, Arc<Seat>>,
    kept: usize,
    addresses: Counts<IpAddr>,
}

/// A seat that is given back when it is dropped.
pub(crate) struct Seated {
    pub(crate) seat: Arc<Seat>,
    places: Arc<Places>,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.places.leave(&self.seat);
    }
}

impl Places {
    pub(crate) fn new(options: &ServeOptions) -> Places {
        let allowed = Allowed {
            head: ticks(options.head_timeout),
            idle: ticks(options.idle_timeout),
            write: ticks(options.write_timeout),
            write_bytes: WRITE_BYTES_A_SECOND / 10,
            linger: ticks(LINGER),
            kept: ticks(KEPT_WITHIN),
        };
        Places {
            connections_max: options.connections_max,
            address_max: options.connections_per_address_max,
            multiplexed: options.h2c,
            allowed,
            ticks: Arc::default(),
            shares: Arc::new(Shares::new(options.connections_max)),
            open: Mutex::default(),
        }
    }

    /// A seat for a new connection; none when even those that are kept for health are taken.
    pub(crate) fn take(self: &Arc<Places>, address: IpAddr) -> Option<Seated> {
        let mut open = self.lock();
        let crowded = open.addresses.of(&address) >= self.address_max;
        let full = open.seats.len() - open.kept >= self.connections_max;
        let room = (!crowded || self.make_room(&mut open, Some(address)))
            && (!full || self.make_room(&mut open, None));
        let kept = !room;
        if kept {
            metrics::counter!("zentra_connections_over_bound_total").increment(1);
            if open.kept >= KEPT && !self.make_kept_room(&mut open) {
                return None;
            }
        }
        let number = open.next;
        open.next += 1;
        let place = (number, address);
        let common = (&self.ticks, &self.shares);
        let seat = Arc::new(Seat::new(common, place, (kept, self.multiplexed)));
        open.enter(&seat);
        metrics::gauge!("zentra_connections").set(open.seats.len() as f64);
        Some(Seated { seat, places: Arc::clone(self) })
    }

    /// The server is about to stop.
    pub(crate) fn stop(&self) {
        self.ticks.stop();
    }

    /// A tick has passed: ends every connection whose time is over.
    pub(crate) fn sweep(&self) {
        let now = self.ticks.pass();
        let open = self.lock();
        for seat in open.seats.values() {
            let unasked = matches!(seat.phase(), Phase::Waiting | Phase::Head);
            let stopped = unasked && self.ticks.stopping() && seat.lasting(now).1 > 2;
            let cause = seat.overdue(now, &self.allowed);
            if let Some(cause) = cause.or(stopped.then_some("stopping")) {
                metrics::counter!("zentra_connections_cut_total", "cause" => cause).increment(1);
                tracing::debug!(cause, address = %seat.address, "a connection is cut");
                seat.cut();
            }
        }
    }

    /// Ends one that waits although the bound is not reached: the system gives no more files.
    pub(crate) fn spare_one(&self) {
        let mut open = self.lock();
        let _none_waits = self.make_room(&mut open, None);
    }

    /// What is still under way: requests, and answers that are not taken.
    pub(crate) fn under_way(&self) -> (usize, usize) {
        let open = self.lock();
        let count = |phase: Phase| open.seats.values().filter(|seat| seat.phase() == phase).count();
        (count(Phase::Serving), count(Phase::Answering) + count(Phase::Lingering))
    }

    fn leave(&self, seat: &Seat) {
        let mut open = self.lock();
        open.remove(seat);
        if let Some(scope) = seat.scope() {
            self.shares.leave(scope);
        }
        metrics::gauge!("zentra_connections").set(open.seats.len() as f64);
    }

    /// Ends the one that has waited longest: one that never showed a key, or else one that did.
    fn make_room(&self, open: &mut Open, address: Option<IpAddr>) -> bool {
        let now = self.ticks.now();
        let waits = |seat: &Seat, known: bool, at_least: Duration| {
            let (phase, lasted) = seat.lasting(now);
            let unasked = matches!(phase, Phase::Waiting | Phase::Head);
            !seat.kept && unasked && seat.is_known() == known && lasted >= ticks(at_least)
        };
        let here = |seat: &Seat| address.is_none_or(|address| seat.address == address);
        let of = |known: bool, at_least: Duration| {
            open.seats.values().find(|seat| here(seat) && waits(seat, known, at_least)).cloned()
        };
        let found = of(false, STRANGER_WAITED).or_else(|| of(true, KNOWN_WAITED));
        let Some(seat) = found else { return false };
        metrics::counter!("zentra_connections_cut_total", "cause" => "room").increment(1);
        open.remove(&seat);
        seat.cut();
        true
    }

    fn make_kept_room(&self, open: &mut Open) -> bool {
        let oldest = open
            .seats
            .values()
            .find(|seat| seat.kept && matches!(seat.phase(), Phase::Waiting | Phase::Head));
        let Some(seat) = oldest.cloned() else { return false };
        open.remove(&seat);
        seat.cut();
        true
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn enter(&mut self, seat: &Arc<Seat>) {
        self.seats.insert(seat.number, Arc::clone(seat));
        if seat.kept {
            self.kept += 1;
        } else {
            self.addresses.add(seat.address);
        }
    }

    /// Once, however often it is asked for.
    fn remove(&mut self, seat: &Seat) {
        if self.seats.remove(&seat.number).is_none() {
            return;
        }
        if seat.kept {
            self.kept -= 1;
        } else {
            self.addresses.remove(&seat.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shares::NoPlace;
    use std::net::Ipv4Addr;
    use zentra_events::ScopeNo;

    fn places(connections_max: usize, address_max: usize) -> Arc<Places> {
        Arc::new(Places::new(&ServeOptions {
            connections_max,
            connections_per_address_max: address_max,
            ..ServeOptions::default()
        }))
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    fn pass(places: &Places, time: Duration) {
        for _ in 0..ticks(time) {
            places.sweep();
        }
    }

    #[test]
    fn at_the_bound_the_oldest_stranger_makes_room() {
        let places = places(2, 2);
        let first = places.take(address(1)).unwrap();
        let second = places.take(address(2)).unwrap();
        assert!(!first.seat.kept && !second.seat.kept);
        let third = places.take(address(3)).unwrap();
        assert!(third.seat.kept, "nobody has waited for long");
        pass(&places, STRANGER_WAITED);
        first.seat.claim(ScopeNo(1), || 2).unwrap();
        let fourth = places.take(address(4)).unwrap();
        assert!(!fourth.seat.kept);
        let open: Vec<u64> = places.lock().seats.keys().copied().collect();
        assert_eq!(open, [0, 2, 3], "the second made room; the first had shown a key");
        drop(second);
        assert_eq!(places.lock().seats.len(), 3, "leaving twice counts once");
        drop((first, third, fourth));
        let open = places.lock();
        assert!(open.seats.is_empty() && open.addresses.is_empty() && places.shares.is_empty());
        assert_eq!(open.kept, 0);
    }

    #[test]
    fn an_address_beyond_its_bound_makes_room_at_its_own_cost() {
        let places = places(8, 1);
        let other = places.take(address(9)).unwrap();
        let first = places.take(address(1)).unwrap();
        pass(&places, STRANGER_WAITED);
        let second = places.take(address(1)).unwrap();
        assert!(!second.seat.kept);
        assert!(places.lock().seats.contains_key(&other.seat.number));
        assert!(!places.lock().seats.contains_key(&first.seat.number));
        second.seat.serving();
        assert!(places.take(address(1)).unwrap().seat.kept, "a request under way stays");
    }

    #[test]
    fn a_scope_has_its_share_and_a_connection_counts_once() {
        let places = places(8, 8);
        let seats: Vec<Seated> = (0..3).filter_map(|_| places.take(address(1))).collect();
        seats[0].seat.claim(ScopeNo(1), || 2).unwrap();
        seats[0].seat.claim(ScopeNo(1), || 2).unwrap();
        seats[1].seat.claim(ScopeNo(1), || 2).unwrap();
        let full = |max, by_quota| Err(NoPlace { max, by_quota });
        assert_eq!(seats[2].seat.claim(ScopeNo(1), || 2), full(2, true));
        assert_eq!(seats[2].seat.claim(ScopeNo(3), || 0), full(0, true));
        seats[0].seat.claim(ScopeNo(2), || 2).unwrap();
        seats[2].seat.claim(ScopeNo(1), || 2).unwrap();
        drop(seats);
        assert!(places.shares.is_empty());
    }

    #[test]
    fn each_phase_has_its_time() {
        let options = ServeOptions {
            head_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(8),
            write_timeout: Duration::from_secs(2),
            ..ServeOptions::default()
        };
        let places = Arc::new(Places::new(&options));
        let seated = places.take(address(1)).unwrap();
        let seat = &seated.seat;
        let over = |after: Duration| {
            let now = places.ticks.now().wrapping_add(ticks(after));
            seat.overdue(now, &places.allowed)
        };
        assert_eq!(over(Duration::from_secs(2)), None, "one that has not asked yet");
        assert_eq!(over(Duration::from_millis(2_100)), Some("idle"));
        seat.heard();
        assert_eq!(over(Duration::from_secs(1)), None);
        assert_eq!(over(Duration::from_millis(1_100)), Some("head"));
        seat.serving();
        assert_eq!(over(Duration::from_secs(999)), None, "bodies and handlers time themselves");
        seat.answering();
        assert_eq!(over(Duration::from_millis(2_100)), Some("write"));
        seat.wrote(usize::try_from(WRITE_BYTES_A_SECOND).unwrap());
        assert_eq!(over(Duration::from_secs(3)), None, "what is taken earns time");
        assert_eq!(over(Duration::from_millis(3_100)), Some("write"));
        seat.flushed();
        seat.claim(ScopeNo(1), || 2).unwrap();
        assert_eq!(over(Duration::from_secs(8)), None);
        assert_eq!(over(Duration::from_millis(8_100)), Some("idle"));
        seat.set_unread();
        assert!(seat.lingers() && !seat.lingers());
        assert_eq!(over(Duration::from_millis(2_100)), Some("linger"));
    }
}
