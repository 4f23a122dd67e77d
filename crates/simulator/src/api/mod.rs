//! The endpoints that servers call, and what they share: arrival, faults, errcodes.
//! Each endpoint is a function from parameters to a reply, without HTTP; this file does the rest around it.
//! Errors are answers with HTTP 200 and an `errcode` (wechat.md section 3); it never answers 4xx by itself.

pub(crate) mod access_token;
pub(crate) mod app_token;
pub(crate) mod code2session;
pub(crate) mod errcode;
pub(crate) mod follower;
pub(crate) mod phone_number;
pub(crate) mod program_code;
pub(crate) mod refresh_token;
pub(crate) mod scene_code;
pub(crate) mod userinfo;
pub(crate) mod wecom;

use axum::{
    extract::{FromRequestParts, RawQuery},
    http::{HeaderMap, header, request::Parts},
    response::Response,
};

use crate::{
    api::errcode::Refused,
    query::Params,
    reply::{Family, Reply, deliver, hang_up},
    script::{Endpoint, Fault},
    seen::Sender,
    simulator::Simulator,
    world::Account,
};

/// A request as every endpoint wants it; making one cannot fail.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) params: Params,
    pub(crate) raw_query: String,
    pub(crate) sender: Sender,
    pub(crate) headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state).await?;
        let raw_query = query.unwrap_or_default();
        let headers = parts.headers.clone();
        let sender = Sender {
            user_agent: header_text(&headers, header::USER_AGENT).to_owned(),
            had_referer: headers.contains_key(header::REFERER),
        };
        Ok(Self { params: Params::parse(&raw_query), raw_query, sender, headers })
    }
}

impl Asked {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        header_text(&self.headers, name)
    }
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Counts the request, weighs the script, does the work, and delivers the answer.
pub(crate) async fn answer(
    simulator: &Simulator,
    endpoint: Endpoint,
    asked: Asked,
    work: impl FnOnce(&Simulator, &Asked) -> Result<Reply, Refused>,
) -> Response {
    simulator.note(endpoint, &asked.params, asked.sender.clone());
    let faults = simulator.script().take(endpoint);
    if faults.0.contains(&Fault::HangUpBefore) {
        return hang_up();
    }
    let instead = faults.0.iter().find_map(|fault| match fault {
        Fault::Errcode(code) => Some(Refused(*code)),
        _ => None,
    });
    let worked = instead.map_or_else(|| work(simulator, &asked), Err);
    let afterwards = faults.0.iter().find_map(|fault| match fault {
        Fault::ErrcodeAfterWork(code) => Some(Refused(*code)),
        _ => None,
    });
    let reply = match afterwards.map_or(worked, Err) {
        Ok(reply) => reply,
        Err(refused) if family(endpoint) == Family::Wecom => wecom::refusal(refused, simulator),
        Err(refused) => refused.reply(simulator),
    };
    deliver(family(endpoint), reply, &faults).await
}

fn family(endpoint: Endpoint) -> Family {
    match endpoint {
        Endpoint::Token
        | Endpoint::StableToken
        | Endpoint::PhoneNumber
        | Endpoint::ProgramCode
        | Endpoint::SceneCode
        | Endpoint::FollowerInfo => Family::CgiBin,
        Endpoint::WecomToken | Endpoint::WecomUserInfo | Endpoint::WecomUserDetail => Family::Wecom,
        _ => Family::Sns,
    }
}

/// The account that the parameters name, its secret proved: 41002, 40013, 41004, 40125 in this order.
pub(crate) fn proved_account<'w>(
    world: &'w crate::World,
    params: &Params,
) -> Result<&'w Account, Refused> {
    let account = named_account(world, params)?;
    match params.get("secret") {
        "" => Err(Refused(41_004)),
        secret if secret == account.app_secret => Ok(account),
        _ => Err(Refused(40_125)),
    }
}

/// The account that the parameters name: 41002, 40013.
pub(crate) fn named_account<'w>(
    world: &'w crate::World,
    params: &Params,
) -> Result<&'w Account, Refused> {
    match params.get("appid") {
        "" => Err(Refused(41_002)),
        app_id => world.account(app_id).ok_or(Refused(40_013)),
    }
}
