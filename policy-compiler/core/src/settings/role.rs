//! What a setting is to the proof that no restriction can be walked around: a restriction of some
//! kind, or a way round restrictions of some kinds.

/// A setting's part in the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Every value but the default restricts people, in this kind.
    Restricts(Restriction),
    /// Left open, it is a way round.
    WayRound {
        /// The way, as a finding names it: `browsing as a guest`.
        words: &'static str,
        /// The restrictions that it leads round.
        opens: &'static [Restriction],
    },
    /// It names exceptions from another setting, which only those may name who decide that one,
    /// and those above them.
    Excepts(&'static str),
    /// It restricts no user and bypasses nothing: it protects the person.
    Neither,
}

/// A kind of restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restriction {
    /// What a site or a search shows.
    Content,
    /// Which sites open, or open without guidance.
    Sites,
    /// With which account.
    Account,
    /// What of the device sites may use.
    Device,
}

impl Restriction {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Content, Self::Sites, Self::Account, Self::Device];
}
