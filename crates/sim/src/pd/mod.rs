//! PD: what it records of stores and regions, what it wants, and what it does about it.

pub mod stores;
