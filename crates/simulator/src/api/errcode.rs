//! Errcodes with the texts WeChat sends along (wechat.md section 7).
//! The texts end in a `rid`, which support threads ask for; nothing should be decided by them.

use crate::{reply::Reply, simulator::Simulator};

/// An answer that says no, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) i64);

impl Refused {
    /// `{"errcode":…,"errmsg":"…, rid: …"}`
    pub(crate) fn reply(self, simulator: &Simulator) -> Reply {
        let seconds = simulator.now().as_secs().saturating_add(0x6630_a1b2);
        let turn = simulator.next_turn();
        let rid = format!(
            "{seconds:08x}-{:08x}-{turn:08x}",
            seconds.wrapping_mul(2_654_435_761) & 0xffff_ffff
        );
        Reply::new()
            .raw("errcode", &self.0.to_string())
            .text("errmsg", &format!("{}, rid: {rid}", meaning(self.0)))
    }
}

/// The text for a number; numbers we do not know get the text for a busy system.
pub(crate) fn meaning(errcode: i64) -> &'static str {
    match errcode {
        40_001 => "invalid credential, access_token is invalid or not latest",
        40_002 => "invalid grant_type",
        40_003 => "invalid openid",
        40_013 => "invalid appid",
        40_014 => "invalid access_token",
        40_029 => "invalid code",
        40_030 => "invalid refresh_token",
        40_125 => "invalid appsecret",
        40_163 => "code been used",
        40_164 => "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist",
        40_226 => "code blocked",
        40_243 => "AppSecret has been frozen",
        41_001 => "access_token missing",
        41_002 => "appid missing",
        41_003 => "refresh_token missing",
        41_004 => "appsecret missing",
        41_008 => "missing code",
        41_009 => "missing openid",
        42_001 => "access_token expired",
        42_002 => "refresh_token expired",
        42_003 => "code expired",
        43_002 => "require POST method",
        45_009 => "reach max api daily quota limit",
        45_011 => "api minute-quota reach limit, must slower, retry next minute",
        46_004 => "user does not exist",
        47_001 => "data format error",
        48_001 => "api unauthorized",
        48_004 => "api forbidden for irregularities",
        48_017 => "this ip is retired, use the domain name",
        50_001 => "user unauthorized",
        50_002 => "user limited",
        89_503 => "this ip is not confirmed by the administrator",
        _ => "system busy, please try again later",
    }
}
