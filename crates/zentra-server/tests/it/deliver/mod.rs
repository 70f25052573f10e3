//! Attempts against receivers on loopback, most of them hostile.

mod answers;
mod guard;
mod keep_alive;
mod receiver;
mod signing;
mod tls;
