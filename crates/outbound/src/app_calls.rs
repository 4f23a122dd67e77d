//! App-level tokens, and the calls that need one (wechat.md §5.4 and §5.5). Only `stable_token` is asked: the older
//! `cgi-bin/token` ends the token that the operator's other systems hold.

use magpie_domain::{Account, CentralTokens, Lifetime, OpenId, ProgramPage, RelayId, Secret};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::app_token::AppTokenReply;
use magpie_wechat::reply::follower::FollowerReply;
use magpie_wechat::reply::phone_number::PhoneNumberReply;
use magpie_wechat::reply::program_code::ProgramCodeReply;
use magpie_wechat::reply::scene_code::SceneCodeReply;
use magpie_wechat::reply::{
    WechatReply, app_token, follower, phone_number, program_code, scene_code,
};
use serde_json::json;

use crate::sns::Sns;
use crate::unreachable::CallFailed;

/// How many pixels wide a mini program's code is asked for: 280 is the least there is, and 1280 the most.
const PROGRAM_CODE_WIDTH: u32 = 430;

impl Sns {
    /// Asks for the account's app-level token (`POST /cgi-bin/stable_token`). Forced, WeChat ends the present one and gives
    /// another, at most twenty times a day and not twice within half a minute.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn stable_token(
        &self,
        account: &Account,
        force: bool,
    ) -> Result<WechatReply<AppTokenReply>, CallFailed> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": account.app_id.as_str(),
            "secret": account.app_secret.expose().as_str(),
            "force_refresh": force,
        });
        let asked = self.ask("/cgi-bin/stable_token", &[], Some(&body));
        self.observed("app_token", asked, app_token::decode).await
    }

    /// Asks the operator's own token server in WeChat's place.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn central_token(
        &self,
        central: &CentralTokens,
    ) -> Result<WechatReply<AppTokenReply>, CallFailed> {
        let bearer = central.bearer.as_ref().map(|bearer| bearer.expose().as_str());
        let asked = self.http.get_as(central.url.expose(), bearer);
        self.observed("app_token", asked, app_token::decode).await
    }

    /// Asks for the phone number behind a code of the person's tap on `getPhoneNumber`
    /// (`POST /wxa/business/getuserphonenumber`). Such a code counts once.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came; the code may or may not be used up then.
    pub async fn phone_number(
        &self,
        token: &Secret<String>,
        code: &CallbackCode,
    ) -> Result<WechatReply<PhoneNumberReply>, CallFailed> {
        let query = [("access_token", token.expose().as_str())];
        let body = json!({ "code": code.expose() });
        let asked = self.ask("/wxa/business/getuserphonenumber", &query, Some(&body));
        self.observed("phone_number", asked, phone_number::decode).await
    }

    /// Asks for a temporary QR code of a scene (`POST /cgi-bin/qrcode/create`): 1 to 64 characters, that come back in the
    /// push when somebody scans it.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn scene_code(
        &self,
        token: &Secret<String>,
        scene: &str,
        lifetime: Lifetime,
    ) -> Result<WechatReply<SceneCodeReply>, CallFailed> {
        let query = [("access_token", token.expose().as_str())];
        let body = json!({
            "expire_seconds": lifetime.as_seconds(),
            "action_name": "QR_STR_SCENE",
            "action_info": { "scene": { "scene_str": scene } },
        });
        let asked = self.ask("/cgi-bin/qrcode/create", &query, Some(&body));
        self.observed("scene_code", asked, scene_code::decode).await
    }

    /// Asks for a mini program's code of a scene (`POST /wxa/getwxacodeunlimit`), which opens that page of it. WeChat looks
    /// whether the released version has the page (41030): a code that leads nowhere helps nobody.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came, or a larger one than any picture of a code.
    pub async fn program_code(
        &self,
        token: &Secret<String>,
        scene: &RelayId,
        page: &ProgramPage,
    ) -> Result<WechatReply<ProgramCodeReply>, CallFailed> {
        let query = [("access_token", token.expose().as_str())];
        let body = json!({
            "scene": scene.as_str(),
            "page": page.as_str(),
            "check_path": true,
            "env_version": "release",
            "width": PROGRAM_CODE_WIDTH,
        });
        let asked = self.ask("/wxa/getwxacodeunlimit", &query, Some(&body));
        self.observed("program_code", asked, program_code::decode).await
    }

    /// Asks who somebody is who follows the account (`GET /cgi-bin/user/info`).
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn follower(
        &self,
        token: &Secret<String>,
        openid: &OpenId,
    ) -> Result<WechatReply<FollowerReply>, CallFailed> {
        let query = [
            ("access_token", token.expose().as_str()),
            ("openid", openid.as_key()),
            ("lang", "zh_CN"),
        ];
        let asked = self.ask("/cgi-bin/user/info", &query, None);
        self.observed("follower", asked, follower::decode).await
    }
}
