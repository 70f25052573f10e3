//! The mutations: each a bug that somebody could write, as a text that is put in another's place.
//!
//! Owns the table. A text stands exactly once in its file; `tests` checks it, so that who changes
//! the text changes the row.

/// A bug.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    /// What it breaks.
    pub(super) breaks: &'static str,
    pub(super) file: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

pub(super) const fn bug(
    name: &'static str,
    breaks: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Mutation {
    Mutation { name, breaks, file, from, to }
}

const DRAFT: &str = "crates/zentra-ledger/src/draft.rs";
const HOLD: &str = "crates/zentra-ledger/src/decide_hold.rs";
const INTENT: &str = "crates/zentra-ledger/src/decide_intent.rs";
const ACCESS: &str = "crates/zentra-engine/src/access.rs";
const ATTEMPT: &str = "crates/zentra-delivery/src/decide_attempt.rs";
const SCHEDULER: &str = "crates/zentra-delivery/src/scheduler.rs";
const SEALING: &str = "crates/zentra-sealer/src/sealing.rs";
const LOG: &str = "crates/zentra-store/src/log.rs";

pub(super) const MUTATIONS: &[Mutation] = &[
    bug(
        "answer-before-sync",
        "durable before visible",
        "crates/zentra-runtime/src/writer.rs",
        "Ok(Next::Sync(Written { entries, spans, releases, count, began }))",
        "for release in releases {\n            release();\n        }\n        let releases = \
         Vec::new();\n        Ok(Next::Sync(Written { entries, spans, releases, count, began }))",
    ),
    bug(
        "sync-that-does-not",
        "nothing acknowledged is lost",
        LOG,
        "segment.file.sync_data().map_err(failed(\"syncing\", &segment.name))?;\n                \
         log.synced = log.next;",
        "log.synced = log.next;",
    ),
    bug(
        "segment-without-its-name",
        "nothing acknowledged is lost",
        LOG,
        "    file.sync_data()?;\n    storage.sync_dir()?;\n",
        "    file.sync_data()?;\n",
    ),
    bug(
        "damage-taken-for-a-torn-write",
        "damage is refused",
        "crates/zentra-store/src/tail.rs",
        "rest.durable_max.is_some_and(|durable| durable > position)",
        "rest.durable_max.is_some_and(|_| false)",
    ),
    bug(
        "skipped-floor",
        "no account below its floor",
        DRAFT,
        "totals.check_funds(floor, required).map_err(|available| {",
        "totals.check_funds(floor, Amount(required.0 / 2)).map_err(|available| {",
    ),
    bug(
        "frozen-takes-part",
        "a frozen account takes part in nothing",
        DRAFT,
        "let Some(code) = account.not_open() else { continue };",
        "let Some(code) = account.not_open().filter(|c| *c != Code::AccountFrozen) else {\n\
         continue };",
    ),
    bug(
        "double-settle",
        "a hold is settled once",
        HOLD,
        "known.check_state(IntentState::Routed, \"only a hold can be settled\")?;",
        "known.check_state(known.intent.state(), \"only a hold can be settled\")?;",
    ),
    bug(
        "rest-kept",
        "what is not settled is released",
        HOLD,
        "if !rest.is_zero() {",
        "if rest.0 > 1 {",
    ),
    bug(
        "reversed-twice",
        "no more is reversed than was settled",
        HOLD,
        "Amount(self.tally.settled.0.saturating_sub(self.tally.reversed.0))",
        "self.tally.settled",
    ),
    bug(
        "effective-too-early",
        "no leg takes effect before an earlier one",
        HOLD,
        "if at < leg.effective_at {",
        "if at < leg.effective_at && at.0 == 0 {",
    ),
    bug(
        "payout-of-a-frozen",
        "a frozen destination is not paid out",
        HOLD,
        "draft.check_not_frozen(destination)?;",
        "",
    ),
    bug(
        "rejection-by-the-wrong-rule",
        "the order of rejections",
        INTENT,
        "        check_own(source)?;\n        check_own(destination)?;\n        let debtor",
        "        check_own(destination)?;\n        let debtor",
    ),
    bug(
        "group-with-one-that-is-given-up",
        "a linked group succeeds as a whole",
        INTENT,
        "if let Some(refusal) = steps.given_up {",
        "if let Some(refusal) = steps.given_up.filter(|_| index > 0) {",
    ),
    bug(
        "limit-off-by-one",
        "the limit of a policy",
        "crates/zentra-ledger/src/policy.rs",
        "count >= count_max as usize",
        "count > count_max as usize",
    ),
    bug(
        "last-route-wins",
        "the lowest priority number wins",
        "crates/zentra-ledger/src/route.rs",
        "min_by_key(|route| rank(route))",
        "max_by_key(|route| rank(route))",
    ),
    bug(
        "key-without-fingerprint",
        "another body is refused",
        "crates/zentra-engine/src/idempotency.rs",
        "Some(row) if row.fingerprint == asked.fingerprint => Seen::Same(row.position),",
        "Some(row) if row.position.0 > 0 => Seen::Same(row.position),",
    ),
    bug(
        "revoked-key-acts",
        "nobody acts with a key that was revoked",
        ACCESS,
        "let works = self.directory.key(key).is_some_and(|key| !key.revoked);",
        "let works = self.directory.key(key).is_some();",
    ),
    bug(
        "last-admin-revoked",
        "the last admin of a scope stays",
        ACCESS,
        "self.directory.admins(request.scope) <= 1",
        "self.directory.admins(request.scope) < 1",
    ),
    bug(
        "shared-secret-by-an-operator",
        "who may not make endpoints does not change what signs for all",
        ACCESS,
        "endpoint.secret_name.filter(|_| key.roles & MAKES_ENDPOINTS == 0)?",
        "endpoint.secret_name.filter(|_| key.roles & MAKES_ENDPOINTS == MAKES_ENDPOINTS)?",
    ),
    bug(
        "quota-off-by-one",
        "a scope holds no more than its quota",
        "crates/zentra-engine/src/quota.rs",
        "(used.saturating_add(more) > limit)",
        "(used > limit)",
    ),
    bug(
        "log-clock-stands-still",
        "the log's time goes on, whatever the clock shows",
        "crates/zentra-env/src/log_clock.rs",
        "self.log = system.max(self.log.after(Span(passed.0 / 10 * 9)));",
        "self.log = system.max(self.log);",
    ),
    bug(
        "accepted-attempt-forgotten",
        "what the consumer said counts, whatever became of its endpoint",
        ATTEMPT,
        "self.check_fence(no, record, attempt)?;",
        "self.check_fence(no, record, attempt)?;\n        if !endpoint.is_listening() {\n \
         return Err(Refusal::new(Code::StaleAttempt, \"it is off\"));\n        }",
    ),
    bug(
        "hanging-ones-are-quick",
        "who hangs has a place of the slow after a second",
        SCHEDULER,
        "while let Some(queue) = self.flights.next_of_age(self.now) {",
        "while let Some(queue) = None::<u32>.filter(|_| self.now.0 > 0) {",
    ),
    bug(
        "url-told-to-all",
        "an endpoint's URL is told to itself alone",
        "crates/zentra-sender/src/payload.rs",
        "let url = if to == Some(*endpoint) { url.as_str() } else { origin(url) };",
        "let url = if to.is_some() { url.as_str() } else { origin(url) };",
    ),
    bug(
        "signed-by-one-version-alone",
        "all valid versions of a secret sign",
        "crates/zentra-sender/src/prepare.rs",
        "let signatures = secrets.iter().map(",
        "let signatures = secrets.iter().take(1).map(",
    ),
    bug(
        "retry-after-of-the-past",
        "a date that has passed asks for nothing",
        "crates/zentra-sender/src/retry_after.rs",
        "(at > now).then(|| at.since(now))",
        "Some(at.since(now))",
    ),
    bug(
        "verified-by-any-word",
        "a consumer tells that it verified by the event's id",
        "crates/zentra-sender/src/attempt.rs",
        "answer.header(&WEBHOOK_VERIFIED) == Some(self.event.to_string().as_str())",
        "answer.header(&WEBHOOK_VERIFIED).is_some()",
    ),
    bug(
        "dated-before-its-intent",
        "no leg of an intent takes effect before an earlier one",
        "crates/zentra-views/src/dated.rs",
        "earlier.map_or(own, |earlier| own.max(earlier))",
        "earlier.map_or(own, |earlier| if earlier.0 == 0 { earlier } else { own })",
    ),
    bug(
        "lost-dead-letter",
        "a used-up schedule makes a dead letter",
        ATTEMPT,
        "if next_attempt_at.is_none() {",
        "if next_attempt_at.is_none() && attempts < 2 {",
    ),
    bug(
        "stale-attempt-taken",
        "an outcome counts once",
        ATTEMPT,
        "if Some(number) != expected {",
        "if Some(number) > expected || number == 0 {",
    ),
    bug(
        "attempt-of-an-old-replay",
        "an outcome counts for its own replay",
        ATTEMPT,
        "if attempt.replay != self.records.replay_of(no).map(|replayed| replayed.replay) {",
        "if attempt.replay.is_some() && self.records.replay_of(no).is_none() {",
    ),
    bug(
        "gone-is-a-failure",
        "a 410 disables",
        ATTEMPT,
        "if is_gone(attempt.result) && endpoint.is_listening() {",
        "if is_gone(attempt.result) && endpoint.is_listening() && attempt.number > 1 {",
    ),
    bug(
        "jitter-without-a-cap",
        "the jitter is less than a tenth",
        "crates/zentra-delivery/src/retry.rs",
        "(u128::from(delay.0 / JITTER_PART) * drawn) >> 64",
        "(u128::from(delay.0) * drawn) >> 64",
    ),
    bug(
        "retry-after-for-ever",
        "Retry-After counts for 24 hours at most",
        "crates/zentra-delivery/src/retry.rs",
        "retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)",
        "retry_after.unwrap_or_default()",
    ),
    bug(
        "due-by-the-logs-time",
        "what is due is started, whatever the clock shows",
        SCHEDULER,
        "let times = Times { log: header.recorded_at, waiting: self.now };",
        "let times = Times { log: self.now, waiting: self.now };",
    ),
    bug(
        "place-never-freed",
        "a place is free when its attempt has ended",
        SCHEDULER,
        "self.places[kind as usize].give_back(scope);",
        "let _kept = (kind, scope);",
    ),
    bug(
        "sent-while-disabled",
        "a disabled endpoint gets nothing",
        "crates/zentra-delivery/src/endpoint.rs",
        "self.status == EndpointStatus::Listening",
        "self.status != EndpointStatus::Deleted",
    ),
    bug(
        "parked-for-good",
        "enabling makes what is parked due",
        "crates/zentra-delivery/src/endpoint_queue.rs",
        "self.backlog.append(&mut self.timers);",
        "self.timers.clear();",
    ),
    bug(
        "overlap-forgotten",
        "versions of a secret overlap",
        "crates/zentra-delivery/src/secret.rs",
        "version.valid_until.is_none_or(|until| now < until)",
        "version.valid_until.is_some_and(|until| now < until)",
    ),
    bug(
        "replay-of-what-waits",
        "a replay leaves out what waits",
        "crates/zentra-delivery/src/left_out.rs",
        "DeliveryStatus::Pending => self.pending += 1,",
        "DeliveryStatus::Pending => return true,",
    ),
    bug(
        "tree-off-by-one",
        "a proof leads to the signed root",
        SEALING,
        "let mut index = stored_count(tree.sealer.size());",
        "let mut index = stored_count(tree.sealer.size()) + u64::from(tree.sealer.size() > 8);",
    ),
    bug(
        "trees-behind-what-was-signed",
        "no head is smaller than one that was published",
        "crates/zentra-sealer/src/evidence.rs",
        "Sealer::resume(size, &nodes, Some(signed)).is_err()",
        "Sealer::resume(size, &nodes, Some(signed)).is_err() && size == 0",
    ),
    bug(
        "names-before-they-are-told",
        "sealing goes on",
        SEALING,
        "if entry.header.position >= told {",
        "if told.get() == u64::MAX {",
    ),
    bug(
        "unsealed-after-a-start",
        "what is settled comes under a checkpoint",
        SEALING,
        "if leaves.to_seal > signed {",
        "if leaves.to_seal > signed && self.resumed {",
    ),
    bug(
        "list-tells-another-word",
        "list and detail agree",
        "crates/zentra-views/src/progress.rs",
        "Step::Synchronized if all_back => IntentState::Reversed,",
        "Step::Synchronized if all_back && tree_size == 0 => IntentState::Reversed,",
    ),
    bug(
        "views-that-are-behind",
        "a list shows what was recorded",
        "crates/zentra-views/src/views.rs",
        "if stored.seen >= tail.end().min(durable) {",
        "if stored.seen >= tail.from.min(durable) {",
    ),
    bug(
        "row-left-behind",
        "a list of dead letters has dead letters",
        "crates/zentra-views/src/fold.rs",
        "self.rows.changed.rows.insert(dead, None);",
        "drop(dead);",
    ),
    bug(
        "cursor-off-by-one",
        "pages tell everything once",
        "crates/zentra-views/src/list.rs",
        "            last = Some(key);\n",
        "            last = last.or(Some(key));\n",
    ),
    bug(
        "dated-by-the-other-clock",
        "a past balance is that of its clock",
        "crates/zentra-views/src/dated.rs",
        "let own = own_effective_at(entry).unwrap_or(entry.header.recorded_at);",
        "let own = entry.header.recorded_at;",
    ),
    bug(
        "views-of-another-log",
        "lists are of their own log",
        "crates/zentra-views/src/store.rs",
        "(of_this || reached == Position::ZERO) && store.ends_like(log)?",
        "(of_this || reached == Position::ZERO) && reached <= log.durable()",
    ),
    bug(
        "trees-of-another-log",
        "what is sealed is of its own log",
        "crates/zentra-sealer/src/evidence.rs",
        "if !has_their_last_leaf(trees, handle)? {",
        "if sealed.len() > 1_000 && !has_their_last_leaf(trees, handle)? {",
    ),
    bug(
        "key-made-anew",
        "the log opens with no other master key",
        "crates/zentra-runtime/src/identity.rs",
        "    let keyring = keyring.ok_or(IdentityError::Missing(made))?;\n    let newest",
        "    let Some(keyring) = keyring else { return Ok(()) };\n    let newest",
    ),
    bug(
        "another-key-taken",
        "the log opens with no other master key",
        "crates/zentra-runtime/src/identity.rs",
        "keyring.open(name, &newest.sealed).is_err() => {",
        "keyring.open(name, &newest.sealed).is_err() && newest.sealed.is_empty() => {",
    ),
    bug(
        "snapshot-of-another-history",
        "a snapshot of another log is not used",
        "crates/zentra-runtime/src/recovery.rs",
        "if chain != Some(expected) {",
        "if chain.is_none() && expected.len() == 32 {",
    ),
];
