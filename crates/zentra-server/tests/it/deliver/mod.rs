//! Attempts against receivers on loopback, most of them hostile.

mod answers;
mod guard;
mod keep_alive;
mod receiver;
mod shell;
mod signing;
mod tls;
mod world;
