//! Policy: the checks that an intent must pass before money moves.
//!
//! Windows end at the time of deciding and are exact: a start counts while less than the window
//! has passed. Usage is what intents of a source account started (were controlled for), whatever
//! became of them. Owns rules, checks and usage. Must not know balances.

use crate::bounds::check_amount;
use crate::command::Refusal;
use bincode::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};
use zentra_events::event::{CheckV1, PolicyRuleV1, PolicySetV1};
use zentra_events::limits::NAME_BYTES_MAX;
use zentra_events::{Amount, Code, Currency, Span, Timestamp};

/// Rules in one policy set at most, and codes in one of its lists.
pub const RULES_MAX: usize = 256;

/// Rules of one set that may be about the same intent: each is a check in its entry.
pub(crate) const CHECKS_MAX: usize = 16;

const LIMIT_CHECK: &str = "limit_check";

/// What the checks look at.
pub(crate) struct Subject<'a> {
    pub(crate) currency: Currency,
    pub(crate) amount: Amount,
    pub(crate) corridor: &'a str,
    pub(crate) usage: Option<&'a Usage>,
    /// Starts besides `usage`, all in the window: how many, and their sum.
    pub(crate) started: (usize, Amount),
    pub(crate) now: Timestamp,
}

/// The starts of one source account, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Usage {
    starts: VecDeque<Start>,
    /// What all starts ever counted here sum to. An account's debits bound it.
    sum: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Start {
    at: Timestamp,
    /// What all starts before this one sum to, so that any window is one subtraction.
    sum_before: Amount,
}

impl Usage {
    /// Counts a start and forgets those older than `kept`.
    pub(crate) fn record(&mut self, now: Timestamp, amount: Amount, kept: Span) {
        while self.starts.front().is_some_and(|start| !within(start.at, now, kept)) {
            self.starts.pop_front();
        }
        self.starts.push_back(Start { at: now, sum_before: self.sum });
        self.sum = Amount(self.sum.0.wrapping_add(amount.0));
    }

    /// How many starts are in the window that ends now, and what they sum to.
    fn in_window(&self, now: Timestamp, window: Span) -> (usize, Amount) {
        let first = self.starts.partition_point(|start| !within(start.at, now, window));
        let count = self.starts.len().saturating_sub(first);
        let sum =
            self.starts.get(first).map_or(0, |start| self.sum.0.wrapping_sub(start.sum_before.0));
        (count, Amount(sum))
    }
}

fn within(at: Timestamp, now: Timestamp, window: Span) -> bool {
    now.since(at) < window
}

/// The currencies that a policy has velocity rules about.
pub(crate) fn velocities(policy: &PolicySetV1) -> impl Iterator<Item = Currency> {
    policy.rules.iter().filter_map(|rule| match rule {
        PolicyRuleV1::Velocity { currency, .. } => Some(*currency),
        PolicyRuleV1::LimitCheck { .. }
        | PolicyRuleV1::CurrencyList { .. }
        | PolicyRuleV1::CorridorList { .. } => None,
    })
}

/// How long starts in a currency must be kept; none when no velocity rule is about it.
pub(crate) fn kept(policy: Option<&PolicySetV1>, currency: Currency) -> Option<Span> {
    policy?
        .rules
        .iter()
        .filter_map(|rule| match rule {
            PolicyRuleV1::Velocity { currency: of, window_ns, .. } if *of == currency => {
                Some(*window_ns)
            }
            PolicyRuleV1::Velocity { .. }
            | PolicyRuleV1::LimitCheck { .. }
            | PolicyRuleV1::CurrencyList { .. }
            | PolicyRuleV1::CorridorList { .. } => None,
        })
        .max()
}

/// Checks every rule in order. The first that fails decides; its check is the last one returned.
/// Where no rule bounds the amount, a `limit_check` without a limit says so.
pub(crate) fn evaluate(
    policy: Option<&PolicySetV1>,
    subject: &Subject<'_>,
) -> (Vec<CheckV1>, Result<(), Refusal>) {
    let rules = policy.map_or(&[][..], |set| &set.rules);
    let mut checks = Vec::with_capacity(rules.len().saturating_add(1));
    if !rules.iter().any(|rule| is_limit_of(rule, subject.currency)) {
        checks.push(check(LIMIT_CHECK, true, None, None));
    }
    for rule in rules {
        let Some((check, verdict)) = apply(rule, subject) else { continue };
        checks.push(check);
        if verdict.is_err() {
            return (checks, verdict);
        }
    }
    (checks, Ok(()))
}

/// Refuses sets that are too long, have too many rules for one intent, or name an amount over the
/// bound.
pub(crate) fn check_rules(rules: &[PolicyRuleV1]) -> Result<(), Refusal> {
    let longest = rules.iter().map(|rule| match rule {
        PolicyRuleV1::CurrencyList { allowed } => allowed.len(),
        PolicyRuleV1::CorridorList { allowed } => allowed.len(),
        PolicyRuleV1::LimitCheck { .. } | PolicyRuleV1::Velocity { .. } => 0,
    });
    let longest = longest.max().unwrap_or(0).max(rules.len());
    if longest > RULES_MAX {
        return Err(Refusal::new(
            Code::ValidationFailed,
            format!("a policy and each of its lists has at most {RULES_MAX} items, not {longest}"),
        ));
    }
    let checks = checks_of_any_intent(rules);
    if checks > CHECKS_MAX {
        return Err(Refusal::new(
            Code::ValidationFailed,
            format!("at most {CHECKS_MAX} rules may be about one currency, not {checks}"),
        ));
    }
    rules.iter().try_for_each(|rule| match rule {
        PolicyRuleV1::LimitCheck { amount_max: amount, .. }
        | PolicyRuleV1::Velocity { sum_max: amount, .. } => check_amount(*amount),
        PolicyRuleV1::CurrencyList { .. } => Ok(()),
        PolicyRuleV1::CorridorList { allowed } => {
            let named = |name: &String| (1..=NAME_BYTES_MAX).contains(&name.len());
            if allowed.iter().all(named) {
                return Ok(());
            }
            let detail = format!("a corridor has 1 to {NAME_BYTES_MAX} bytes");
            Err(Refusal::new(Code::ValidationFailed, detail))
        }
    })
}

/// How many rules are about the currency that most are about; lists are about every currency.
fn checks_of_any_intent(rules: &[PolicyRuleV1]) -> usize {
    let mut lists = 0_usize;
    let mut by_currency: BTreeMap<Currency, usize> = BTreeMap::new();
    for rule in rules {
        let count = match rule {
            PolicyRuleV1::LimitCheck { currency, .. } | PolicyRuleV1::Velocity { currency, .. } => {
                by_currency.entry(*currency).or_default()
            }
            PolicyRuleV1::CurrencyList { .. } | PolicyRuleV1::CorridorList { .. } => &mut lists,
        };
        *count = count.saturating_add(1);
    }
    lists.saturating_add(by_currency.into_values().max().unwrap_or(0))
}

fn is_limit_of(rule: &PolicyRuleV1, currency: Currency) -> bool {
    matches!(rule, PolicyRuleV1::LimitCheck { currency: of, .. } if *of == currency)
}

/// The check of one rule; none when the rule is about another currency.
fn apply(rule: &PolicyRuleV1, subject: &Subject<'_>) -> Option<(CheckV1, Result<(), Refusal>)> {
    let Subject { currency, amount, corridor, .. } = subject;
    match rule {
        PolicyRuleV1::LimitCheck { currency: of, amount_max } => {
            (of == currency).then(|| limit(*amount, *amount_max))
        }
        PolicyRuleV1::Velocity { currency: of, window_ns, count_max, sum_max } => {
            (of == currency).then(|| velocity(subject, *window_ns, *count_max, *sum_max))
        }
        PolicyRuleV1::CurrencyList { allowed } => {
            let passed = allowed.contains(currency);
            let verdict = verdict(passed, Code::CurrencyNotAllowed, || {
                format!("the policy does not allow the currency {currency}")
            });
            Some((check("currency_list", passed, None, None), verdict))
        }
        PolicyRuleV1::CorridorList { allowed } => {
            let passed = allowed.iter().any(|known| known == corridor);
            let verdict = verdict(passed, Code::CorridorNotAllowed, || {
                format!("the policy does not allow the corridor {corridor}")
            });
            Some((check("corridor_list", passed, None, None), verdict))
        }
    }
}

fn limit(amount: Amount, amount_max: Amount) -> (CheckV1, Result<(), Refusal>) {
    let passed = amount <= amount_max;
    let verdict =
        verdict(passed, Code::LimitExceeded, || format!("amount {amount}, limit {amount_max}"));
    (check(LIMIT_CHECK, passed, Some(amount_max), None), verdict)
}

/// One check for both bounds: it shows the count where the count failed, else the sum.
fn velocity(
    subject: &Subject<'_>,
    window: Span,
    count_max: u32,
    sum_max: Amount,
) -> (CheckV1, Result<(), Refusal>) {
    let (count, sum) =
        subject.usage.map_or((0, Amount::ZERO), |usage| usage.in_window(subject.now, window));
    let count = count.saturating_add(subject.started.0);
    let sum = Amount(sum.0.saturating_add(subject.started.1.0));
    if count >= count_max as usize {
        let verdict = verdict(false, Code::VelocityExceeded, || {
            format!("{count} intents in the window, limit {count_max}")
        });
        let (limit, used) = (Amount(u128::from(count_max)), Amount(count as u128));
        return (check("velocity", false, Some(limit), Some(used)), verdict);
    }
    let passed = sum.checked_add(subject.amount).is_some_and(|total| total <= sum_max);
    let verdict = verdict(passed, Code::VelocityExceeded, || {
        format!("used {sum} in the window, amount {}, limit {sum_max}", subject.amount)
    });
    (check("velocity", passed, Some(sum_max), Some(sum)), verdict)
}

fn verdict(passed: bool, code: Code, detail: impl FnOnce() -> String) -> Result<(), Refusal> {
    if passed { Ok(()) } else { Err(Refusal::new(code, detail())) }
}

fn check(name: &str, passed: bool, limit: Option<Amount>, used: Option<Amount>) -> CheckV1 {
    CheckV1 { name: name.to_owned(), passed, limit, used }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_exact_at_their_edges() {
        let mut usage = Usage::default();
        for (at, amount) in [(10, 1), (20, 2), (30, 4)] {
            usage.record(Timestamp(at), Amount(amount), Span(100));
        }
        let window = |now, span| usage.in_window(Timestamp(now), Span(span));
        assert_eq!(window(30, 100), (3, Amount(7)));
        assert_eq!(window(30, 20), (2, Amount(6)));
        assert_eq!(window(30, 21), (3, Amount(7)));
        assert_eq!(window(30, 0), (0, Amount::ZERO));
        assert_eq!(window(200, 100), (0, Amount::ZERO));
    }

    #[test]
    fn an_intent_meets_a_bounded_number_of_rules() {
        let limit = |code: &str| PolicyRuleV1::LimitCheck {
            currency: code.parse().unwrap(),
            amount_max: Amount(1),
        };
        let list = PolicyRuleV1::CorridorList { allowed: Vec::new() };
        let mut rules: Vec<PolicyRuleV1> = vec![list];
        for _ in 1..CHECKS_MAX {
            rules.extend([limit("EUR"), limit("USD")]);
        }
        check_rules(&rules).unwrap();
        rules.push(limit("USD"));
        let refused = check_rules(&rules).unwrap_err();
        assert_eq!(refused.code, Code::ValidationFailed);
        assert!(refused.detail.contains("not 17"), "{}", refused.detail);
    }

    #[test]
    fn old_starts_are_forgotten() {
        let mut usage = Usage::default();
        for at in 0..1_000 {
            usage.record(Timestamp(at), Amount(1), Span(10));
        }
        assert_eq!(usage.starts.len(), 10);
        assert_eq!(usage.in_window(Timestamp(999), Span(10)), (10, Amount(10)));
    }
}
