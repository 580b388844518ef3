//! What tests that span crates have in common: reading our own sources, a cluster
//! as TiKV's own tests have it, and driving a browser.

pub mod project;

pub mod source;

pub mod golden;

pub mod life;

pub mod typed;
pub mod world;

pub mod scene;

pub mod tikv;

#[cfg(feature = "browser")]
pub mod browser;

#[cfg(feature = "browser")]
pub mod webdriver;

#[cfg(feature = "browser")]
pub mod driver;

#[cfg(feature = "browser")]
pub mod engine;

#[cfg(feature = "browser")]
pub mod site;
