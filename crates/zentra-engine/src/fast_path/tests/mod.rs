//! Tests of the fast path: both ways decide the same, and each condition leads to the slow one.

mod both_ways;
mod conditions;
mod pair;
