//! Resolved addresses: how they print, and their canonical form.

use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use net_traits::{Endpoint, UnixAddress};

use crate::fake::at;

#[test]
fn an_ip_endpoint_prints_as_it_is_typed() {
    for text in [
        "127.0.0.1:80",
        "0.0.0.0:0",
        "[::1]:80",
        "[::]:65535",
        "[2001:db8::1]:443",
        "[fe80::1%2]:80",
    ] {
        assert_eq!(at(text).to_string(), text);
    }
}

#[test]
fn a_unix_endpoint_prints_as_it_is_typed() {
    for text in ["/run/app.sock", "relative.sock", "@bus", "@a/b c"] {
        assert_eq!(UnixAddress::new(text).to_string(), text);
        assert_eq!(Endpoint::from(UnixAddress::new(text)).to_string(), text);
    }
}

#[test]
fn an_unnamed_unix_endpoint_says_so() {
    assert_eq!(UnixAddress::Unnamed.to_string(), "(unnamed)");
    assert_eq!(
        Endpoint::from(UnixAddress::Unnamed).to_string(),
        "(unnamed)"
    );
}

#[test]
fn an_abstract_name_of_arbitrary_bytes_prints_on_one_line() {
    let address = UnixAddress::Abstract(b"a\n\0\xff".to_vec());
    assert_eq!(address.to_string(), "@a\\n\\u{0}\u{fffd}");
}

#[test]
fn control_characters_of_a_unix_address_are_escaped() {
    for (typed, printed) in [
        ("/run/a\nb", "/run/a\\nb"),
        ("\r\n", "\\r\\n"),
        ("/a\tb\tc", "/a\\tb\\tc"),
        ("/\u{1b}[2J", "/\\u{1b}[2J"),
        ("/\u{7f}\u{85}", "/\\u{7f}\\u{85}"),
        ("@\u{1b}]0;x\u{7}", "@\\u{1b}]0;x\\u{7}"),
        // What was typed as an escape is not escaped once more.
        ("/a\\nb", "/a\\nb"),
    ] {
        assert_eq!(UnixAddress::new(typed).to_string(), printed);
        assert_eq!(Endpoint::from(UnixAddress::new(typed)).to_string(), printed);
    }
}

#[cfg(unix)]
#[test]
fn a_path_of_arbitrary_bytes_prints_on_one_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let path = PathBuf::from(OsStr::from_bytes(b"/a\xff\n\xc3\xa9"));
    assert_eq!(UnixAddress::Path(path).to_string(), "/a\u{fffd}\\né");
}

#[test]
fn a_name_of_any_other_characters_prints_as_it_is_typed() {
    for text in ["@büs", "@it's", "@a\"b", "@a\\b", "@", "/bü s", "/a\"b'c"] {
        assert_eq!(UnixAddress::new(text).to_string(), text);
    }
}

#[test]
fn a_unix_address_is_read_by_its_first_character() {
    assert_eq!(
        UnixAddress::new("@bus"),
        UnixAddress::Abstract(b"bus".to_vec())
    );
    assert_eq!(UnixAddress::new("@"), UnixAddress::Abstract(Vec::new()));
    assert_eq!(
        UnixAddress::new("@@x"),
        UnixAddress::Abstract(b"@x".to_vec())
    );
    assert_eq!(
        UnixAddress::new("/a/@b"),
        UnixAddress::Path(PathBuf::from("/a/@b"))
    );
    assert_eq!(
        UnixAddress::new("./@b"),
        UnixAddress::Path(PathBuf::from("./@b"))
    );
    assert_eq!(UnixAddress::new(""), UnixAddress::Unnamed);
}

#[test]
fn only_a_path_is_a_path() {
    assert_eq!(UnixAddress::new("/a").as_path(), Some(Path::new("/a")));
    assert_eq!(UnixAddress::new("@a").as_path(), None);
    assert_eq!(UnixAddress::Unnamed.as_path(), None);
}

#[test]
fn a_v4_mapped_address_becomes_the_ipv4_address() {
    let mapped: SocketAddr = "[::ffff:192.0.2.7]:80".parse().unwrap();
    let SocketAddr::V6(mapped_v6) = mapped else {
        panic!("not IPv6");
    };
    let plain: SocketAddrV4 = "192.0.2.7:80".parse().unwrap();
    assert_eq!(Endpoint::from(mapped), Endpoint::from(plain));
    assert_eq!(Endpoint::from(mapped_v6), Endpoint::from(plain));
    assert_eq!(Endpoint::from(mapped).to_string(), "192.0.2.7:80");
    assert_eq!(Endpoint::from(mapped).as_ip(), Some(plain.into()));
}

#[test]
fn an_address_that_only_looks_mapped_stays() {
    for text in ["[::192.0.2.7]:80", "[::1]:80", "[64:ff9b::c000:207]:80"] {
        let address: SocketAddr = text.parse().unwrap();
        assert_eq!(Endpoint::from(address).as_ip(), Some(address));
    }
}

#[test]
fn flow_and_scope_stay() {
    let address = SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 5, 9);
    assert_eq!(Endpoint::from(address).as_ip(), Some(address.into()));
}

#[test]
fn parts_are_there_for_the_right_family_only() {
    let ip = at("127.0.0.1:80");
    assert_eq!(ip.ip(), Some("127.0.0.1".parse().unwrap()));
    assert_eq!(ip.port(), Some(80));
    assert_eq!(ip.as_unix(), None);

    let unix = Endpoint::from(UnixAddress::new("/a"));
    assert_eq!(unix.as_unix(), Some(&UnixAddress::new("/a")));
    assert_eq!(unix.as_ip(), None);
    assert_eq!(unix.ip(), None);
    assert_eq!(unix.port(), None);
}

#[test]
fn endpoints_sort_and_hash() {
    let mut endpoints = vec![at("127.0.0.2:1"), at("127.0.0.1:2"), at("127.0.0.1:1")];
    endpoints.sort();
    assert_eq!(
        endpoints,
        [at("127.0.0.1:1"), at("127.0.0.1:2"), at("127.0.0.2:1")]
    );
    let set: std::collections::HashSet<_> = endpoints.into_iter().collect();
    assert!(set.contains(&at("127.0.0.2:1")));
}
