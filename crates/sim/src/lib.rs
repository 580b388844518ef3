//! The cluster: TiKV stores, PD and TiDB's replica polling as one deterministic machine.

pub mod command;
pub mod event;
mod fingerprint;
pub mod ids;
pub mod message;
pub mod pd;
mod prng;
pub mod region;
pub mod release;
pub mod setup;
pub mod store;

pub use command::{Command, Refusal};
pub use event::{Event, EventKind};
pub use ids::{EventId, Millis, PeerId, RegionId, StoreId, TableId};
pub use release::{Knobs, Release};
pub use setup::{Setup, SetupError};
