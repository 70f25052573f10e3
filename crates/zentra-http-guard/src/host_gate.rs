//! How much may go to one destination, whoever asks for it.
//!
//! Owns the slow start of destinations. A host that has not answered a scope well yet gets few
//! attempts at once and few a second of all that the scope sends to its address, and of all that
//! every scope sends there; many names or scopes for one address are no way around. Each success
//! doubles what the scope may send to the host, each failure takes a quarter of that back, and no
//! scope's failures count for another's. Must not resolve, send, or know deliveries; `now` is any
//! time that does not go back.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use zentra_events::{ScopeNo, Span, Timestamp};

/// Attempts under way at once of a scope to hosts of one address that never answered it well.
pub const HOST_AT_ONCE_START: u32 = 8;
/// As many a second.
pub const HOST_A_SECOND_START: u64 = 16;
/// Attempts under way at once of a scope to any host.
pub const HOST_AT_ONCE_MAX: u32 = 512;
/// Attempts a second of a scope to any host.
pub const HOST_A_SECOND_MAX: u64 = HOST_A_SECOND_START << DOUBLINGS_MAX;
/// Attempts a second, and at once, of all scopes to such hosts of one address.
pub const ADDRESS_A_SECOND: u64 = 64;

const DOUBLINGS_MAX: u32 = 10;
/// A success counts as many times as a failure.
const SUCCESS_COUNTS: u32 = 4;
const STANDING_MAX: u32 = DOUBLINGS_MAX * SUCCESS_COUNTS;
/// How long the standing of a host that nothing goes to is kept.
const KEPT: Span = Span::seconds(600);
/// The longest that an attempt is told to wait before it asks again.
const WAIT_MAX: Span = Span::seconds(5);
const SECOND: u64 = 1_000_000_000;

/// Whether an attempt may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may; tell its end by [`HostGate::finished`].
    Go,
    /// Not now: ask again at this time.
    Wait(Timestamp),
}

/// What goes to each destination.
#[derive(Clone, Debug, Default)]
pub struct HostGate {
    hosts: BTreeMap<HostKey, Host>,
    /// What goes to hosts that are not known to answer well, by address: of one scope, and of all.
    strangers: BTreeMap<(Option<ScopeNo>, IpAddr), Flow>,
}

/// A host at one of its addresses, as one scope sees it.
type HostKey = (ScopeNo, Arc<str>, IpAddr);

#[derive(Clone, Debug, Default)]
struct Host {
    flow: Flow,
    /// Successes and failures so far, weighed; four make a doubling.
    standing: u32,
    /// Those under way that started before it was known to answer well.
    as_stranger: u32,
    touched: Timestamp,
}

/// Attempts to one place: how many are under way, and when the next may start.
#[derive(Clone, Debug, Default)]
struct Flow {
    under_way: u32,
    /// When what was started is paid off at the flow's rate: a second of credit may be used.
    paid_at: Timestamp,
    /// When the last of those that were told to wait may ask again.
    queue_at: Timestamp,
}

/// How much a flow may have.
#[derive(Clone, Copy)]
struct Bounds {
    at_once: u32,
    a_second: u64,
}

impl Host {
    fn is_stranger(&self) -> bool {
        self.standing < SUCCESS_COUNTS
    }

    fn bounds(&self) -> Bounds {
        let doublings = (self.standing / SUCCESS_COUNTS).min(DOUBLINGS_MAX);
        let at_once = HOST_AT_ONCE_START.saturating_mul(1 << doublings).min(HOST_AT_ONCE_MAX);
        Bounds { at_once, a_second: HOST_A_SECOND_START << doublings }
    }
}

impl Flow {
    /// None when one more may start; else when to ask again. Those that wait are spread by the
    /// rate, so that many of them do not all ask at once.
    fn wait(&mut self, now: Timestamp, bounds: Bounds) -> Option<Timestamp> {
        let credit_used = self.paid_at.since(now);
        if self.under_way < bounds.at_once && credit_used < Span::seconds(1) {
            return None;
        }
        let free_at = now.max(Timestamp(self.paid_at.0.saturating_sub(SECOND)));
        self.queue_at = self.queue_at.max(free_at).after(gap(bounds)).min(now.after(WAIT_MAX));
        Some(self.queue_at)
    }

    fn start(&mut self, now: Timestamp, bounds: Bounds) {
        self.under_way = self.under_way.saturating_add(1);
        self.paid_at = self.paid_at.max(now).after(gap(bounds));
    }

    fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Whether it is as one that never was.
    fn is_at_rest(&self, now: Timestamp) -> bool {
        self.under_way == 0 && self.paid_at <= now && self.queue_at <= now
    }
}

fn gap(bounds: Bounds) -> Span {
    Span(SECOND / bounds.a_second.max(1))
}

const OF_SCOPE: Bounds = Bounds { at_once: HOST_AT_ONCE_START, a_second: HOST_A_SECOND_START };
const OF_ALL: Bounds = Bounds { at_once: ADDRESS_A_SECOND as u32, a_second: ADDRESS_A_SECOND };

/// The two flows that a stranger's attempts count in.
fn of_strangers(scope: ScopeNo, address: IpAddr) -> [((Option<ScopeNo>, IpAddr), Bounds); 2] {
    let network = network(address);
    [((Some(scope), network), OF_SCOPE), ((None, network), OF_ALL)]
}

impl HostGate {
    /// Asks for one attempt of a scope to a host that may be reached at any of these addresses.
    pub fn admit(
        &mut self,
        now: Timestamp,
        scope: ScopeNo,
        host: &Arc<str>,
        addresses: &[IpAddr],
    ) -> Admission {
        let waits =
            addresses.iter().filter_map(|at| self.wait(now, (scope, Arc::clone(host), *at)));
        if let Some(at) = waits.max() {
            return Admission::Wait(at);
        }
        for address in addresses {
            let known = self.hosts.entry((scope, Arc::clone(host), *address)).or_default();
            known.touched = now;
            if known.is_stranger() {
                known.as_stranger = known.as_stranger.saturating_add(1);
                for (key, bounds) in of_strangers(scope, *address) {
                    self.strangers.entry(key).or_default().start(now, bounds);
                }
            } else {
                known.flow.start(now, known.bounds());
            }
        }
        Admission::Go
    }

    /// An attempt that was admitted has ended; it was a success when the answer was a 2xx.
    pub fn finished(
        &mut self,
        now: Timestamp,
        scope: ScopeNo,
        host: &Arc<str>,
        addresses: &[IpAddr],
        success: bool,
    ) {
        for address in addresses {
            let Some(known) = self.hosts.get_mut(&(scope, Arc::clone(host), *address)) else {
                continue;
            };
            if known.as_stranger > 0 {
                known.as_stranger -= 1;
                for (key, _) in of_strangers(scope, *address) {
                    self.strangers.entry(key).or_default().end();
                }
            } else {
                known.flow.end();
            }
            known.touched = now;
            known.standing = if success {
                known.standing.saturating_add(SUCCESS_COUNTS).min(STANDING_MAX)
            } else {
                known.standing.saturating_sub(1)
            };
        }
    }

    /// Forgets what says nothing any more. To be called now and then.
    pub fn sweep(&mut self, now: Timestamp) {
        self.hosts.retain(|_, host| {
            let stays = if host.is_stranger() { Span::default() } else { KEPT };
            let at_rest = host.flow.is_at_rest(now) && host.as_stranger == 0;
            !at_rest || now < host.touched.after(stays)
        });
        self.strangers.retain(|_, flow| !flow.is_at_rest(now));
    }

    /// Destinations that are kept in mind.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether none is kept in mind.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    fn wait(&mut self, now: Timestamp, key: HostKey) -> Option<Timestamp> {
        let (scope, _, address) = key;
        match self.hosts.get_mut(&key).filter(|known| !known.is_stranger()) {
            Some(known) => {
                let bounds = known.bounds();
                known.flow.wait(now, bounds)
            }
            None => of_strangers(scope, address)
                .into_iter()
                .filter_map(|(key, bounds)| {
                    self.strangers.entry(key).or_default().wait(now, bounds)
                })
                .max(),
        }
    }
}

/// What one party holds of the address space at least: an IPv4 address, or a /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000 * SECOND);

    const ONE: ScopeNo = ScopeNo(1);

    fn host(name: &str) -> Arc<str> {
        name.into()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Sends as much as is let through for a time, each attempt ending like this; returns how many
    /// went out.
    fn flood(
        gate: &mut HostGate,
        to: &[HostKey],
        (from, ms): (Timestamp, u64),
        success: bool,
    ) -> u64 {
        let mut sent = 0;
        for tick in 0..ms {
            let now = from.after(Span::millis(tick));
            for (scope, host, address) in to {
                let mut gone = 0;
                while gone < 64 && gate.admit(now, *scope, host, &[*address]) == Admission::Go {
                    gone += 1;
                }
                for _ in 0..gone {
                    gate.finished(now, *scope, host, &[*address], success);
                }
                sent += gone;
            }
        }
        sent
    }

    #[test]
    fn a_host_that_never_answers_well_gets_few_a_second() {
        let mut gate = HostGate::default();
        let to = [(ONE, host("victim.example"), ip("203.0.113.7"))];
        let sent = flood(&mut gate, &to, (START, 10_000), false);
        let most = HOST_A_SECOND_START * 11;
        assert!((most - 2..=most).contains(&sent), "{sent}: a second of credit, and ten");
    }

    #[test]
    fn a_host_that_answers_well_is_open_within_a_second() {
        let mut gate = HostGate::default();
        let to = [(ONE, host("good.example"), ip("203.0.113.7"))];
        let first = flood(&mut gate, &to, (START, 1_000), true);
        assert!(first > 8_000, "{first}");
        let later = flood(&mut gate, &to, (START.after(Span::seconds(1)), 10_000), true);
        let most = HOST_A_SECOND_MAX * 10;
        assert!(later >= most * 9 / 10 && later <= most + HOST_A_SECOND_MAX, "{later}");
    }

    #[test]
    fn failures_take_back_what_successes_gave() {
        let mut gate = HostGate::default();
        let to = [(ONE, host("worse.example"), ip("203.0.113.7"))];
        flood(&mut gate, &to, (START, 1_000), true);
        flood(&mut gate, &to, (START.after(Span::seconds(2)), 2_000), false);
        let later = flood(&mut gate, &to, (START.after(Span::seconds(10)), 1_000), false);
        assert!(later <= 32, "{later}");
    }

    #[test]
    fn many_names_for_one_address_are_no_way_around() {
        let mut gate = HostGate::default();
        let to: Vec<_> = (0..50)
            .map(|no| (ScopeNo(no % 9), host(&format!("n{no}.example")), ip("203.0.113.7")))
            .collect();
        let sent = flood(&mut gate, &to, (START, 5_000), false);
        assert!(sent <= ADDRESS_A_SECOND * 6, "{sent}");
        let many: Vec<_> = (0..50)
            .map(|no| (ScopeNo(no % 9), host("one.example"), ip(&format!("2001:db8:1:2::{no:x}"))))
            .collect();
        let sent = flood(&mut gate, &many, (START, 5_000), false);
        assert!(sent <= ADDRESS_A_SECOND * 6, "{sent}");
    }

    #[test]
    fn many_names_of_one_scope_share_what_a_stranger_gets() {
        let mut gate = HostGate::default();
        let to: Vec<_> =
            (0..50).map(|no| (ONE, host(&format!("n{no}.example")), ip("203.0.113.7"))).collect();
        let sent = flood(&mut gate, &to, (START, 5_000), false);
        assert!(sent <= HOST_A_SECOND_START * 6, "{sent}");
    }

    #[test]
    fn one_scopes_failures_leave_what_another_may_alone() {
        let mut gate = HostGate::default();
        let good = [(ONE, host("shared.example"), ip("203.0.113.7"))];
        flood(&mut gate, &good, (START, 1_000), true);
        let bad = [(ScopeNo(2), host("shared.example"), ip("203.0.113.7"))];
        let then = START.after(Span::seconds(2));
        assert!(flood(&mut gate, &bad, (then, 1_000), false) <= HOST_A_SECOND_START * 2);
        assert!(flood(&mut gate, &good, (then, 1_000), true) > 10_000);
    }

    #[test]
    fn a_proof_holds_for_the_address_that_gave_it() {
        let mut gate = HostGate::default();
        let name = host("turned.example");
        flood(&mut gate, &[(ONE, Arc::clone(&name), ip("203.0.113.7"))], (START, 1_000), true);
        let victim = [(ONE, name, ip("198.51.100.9"))];
        assert!(flood(&mut gate, &victim, (START.after(Span::seconds(1)), 1_000), false) <= 32);
    }

    #[test]
    fn no_more_than_a_few_are_under_way_at_first_and_each_end_frees_one() {
        let mut gate = HostGate::default();
        let (name, at) = (host("slow.example"), [ip("203.0.113.7")]);
        for _ in 0..HOST_AT_ONCE_START {
            assert_eq!(gate.admit(START, ONE, &name, &at), Admission::Go);
        }
        let Admission::Wait(first) = gate.admit(START, ONE, &name, &at) else { panic!() };
        let Admission::Wait(second) = gate.admit(START, ONE, &name, &at) else { panic!() };
        assert!(START < first && first < second, "those that wait are spread");
        gate.finished(START, ONE, &name, &at, false);
        assert_eq!(gate.admit(START, ONE, &name, &at), Admission::Go);
        for _ in 0..HOST_AT_ONCE_START {
            gate.finished(START, ONE, &name, &at, false);
        }
        gate.sweep(START.after(Span::seconds(60)));
        assert!(gate.is_empty() && gate.strangers.is_empty(), "what is at rest is forgotten");
    }
}
