//! A real server with an attacker and an honest neighbour, each an admin of a scope of its own.
//!
//! Owns what must hold of any attack: the neighbour's answers stay right, and in a measured run
//! nearly as fast; the process lives within its memory; its log, killed, verifies, opens and
//! rebuilds, and has everything that was acknowledged. Must not know any attack.

use crate::attacks::busy;
use crate::attacks::neighbour::{Neighbour, Work};
use crate::attacks::pace::{Stop, is_measured, shown_ms};
use crate::support::http::Client;
use crate::support::process::{Server, Site};
use std::panic::resume_unwind;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

/// Of how many windows of a measured run the best one counts: the machine has other work too.
const WINDOWS: usize = 3;
/// Rounds of the neighbour alone.
const ROUNDS: usize = 10;
const ROUNDS_MEASURED: usize = 150;
/// Below that a latency is the machine's, not the server's: alone it is between 0.3 and 1 ms, and
/// in some windows several.
const NOISE_US: u64 = 1_000;
/// The same beside commands that are decided whole, each with as many deliveries as one may have.
const WHOLE_US: u64 = 2_500;
/// Batches of the honest busy tenant in a window.
const BUSY_BATCHES: usize = 100;

pub(crate) struct World {
    name: &'static str,
    flags: Vec<String>,
    pub(crate) site: Site,
    pub(crate) server: Server,
    pub(crate) attacker_key: String,
    /// Of the deployment: makes scopes and sets what each may use.
    pub(crate) deployment_key: String,
    neighbour: Neighbour,
    busy_key: String,
    busy_rounds: usize,
    /// Its limits are smaller than the work of an honest tenant.
    cramped: bool,
    /// What is noise beside this attack.
    noise_us: u64,
    /// The best window, of requests and of deliveries.
    found: Option<[Found; 2]>,
}

/// The neighbour's p99 in one window, in microseconds.
#[derive(Clone, Copy)]
struct Found {
    alone: u64,
    /// Beside an honest tenant that is as busy as it can be.
    busy: u64,
    attacked: u64,
}

impl Found {
    /// What an attack may not exceed twice: an honest neighbour costs as much.
    fn honest(self) -> u64 {
        self.alone.max(self.busy)
    }

    /// The best window, by the ratio of both, and the best one beside honest work.
    fn best(windows: &[[[u64; 2]; 2]], busy: &[[u64; 2]], kind: usize) -> Found {
        let busy = busy.iter().map(|p99s| p99s[kind]).min().unwrap_or(0);
        let found = windows.iter().map(|[alone, attacked]| Found {
            alone: alone[kind],
            busy,
            attacked: attacked[kind],
        });
        let slowed = |found: &Found| found.attacked * 1_000 / found.honest().max(1);
        found.min_by_key(slowed).expect("an attack has at least one window")
    }
}

impl World {
    /// A server with more flags, and a neighbour without webhooks.
    pub(crate) fn start(name: &'static str, flags: &[&str]) -> World {
        World::new(name, flags, false)
    }

    /// As `start`; the neighbour also gets deliveries, and waits for each.
    pub(crate) fn delivering(name: &'static str, flags: &[&str]) -> World {
        World::new(name, flags, true)
    }

    /// Whose attacker sends commands that are large and cannot be cut into pieces.
    pub(crate) fn of_whole_commands(mut self) -> World {
        self.noise_us = WHOLE_US;
        self
    }

    /// Whose limits are smaller than the work of an honest tenant: measured without it.
    pub(crate) fn cramped(mut self) -> World {
        self.cramped = true;
        self
    }

    fn new(name: &'static str, flags: &[&str], delivering: bool) -> World {
        let site = Site::new();
        let attacker_key = site.create_key("attacker_scope", "svc_attacker", &["admin"]);
        let neighbour_key = site.create_key("neighbour_scope", "svc_neighbour", &["admin"]);
        let busy_key = site.create_key("busy_scope", "svc_busy", &["admin"]);
        let deployment_key =
            site.create_key("deployment_scope", "svc_deployment", &["deployment", "admin"]);
        let server = site.serve(flags);
        let neighbour = Neighbour::settle_in(server.address, &neighbour_key, delivering);
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut world = World {
            name,
            flags,
            site,
            server,
            attacker_key,
            deployment_key,
            neighbour,
            busy_key,
            busy_rounds: 0,
            cramped: false,
            noise_us: NOISE_US,
            found: None,
        };
        // What is opened late is open before anything is measured.
        world.beside(1, |_| ());
        world
    }

    /// A new connection of the attacker.
    pub(crate) fn attacker(&self) -> Client {
        self.server.client_with(&self.attacker_key)
    }

    /// Runs the attack while the neighbour works. A measured run does so a few times: the attack
    /// is told which time it is, so that it can choose other ids.
    pub(crate) fn attack(&mut self, mut attack: impl FnMut(&World, usize) + Send) {
        let (windows, rounds) =
            if is_measured() { (WINDOWS, ROUNDS_MEASURED) } else { (1, ROUNDS) };
        let mut found = Vec::new();
        for window in 0..windows {
            let alone = self.beside(rounds, |_| ());
            let attacked = self.beside(1, |world| attack(world, window));
            assert!(self.server.lives(), "{}: the server ended", self.name);
            self.show_window(&alone, &attacked);
            found.push([&alone, &attacked].map(Work::p99s_us));
        }
        // Last, since lists and trees then have much to follow.
        let busy_windows = if is_measured() && !self.cramped { windows } else { 0 };
        let busy = (0..busy_windows).map(|_| self.beside_busy().p99s_us());
        let busy: Vec<_> = busy.collect();
        self.found = Some([0, 1].map(|kind| Found::best(&found, &busy, kind)));
    }

    /// The neighbour's work beside an honest tenant.
    fn beside_busy(&mut self) -> Work {
        self.busy_rounds += 1;
        self.beside(1, |world| {
            let mut client = world.server.client_with(&world.busy_key);
            busy::work(&mut client, world.busy_rounds, BUSY_BATCHES);
        })
    }

    /// Checks what must hold after the attack. `peak_mib` bounds the memory that the server ever
    /// had.
    pub(crate) fn settle(mut self, peak_mib: u64) {
        assert!(self.server.lives(), "{}: the server ended", self.name);
        let (peak, now) = (self.server.memory_mib("VmHWM"), self.server.memory_mib("VmRSS"));
        self.report(peak, now);
        assert!(peak <= peak_mib, "{}: {peak} MiB, over {peak_mib}", self.name);
        self.beside(1, |_| ());
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        self.server.kill();
        succeed(&self.site, &["log", "verify"]);
        let server = self.site.serve(&flags);
        self.neighbour.moved_to(server.address);
        self.neighbour.check();
        server.stop();
        succeed(&self.site, &["log", "verify"]);
        succeed(&self.site, &["rebuild", "--verify"]);
    }

    /// The neighbour's work while something is done.
    fn beside(&mut self, at_least: usize, done: impl FnOnce(&World) + Send) -> Work {
        // Lent out for the window, so that what is done may look at everything else.
        let idle = Neighbour::idle(self.server.address);
        let mut neighbour = std::mem::replace(&mut self.neighbour, idle);
        let (neighbour, work) = thread::scope(|threads| {
            let (stop, stopped) = mpsc::channel();
            let working = threads.spawn(move || {
                let work = neighbour.work(at_least, &Stop(stopped));
                (neighbour, work)
            });
            let doing = threads.spawn(|| {
                step_aside();
                done(self);
            });
            let done = doing.join();
            drop(stop);
            if let Err(wrong) = done {
                // The neighbour ends first: it holds what a failed test takes down.
                let _ended = working.join().is_err();
                resume_unwind(wrong);
            }
            working.join().unwrap_or_else(|wrong| resume_unwind(wrong))
        });
        self.neighbour = neighbour;
        work
    }

    #[expect(clippy::print_stdout, reason = "a measured run shows what it found")]
    fn show_window(&self, alone: &Work, beside: &Work) {
        if is_measured() {
            for ((asked, alone), (_, beside)) in
                alone.requests.each_p99_us().zip(beside.requests.each_p99_us())
            {
                let (alone, beside) = (shown_ms(alone), shown_ms(beside));
                println!("attack {}: {asked}: p99 alone {alone}, beside {beside}", self.name);
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "a measured run shows what it found")]
    fn report(&self, peak: u64, now: u64) {
        let Some([requests, deliveries]) = self.found else { return };
        let shown = |Found { alone, busy, attacked }| {
            let (alone, busy) = (shown_ms(alone), shown_ms(busy));
            format!(
                "p99 alone {alone}, beside honest work {busy}, beside it {}",
                shown_ms(attacked)
            )
        };
        let name = self.name;
        println!("attack {name}: neighbour {}, peak {peak} MB, now {now} MB", shown(requests));
        if deliveries.alone > 0 {
            println!("attack {name}: its deliveries {}", shown(deliveries));
        }
        if is_measured() {
            for found in [requests, deliveries] {
                let most = 2 * found.honest().max(self.noise_us);
                assert!(
                    found.attacked <= most,
                    "{name}: p99 {} beside it",
                    shown_ms(found.attacked)
                );
            }
        }
    }
}

/// An attacker works on machines of its own: in a measured run its threads, and those that they
/// start, take only what of the processors the neighbour and the server leave. A low priority is
/// not enough: who has a core keeps it for a time slice, up to 4 ms.
pub(crate) fn step_aside() {
    if is_measured() {
        let thread = rustix::thread::gettid().as_raw_nonzero().to_string();
        let done = Command::new("chrt").args(["--idle", "--pid", "0", &thread]).status();
        assert!(done.unwrap().success(), "chrt (util-linux) sets how the attacker is scheduled");
    }
}

fn succeed(site: &Site, command: &[&str]) {
    let done = site.run(command);
    let said = [String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)];
    assert!(done.status.success(), "{command:?}: {}", said.join("\n"));
}
