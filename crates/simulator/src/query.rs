//! Parameters as they came: in their order, with their repetitions.
//! WeChat is strict about the order of a link, and tests assert the order we saw, so nothing is sorted or merged here.
//! The pages, the API endpoints and the request log all read from this one shape.

use percent_encoding::percent_decode_str;

/// Decoded name and value pairs of a query string or a form, in order of arrival.
#[derive(Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl std::fmt::Debug for Params {
    /// Names only: the values are secrets, codes and openids.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Params {
    /// Splits at `&` and `=`, reads `+` as a space and replaces bytes that are not UTF-8.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// Parameters that did not come as a query, such as the fields of a JSON body.
    pub(crate) fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of that name; an absent one reads as the empty text, as WeChat treats it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The value of one cookie in a `Cookie` header.
pub(crate) fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(have, _)| *have == name)
        .map(|(_, v)| v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_order_and_are_decoded_once() {
        let params = Params::parse("b=1&a=https%3A%2F%2Fx%2F%3Fq%3D%252F&b=2&c");
        assert_eq!(params.names().collect::<Vec<_>>(), ["b", "a", "b", "c"]);
        assert_eq!(params.get("a"), "https://x/?q=%2F");
        assert_eq!(params.get("b"), "1");
        assert_eq!(params.get("absent"), "");
        assert_eq!(format!("{params:?}"), r#"["b", "a", "b", "c"]"#, "values are not printed");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        assert_eq!(cookie("a=1; simulator_person=ann; b=2", "simulator_person"), Some("ann"));
        assert_eq!(cookie("xsimulator_person=ann", "simulator_person"), None);
    }
}
