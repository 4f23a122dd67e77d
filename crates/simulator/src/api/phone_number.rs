//! `POST /wxa/business/getuserphonenumber`: a person's number for a code of their tap (wechat.md section 5.4).
//! The token is an app-level one of the mini program and is looked at first; the code counts once and is no login code.

use axum::{body::Bytes, extract::State, response::Response};

use crate::{
    api::{Asked, access_token::spend, answer, app_token::json_fields, errcode::Refused},
    books::Scope,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::AccountKind,
};

/// Answers the number.
pub(crate) async fn post(
    State(simulator): State<Simulator>,
    asked: Asked,
    body: Bytes,
) -> Response {
    let work = |simulator: &Simulator, asked: &Asked| {
        let token = asked.params.get("access_token");
        let app_id = account_of(simulator, token, &[AccountKind::MiniProgram])?;
        let fields = json_fields(&body).ok_or(Refused(47_001))?;
        let code = fields.iter().find(|(name, _)| name == "code").map(|(_, code)| code.as_str());
        number(simulator, &app_id, code.unwrap_or_default())
    };
    answer(&simulator, Endpoint::PhoneNumber, asked, work).await
}

/// Whose token it is: 41001, 40001, 42001; 48001 for an account that is none of these kinds.
pub(crate) fn account_of(
    simulator: &Simulator,
    token: &str,
    kinds: &[AccountKind],
) -> Result<String, Refused> {
    if token.is_empty() {
        return Err(Refused(41_001));
    }
    let world = simulator.world();
    for account in &world.accounts {
        for family in ["stable", "plain"] {
            let present =
                simulator.books().present_app_token(&account.app_id, family, simulator.now());
            let Some((present, alive)) = present else { continue };
            let text = simulator.mint().app_token(&account.app_id, family, present.generation);
            if text == token {
                let may = kinds.contains(&account.kind);
                let right = if may { Ok(account.app_id.clone()) } else { Err(Refused(48_001)) };
                return if alive { right } else { Err(Refused(42_001)) };
            }
        }
    }
    Err(Refused(40_001))
}

fn number(simulator: &Simulator, app_id: &str, code: &str) -> Result<Reply, Refused> {
    if code.is_empty() {
        return Err(Refused(41_008));
    }
    let fits = |scope, of: &str| scope == Scope::PhoneNumber && of == app_id;
    let consent = spend(simulator, code, |consent| fits(consent.scope, &consent.app_id))?;
    let world = simulator.world();
    let person = world.person(&consent.person).ok_or(Refused(46_004))?;
    let (country, number) = person.phone_number();
    // Whole for the mainland, with the prefix elsewhere; the country code is a number in some answers.
    let shown = if country == "86" { number.clone() } else { format!("+{country}{number}") };
    let time = simulator.now().as_secs().saturating_add(1_700_000_000);
    let info = format!(
        r#"{{"phoneNumber":"{shown}","purePhoneNumber":"{number}","countryCode":"{country}","watermark":{{"timestamp":{time},"appid":"{app_id}"}}}}"#
    );
    Ok(Reply::new().raw("errcode", "0").text("errmsg", "ok").raw("phone_info", &info))
}
