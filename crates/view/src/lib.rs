//! What a run looks like, as plain data and in words: the page and the command line draw from
//! here. It knows the cluster and no browser; it changes nothing.
//!
//! [`Projector`] turns a cluster into a [`ClusterView`], part by part shared with the one before.
//! [`Timeline`] keeps those views. Everything that is said on the screen, in English and 简体中文,
//! comes from [mod@words], [`phrases`], [`told`] and [`knob`]; the log and the answers of the real
//! tools are in the tools' own format, from [`log`] and [`answer`].

pub mod actions;
pub mod answer;
pub mod beliefs;
pub mod branches;
pub mod build;
pub mod clock;
pub mod cluster_view;
pub mod export;
pub mod failure;
pub mod gauges;
pub mod glossary;
pub mod graph;
pub mod inspect;
pub mod json;
pub mod knob;
pub mod lang;
pub mod layout;
pub mod log;
pub mod metrics;
pub mod phrases;
pub mod project;
pub mod share;
pub mod summary;
pub mod thing;
pub mod time_words;
pub mod timeline;
pub mod told;
pub mod why;
pub mod words;

pub use cluster_view::ClusterView;
pub use lang::Lang;
pub use project::Projector;
pub use thing::Thing;
pub use timeline::Timeline;
pub use words::Word;
