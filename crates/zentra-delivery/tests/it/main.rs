//! Deliveries from the outside: decisions, timelines, the scheduler.

// `cfg(test)` is always true here; it tells the lints that helpers are tests too.
#[cfg(test)]
mod attempts;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod fairness;
mod golden;
#[cfg(test)]
mod places;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod scheduler;
#[cfg(test)]
mod totality;
#[cfg(test)]
mod world;
