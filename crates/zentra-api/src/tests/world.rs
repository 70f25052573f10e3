//! A whole server without sockets: log, kernel, views, sealer, and the router called directly.

use super::judged::judge;
use super::query_costs::Costs;
use crate::{ApiParts, ApiState, Bodies, document, router};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request as HttpRequest, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use zentra_engine::{Command, Request};
use zentra_env::Env;
use zentra_events::event::role;
use zentra_events::{Entry, Position, RequestId, ScopeName, ScopeNo};
use zentra_http_guard::{GuardPolicy, outbound};
use zentra_runtime::background::Deferred;
use zentra_runtime::{Answer, DataFolder, Handle, Runtime, Turns};
use zentra_sealer::{Evidence, SealOptions};
use zentra_sender::Challenger;
use zentra_testkit::start_opened;
use zentra_views::Views;

/// Small segments: tests write little.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// Every role.
pub(super) const ALL_ROLES: u8 = role::WRITER | role::OPERATOR | role::AUDITOR | role::ADMIN;

/// A running API.
pub(super) struct World {
    folder: TempDir,
    runtime: Runtime,
    handle: Handle,
    /// What the queries of its handle cost.
    pub(super) costs: Arc<Costs>,
    router: Router,
    /// The list views, past the API.
    pub(super) views: Arc<Views>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// A key with every role in `workspace_scope`, for `svc_runtime`.
    pub(super) key: String,
}

/// A response.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    /// The body, or null when it is not JSON.
    pub(super) body: Value,
}

impl World {
    pub(super) async fn new() -> World {
        World::made(true, None).await
    }

    /// One that asks new endpoints whether they want its events.
    pub(super) async fn challenging() -> World {
        let client = outbound(&Env::for_tests(), Arc::new(GuardPolicy::default()), &[]).unwrap();
        World::made(true, Some(Challenger::new(client))).await
    }

    /// One whose disk has no space for what follows the log, until that is said or it is restarted.
    pub(super) async fn without_followers() -> World {
        World::made(false, None).await
    }

    async fn made(followed: bool, challenger: Option<Challenger>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::open(folder, String::new(), followed, challenger).await;
        world.key = world.scope_key("workspace_scope", "svc_runtime").await;
        world
    }

    async fn open(
        folder: TempDir,
        key: String,
        followed: bool,
        challenger: Option<Challenger>,
    ) -> World {
        let data = DataFolder::new(folder.path());
        let opened = zentra_runtime::open(&Env::for_tests(), &data, 0, SEGMENT_BYTES).unwrap();
        let keyring = Arc::clone(&opened.keyring);
        let sealed: Vec<_> = opened
            .engine
            .directory()
            .scopes()
            .filter_map(|(scope, _)| Some((scope, opened.engine.sealed(scope)?)))
            .collect();
        let runtime = start_opened(&data, opened);
        let costs = Arc::<Costs>::default();
        let handle = runtime.handle().counted_by(costs.counter());
        handle.let_followers_write(followed);
        let views = Arc::new(Views::open(handle.env(), &data, 0, handle.log()).unwrap());
        let evidence = Evidence::open(&data, &handle, Arc::clone(&keyring), &sealed).unwrap();
        let evidence = Arc::new(evidence);
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let following = zentra_views::run(Arc::clone(&views), handle.clone(), stopping.clone());
        tasks.spawn(async move { drop(following.await) });
        let seal = SealOptions { after_ms: 1, entries: 1 };
        let sealing = zentra_sealer::run(Arc::clone(&evidence), handle.clone(), seal, stopping);
        tasks.spawn(async move { drop(sealing.await) });
        let bodies = Bodies::new(
            handle.env(),
            256 << 20,
            Duration::from_secs(10),
            Arc::clone(handle.limits()),
        );
        let state = ApiState::new(ApiParts {
            handle: handle.clone(),
            keyring,
            guard: Arc::new(GuardPolicy::default()),
            challenger,
            bodies,
            reading: Arc::new(Turns::start(handle.env(), "read").unwrap()),
            parsing: Arc::new(Turns::start(handle.env(), "parse").unwrap()),
            views: Arc::new(Deferred::open(Arc::clone(&views))),
            evidence: Arc::new(Deferred::open(evidence)),
            read_only: false,
            version: "test",
            document: document(),
            metrics: None,
        });
        let router = router(state);
        World { folder, runtime, handle, costs, router, views, stop, tasks, key }
    }

    /// Stops everything and opens it again from its files.
    pub(super) async fn restart(self) -> World {
        self.restart_after(|_| ()).await
    }

    /// As `restart`, without the lists' files: they are made again from the log.
    pub(super) async fn folded_again(self) -> World {
        self.restart_after(|data| std::fs::remove_dir_all(data.views()).unwrap()).await
    }

    async fn restart_after(self, change: impl FnOnce(&DataFolder)) -> World {
        let World { folder, runtime, router, views, stop, mut tasks, key, .. } = self;
        stop.send_replace(true);
        drop(router);
        zentra_testkit::stop(runtime).await;
        while tasks.join_next().await.is_some() {}
        drop(views);
        change(&DataFolder::new(folder.path()));
        World::open(folder, key, true, None).await
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The position of the next entry.
    pub(super) async fn next(&self) -> Position {
        self.handle().query(|engine| engine.next_position()).await.unwrap()
    }

    /// How many entries there are that are not the sealer's, which works beside the test.
    pub(super) async fn commands(&self) -> usize {
        let (durable, mut count) = (self.next().await, 0);
        for position in (0..durable.get()).map(Position) {
            let entry = self.handle().log().entry(position).unwrap().unwrap();
            let mut types = entry.events().iter().map(|recorded| recorded.event.type_name());
            count += usize::from(types.all(|name| name != "evidence.sealed"));
        }
        count
    }

    /// A key with every role; makes the scope when it is new.
    pub(super) async fn scope_key(&self, scope: &str, actor: &str) -> String {
        let name: ScopeName = scope.parse().unwrap();
        if self.handle().names().scope_by_name(&name).is_none() {
            self.submit(ScopeNo(u32::MAX), zentra_testkit::scope(scope)).await;
        }
        let scope = self.handle().names().scope_by_name(&name).unwrap();
        self.key_with(scope, actor, ALL_ROLES).await
    }

    /// A key with these roles.
    pub(super) async fn key_with(&self, scope: ScopeNo, actor: &str, roles: u8) -> String {
        let text = data_encoding::HEXLOWER.encode(&Env::for_tests().random_bytes::<32>());
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        self.submit(scope, zentra_testkit::key(actor, hash, roles)).await;
        text
    }

    /// Submits a command past the API; it must be taken.
    pub(super) async fn submit(&self, scope: ScopeNo, command: Command) -> Arc<Entry> {
        match self.handle().submit(request(scope, command)).await.unwrap() {
            Answer::Entry(entry) => entry,
            Answer::Repeat(position) => self.handle().log().entry(position).unwrap().unwrap(),
            Answer::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &self.key, &[], String::new()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &self.key, &[], body.to_string()).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, &self.key, &[], body.to_string()).await
    }

    /// As `post`, with an Idempotency-Key.
    pub(super) async fn keyed(&self, path: &str, idempotency: &str, body: &Value) -> Reply {
        let headers = [("idempotency-key", idempotency)];
        self.send("POST", path, &self.key, &headers, body.to_string()).await
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Reply {
        let mut request = HttpRequest::builder().method(method).uri(path).header("host", "zentra");
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let own_type = headers.iter().any(|(name, _)| *name == "content-type");
        if !body.is_empty() && !own_type {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        if let Some(media_type) = parts.headers.get("content-type") {
            judge(method, path, parts.status.as_u16(), media_type.to_str().unwrap(), &body);
        }
        Reply { status: parts.status.as_u16(), headers: parts.headers, text, body }
    }

    /// Posts bytes; gives the status and the bytes of the answer.
    pub(super) async fn post_bytes(
        &self,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> (u16, Bytes) {
        let request = HttpRequest::post(path)
            .header("host", "zentra")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", media_type)
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    }

    /// Puts money on an account.
    pub(super) async fn fund(&self, account: &str, minor_units: u64) {
        let amount = json!({ "minor_units": minor_units, "currency": "EUR" });
        let lines = json!({ "postings": [
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": account, "direction": "credit", "amount": amount },
        ]});
        let told = self.post("/transfers", &lines).await.expect(StatusCode::CREATED);
        for line in told["ledger_entries"].as_array().unwrap() {
            assert_eq!(line["currency"], "EUR", "{line}");
        }
    }
}

/// A command past the API.
pub(super) fn request(scope: ScopeNo, command: Command) -> Request {
    Request {
        scope,
        actor: "zentra".parse().unwrap(),
        key: None,
        request_id: RequestId(Env::for_tests().random_bytes()),
        cause: None,
        idempotency: None,
        command,
    }
}

impl Reply {
    /// The body, when the status is this one.
    pub(super) fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status.as_u16(), "{}", self.text);
        self.body
    }

    /// The problem's code, when the status is this one.
    pub(super) fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
        self.body["code"].as_str().unwrap().to_owned()
    }
}
