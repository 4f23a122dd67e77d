//! `[wechat]`: WeChat's addresses and the files by which it verifies a domain.
//! The real addresses are the default; any other is for development, where nothing real can be signed in to.

use std::collections::BTreeMap;

use magpie_domain::Issuer;
use magpie_domain::urls::is_loopback_or_test;
use magpie_wechat::verification_file::VerificationFile;
use url::Url;

use super::section::Section;

/// Where WeChat is, and how it verifies us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wechat {
    /// The API, without a slash at the end.
    pub api_base: String,
    /// Used when `api_base` cannot be reached.
    pub api_fallback_bases: Vec<String>,
    /// Where browsers go.
    pub open_base: String,
    /// Where WeChat's script for its QR code comes from.
    pub res_base: String,
    /// Whether WeChat is simulated.
    pub development: bool,
    /// File name to body, served at the root.
    pub verification_files: BTreeMap<String, String>,
}

pub(super) fn read(mut section: Section<'_>, issuer: Option<&Issuer>) -> Wechat {
    const BASE: &str =
        "an address without a slash at the end, such as \"https://api.weixin.qq.com\"";
    let development = section.flag("development").unwrap_or(false);
    let base = |text: &str| base(text, development);
    let api_base = section.parse("api_base", BASE, base);
    // A simulator has no second address: falling back to the real one would send it made-up secrets.
    let usual_fallbacks =
        if api_base.is_some() { vec![] } else { vec!["https://api2.weixin.qq.com".to_owned()] };
    let open_base = section.parse("open_base", BASE, base);
    let res_base = section.parse("res_base", RES_BASE, |text| res_base(text, development));
    // A simulator has its script where its pages are.
    let usual_res = open_base.clone().filter(|_| development);
    let wechat = Wechat {
        api_base: api_base.unwrap_or_else(|| "https://api.weixin.qq.com".to_owned()),
        api_fallback_bases: section
            .parse_each("api_fallback_bases", BASE, base)
            .unwrap_or(usual_fallbacks),
        res_base: res_base.or(usual_res).unwrap_or_else(|| RES_BASE.to_owned()),
        open_base: open_base.unwrap_or_else(|| "https://open.weixin.qq.com".to_owned()),
        development,
        verification_files: verification_files(&mut section),
    };
    if let Some(issuer) = issuer {
        check_development(&section, issuer, development);
    }
    section.finish();
    wechat
}

fn check_development(section: &Section<'_>, issuer: &Issuer, development: bool) {
    let is_local = Url::parse(issuer.as_str()).is_ok_and(|url| is_loopback_or_test(&url));
    if development && !is_local {
        let problem = "development is for an issuer on loopback or below .test";
        let cure = "anybody could sign in as anybody here: take the key out, or use a local issuer";
        section.refuse("development", problem, cure);
    }
    if !development && !issuer.is_secure() {
        let cure =
            "write an https issuer; http is for `development = true` in [wechat], on loopback";
        section.reading().refuse_key(
            &section.place_of("development"),
            "issuer",
            "the issuer is http",
            cure.to_owned(),
        );
    }
}

/// Where the script comes from that runs in a page of ours.
const RES_BASE: &str = "https://res.wx.qq.com";

/// The one host whose script may run on our origin; any other only in development.
fn res_base(text: &str, development: bool) -> Result<String, &'static str> {
    if text == RES_BASE {
        return Ok(text.to_owned());
    }
    if !development {
        return Err(
            "only WeChat's own script runs in our page. Other addresses need development = true",
        );
    }
    base(text, development)
}

/// An address of WeChat's or WeCom's; any other only in development.
pub(super) fn base(text: &str, development: bool) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_not_a_url| "is not an address")?;
    if text.ends_with('/') || url.query().is_some() || url.fragment().is_some() {
        return Err("must end with the host or path: no slash, query or fragment at the end");
    }
    if !url.username().is_empty() || url.password().is_some() || !url.has_host() {
        return Err("is not a plain address");
    }
    let host = url.host_str().unwrap_or_default();
    let is_wechat = url.scheme() == "https" && host.ends_with(".weixin.qq.com");
    match url.scheme() {
        "http" | "https" if development || is_wechat => Ok(text.to_owned()),
        "http" | "https" => Err(
            "is not WeChat over https; AppSecrets go there. Other addresses need development = true",
        ),
        _ => Err("is neither http nor https"),
    }
}

fn verification_files(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let key = section.name_of("verification_files");
    for (name, body, at) in section.free_texts("verification_files") {
        let cure =
            "copy the file's name and content as WeChat's console (公众平台 or 开放平台) gave them";
        match VerificationFile::parse(name, body) {
            Ok(file) => {
                files.insert(file.name().to_owned(), file.body().to_owned());
            }
            Err(why) => {
                section.reading().refuse_key(&at, &key, &why.to_string(), cure.to_owned());
            }
        }
    }
    files
}
