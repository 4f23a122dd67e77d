//! A certificate for 127.0.0.1 that lives as long as a test, so that the issuer is https as in production.

use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509Builder, X509NameBuilder};

/// Where key and certificate are, in PEM.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) key: PathBuf,
    pub(crate) certificate: PathBuf,
}

impl Certificate {
    /// Writes a new one into `folder`; it signs itself, so whoever trusts it trusts nobody else.
    pub(crate) fn write(folder: &Path) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "conformance").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder
            .set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
            .unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let address = SubjectAlternativeName::new()
            .ip("127.0.0.1")
            .build(&builder.x509v3_context(None, None));
        builder.append_extension(address.unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let written = |name: &str, pem: Vec<u8>| {
            let path = folder.join(name);
            std::fs::write(&path, pem).unwrap();
            path
        };
        Self {
            key: written("front.key", key.private_key_to_pem_pkcs8().unwrap()),
            certificate: written("front.pem", builder.build().to_pem().unwrap()),
        }
    }
}
