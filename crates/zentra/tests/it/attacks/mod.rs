//! What one tenant does to a real server while another one works on it: nobody else may be ended,
//! bricked, filled up or slowed.

mod batch;
mod busy;
mod made_up;
mod neighbour;
mod pace;
mod raw;
mod steady;
mod world;

mod access;
mod api;
mod delivery;
mod edge;
mod fans;
mod files;
mod frames;
mod hanging;
mod ledger;
mod quotas;
mod slow;
mod state;
mod stranger;
