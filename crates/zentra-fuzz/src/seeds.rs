//! Where fuzzing starts: bytes that each property reads, made of the project's fixtures.

use crate::frame::write;
use crate::life::Life;
use crate::note::{NAME, SEED};
use crate::pieces::join;
use crate::snapshot::KEY;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde_json::json;
use std::fs;
use std::io::{Error, Result};
use std::path::Path;
use zentra_batch::wire::{AccountV1, ItemV1, OutcomeV1, StateV1, TermsV1};
use zentra_batch::{BatchBuilder, encode_answer};
use zentra_engine::snapshot::{encode, read};
use zentra_events::codec::CODEC;
use zentra_events::{Code, Position};
use zentra_evidence::merkle::leaf_hash;
use zentra_evidence::note::{Checkpoint, NoteSigner};
use zentra_evidence::proof::Proof;

/// The seeds of a target, from the folder `fixtures`.
///
/// # Errors
/// When a fixture is missing or not of its form, or there is no such target.
pub fn seeds(target: &str, fixtures: &Path) -> Result<Vec<Vec<u8>>> {
    match target {
        "batch_body" => Ok(batch_bodies()),
        "entry" => entries(fixtures),
        "fold" => Ok(vec![life()]),
        "frame" => frames(fixtures),
        "note" => notes(fixtures),
        "snapshot" => Ok(snapshots()),
        other => Err(Error::other(format!("there is no target {other}"))),
    }
}

/// The shared bytes and the payload of each golden event.
fn events(fixtures: &Path) -> Result<Vec<[Vec<u8>; 2]>> {
    let mut paths: Vec<_> = fs::read_dir(fixtures.join("events"))?
        .map(|file| Ok(file?.path()))
        .collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "hex"));
    paths.sort();
    paths.iter().map(|path| lines(path)).collect()
}

/// The first lines of a file, each hexadecimal.
fn lines<const N: usize>(path: &Path) -> Result<[Vec<u8>; N]> {
    let text = fs::read_to_string(path)?;
    let lines: Option<Vec<Vec<u8>>> =
        text.lines().take(N).map(|line| HEXLOWER.decode(line.as_bytes()).ok()).collect();
    lines
        .and_then(|lines| lines.try_into().ok())
        .ok_or_else(|| Error::other(format!("{} is not of its form", path.display())))
}

fn entries(fixtures: &Path) -> Result<Vec<Vec<u8>>> {
    let seed = |[shared, payload]: [Vec<u8>; 2]| {
        [2_000_u64.to_le_bytes().as_slice(), &join(&[&shared, &payload])].concat()
    };
    Ok(events(fixtures)?.into_iter().map(seed).collect())
}

fn frames(fixtures: &Path) -> Result<Vec<Vec<u8>>> {
    let seed = |shared: &[u8], payloads: &[&[u8]]| {
        let mut pieces = vec![shared];
        pieces.extend(payloads);
        [[CODEC].as_slice(), &4_000_u64.to_le_bytes(), &join(&pieces)].concat()
    };
    let mut seeds: Vec<Vec<u8>> = events(fixtures)?
        .iter()
        .map(|[shared, payload]| seed(shared, &[payload, payload]))
        .collect();
    let (shared, payloads) = golden_frame(&fixtures.join("frames/frame.v1.hex"))?;
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    seeds.push(seed(&shared, &payloads));
    Ok(seeds)
}

/// A log's short life in one frame.
fn life() -> Vec<u8> {
    let frame = write(&Life::lived().items);
    let mut pieces = vec![frame.shared.as_slice()];
    let mut start = 0;
    for end in &frame.ends {
        pieces.push(&frame.payloads[start..*end as usize]);
        start = *end as usize;
    }
    [[CODEC].as_slice(), &join(&pieces)].concat()
}

/// The shared bytes and the payloads of a golden frame.
fn golden_frame(path: &Path) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let [shared, all] = lines(path)?;
    let text = fs::read_to_string(path)?;
    let ends = text.lines().nth(2).unwrap_or_default().split(' ');
    let (mut payloads, mut start) = (Vec::new(), 0);
    for end in ends {
        let end = end.parse().ok();
        let payload = end.and_then(|end| all.get(start..end).map(|payload| (payload, end)));
        let (payload, end) =
            payload.ok_or_else(|| Error::other("a golden frame is not of its form"))?;
        payloads.push(payload.to_vec());
        start = end;
    }
    Ok((shared, payloads))
}

/// The golden proof, note and key, and a proof of the property's own key with its leaf.
fn notes(fixtures: &Path) -> Result<Vec<Vec<u8>>> {
    let golden = fixtures.join("evidence/proof-v1");
    let mut seeds = vec![
        fs::read(golden.join("checkpoint"))?,
        fs::read(golden.join("leaf-5.tlog-proof"))?,
        fs::read(golden.join("vkey"))?.trim_ascii().to_vec(),
    ];
    let leaf = b"{}";
    let signer = NoteSigner::new(NAME, &SEED).map_err(Error::other)?;
    let checkpoint = Checkpoint { origin: NAME.into(), tree_size: 1, root: leaf_hash(leaf) };
    let note = checkpoint.sign(&signer).map_err(Error::other)?;
    let proof = Proof { extra: None, index: 0, hashes: Vec::new(), checkpoint: note.clone() };
    seeds.extend([
        checkpoint.to_text().into_bytes(),
        note.into_bytes(),
        join(&[proof.to_text().as_bytes(), leaf]),
    ]);
    Ok(seeds)
}

/// A snapshot as a whole, and its projections.
fn snapshots() -> Vec<Vec<u8>> {
    let whole = encode(&mut Life::lived().engine, [0; 32], &KEY);
    let mut seeds = vec![[[0].as_slice(), &whole].concat()];
    if let Ok(snapshot) = read(&Bytes::from(whole), &KEY) {
        let sections: Vec<&[u8]> =
            snapshot.sections.iter().map(|(.., bytes)| bytes.as_ref()).collect();
        let next = snapshot.next.get().to_le_bytes();
        seeds.push([[1].as_slice(), &next, &join(&sections)].concat());
    }
    seeds
}

/// A batch in each form, and an answer.
fn batch_bodies() -> Vec<Vec<u8>> {
    let item = |id: &str, linked: bool| {
        json!({
            "intent_id": id,
            "amount": { "minor_units": "7", "currency": "EUR" },
            "source": "customer_balance",
            "destination": "merchant_balance:a",
            "capture": "manual",
            "metadata": { "a": "b" },
            "linked": linked,
        })
    };
    let items = [item("a", true), item("b", false), json!({ "intent_id": "c" })];
    let lines: Vec<String> = items.iter().map(ToString::to_string).collect();
    let mut answer = Vec::new();
    let (position, code) = (Position(5), Code::InsufficientFunds);
    let outcomes = [
        OutcomeV1::Created { position },
        OutcomeV1::Replayed { position, state: StateV1::Voided, code: Some(code) },
        OutcomeV1::Rejected { position, code },
        OutcomeV1::Refused { code },
    ];
    encode_answer(&outcomes, &mut answer);
    let forms = [json!(items).to_string().into_bytes(), lines.join("\n").into_bytes(), bytes()];
    let forms = forms.into_iter().chain([answer]);
    (0..).zip(forms).map(|(form, body)| [[form].as_slice(), &body].concat()).collect()
}

fn bytes() -> Vec<u8> {
    let mut batch = BatchBuilder::new();
    let terms = |effective_at_ns| TermsV1 {
        currency: "EUR",
        corridor: "default",
        manual_capture: false,
        effective_at_ns,
        metadata: vec![("a", "b")],
    };
    let item = |intent_id, source, terms, linked| ItemV1 {
        intent_id,
        minor_units: 5,
        source,
        destination: AccountV1::Code("merchant_balance:a"),
        terms,
        linked,
    };
    let source = AccountV1::Code("customer_balance");
    for terms in [terms(None), terms(Some(1))] {
        batch.terms(&terms).expect("there is room");
    }
    for item in [
        item("a", source, 0, true),
        item("b", source, 0, false),
        item("c", AccountV1::Number(1), 1, false),
    ] {
        batch.push(&item).expect("there is room");
    }
    batch.finish()
}
