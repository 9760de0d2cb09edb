//! Addresses of the Unix domain: paths, abstract names and their text.

use std::io::ErrorKind;
use std::path::Path;

use net_traits::{Operation, UnixAddress};
use proptest::prelude::*;

use crate::strategy::{config, nearly_a_path, odd_bytes, unix_address};

fn parse(text: &str) -> UnixAddress {
    text.parse()
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn name(bytes: &[u8]) -> UnixAddress {
    UnixAddress::abstract_name(bytes)
}

/// The bytes of it, since two spellings of a path may be equal.
fn bytes(address: &UnixAddress) -> (bool, Vec<u8>) {
    match (address.as_path(), address.as_abstract_name()) {
        (Some(path), None) => (false, path.as_os_str().as_encoded_bytes().to_vec()),
        (None, Some(name)) => (true, name.to_vec()),
        _ => panic!("{address} has no name"),
    }
}

#[test]
fn an_address_prints_as_it_is_typed() {
    for text in [
        "/run/app.sock",
        "relative.sock",
        "./@b",
        "/a/@b",
        "@bus",
        "@@x",
        "@a/b c",
        "@büs",
        "@it's",
        "@a\"b",
        "/bü s",
        "/a\"b'c",
        "(unnamed)",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn an_address_is_read_by_its_first_character() {
    assert_eq!(parse("@bus"), name(b"bus"));
    assert_eq!(parse("@@x"), name(b"@x"));
    assert_eq!(parse("/a/@b"), UnixAddress::path("/a/@b"));
    assert_eq!(parse("./@b"), UnixAddress::path("./@b"));
    // An escaped `@` is a file's.
    assert_eq!(parse(r"\x40b"), UnixAddress::path("@b"));
}

#[test]
fn an_abstract_name_and_a_file_of_that_name_differ() {
    let (file, abstract_name) = (UnixAddress::path("@x"), parse("@x"));
    assert_ne!(file, abstract_name);
    assert_ne!(file.to_string(), abstract_name.to_string());
    assert_eq!(file.as_path(), Some(Path::new("./@x")));
    assert_eq!(file.to_string(), "./@x");
    assert_eq!(parse(&file.to_string()), file);
    assert_eq!(abstract_name.as_abstract_name(), Some(&b"x"[..]));
}

#[test]
fn what_a_line_cannot_hold_is_escaped() {
    for (path, printed) in [
        ("/run/a\nb", r"/run/a\x0ab"),
        ("\r\n", r"\x0d\x0a"),
        ("/a\tb\tc", r"/a\x09b\x09c"),
        ("/\u{1b}[2J", r"/\x1b[2J"),
        ("/\u{7f}\u{85}", r"/\x7f\xc2\x85"),
        (r"/a\nb", r"/a\\nb"),
        (r"/a\x41", r"/a\\x41"),
    ] {
        let address = UnixAddress::path(path);
        assert_eq!(address.to_string(), printed);
        assert_eq!(bytes(&parse(printed)), bytes(&address));
    }
    assert_eq!(name(b"a\n\0\xff\\").to_string(), r"@a\x0a\x00\xff\\");
    assert_eq!(parse(r"@a\x0a\x00\xFF\\"), name(b"a\n\0\xff\\"));
}

#[test]
fn a_backslash_that_begins_no_escape_stands_for_itself() {
    for (text, expected) in [
        (r"@\", &br"\"[..]),
        (r"@\n", br"\n"),
        (r"@\x", br"\x"),
        (r"@\x4", br"\x4"),
        (r"@\x4g", br"\x4g"),
        (r"@\xé", "\\xé".as_bytes()),
        (r"@\\x41", br"\x41"),
        (r"@\\\x41", br"\A"),
    ] {
        assert_eq!(parse(text), name(expected), "{text}");
    }
}

#[cfg(any(unix, target_os = "wasi"))]
#[test]
fn a_path_need_not_be_utf_8() {
    let path = parse(r"/a\xff\x0aé");
    assert_eq!(bytes(&path), (false, b"/a\xff\n\xc3\xa9".to_vec()));
    assert_eq!(path.to_string(), r"/a\xff\x0aé");
}

#[test]
fn a_text_without_a_name_is_told_what_is_wrong_with_it() {
    for (text, message) in [
        ("", r#"parse "": empty path, expected a path or @name"#),
        ("@", "parse @: empty name after @"),
    ] {
        let error = text.parse::<UnixAddress>().unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.operation(), Operation::Parse);
        assert_eq!(error.address(), Some(text));
    }
}

#[test]
fn a_socket_that_was_never_bound_says_so() {
    assert!(UnixAddress::unnamed().is_unnamed());
    assert_eq!(UnixAddress::path(""), UnixAddress::unnamed());
    assert_eq!(UnixAddress::unnamed().to_string(), "(unnamed)");
    assert_eq!(UnixAddress::unnamed().as_path(), None);
    assert_eq!(UnixAddress::unnamed().as_abstract_name(), None);
    assert!(!UnixAddress::path("(unnamed)").is_unnamed());
}

#[test]
fn parts_are_there_for_the_right_form_only() {
    assert_eq!(parse("/a").as_path(), Some(Path::new("/a")));
    assert_eq!(parse("/a").as_abstract_name(), None);
    assert_eq!(parse("@a").as_path(), None);
    assert!(!parse("/a").is_unnamed() && !parse("@a").is_unnamed());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_address_prints_on_one_line_and_reads_as_the_same(address in unix_address()) {
        let printed = address.to_string();
        prop_assert!(!printed.contains(char::is_control), "{printed:?}");
        let read = parse(&printed);
        prop_assert_eq!(bytes(&read), bytes(&address));
        prop_assert_eq!(read, address);
    }

    #[test]
    fn every_name_is_kept_byte_by_byte(bytes in odd_bytes()) {
        let printed = name(&bytes).to_string();
        let read = parse(&printed);
        prop_assert_eq!(read.as_abstract_name(), Some(&bytes[..]));
    }

    #[test]
    fn no_text_panics_and_what_was_read_prints_the_same(text in nearly_a_path()) {
        match text.parse::<UnixAddress>() {
            Ok(address) => {
                let again = parse(&address.to_string());
                prop_assert_eq!(bytes(&again), bytes(&address));
            }
            Err(error) => prop_assert_eq!(error.address(), Some(&*text)),
        }
    }

    #[test]
    fn any_text_at_all_can_be_read_or_refused(text in any::<String>()) {
        if let Ok(address) = text.parse::<UnixAddress>() {
            prop_assert_eq!(bytes(&parse(&address.to_string())), bytes(&address));
        }
    }
}
