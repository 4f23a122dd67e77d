//! A device asks for its tokens (RFC 8628 §3.4 and §3.5): not yet, too often, no, too late, or here they are.
//! A device code is the row's id and 256 random bits, so that it is found by its key and known by its hash.
//! That it is used once is one conditional statement in the store, not here.

use magpie_domain::{
    ClientId, Device, DeviceAnswer, DeviceId, GrantId, Lifetime, Timestamp, TokenText,
};

use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// The length of the secret half of a device code: 256 bits in base64url without padding.
const SECRET_LENGTH: usize = 43;
/// How much longer a device must wait after it asked too soon (RFC 8628 §3.5).
const STEP: Lifetime = Lifetime::from_seconds(5);
/// The longest that a device is made to wait: then being asked too soon changes nothing any more, so that a device
/// which never waits costs no more writes (law 12).
const LONGEST: Lifetime = Lifetime::from_seconds(120);

/// The one sentence of a refused device code.
const REFUSED: OAuthError = OAuthError::invalid_grant("the device_code is not valid");

/// A request for the tokens of a device.
#[derive(Debug, Clone)]
pub struct DeviceCodeRequest {
    /// The device code as presented; see [`DeviceCodeRequest::handle`].
    pub code: TokenText,
    /// The resources it names, well formed and nothing more (RFC 8707 §2.2).
    pub resources: Vec<String>,
}

impl DeviceCodeRequest {
    /// Reads the fields; shapes are judged later, so that a malformed code is refused like an unknown one.
    ///
    /// # Errors
    /// `invalid_request` when there is no code, `invalid_target` for a malformed resource.
    pub(super) fn read(form: &Params) -> Result<Self, OAuthError> {
        let missing = OAuthError::invalid_request("device_code is missing");
        let code = form.get("device_code").ok_or(missing)?;
        Ok(Self { code: TokenText::new(code.to_owned()), resources: resource::named(form)? })
    }

    /// The row that the code names and the secret that must hash to what the row holds; `None` for anything that is no
    /// device code of ours, to be refused with [`DeviceCodeRequest::refused`].
    #[must_use]
    pub fn handle(&self) -> Option<(DeviceId, &str)> {
        let (id, secret) = self.code.expose().split_once('.')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if secret.len() != SECRET_LENGTH || !secret.bytes().all(plain) {
            return None;
        }
        Some((DeviceId::parse(id)?, secret))
    }

    /// Writes the code whose halves [`DeviceCodeRequest::handle`] gives back.
    #[must_use]
    pub fn write_code(device: &DeviceId, secret: &TokenText) -> TokenText {
        TokenText::new(format!("{device}.{}", secret.expose()))
    }

    /// The answer for a code that is malformed, unknown, used or somebody else's: one for all (V3).
    #[must_use]
    pub const fn refused() -> OAuthError {
        REFUSED
    }
}

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The person said yes: this is what was given.
    Redeem(GrantId),
    /// No, and nothing changes.
    Refuse(OAuthError),
    /// Ask again later; how long it must wait from now on, to be kept.
    Wait {
        /// The interval.
        interval: Lifetime,
        /// `authorization_pending` or `slow_down`.
        error: OAuthError,
    },
}

/// Judges a question of `client` about a device that was found by its code.
#[must_use]
pub fn judge(device: &Device, client: &ClientId, now: Timestamp) -> Verdict {
    if device.client_id != *client || device.redeemed {
        return Verdict::Refuse(REFUSED);
    }
    match &device.answer {
        Some(DeviceAnswer::Refused) => {
            Verdict::Refuse(OAuthError::access_denied("the person refused"))
        }
        _ if device.is_expired(now) => {
            Verdict::Refuse(OAuthError::expired_token("the device_code has expired"))
        }
        // However soon it asks: only a device that still waits can be too fast (RFC 8628 §3.5).
        Some(DeviceAnswer::Allowed(grant)) => Verdict::Redeem(grant.clone()),
        None => wait(device, now),
    }
}

fn wait(device: &Device, now: Timestamp) -> Verdict {
    let early = device.polled_at.is_some_and(|last| now < last.plus(device.interval));
    if !early {
        let error = OAuthError::authorization_pending("the person has not answered yet");
        return Verdict::Wait { interval: device.interval, error };
    }
    let error = OAuthError::slow_down("wait five seconds longer between two requests");
    if device.interval >= LONGEST {
        return Verdict::Refuse(error);
    }
    let seconds = device.interval.as_seconds().saturating_add(STEP.as_seconds());
    let longer = u32::try_from(seconds).map_or(LONGEST, Lifetime::from_seconds);
    Verdict::Wait { interval: longer.min(LONGEST), error }
}

#[cfg(test)]
mod tests;
