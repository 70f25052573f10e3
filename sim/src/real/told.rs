//! What an answer over HTTP tells: by which entry, or why nothing was recorded.
//!
//! Owns how an answer is read. Must not know whether it is right.

use super::http::Reply;
use crate::failure::{Checked, fail, must};
use crate::node::Input;
use data_encoding::HEXLOWER;
use serde_json::Value;
use zentra_engine::{AccessCommand, Command};
use zentra_events::{Code, Position, RequestId};
use zentra_ledger::LedgerCommand;

/// What an answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// An entry, and the code of what it came to, where that is not success.
    Entry(Position, Option<String>),
    /// A code, and whose refusal it is: the number of the sending.
    Refused(&'static str, u64),
    /// There was no room: nothing has happened.
    Nothing,
    /// It may have happened.
    Unknown,
    Batch(Vec<ToldItem>),
}

/// An item of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToldItem {
    pub(super) id: String,
    pub(super) outcome: String,
    pub(super) position: Option<Position>,
    pub(super) code: Option<String>,
}

/// Reads the answer to a wish.
pub(super) fn told(input: &Input, reply: &Reply) -> Checked<Told> {
    let body = reply.json();
    match reply.status {
        200 | 201 if matches!(input, Input::Intents(_)) => batch(input, &body),
        200 | 201 => {
            let evidence = &body["evidence"];
            let Some(position) = evidence["position"].as_u64() else {
                return fail(format!("no position: {}", reply.body));
            };
            must(reply.status == status(input, &body), || format!("not {}", reply.status))?;
            Ok(Told::Entry(Position(position), None))
        }
        _ => problem(reply, &body),
    }
}

fn problem(reply: &Reply, body: &Value) -> Checked<Told> {
    let known = body["code"].as_str().and_then(|code| code.parse::<Code>().ok());
    let Some(code) = known else { return fail(format!("no code: {reply:?}")) };
    must(body["status"] == reply.status, || format!("another status: {reply:?}"))?;
    let told = match (code, body["position"].as_u64()) {
        (Code::Overloaded, _) => Told::Nothing,
        (Code::Unavailable | Code::RequestTimeout, _) => Told::Unknown,
        (Code::Internal, _) => return fail(format!("a fault of the server: {}", reply.body)),
        (code, Some(position)) => Told::Entry(Position(position), Some(code.as_str().to_owned())),
        (code, None) => Told::Refused(code.as_str(), instance(body)),
    };
    Ok(told)
}

/// Which sending a problem is of.
fn instance(body: &Value) -> u64 {
    let text = body["instance"].as_str().unwrap_or_default();
    let hexadecimal = text.rsplit([':', '/']).next().unwrap_or_default();
    let bytes = HEXLOWER.decode(hexadecimal.as_bytes()).unwrap_or_default();
    bytes.try_into().map_or(0, |bytes| sending_by(RequestId(bytes)))
}

/// The status of success.
fn status(input: &Input, body: &Value) -> u16 {
    let Input::Command(request) = input else { return 200 };
    let made = match &request.command {
        Command::Ledger(command) => matches!(
            command,
            LedgerCommand::OpenAccount { .. }
                | LedgerCommand::PostTransfer { .. }
                | LedgerCommand::AcceptIntent { .. }
        ),
        Command::Delivery(command) => {
            use zentra_delivery::DeliveryCommand as D;
            match command {
                D::CreateEndpoint { .. } | D::Publish { .. } | D::Replay { .. } => true,
                D::Resend { .. } => !body["replay_id"].is_null(),
                _ => false,
            }
        }
        Command::Access(AccessCommand::CreateScope { .. } | AccessCommand::CreateKey(_)) => true,
        _ => false,
    };
    if made { 201 } else { 200 }
}

fn batch(input: &Input, body: &Value) -> Checked<Told> {
    let (Input::Intents(batch), Some(items)) = (input, body["data"].as_array()) else {
        return fail(format!("no outcomes: {body}"));
    };
    must(items.len() == batch.items.len(), || format!("too many or too few: {body}"))?;
    let item = |item: &Value| ToldItem {
        id: item["intent_id"].as_str().unwrap_or_default().to_owned(),
        outcome: item["outcome"].as_str().unwrap_or_default().to_owned(),
        position: item["position"].as_u64().map(Position),
        code: item["code"].as_str().map(str::to_owned),
    };
    let told: Vec<ToldItem> = items.iter().map(item).collect();
    for (asked, told) in batch.items.iter().zip(&told) {
        must(asked.id.of(&batch.text) == told.id, || format!("in another order: {body}"))?;
    }
    Ok(Told::Batch(told))
}

/// Which sending a request's id names.
pub(super) fn sending_by(id: RequestId) -> u64 {
    u128::from_be_bytes(id.0) as u64
}
