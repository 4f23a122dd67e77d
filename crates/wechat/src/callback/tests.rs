use super::*;

#[test]
fn code_and_state_decide_what_a_callback_says() {
    let (long_code, long_state) = ("c".repeat(1025), "s".repeat(129));
    for (code, state, expected) in [
        (Some("081aB-_9"), Some("Handle32"), "code 081aB-_9 Handle32"),
        (Some("码 .~+"), Some("s"), "code 码 .~+ s"),
        (None, Some("s"), "only s"),
        (Some(""), Some("s"), "only s"),
        (Some("authdeny"), Some("s"), "only s"),
        (Some("c"), None, "nothing"),
        (Some("c"), Some(""), "nothing"),
        (Some("c"), Some(long_state.as_str()), "nothing"),
        (Some("c"), Some("a b"), "nothing"),
        (Some("c"), Some("鹊"), "nothing"),
        (Some(long_code.as_str()), Some("s"), "nothing"),
        (Some("a\0b"), Some("s"), "nothing"),
        (Some("a\u{85}b"), Some("s"), "nothing"),
        (None, None, "nothing"),
    ] {
        let said = match read(code, state) {
            Callback::Code { code, state } => format!("code {} {state}", code.expose()),
            Callback::OnlyState(state) => format!("only {state}"),
            Callback::Nothing => "nothing".to_owned(),
        };
        assert_eq!(said, expected, "{code:?} {state:?}");
    }
}

/// Law 9. Seen red with one of the texts written out.
#[test]
fn neither_code_nor_state_can_be_printed() {
    let printed = format!(
        "{:?} {:?} {:?}",
        read(Some("planted"), Some("planted")),
        read(None, Some("planted")),
        CallbackCode::parse("planted")
    );
    assert!(!printed.contains("planted"), "{printed}");
}
