//! Limits of quotas as a configuration gives them.
//!
//! Owns how they are read. Must not know where a configuration comes from.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use zentra_events::{Quota, QuotaTable};

/// Limits by the names of quotas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct QuotaLimits(BTreeMap<String, u64>);

impl QuotaLimits {
    /// Every limit: those given, and the defaults where the state may take so many bytes.
    pub fn table(&self, state_bytes: u64) -> QuotaTable {
        let mut table = QuotaTable::default();
        table.set(Quota::StateBytes, state_bytes / 2);
        for (name, limit) in &self.0 {
            if let Some(quota) = Quota::by_name(name) {
                table.set(quota, *limit);
            }
        }
        table
    }
}

impl<'de> Deserialize<'de> for QuotaLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<QuotaLimits, D::Error> {
        let limits = BTreeMap::<String, u64>::deserialize(deserializer)?;
        for (name, limit) in &limits {
            if Quota::by_name(name).is_none() {
                let known: Vec<&str> = Quota::ALL.iter().map(|quota| quota.as_str()).collect();
                let known = known.join(", ");
                return Err(D::Error::custom(format!("no quota {name}; there are {known}")));
            }
            if *limit == 0 {
                return Err(D::Error::custom(format!("the quota {name} is 1 or more")));
            }
        }
        Ok(QuotaLimits(limits))
    }
}
