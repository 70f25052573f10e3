//! The bodies that the load sends: intents between accounts, with ids as callers choose them.
//!
//! Owns what the load is made of; the same number gives the same intent. Must not know connections.

use crate::bench::plan::Plan;
use anyhow::Result;
use std::io::Write as _;
use std::ops::Range;
use zentra_batch::BatchBuilder;
use zentra_batch::wire::{AccountV1, ItemV1, TermsV1};

/// The code of an account of the load.
pub(crate) fn account(number: u64) -> String {
    format!("customer_balance:{number}")
}

pub(crate) struct Bodies {
    plan: Plan,
    first: u32,
    id: Vec<u8>,
    builder: BatchBuilder,
}

impl Bodies {
    /// `first` is the number of the first account.
    pub(crate) fn new(plan: Plan, first: u32) -> Bodies {
        Bodies { plan, first, id: Vec::new(), builder: BatchBuilder::new() }
    }

    /// The body of a request with these intents.
    pub(crate) fn of(&mut self, numbers: Range<u64>) -> Result<Vec<u8>> {
        if self.plan.single { self.single(numbers.start) } else { self.batch(numbers) }
    }

    /// The id of an intent.
    pub(crate) fn id(&mut self, number: u64) -> Result<&[u8]> {
        self.write_id(number)?;
        Ok(&self.id)
    }

    fn batch(&mut self, numbers: Range<u64>) -> Result<Vec<u8>> {
        let terms = TermsV1 {
            currency: "USD",
            corridor: "default",
            manual_capture: false,
            effective_at_ns: None,
            metadata: Vec::new(),
        };
        let terms = self.builder.terms(&terms)?;
        for number in numbers {
            let (source, destination) = self.parties(number);
            self.write_id(number)?;
            self.builder.push(&ItemV1 {
                intent_id: std::str::from_utf8(&self.id)?,
                minor_units: 1,
                source: AccountV1::Number(self.first + source),
                destination: AccountV1::Number(self.first + destination),
                terms,
                linked: false,
            })?;
        }
        Ok(self.builder.finish())
    }

    fn single(&mut self, number: u64) -> Result<Vec<u8>> {
        let (source, destination) = self.parties(number);
        self.write_id(number)?;
        let mut body = Vec::with_capacity(256);
        write!(
            body,
            "{{\"intent_id\":\"{}\",\"scope\":\"workspace_scope\",\"amount\":{{\"minor_units\":1,\
             \"currency\":\"USD\"}},\"source\":\"customer_balance:{source}\",\"destination\":\
             \"customer_balance:{destination}\"}}",
            std::str::from_utf8(&self.id)?
        )?;
        Ok(body)
    }

    /// Two different accounts, spread evenly.
    fn parties(&self, number: u64) -> (u32, u32) {
        let random = mix(number ^ 0x005e_ed0f_acc0);
        let source = ((random >> 32) * self.plan.accounts) >> 32;
        let step = 1 + (((random & 0xffff_ffff) * (self.plan.accounts - 1)) >> 32);
        (source as u32, ((source + step) % self.plan.accounts) as u32)
    }

    /// A UUID in its usual form, or a counted id.
    fn write_id(&mut self, number: u64) -> Result<()> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.id.clear();
        if !self.plan.random_ids {
            write!(self.id, "intent_{number:020}")?;
            return Ok(());
        }
        let random = u128::from(mix(number)) << 64 | u128::from(mix(number ^ 0x1d5_0f1d));
        // Version 4, variant 10.
        let uuid = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        for (index, byte) in uuid.to_be_bytes().into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                self.id.push(b'-');
            }
            self.id.push(HEX[usize::from(byte >> 4)]);
            self.id.push(HEX[usize::from(byte & 15)]);
        }
        Ok(())
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): a bijection that looks random.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
