//! What the contract promises, checked: golden bytes, round trips, refusals, schemas.

#[cfg(test)]
mod codec;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod corrupt;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod frame;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod golden_frame;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod variants;
