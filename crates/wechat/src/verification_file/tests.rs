use super::*;
use VerificationFileInvalid::{Body, Name};

/// Cases WP-12 and WP-13. Seen red with a name in another case, and with dots and slashes in it.
#[test]
fn only_names_and_bodies_of_verification_files_are_taken() {
    let word = "AbCdEfGhIjKlMnOp";
    for (name, body, expected) in [
        ("MP_verify_AbCdEfGhIjKlMnOp.txt", word, Ok(())),
        ("WW_verify_AbCdEfGhIjKlMnOp.txt", word, Ok(())),
        ("a1b2c3d4.txt", "0123456789abcdef0123456789abcdef", Ok(())),
        ("a1b2c3d4.txt", "AbCdEfGh\n", Ok(())),
        ("a1b2c3d4.txt", "AbCdEfGh\r\n", Ok(())),
        ("robots.txt", word, Err(Name)),
        ("mp_verify_AbCdEfGhIjKlMnOp.txt", word, Err(Name)),
        ("MP_verify_.txt", word, Err(Name)),
        ("MP_verify_AbCdEfGhIjKlMnOp.TXT", word, Err(Name)),
        ("MP_verify_AbCdEfGhIjKlMnOp.txt.txt", word, Err(Name)),
        ("MP_verify_MP_verify_AbCdEfGh.txt", word, Err(Name)),
        ("MP_verify_../../etc/passwd.txt", word, Err(Name)),
        ("MP_verify_..%2f..%2fetc%2fpasswd.txt", word, Err(Name)),
        ("MP_verify_AbCdEfGh\0.txt", word, Err(Name)),
        ("/AbCdEfGhIjKl.txt", word, Err(Name)),
        ("", word, Err(Name)),
        ("a1b2c3d4.txt", "", Err(Body)),
        ("a1b2c3d4.txt", "<script>alert</script>", Err(Body)),
        ("a1b2c3d4.txt", "AbCdEfGh\n\n", Err(Body)),
    ] {
        assert_eq!(VerificationFile::parse(name, body).map(|_| ()), expected, "{name} {body}");
    }
    let long = "a".repeat(65);
    assert!(!is_name(&format!("{long}.txt")));
    assert_eq!(VerificationFile::parse("a1b2c3d4.txt", &long), Err(Body));
}

#[test]
fn the_body_is_served_as_given() {
    let file = VerificationFile::parse("a1b2c3d4.txt", "AbCdEfGh\n").unwrap();
    assert_eq!((file.name(), file.body()), ("a1b2c3d4.txt", "AbCdEfGh\n"));
}
