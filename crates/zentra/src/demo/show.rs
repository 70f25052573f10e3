//! How the demo is shown: as a person would read it, or as JSON.

use crate::demo::flow::Findings;
use crate::output::hex;
use anyhow::Result;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::fmt::Write;

/// The whole story as text.
pub(crate) fn as_text(told: &Findings) -> Result<String> {
    let mut out = String::new();
    title(&mut out, "Register endpoint", "POST /webhook-endpoints")?;
    for field in ["status", "event", "entrypoint"] {
        row(&mut out, field, text(&told.endpoint[field]))?;
    }
    row(&mut out, "event_id", text(&told.endpoint["evidence"]["event_id"]))?;
    title(&mut out, "Intent", "POST /intents, then POST /intents/intent_042/confirm")?;
    row(&mut out, "intent", text(&told.accepted["intent_id"]))?;
    row(&mut out, "first answer", text(&told.accepted["state"]))?;
    states(&mut out, &told.intent)?;
    ledger(&mut out, &told.intent, told.exponent)?;
    deliveries(&mut out, told)?;
    title(&mut out, "Replay", text(&told.replay["replay_id"]))?;
    trail(&mut out, &told.replayed)?;
    row(&mut out, "result", "one ledger-safe state transition")?;
    row(&mut out, "settle postings", &told.settled_times.to_string())?;
    title(&mut out, "Evidence", "GET /intents/intent_042/evidence")?;
    for field in
        ["actor", "scope", "timestamp", "policy", "intent", "signature", "ledger", "status"]
    {
        row(&mut out, field, text(&told.evidence[field]))?;
    }
    projections(&mut out, told)?;
    summary(&mut out, told)?;
    Ok(out)
}

/// The same as JSON.
pub(crate) fn as_json(told: &Findings) -> Value {
    let projections: Vec<Value> = told
        .digests
        .iter()
        .map(|digest| {
            json!({
                "projection": digest.name,
                "position": told.position,
                "live": hex(&digest.live),
                "rebuilt": hex(&digest.rebuilt),
                "same": digest.live == digest.rebuilt,
            })
        })
        .collect();
    json!({
        "endpoint": told.endpoint,
        "accepted": told.accepted,
        "intent": told.intent,
        "deliveries": told.deliveries,
        "replay": told.replay,
        "replayed": told.replayed,
        "evidence": told.evidence,
        "projections": projections,
        "received": told.received.len(),
        "checks": told.checks.as_json(),
        "passed": told.checks.passed(),
        "failed": told.checks.failed().len(),
    })
}

fn states(out: &mut String, intent: &Value) -> Result<()> {
    title(out, "Runtime state machine", "")?;
    for state in list(&intent["state_path"]) {
        let mark = if state["reached"] == true { "*" } else { " " };
        writeln!(
            out,
            "  {mark} {:<2} {:<18} {:<24} {}",
            text(&state["step"]),
            text(&state["name"]),
            text(&state["context"]),
            text(&state["outcome"]),
        )?;
    }
    Ok(())
}

fn ledger(out: &mut String, intent: &Value, exponent: u32) -> Result<()> {
    title(out, "Ledger entries", "")?;
    for line in list(&intent["ledger_entries"]) {
        let shown = shown(&line["minor_units"], exponent, &line["currency"]);
        writeln!(
            out,
            "    {:<7} {:<20} {:>12}   {:<10} {shown}",
            text(&line["direction"]),
            text(&line["account"]),
            text(&line["amount"]),
            text(&line["leg"]),
        )?;
    }
    title(out, "Ledger flow", "")?;
    for line in list(&intent["ledger_flow"]) {
        writeln!(out, "    {:<12} {:>12}", text(&line["account"]), text(&line["amount"]))?;
    }
    Ok(())
}

fn deliveries(out: &mut String, told: &Findings) -> Result<()> {
    for delivery in &told.deliveries {
        title(out, "Delivery", text(&delivery["event_type"]))?;
        trail(out, delivery)?;
    }
    Ok(())
}

fn trail(out: &mut String, delivery: &Value) -> Result<()> {
    row(out, "event_id", text(&delivery["event_id"]))?;
    row(out, "endpoint", text(&delivery["url"]))?;
    for attempt in list(&delivery["attempts"]) {
        let replay = attempt["replay_id"].as_str().unwrap_or("");
        writeln!(
            out,
            "    {:02} {:<20} {:<10} {replay}",
            attempt["attempt_count"].as_u64().unwrap_or(0),
            text(&attempt["stage"]),
            text(&attempt["outcome"]),
        )?;
    }
    row(out, "attempt_count", &delivery["attempt_count"].to_string())?;
    row(out, "status", text(&delivery["status"]))
}

fn projections(out: &mut String, told: &Findings) -> Result<()> {
    title(out, "Projections", "live, and folded again from zero")?;
    for digest in &told.digests {
        let word = if digest.live == digest.rebuilt { "same" } else { "DIFFERS" };
        writeln!(
            out,
            "    {:<16} @{:<5} {}  {}  {word}",
            digest.name,
            told.position,
            &hex(&digest.live)[..16],
            &hex(&digest.rebuilt)[..16],
        )?;
    }
    Ok(())
}

fn summary(out: &mut String, told: &Findings) -> Result<()> {
    let failed = told.checks.failed();
    writeln!(out)?;
    for claim in &failed {
        writeln!(out, "  NOT SEEN: {claim}")?;
    }
    writeln!(
        out,
        "demo: {} entries, {} requests received, {} settle posting, {} projections; {} checks \
         passed, {} failed",
        told.position,
        told.received.len(),
        told.settled_times,
        told.digests.len(),
        told.checks.passed(),
        failed.len(),
    )?;
    Ok(())
}

fn title(out: &mut String, title: &str, detail: &str) -> Result<()> {
    writeln!(out, "\n{title}  {detail}")?;
    Ok(())
}

fn row(out: &mut String, name: &str, value: &str) -> Result<()> {
    writeln!(out, "    {name:<16} {value}")?;
    Ok(())
}

/// An amount as people write it: exact decimals, at this edge only.
fn shown(minor_units: &Value, exponent: u32, currency: &Value) -> String {
    let units = minor_units.as_str().and_then(|text| text.parse::<i128>().ok());
    let decimal = units.and_then(|units| Decimal::try_from_i128_with_scale(units, exponent).ok());
    decimal.map_or_else(String::new, |decimal| format!("({decimal} {})", text(currency)))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
