//! Reads a browser's `User-Agent`: is this WeChat, WeCom, a phone, or something with a screen to show a QR code on?
//! Anybody can write anything into that header, so the answer chooses what is shown and never what is allowed.
//! [`crate::suggest`] uses it; the markers are those of wechat.md §14.

/// How much of the header is read, in characters. Real ones stay below 600.
const LONGEST: usize = 2048;

/// What a browser says it is. For presentation only, never for a security decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agent {
    /// WeChat's own browser on a phone or tablet, web-views of mini programs included.
    PhoneWechat,
    /// WeChat's own browser on Windows, macOS or Linux, web-views of mini programs included.
    DesktopWechat,
    /// 企业微信, which calls itself `MicroMessenger` too.
    WeCom,
    /// An ordinary browser on a phone: it cannot scan a QR code that it shows itself.
    Phone,
    /// Any other browser, known or not: it can show a QR code to a phone beside it. A tablet counts here, since most
    /// people have their WeChat on a phone.
    Desktop,
}

impl Agent {
    /// Reads the header; letter case does not matter, and what is not recognised is [`Agent::Desktop`].
    #[must_use]
    pub fn read(user_agent: &str) -> Self {
        let text: String =
            user_agent.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
        let says = |markers: &[&str]| markers.iter().any(|marker| text.contains(marker));
        // WeCom first: its header carries `MicroMessenger` as well (wechat.md §14).
        if says(&["wxwork"]) {
            Self::WeCom
        } else if says(&["micromessenger"]) {
            // Old builds for the Mac carry both names, builds for Linux carry that of Windows.
            if says(&["windowswechat", "macwechat"]) {
                Self::DesktopWechat
            } else {
                Self::PhoneWechat
            }
        } else if says(&["ipad", "tablet"]) {
            // An iPad that admits to being one also says `Mobile`.
            Self::Desktop
        } else if says(&["iphone", "ipod", "windows phone", "mobile"]) {
            Self::Phone
        } else {
            Self::Desktop
        }
    }

    /// Whether a page may lead from here straight into WeChat's consent dialog.
    #[must_use]
    pub const fn is_wechat(self) -> bool {
        match self {
            Self::PhoneWechat | Self::DesktopWechat => true,
            Self::WeCom | Self::Phone | Self::Desktop => false,
        }
    }

    /// Whether the in-app link of WeCom's opens here: in WeCom, and in WeChat for members who have linked the two
    /// (wechat.md §12.1).
    #[must_use]
    pub const fn opens_wecom_links(self) -> bool {
        match self {
            Self::WeCom | Self::PhoneWechat | Self::DesktopWechat => true,
            Self::Phone | Self::Desktop => false,
        }
    }
}

#[cfg(test)]
mod tests;
