//! The words around a chain of causes.

crate::words! {
    /// Something that is said around causes.
    pub enum WhyWord {
        /// The panel.
        Causes: "Why it is so", "为何如此";
        /// Closes it.
        Close: "Close", "关闭";
        /// Before each cause.
        Because: "because", "因为";
        /// The last one, which needs no reason.
        Origin: "where it began", "起因";
        /// Other causes.
        Also: "and because", "同时因为";
        /// The behaviour.
        DecidedBy: "decided by", "取决于";
        /// Go to the moment.
        GoThere: "Go to this moment", "跳到此刻";
        /// Nothing answers.
        NotSo: "Nothing that has happened in this world by now answers that.",
            "在这个世界里，至今没有事件能回答这个问题。";
        /// The same question in another world.
        InWorld: "Ask it of a world", "换一个世界提问";
    }
}

/// `17 events led to it`.
pub fn led_to_it(events: usize, lang: crate::Lang) -> String {
    match (lang, events.saturating_sub(1)) {
        (crate::Lang::En, 1) => "1 event led to it".to_owned(),
        (crate::Lang::En, led) => format!("{led} events led to it"),
        (crate::Lang::Zh, led) => format!("由 {led} 个事件导致"),
    }
}
