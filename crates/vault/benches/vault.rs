//! What signing, sealing and hashing cost, and what they cost when a key is parsed each time (the negative control).
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail loudly")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use magpie_domain::Algorithm;
use magpie_domain::testing::SeededEntropy;
use magpie_vault::{Purpose, RootKey, SigningKeyMaterial, Vault, bound};
use serde_json::json;

fn signing(criterion: &mut Criterion) {
    let claims = json!({
        "iss": "https://login.example.com", "sub": "0123456789abcdefghjkmnpqrs", "aud": "grafana",
        "iat": 1_800_000_000, "exp": 1_800_003_600, "auth_time": 1_800_000_000,
        "nonce": "n-0S6_WzA2Mjn-0S6_WzA2Mj", "amr": ["website"], "acr": "urn:magpie:acr:wechat",
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "sid": "0123456789abcdefghjkmnpqrs"
    });
    for algorithm in Algorithm::ALL {
        let key = SigningKeyMaterial::generate(algorithm).unwrap();
        let signer = key.signer().unwrap();
        let token = signer.sign("JWT", &claims).unwrap();
        let name = algorithm.as_str();
        criterion.bench_function(&format!("sign {name}, cached signer"), |bencher| {
            bencher.iter(|| signer.sign("JWT", black_box(&claims)).unwrap());
        });
        criterion.bench_function(&format!("sign {name}, key parsed per signature"), |bencher| {
            bencher.iter(|| {
                let key = SigningKeyMaterial::from_pkcs8(algorithm, black_box(key.expose_pkcs8()))
                    .unwrap();
                key.signer().unwrap().sign("JWT", &claims).unwrap()
            });
        });
        criterion.bench_function(&format!("verify {name}, cached verifier"), |bencher| {
            bencher.iter(|| signer.verifier().verify(black_box(&token), "JWT").unwrap());
        });
    }
}

fn sealing(criterion: &mut Criterion) {
    let entropy = SeededEntropy::new(1);
    let vault = Vault::new(&RootKey::generate(&entropy).unwrap()).unwrap();
    let context = bound(&["attempt", "0123456789abcdefghjkmnpqrs"]);
    let cookie = [0x61_u8; 700];
    let text = vault.seal_text(Purpose::AttemptCookie, &context, &cookie, &entropy).unwrap();
    criterion.bench_function("seal a cookie of 700 bytes", |bencher| {
        bencher.iter(|| {
            vault.seal_text(Purpose::AttemptCookie, &context, black_box(&cookie), &entropy).unwrap()
        });
    });
    criterion.bench_function("open a cookie of 700 bytes", |bencher| {
        bencher.iter(|| {
            vault.unseal_text(Purpose::AttemptCookie, &context, black_box(&text)).unwrap()
        });
    });
    let handle = magpie_vault::generate::handle(&entropy).unwrap();
    criterion.bench_function("hash a handle", |bencher| {
        bencher.iter(|| vault.hash_handle(Purpose::HandleHash, black_box(handle.expose())));
    });
}

criterion_group!(benches, signing, sealing);
criterion_main!(benches);
