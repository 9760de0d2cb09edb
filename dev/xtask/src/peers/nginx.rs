//! nginx, as an origin with HTTP/1.1 and, by TLS, HTTP/2, and as a forward proxy.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;
use crate::workspace;

/// How long the file `long.txt` is.
const LONG: usize = 1 << 20;

/// It serves `hello.txt` and `long.txt`. The certificate is that of the tests of net-tls.
pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    let (http, https, forward) = (free_address()?, free_address()?, free_address()?);
    let www = folder.join("www");
    fs::create_dir(&www).context("the folder of what nginx serves")?;
    fs::write(www.join("hello.txt"), "Hello from nginx!\n")?;
    fs::write(www.join("long.txt"), "0123456789abcde\n".repeat(LONG / 16))?;
    let certificates = workspace::test_certificates();
    let configuration = configuration(folder, &certificates, [&http, &https, &forward]);
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration).context("nginx's configuration")?;
    let mut command = programs::command("nginx")?;
    command.args(["-e", "stderr", "-p"]).arg(folder);
    command.arg("-c").arg(file);
    let addresses = [("http", http), ("https", https), ("forward", forward)];
    Ok(Setup::new(command, &addresses))
}

/// `listen … http2` is what all releases understand, though newer ones warn of it.
fn configuration(folder: &Path, certificates: &Path, addresses: [&str; 3]) -> String {
    let [http, https, forward] = addresses;
    let (folder, certificates) = (folder.display(), certificates.display());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"));
    let temporary = temporary.concat();
    format!(
        "daemon off;
master_process off;
pid {folder}/pid;
events {{}}
http {{
    access_log off;
    default_type text/plain;
    keepalive_requests 100000;
{temporary}    server {{
        listen {http};
        root {folder}/www;
        gzip on;
        gzip_types text/plain;
        gzip_min_length 100;
        location /away {{ return 302 /hello.txt; }}
        location /number {{ return 200 $connection_requests; }}
    }}
    server {{
        listen {https} ssl http2;
        root {folder}/www;
        ssl_certificate {certificates}/localhost.pem;
        ssl_certificate_key {certificates}/localhost.key;
    }}
    server {{
        listen {forward};
        location / {{ proxy_pass http://$http_host$request_uri; }}
    }}
}}
"
    )
}
