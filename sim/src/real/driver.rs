//! A run against a real server: the workload asks over HTTP, and the oracle judges the log.
//!
//! Owns who asks what, and what comes back. What is done to the process is in `lives`.

use super::asks::{Asking, asking};
use super::fitting::{Fitting, is_new, keyed, with_another_number};
use super::follower::Follower;
use super::forms::form;
use super::http::{Ask, Client, Reply};
use super::pool::{Fate, Landed, Pool, Shot};
use super::receiver::Receivers;
use super::ring::{Ring, asked_with};
use super::server::{Server, Site};
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use crate::node::Input;
use crate::oracle::request_id;
use crate::random::Streams;
use crate::trace::Trace;
use crate::words;
use crate::workload::Workload;
use crate::world::Settings;
use data_encoding::HEXLOWER;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zentra_engine::{AccessCommand, Command};
use zentra_env::Env;
use zentra_events::Timestamp;
use zentra_events::event::role;

/// The longest that anything is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Callers at once, and when there are too many.
const CALLERS: (usize, usize) = (4, 16);

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    pub(crate) entries: u64,
    pub(crate) received: u64,
    pub(crate) signatures: u64,
    pub(crate) starts: u64,
    pub(crate) readings: u64,
}

/// A run.
pub(crate) struct Driver {
    pub(super) settings: Settings,
    pub(super) env: Env,
    pub(super) streams: Streams,
    pub(super) trace: Trace,
    pub(super) site: Site,
    pub(super) server: Option<Server>,
    pub(super) receivers: Receivers,
    pub(super) follower: Follower,
    pub(super) client: Client,
    pool: Pool,
    width: usize,
    workload: Workload,
    fitting: Fitting,
    pub(super) ring: Ring,
    /// How many scopes have keys.
    pub(super) scopes: usize,
    sendings: u64,
    pub(super) wishes: u64,
    /// What is under way, and the code that its form must be refused with.
    pub(super) flying: BTreeMap<u64, Flying>,
    /// What had no answer and is asked again.
    again: Vec<Input>,
    pub(super) calm: bool,
    /// What was read of things at the end, by scope and path.
    pub(super) details: BTreeMap<(usize, String), Value>,
    pub(super) counts: Counts,
}

/// A request under way.
pub(super) enum Flying {
    Wish(Box<Input>),
    /// It must be refused with this, and make no entry.
    Form(&'static str),
    Reading(String),
}

impl Driver {
    /// An empty folder, with the keys of its first scope.
    pub(crate) fn new(binary: &Path, settings: Settings, env: &Env) -> Checked<Driver> {
        let faults = &settings.faults;
        let site = Site::new(binary, faults.has(Fault::Clock))?;
        let width = if faults.has(Fault::Overload) { CALLERS.1 } else { CALLERS.0 };
        Ok(Driver {
            streams: Streams::of(settings.seed),
            trace: Trace::new(settings.prints),
            receivers: Receivers::listen(settings.seed)?,
            follower: Follower::new(),
            client: Client::default(),
            pool: Pool::of(width),
            width,
            workload: Workload::new(settings.faults.has(Fault::Hang)),
            fitting: Fitting::default(),
            ring: Ring::default(),
            scopes: 0,
            sendings: 0,
            wishes: 0,
            flying: BTreeMap::new(),
            again: Vec::new(),
            calm: false,
            details: BTreeMap::new(),
            counts: Counts::default(),
            server: None,
            env: env.clone(),
            site,
            settings,
        })
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> Checked {
        self.has_keys("scope-0", &["admin", "writer", "deployment"])?;
        self.starts()?;
        while self.wishes < self.settings.ticks {
            while self.flying.len() < self.width && self.wishes < self.settings.ticks {
                self.wish()?;
            }
            self.lands()?;
            self.meets_a_fault()?;
        }
        self.ends()
    }

    /// The log's folder.
    pub(super) fn log(&self) -> PathBuf {
        self.site.data().join("log")
    }

    /// Puts a step into words.
    pub(super) fn say(&mut self, what: Arguments<'_>) {
        self.trace.say(self.passed(), what);
    }

    /// By a clock that nobody can set, in nanoseconds.
    pub(super) fn passed(&self) -> u64 {
        u64::try_from(self.env.passed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The log's time has gone on.
    pub(super) fn time_passes(&mut self) {
        let (now, passed) = (self.now(), self.passed());
        self.follower.now = now;
        self.follower.oracle.time_passes(now.0, passed);
    }

    /// What the servers' clock shows.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.env.now().0.saturating_add_signed(self.site.off()))
    }

    /// The text of the driver's own key of a scope.
    pub(super) fn admin(&self, scope: u32) -> String {
        self.ring.own(scope, role::ADMIN).map(|held| held.text.clone()).unwrap_or_default()
    }

    fn wish(&mut self) -> Checked {
        self.wishes += 1;
        let input = match self.again.pop() {
            Some(input) => input,
            None => {
                let (now, random) = (self.now(), &mut self.streams.workload);
                let wish = self.workload.next(random, &self.follower.oracle, now);
                let wish = self.fitting.fits(wish, self.receivers.port());
                self.again.extend(with_another_number(&wish));
                wish
            }
        };
        if let Input::Command(request) = &input
            && matches!(&request.command, Command::Access(AccessCommand::CreateScope { .. }))
        {
            return self.makes_a_scope(input);
        }
        let net = !self.calm && self.settings.faults.has(Fault::Net);
        if net && self.streams.net.chance(30) {
            self.sends(input.clone(), Fate::Waits)?;
        }
        let fate = match net && self.streams.net.chance(30) {
            true => Fate::Leaves { all: self.streams.net.chance(700) },
            false => Fate::Waits,
        };
        if self.streams.schedule.chance(150) {
            self.looks();
        }
        self.sends(input, fate)
    }

    /// A scope, by the API, and its keys by the command line, beside the server.
    fn makes_a_scope(&mut self, input: Input) -> Checked {
        self.sends(input, Fate::Waits)?;
        self.lands_all()?;
        while let Some(scope) = self.follower.oracle.model.scopes.get(self.scopes) {
            let name = scope.name.clone();
            self.has_keys(&name, &["admin", "writer"])?;
        }
        self.follows()
    }

    fn has_keys(&mut self, name: &str, roles: &[&str]) -> Checked {
        for role in roles {
            let text = self.site.key(name, role)?;
            self.ring.made(self.scopes as u32, role, text);
        }
        self.scopes += 1;
        Ok(())
    }

    /// Sends a wish, if somebody can ask it.
    pub(super) fn sends(&mut self, wish: Input, fate: Fate) -> Checked {
        let Some(held) = self.ring.asks(&wish) else { return Ok(()) };
        let mut input = wish.clone();
        asked_with(&mut input, &held);
        let scopes = &self.follower.oracle.model.scopes;
        let Some(asking) = asking(&input, scopes) else { return Ok(()) };
        let form = form(&input, &held, scopes.len());
        self.sendings += 1;
        let sending = self.sendings;
        input.set_request_id(request_id(sending));
        let mut idempotency = None;
        if let Input::Command(request) = &mut input {
            if let Some(asked) = &mut request.idempotency {
                idempotency = Some(HEXLOWER.encode(&asked.key));
                keyed(asked, &asking, &held.actor);
            }
            is_new(&mut request.command, sending);
        }
        let Asking { method, path, body } = asking;
        self.say(format_args!(
            "{sending} asks{} {method} {path} {}{}",
            if idempotency.is_some() { ", with a key," } else { "" },
            body.as_deref().unwrap_or_default(),
            if fate == Fate::Waits { "" } else { ", and goes away" },
        ));
        let id = Some(format!("{sending:032x}"));
        let ask = Ask { method, path, key: held.text, id, idempotency, body };
        let flying = match form {
            Some(code) => Flying::Form(code),
            None => {
                self.follower.sends(sending, input, fate == Fate::Waits);
                Flying::Wish(Box::new(wish))
            }
        };
        self.counts.asked += 1;
        self.shoots(sending, ask, fate, flying)
    }

    fn shoots(&mut self, sending: u64, ask: Ask, fate: Fate, flying: Flying) -> Checked {
        let Some(server) = &self.server else { return fail("no server runs") };
        self.flying.insert(sending, flying);
        self.pool.shoot(Shot { sending, address: server.address, ask, fate });
        Ok(())
    }

    /// Reads a list while others write.
    fn looks(&mut self) {
        const LISTS: [&str; 12] = [
            "/accounts?limit=3",
            "/intents?limit=500",
            "/intents?state=routed",
            "/events?limit=7",
            "/deliveries?limit=20",
            "/deliveries?status=pending",
            "/dead-letters",
            "/replays",
            "/webhook-endpoints?limit=2",
            "/currencies",
            "/keys",
            "/readyz",
        ];
        let path = (*self.streams.schedule.pick(&LISTS)).to_owned();
        self.sendings += 1;
        let (sending, ask) = (self.sendings, Ask::get(&path, &self.admin(0)));
        self.counts.readings += 1;
        let _no_server = self.shoots(sending, ask, Fate::Waits, Flying::Reading(path)).is_err();
    }

    /// Something ends, and what it tells is judged.
    pub(super) fn lands(&mut self) -> Checked {
        if self.flying.is_empty() {
            return Ok(());
        }
        match self.pool.lands(PATIENCE) {
            Some(landed) => self.landed(&landed),
            None => fail("a request has no end"),
        }
    }

    /// All that is under way ends.
    pub(super) fn lands_all(&mut self) -> Checked {
        while !self.flying.is_empty() {
            self.lands()?;
        }
        self.follows()
    }

    /// What ends within this time is judged.
    pub(super) fn lands_within(&mut self, time: Duration) -> Checked {
        match self.pool.lands(time) {
            Some(landed) => self.landed(&landed),
            None => Ok(()),
        }
    }

    fn landed(&mut self, landed: &Landed) -> Checked {
        let Landed { sending, reply } = landed;
        let flying = self.flying.remove(sending);
        match (flying, reply) {
            (Some(Flying::Wish(_)), Some(reply)) => {
                self.counts.answered += 1;
                self.say(format_args!("{sending} is answered {}: {}", reply.status, short(reply)));
                let log = self.log();
                self.follower.answered(*sending, reply, &log)?;
                self.learns_a_key(*sending, reply);
            }
            (Some(Flying::Wish(wish)), None) => {
                self.say(format_args!("{sending} has no answer"));
                self.follower.unanswered(*sending);
                if self.streams.workload.chance(600) {
                    self.again.push(*wish);
                }
            }
            (Some(Flying::Form(code)), Some(reply)) => self.is_refused(*sending, code, reply)?,
            (Some(Flying::Reading(path)), Some(reply)) => {
                let well = reply.status == 200 || reply.status == 503;
                must(well, || format!("{path} is answered {reply:?}"))?;
            }
            _ => {}
        }
        self.follows()
    }

    /// An answer tells a key.
    fn learns_a_key(&mut self, sending: u64, reply: &Reply) {
        let Some(Input::Command(request)) = self.follower.input(sending) else { return };
        let told = reply.json();
        match &request.command {
            Command::Access(AccessCommand::CreateKey(_)) => {
                self.ring.told(request.scope.0, &told);
            }
            Command::Access(AccessCommand::CreateScope { .. }) => {
                self.ring.told(self.scopes as u32, &told["key"]);
            }
            _ => {}
        }
    }

    fn is_refused(&mut self, sending: u64, code: &'static str, reply: &Reply) -> Checked {
        self.say(format_args!("{sending} is answered {}: {}", reply.status, short(reply)));
        let json = reply.json();
        // A key may have been revoked meanwhile.
        let told = json["code"] == code || json["code"] == "unauthenticated";
        must(told || reply.status == 503, || {
            format!("{sending} must be refused with {code}, and is answered {reply:?}")
        })
    }

    /// What is new in the log is judged.
    pub(super) fn follows(&mut self) -> Checked {
        let log = self.log();
        self.follower.reads(&log)?;
        self.time_passes();
        let receipts = self.receivers.since(self.follower.receipts.count);
        self.follower.receipts.came(receipts);
        let judged = self.follower.judges();
        self.tells();
        self.ring.named(&self.follower.own_keys);
        judged
    }

    /// What was judged, in words.
    pub(super) fn tells(&mut self) {
        for (position, facts) in self.follower.oracle.told() {
            let facts = words::facts(&facts);
            self.say(format_args!("entry {} tells: {facts}", position.get()));
        }
    }

    /// What happened so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            entries: self.follower.oracle.next().get(),
            received: self.follower.receipts.count as u64,
            signatures: self.follower.receipts.checked,
            ..self.counts
        }
    }

    /// The last steps.
    pub(crate) fn last(&self) -> Vec<String> {
        self.trace.last().map(str::to_owned).collect()
    }
}

fn short(reply: &Reply) -> String {
    let most = reply.body.char_indices().nth(300).map_or(reply.body.len(), |(at, _)| at);
    reply.body[..most].to_owned()
}
