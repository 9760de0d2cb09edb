//! Options, and their URLs.

use std::io::ErrorKind;

use net_mysql::Opts;

#[test]
fn a_url_sets_address_and_login() {
    let opts = Opts::from_url("mysql://app:p%40ss%2Fword@db.example.com:3307/the%20shop").unwrap();
    let told = format!("{opts:?}");
    for part in ["db.example.com:3307", "app", "the shop"] {
        assert!(told.contains(part), "{told}");
    }
    let opts = Opts::from_url("mysql://[::1]").unwrap();
    assert!(format!("{opts:?}").contains("[::1]:3306"));
    let opts = Opts::from_url("mysql://localhost/x?socket=/run/mysqld.sock&pool_max=3").unwrap();
    assert!(format!("{opts:?}").contains("/run/mysqld.sock"));
}

#[test]
fn a_password_is_never_printed() {
    let opts = Opts::from_url("mysql://app:secret@db").unwrap();
    assert!(!format!("{opts:?} {opts:#?}").contains("secret"));
    let wrong = [
        "mysql://app:secret@db:port",
        "mysql://app:secret@db/?pool_max=secre",
        "mysql://app:secret@db/?unknown=1",
        "postgres://app:secret@db",
        "mysql://app:secret%ff@db",
        "app:secret@db",
    ];
    for url in wrong {
        let error = Opts::from_url(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}: {error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}

#[test]
fn every_parameter_of_the_table_is_parsed() {
    let parameters = [
        "connect_timeout=10",
        "max_allowed_packet=67108864",
        "compression=fast",
        "compression=9",
        "stmt_cache_size=32",
        "client_found_rows=true",
        "charset=utf8mb4",
        "time_zone=%2B00:00",
        "pool_max=100",
        "pool_wait=30",
        "inactive_connection_ttl=300",
        "abs_conn_ttl=3600",
        "reset_connection=false",
    ];
    let url = format!("mysql://db/?{}", parameters.join("&"));
    Opts::from_url(&url).unwrap();
    for wrong in [
        "pool_max=many",
        "client_found_rows=1",
        "compression=x",
        "pool_wait=-1",
    ] {
        Opts::from_url(&format!("mysql://db/?{wrong}")).unwrap_err();
    }
}
