//! Which wish comes next, as whom, with which key: and what is asked a second time.

use super::{access, hooks, money};
use crate::node::Input;
use crate::oracle::Oracle;
use crate::random::Random;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, IntentBatch, Request};
use zentra_events::{Code, Idempotency, IntentId, Refusal, RequestId, ScopeNo, Timestamp};
use zentra_ledger::LedgerCommand;

/// Scopes that a run makes.
const SCOPES: u64 = 3;
/// The scope of the consumers that never answer, and how many there are.
const CROWD: ScopeNo = ScopeNo(1);
const HANGING: u64 = 44;
/// Earlier wishes that may be asked again.
const REMEMBERED: usize = 64;

/// The callers.
pub(crate) struct Workload {
    wishes: u64,
    intents: u64,
    recent: Vec<Input>,
    scopes: u64,
    /// How many consumers that never answer are to come.
    hanging: u64,
    /// Whether there are such.
    hangs: bool,
}

impl Workload {
    /// Nothing was asked. There will be many consumers that never answer, or there will not.
    pub(crate) fn new(hangs: bool) -> Workload {
        let hanging = if hangs { HANGING } else { 0 };
        Workload { wishes: 0, intents: 0, recent: Vec::new(), scopes: 0, hanging, hangs }
    }

    /// The next wish. Its request id is for who sends it.
    pub(crate) fn next(&mut self, random: &mut Random, oracle: &Oracle, now: Timestamp) -> Input {
        self.wishes += 1;
        if self.scopes < SCOPES && (self.scopes == 0 || random.chance(50)) {
            return self.scope(random);
        }
        if !self.recent.is_empty() && random.chance(60) {
            return self.again(random);
        }
        if self.hangs && self.scopes > u64::from(CROWD.0) {
            if self.hanging > 0 && random.chance(400) {
                self.hanging -= 1;
                return self.of_crowd(hooks::make_hanging(self.hanging));
            }
            if self.hanging == 0 && random.chance(60) {
                return self.of_crowd(hooks::for_hanging());
            }
        }
        let scope = self.which_scope(random);
        let key = if random.chance(400) { access::with_key(random, oracle, scope) } else { None };
        let input = if random.chance(40) && scope != access::BOUNDED {
            let batch = IntentBatch { key, ..self.batch(random, scope, now) };
            Input::Intents(Box::new(batch))
        } else {
            let command = self.command(random, oracle, scope, now);
            let mut request = Request { key, ..request(scope, command) };
            if random.chance(350) {
                request.idempotency = Some(self.key(random, scope));
            }
            Input::Command(Box::new(request))
        };
        if self.recent.len() == REMEMBERED {
            let forgotten = random.place(REMEMBERED);
            self.recent.swap_remove(forgotten);
        }
        self.recent.push(input.clone());
        input
    }

    fn of_crowd(&self, command: DeliveryCommand) -> Input {
        Input::Command(Box::new(request(CROWD, Command::Delivery(command))))
    }

    fn scope(&mut self, random: &mut Random) -> Input {
        let name = format!("scope-{}", self.scopes).parse().expect("a name");
        self.scopes += 1;
        let command = Command::Access(AccessCommand::CreateScope {
            name,
            key: random.chance(300).then(|| access::new_key(random)),
        });
        Input::Command(Box::new(request(ScopeNo(0), command)))
    }

    /// Most ask in the first scope; few in one that there is not.
    fn which_scope(&self, random: &mut Random) -> ScopeNo {
        if random.chance(600) { ScopeNo(0) } else { ScopeNo(random.below(self.scopes + 1) as u32) }
    }

    /// An earlier request once more: the same, or under its key or id with another body.
    fn again(&self, random: &mut Random) -> Input {
        let mut input = random.pick(&self.recent).clone();
        if let Input::Command(request) = &mut input
            && random.chance(300)
        {
            if let Some(asked) = &mut request.idempotency {
                asked.fingerprint = u128::from(random.any()).to_be_bytes();
            }
            if let Command::Ledger(LedgerCommand::AcceptIntent { digest, .. }) =
                &mut request.command
            {
                *digest = (u128::from(random.any()) << 64).to_be_bytes();
            }
        }
        input
    }

    /// Intents in one request, some of them linked.
    fn batch(&mut self, random: &mut Random, scope: ScopeNo, now: Timestamp) -> IntentBatch {
        let count = random.magnitude(1, 12);
        let ids = (0..count).map(|_| {
            let again = random.chance(20);
            self.intents += u64::from(!again);
            intent_id(if again { random.between(1, self.intents.max(1)) } else { self.intents })
        });
        let ids: Vec<IntentId> = ids.collect();
        money::batch(random, scope, &ids, now)
    }

    fn key(&self, random: &mut Random, scope: ScopeNo) -> Idempotency {
        let number = u128::from(scope.0) << 64 | u128::from(self.wishes);
        let fingerprint = u128::from(random.any()).to_be_bytes();
        Idempotency { key: number.to_be_bytes(), fingerprint }
    }

    fn command(
        &mut self,
        random: &mut Random,
        oracle: &Oracle,
        scope: ScopeNo,
        now: Timestamp,
    ) -> Command {
        match random.below(100) {
            _ if random.chance(40) => Command::Access(access::operate(random, oracle, scope)),
            _ if random.chance(5) => {
                let code = *random.pick(&[Code::ValidationFailed, Code::UrlNotAllowed]);
                Command::Refuse(Refusal::new(code, "the edge says so"))
            }
            0..4 => Command::Delivery(hooks::make(random, self.wishes)),
            4..24 => Command::Delivery(hooks::operate(random, oracle, scope.0)),
            _ => Command::Ledger(self.money(random, oracle, scope, now)),
        }
    }

    fn money(
        &mut self,
        random: &mut Random,
        oracle: &Oracle,
        scope: ScopeNo,
        now: Timestamp,
    ) -> LedgerCommand {
        match random.below(100) {
            0..28 => money::transfer(random),
            28..32 => money::open(random),
            32..38 => money::status(random),
            38..41 => money::rules(random),
            41..70 => {
                self.intents += 1;
                let id =
                    if random.chance(20) { random.between(1, self.intents) } else { self.intents };
                money::accept(random, intent_id(id), now)
            }
            _ => {
                let newest = self.intents.max(1);
                let id = newest - random.magnitude(1, newest.min(200)).min(newest) + 1;
                let id = intent_id(if random.chance(20) { newest + 1 } else { id });
                let all = oracle.model.scope(scope.0).map(|scope| &scope.money.all);
                let in_part = all.filter(|_| random.chance(200)).and_then(|all| {
                    let begun =
                        all.iter().filter(|(_, one)| (1..one.settled).contains(&one.reversed));
                    let begun: Vec<&String> = begun.map(|(id, _)| id).collect();
                    (!begun.is_empty()).then(|| (*random.pick(&begun)).parse().expect("a name"))
                });
                let id: IntentId = in_part.unwrap_or(id);
                let known = all.and_then(|all| all.get(id.as_str()));
                money::follow(random, id, known, now)
            }
        }
    }
}

fn intent_id(number: u64) -> IntentId {
    format!("i{number}").parse().expect("a name")
}

fn request(scope: ScopeNo, command: Command) -> Request {
    Request {
        scope,
        actor: "tester".parse().expect("a name"),
        key: None,
        request_id: RequestId([0; 16]),
        cause: None,
        idempotency: None,
        command,
    }
}
