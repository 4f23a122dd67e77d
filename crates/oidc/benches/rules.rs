//! What the pure rules cost per login: reading and checking a request, planning tokens, writing ID token claims.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{
    Algorithm, Client, ClientDraft, ClientId, ClientPolicy, ClientSecrets, Issuer, Lifetime,
    ScopeSet, Subject, TokenHash,
};
use magpie_oidc::Params;
use magpie_oidc::authorize::{self, HintFacts};
use magpie_oidc::claims::{IdTokenFacts, id_token};
use magpie_oidc::tokens::{self, TokenSettings};

const QUERY: &str = "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code\
    &scope=openid%20profile%20zzz&state=af0ifjsldkj-af0ifjsldkj-af0ifjsldkj&nonce=n-0S6_WzA2Mj\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&prompt=login&max_age=60";

fn client() -> Client {
    Client::new(ClientDraft {
        id: ClientId::parse("app").unwrap(),
        name: "App".to_owned(),
        secrets: ClientSecrets::of(Some(TokenHash::from_bytes([1; 32]))),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        scopes: ScopeSet::parse("openid profile"),
        policy: ClientPolicy::default(),
        enabled: true,
    })
    .unwrap()
}

fn rules(criterion: &mut Criterion) {
    let client = client();
    criterion.bench_function("authorize: read and check", |bench| {
        bench.iter(|| {
            let params = Params::from_query(black_box(QUERY)).unwrap();
            authorize::check(&params, Some(&client), &HintFacts::NotSent).unwrap()
        });
    });

    let grant = sample_grant();
    let settings =
        TokenSettings { access_token: Lifetime::from_hours(1), id_token: Lifetime::from_hours(1) };
    criterion.bench_function("token: plan", |bench| {
        bench.iter(|| tokens::plan(black_box(&grant), &client, &settings, SAMPLE_NOW));
    });

    let issuer = Issuer::parse("https://login.example.com").unwrap();
    let subject = Subject::parse("0123456789abcdefghjkmnpqrs").unwrap();
    let facts = IdTokenFacts {
        algorithm: Algorithm::Rs256,
        issuer: &issuer,
        subject: &subject,
        client: &client,
        grant: &grant,
        now: SAMPLE_NOW,
        lifetime: settings.id_token,
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        profile: None,
    };
    criterion.bench_function("id token: claims", |bench| {
        bench.iter(|| id_token(black_box(&facts)));
    });
}

criterion_group!(benches, rules);
criterion_main!(benches);
