//! What follows when a row is read: whether a delivery is pending or parked, an intent evidenced.
//!
//! A row says only that a delivery waits, and an endpoint's mark says whether it listens, so
//! disabling or enabling an endpoint writes one mark, whatever waits for it. A checkpoint writes
//! its size alone, whatever it covers. Owns that difference. Must not know how rows are found.

use crate::endpoint_mark::{Mark, mark_key};
use crate::error::ViewError;
use crate::progress::Progress;
use crate::row::WAITING;
use crate::rows::Rows;
use serde_json::Value;
use std::collections::BTreeMap;
use zentra_delivery::DeliveryStatus;
use zentra_events::{EndpointId, ScopeNo};

/// Rows of one moment and one scope, told as everything stands then.
pub(crate) struct Told<'a> {
    rows: &'a Rows,
    known: BTreeMap<String, Mark>,
    /// The size of the scope's last checkpoint.
    tree_size: u64,
}

impl<'a> Told<'a> {
    pub(crate) fn new(rows: &'a Rows, scope: ScopeNo) -> Result<Told<'a>, ViewError> {
        Ok(Told { rows, known: BTreeMap::new(), tree_size: rows.sealed(scope)? })
    }

    /// A row as it is shown.
    pub(crate) fn row(&mut self, mut row: Value) -> Result<Value, ViewError> {
        let progress = row.as_object_mut().and_then(|row| row.remove("progress"));
        if let Some(progress) = progress {
            self.intent(&mut row, &serde_json::from_value(progress)?);
        } else if row["status"] == WAITING {
            self.waits(&mut row)?;
        } else if let Some(replay) = row.as_object_mut().filter(|row| row.contains_key("replayed"))
        {
            self.rows.tell_replay(replay)?;
        }
        Ok(row)
    }

    fn intent(&self, row: &mut Value, progress: &Progress) {
        row["state"] = progress.state(self.tree_size).as_str().into();
        for (name, amount) in progress.sums() {
            if let Some(amount) = amount {
                row[name] = amount.to_string().into();
            }
        }
    }

    fn waits(&mut self, row: &mut Value) -> Result<(), ViewError> {
        let mark = self.mark(row["endpoint_id"].as_str().unwrap_or(""))?;
        let last = row["position"].as_u64();
        let Some(shown) = row.as_object_mut() else { return Ok(()) };
        let status = if mark.listens { DeliveryStatus::Pending } else { DeliveryStatus::Parked };
        shown.insert("status".into(), status.as_str().into());
        if !mark.listens {
            shown.remove("next_attempt_at");
        } else if let Some((enabled, at)) = mark.enabled
            && last < Some(enabled.get())
        {
            shown.insert("next_attempt_at".into(), at.to_string().into());
        }
        Ok(())
    }

    /// Whether the endpoint of a row listens.
    pub(crate) fn listens(&mut self, row: &Value) -> Result<bool, ViewError> {
        Ok(self.mark(row["endpoint_id"].as_str().unwrap_or(""))?.listens)
    }

    fn mark(&mut self, endpoint: &str) -> Result<Mark, ViewError> {
        if let Some(mark) = self.known.get(endpoint) {
            return Ok(*mark);
        }
        let mark = match endpoint.parse::<EndpointId>() {
            Ok(id) => self.rows.mark(&mark_key(id.0))?,
            Err(_) => Mark::default(),
        };
        self.known.insert(endpoint.to_owned(), mark);
        Ok(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Changes;
    use crate::{ListKind, RowFilter, Views};
    use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
    use zentra_engine::{AccessCommand, Command};
    use zentra_events::{Event, Timestamp};
    use zentra_testkit::made::Made;

    const WAIT: usize = 40;

    struct World {
        made: Made,
        views: Views,
        folded: usize,
        _folder: tempfile::TempDir,
    }

    impl World {
        fn new() -> World {
            let folder = tempfile::tempdir().unwrap();
            let views = Views::of_nothing(folder.path());
            let mut world = World { made: Made::default(), views, folded: 0, _folder: folder };
            let name = "workspace_scope".parse().unwrap();
            world.ask(Command::Access(AccessCommand::CreateScope { name, key: None }));
            world
        }

        fn ask(&mut self, command: Command) {
            let now = Timestamp(1_000 * (1_000 + self.made.entries.len() as u64));
            self.made.ask(now, command);
        }

        fn deliver(&mut self, command: DeliveryCommand) {
            self.ask(Command::Delivery(command));
        }

        fn endpoint(&mut self, filter: &str) -> EndpointId {
            self.deliver(DeliveryCommand::CreateEndpoint {
                url: "https://example.com/".into(),
                filters: vec![filter.into()],
                secret: SecretChoice::Own { sealed: vec![1] },
                policy: default_policy(),
                description: String::new(),
            });
            let entry = self.made.entries.last().unwrap();
            let index = entry
                .events()
                .iter()
                .position(|recorded| matches!(recorded.event, Event::EndpointCreated(_)));
            EndpointId::at(0, entry.header.position, index.unwrap() as u16)
        }

        fn publish(&mut self, event_type: &str) {
            let event_type = event_type.parse().unwrap();
            self.deliver(DeliveryCommand::Publish { event_type, data: "{}".into() });
        }

        fn fold(&mut self) {
            self.views.fold(&self.made.entries[self.folded..]).unwrap();
            self.folded = self.made.entries.len();
        }

        /// Each row's status and due time, newest first.
        fn listed(&self, status: Option<&str>) -> Vec<(String, Option<String>)> {
            let filter = RowFilter { status: status.map(str::to_owned), ..RowFilter::default() };
            let kind = ListKind::Deliveries;
            let page = self.views.list(kind, ScopeNo(0), &filter, None, 500).unwrap();
            assert!(page.next.is_none());
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let row = |row: &Value| (text(&row["status"]).unwrap(), text(&row["next_attempt_at"]));
            page.rows.iter().map(row).collect()
        }
    }

    #[test]
    fn an_endpoint_that_is_disabled_or_enabled_writes_one_mark_whatever_waits() {
        let mut world = World::new();
        let endpoint = world.endpoint("order.*");
        for _ in 0..WAIT {
            world.publish("order.paid");
        }
        world.fold();
        for command in [
            DeliveryCommand::DisableEndpoint { endpoint },
            DeliveryCommand::EnableEndpoint { endpoint },
            DeliveryCommand::DeleteEndpoint { endpoint },
        ] {
            world.deliver(command);
            let mut changes = Changes::new(0, world.views.stored().unwrap());
            changes.entry(world.made.entries.last().unwrap()).unwrap();
            assert_eq!(changes.rows.changed.len(), 1);
            world.fold();
        }
        assert_eq!(world.listed(Some("parked")).len(), WAIT);
    }

    #[test]
    fn what_waits_is_pending_or_parked_as_its_endpoint_stands_when_it_is_read() {
        let mut world = World::new();
        let (one, _other) = (world.endpoint("order.*"), world.endpoint("other.*"));
        for event_type in ["order.paid", "other.made", "order.paid"] {
            world.publish(event_type);
        }
        world.fold();
        let due: Vec<_> = world.listed(None);
        assert!(due.iter().all(|(status, next)| status == "pending" && next.is_some()));
        world.deliver(DeliveryCommand::DisableEndpoint { endpoint: one });
        world.publish("order.paid");
        world.fold();
        let parked = ("parked".to_owned(), None);
        assert_eq!(world.listed(Some("parked")), vec![parked; 3]);
        assert_eq!(world.listed(Some("pending")), [due[1].clone()]);
        assert_eq!(world.listed(None).len(), 4);
        world.deliver(DeliveryCommand::EnableEndpoint { endpoint: one });
        let at = world.made.entries.last().unwrap().header.recorded_at.to_string();
        world.publish("order.paid");
        world.fold();
        let pending = world.listed(Some("pending"));
        assert_eq!(pending.len(), 5);
        assert_eq!(pending[1], ("pending".to_owned(), Some(at)), "due since it was enabled");
        assert_ne!(pending[0].1, pending[1].1, "what came later is due by itself");
        assert_eq!(world.listed(Some("parked")), []);
    }

    #[test]
    fn a_page_looks_at_few_rows_and_says_where_to_go_on() {
        let mut world = World::new();
        world.endpoint("order.*");
        world.publish("order.first");
        for _ in 0..WAIT {
            world.publish("order.paid");
        }
        world.fold();
        let filter = RowFilter { event_type: Some("order.first".into()), ..RowFilter::default() };
        let (mut cursor, mut pages, mut found) = (None, 0, 0);
        loop {
            let kind = ListKind::Deliveries;
            let page = world.views.stored().unwrap().scan(
                kind,
                ScopeNo(0),
                &filter,
                cursor.as_ref(),
                (5, 10),
            );
            let page = page.unwrap();
            (pages, found) = (pages + 1, found + page.rows.len());
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!((pages, found), (5, 1));
    }

    #[test]
    fn times_lead_to_their_rows() {
        let mut world = World::new();
        world.endpoint("order.*");
        for _ in 0..WAIT {
            world.publish("order.paid");
        }
        world.fold();
        let time = |index: usize| Some(world.made.entries[index].header.recorded_at);
        let filter = RowFilter { since: time(10), until: time(13), ..RowFilter::default() };
        let kind = ListKind::Events;
        // Three rows, found by looking at few more.
        let page =
            world.views.stored().unwrap().scan(kind, ScopeNo(0), &filter, None, (500, 4)).unwrap();
        assert_eq!((page.rows.len(), page.next), (3, None));
        let early = RowFilter { until: Some(Timestamp(1)), ..RowFilter::default() };
        let page =
            world.views.stored().unwrap().scan(kind, ScopeNo(0), &early, None, (500, 4)).unwrap();
        assert_eq!((page.rows.len(), page.next), (0, None));
    }
}
