use super::*;

const ROUTES: [RouteClass; RouteClass::COUNT] = [
    RouteClass::Discovery,
    RouteClass::Authorize,
    RouteClass::Resume,
    RouteClass::Token,
    RouteClass::Jwks,
    RouteClass::Userinfo,
    RouteClass::Revoke,
    RouteClass::Introspect,
    RouteClass::Device,
    RouteClass::Relay,
    RouteClass::Logout,
    RouteClass::Account,
    RouteClass::Callback,
    RouteClass::Push,
    RouteClass::VerificationFile,
    RouteClass::Static,
    RouteClass::Other,
];

#[test]
fn every_route_and_status_has_a_series_of_its_own_from_its_first_request_on() {
    let (requests, mut registry) = (Requests::default(), Registry::default());
    requests.register(&mut registry);
    let written = || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    };
    assert!(!written().contains("route="), "nobody has asked yet");
    for (times, route) in ROUTES.iter().enumerate() {
        for status in [100, 200, 302, 404, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            (0..=times).for_each(|_| requests.answered(*route, status, Duration::ZERO));
        }
    }
    let text = written();
    for (times, route) in ROUTES.iter().enumerate() {
        let (route, times) = (route.as_str(), times + 1);
        for status in STATUSES {
            let labels = format!("{{route=\"{route}\",status=\"{status}\"}}");
            let line = format!("http_requests_total{labels} {times}\n");
            assert!(text.contains(&line), "missing {line} in:\n{text}");
        }
        let line = format!("http_request_seconds_count{{route=\"{route}\"}} {}\n", times * 5);
        assert!(text.contains(&line), "missing {line} in:\n{text}");
    }
}

#[test]
fn a_status_of_no_class_counts_with_the_breakages() {
    let requests = Requests::default();
    requests.answered(RouteClass::Other, StatusCode::from_u16(799).unwrap(), Duration::ZERO);
    let labels = [("route", "other"), ("status", "5xx")];
    assert_eq!(requests.counts.get_or_create(&labels).get(), 1);
}
