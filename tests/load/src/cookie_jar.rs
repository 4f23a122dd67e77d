//! The cookies of one browser at one origin: enough of RFC 6265 for a login, and no more.
//! It owns name, value and path; expiry only means removal, since no cookie grows old within a login.
//! The benchmark keeps one jar per origin, because the provider and WeChat are different hosts in production, while a
//! browser does not tell two ports of loopback apart. Called by the logins.

/// Cookies by path and name.
#[derive(Debug, Clone, Default)]
pub(crate) struct CookieJar(Vec<Cookie>);

#[derive(Debug, Clone)]
struct Cookie {
    path: String,
    name: String,
    value: String,
}

impl CookieJar {
    /// Obeys the `Set-Cookie` fields of one answer.
    pub(crate) fn obey(&mut self, fields: &[String]) {
        for field in fields {
            self.set(field);
        }
    }

    fn set(&mut self, field: &str) {
        let mut parts = field.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let mut path = "/";
        let mut removed = false;
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            if key.eq_ignore_ascii_case("path") {
                path = value;
            } else if key.eq_ignore_ascii_case("max-age") {
                removed = value.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
            }
        }
        self.0.retain(|cookie| cookie.name != name || cookie.path != path);
        if !removed {
            self.0.push(Cookie {
                path: path.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    /// Appends the `Cookie` field for a request target, or nothing when no cookie fits.
    pub(crate) fn write(&self, target: &str, request: &mut String) {
        let path = target.split('?').next().unwrap_or(target);
        let mut separator = "Cookie: ";
        for cookie in self.0.iter().filter(|cookie| path_matches(path, &cookie.path)) {
            for piece in [separator, &cookie.name, "=", &cookie.value] {
                request.push_str(piece);
            }
            separator = "; ";
        }
        if separator == "; " {
            request.push_str("\r\n");
        }
    }
}

/// RFC 6265 §5.1.4.
fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(jar: &CookieJar, target: &str) -> String {
        let mut request = String::new();
        jar.write(target, &mut request);
        request
    }

    #[test]
    fn cookies_go_where_their_path_says_and_nowhere_else() {
        let mut jar = CookieJar::default();
        jar.obey(&["a=1; Path=/; HttpOnly".into(), "b=2=2; path=/callback; Max-Age=600".into()]);
        assert_eq!(sent(&jar, "/callback/desktop?code=x"), "Cookie: a=1; b=2=2\r\n");
        assert_eq!(sent(&jar, "/callbacks"), "Cookie: a=1\r\n");
        assert_eq!(sent(&jar, "/"), "Cookie: a=1\r\n");
        assert_eq!(sent(&CookieJar::default(), "/"), "");
    }

    #[test]
    fn a_later_cookie_replaces_an_earlier_one_and_no_lifetime_removes_it() {
        let mut jar = CookieJar::default();
        jar.obey(&["a=1; Path=/".into(), "a=2; Path=/".into()]);
        assert_eq!(sent(&jar, "/"), "Cookie: a=2\r\n");
        jar.obey(&["a=; Path=/; Max-Age=0".into()]);
        assert_eq!(sent(&jar, "/"), "");
    }
}
