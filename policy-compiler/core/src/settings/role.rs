//! What a setting is to the proof that no restriction can be bypassed: a restriction of some kind, or
//! a bypass of restrictions of some kinds.

/// A setting's part in the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Every value but the default restricts people, in this kind.
    Restricts(Restriction),
    /// Left open, it bypasses restrictions.
    Bypasses {
        /// How.
        bypass: Bypass,
        /// The restrictions that it bypasses.
        opens: &'static [Restriction],
    },
    /// It names exceptions from another setting, which only those may name who decide that one,
    /// and those above them.
    Excepts(&'static str),
    /// It restricts no user and bypasses nothing: it protects the person.
    Neither,
}

/// A way to bypass restrictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bypass {
    /// A private window.
    PrivateWindow,
    /// Browsing as a guest.
    Guest,
    /// A second profile of the browser.
    SecondProfile,
    /// The developer tools.
    DeveloperTools,
    /// Ending the extension that filters.
    EndedExtension,
    /// `javascript:` in the address bar.
    JavascriptAddress,
    /// Another resolver over HTTPS.
    OtherResolver,
    /// A proxy or VPN of one's own.
    OwnProxy,
    /// An extension.
    OwnExtension,
    /// The pages on which the browser is configured.
    ConfigurationPages,
    /// A translator or cache that shows other sites.
    PageViewer,
    /// A second account.
    SecondAccount,
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
