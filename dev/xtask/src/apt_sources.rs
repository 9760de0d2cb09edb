//! The machine's apt sources, both formats, and the Debian archive among them.

use std::fs;
use std::path::{Path, PathBuf};

/// One archive that apt is told to read packages from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) uri: String,
    pub(crate) suites: Vec<String>,
    pub(crate) components: Vec<String>,
    /// The field's value as it stands: keyring paths, fingerprints or a key.
    pub(crate) signed_by: Option<String>,
}

/// Names by which the Debian archive calls a release's main suite.
const DEBIAN_SUITES: [&str; 10] = [
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "sid",
];

/// The machine's sources that may be the Debian archive, the likeliest first.
pub(crate) fn debian_archives() -> Vec<Source> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    likeliest_first(machine_sources(Path::new("/etc/apt")), codename)
}

fn likeliest_first(mut sources: Vec<Source>, codename: Option<&str>) -> Vec<Source> {
    sources.retain(|source| {
        source.components.iter().any(|name| name == "main")
            && source
                .suites
                .iter()
                .any(|suite| DEBIAN_SUITES.contains(&suite.as_str()))
    });
    sources.sort_by_key(|source| {
        let own_suite = source
            .suites
            .iter()
            .any(|suite| Some(suite.as_str()) == codename);
        let debian_key = source
            .signed_by
            .as_ref()
            .is_some_and(|by| by.contains("debian-archive"));
        let debian_path = source.uri.trim_end_matches('/').ends_with("/debian");
        // false sorts before true
        (!debian_key, !own_suite, !debian_path)
    });
    sources
}

fn machine_sources(etc_apt: &Path) -> Vec<Source> {
    let mut files: Vec<PathBuf> = fs::read_dir(etc_apt.join("sources.list.d"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.insert(0, etc_apt.join("sources.list"));
    let mut sources = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => sources.extend(text.lines().filter_map(parse_line)),
            Some("sources") => sources.extend(parse_deb822(&text)),
            _ => {}
        }
    }
    sources
}

/// `deb [signed-by=… arch=…] URI SUITE COMPONENT…`
fn parse_line(line: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let mut rest = line.strip_prefix("deb")?;
    if !rest.starts_with([' ', '\t', '[']) {
        return None;
    }
    rest = rest.trim_start();
    let mut signed_by = None;
    if let Some(after) = rest.strip_prefix('[') {
        let (options, after) = after.split_once(']')?;
        signed_by = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned);
        rest = after;
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uri: words.next()?,
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by,
    })
}

fn parse_deb822(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    // The empty line after the last one ends the last paragraph.
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            sources.extend(paragraph_sources(&fields));
            fields.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn paragraph_sources(fields: &[(String, String)]) -> Vec<Source> {
    let field = |wanted: &str| {
        fields
            .iter()
            .find(|(name, _)| name == wanted)
            .map_or("", |(_, value)| value.as_str())
    };
    let words = |wanted: &str| -> Vec<String> {
        field(wanted)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    if field("enabled").eq_ignore_ascii_case("no") || !words("types").contains(&"deb".to_owned()) {
        return Vec::new();
    }
    let signed_by = Some(field("signed-by")).filter(|value| !value.is_empty());
    words("uris")
        .into_iter()
        .map(|uri| Source {
            uri,
            suites: words("suites"),
            components: words("components"),
            signed_by: signed_by.map(str::to_owned),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_line_entries() {
        let line = "deb [ arch=amd64 signed-by=/keys/a.gpg ] http://mirror.test/debian bookworm main contrib # note";
        let source = parse_line(line).expect("an entry");
        assert_eq!(source.uri, "http://mirror.test/debian");
        assert_eq!(source.suites, ["bookworm"]);
        assert_eq!(source.components, ["main", "contrib"]);
        assert_eq!(source.signed_by.as_deref(), Some("/keys/a.gpg"));
        let plain = parse_line("deb http://mirror.test/debian sid main").expect("an entry");
        assert_eq!(plain.signed_by, None);
        for other in [
            "",
            "# deb http://a b main",
            "deb-src http://a b main",
            "deb http://a",
        ] {
            assert_eq!(parse_line(other), None, "{other}");
        }
    }

    #[test]
    fn reads_deb822_paragraphs() {
        let text = "Types: deb deb-src\n# a comment inside\nURIs: http://a.test/debian\n http://b.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN-----\n .\n abc\n\n\nTypes: deb\nEnabled: no\nURIs: http://c.test\nSuites: x\nComponents: main\n";
        let sources = parse_deb822(text);
        let uris: Vec<&str> = sources.iter().map(|source| source.uri.as_str()).collect();
        assert_eq!(uris, ["http://a.test/debian", "http://b.test/debian"]);
        assert_eq!(sources[0].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(
            sources[0].signed_by.as_deref(),
            Some("\n -----BEGIN-----\n .\n abc")
        );
    }

    #[test]
    fn prefers_the_archive_to_third_parties_and_security() {
        let text = "deb http://yarn.test/debian stable main
deb http://security.test/debian-security bookworm-security main
deb [signed-by=/usr/share/keyrings/pg.gpg] http://pg.test/apt bookworm main
deb http://mirror.test/debian/ bookworm main
deb http://docker.test/debian bookworm stable";
        let sources = text.lines().filter_map(parse_line).collect();
        let found = likeliest_first(sources, Some("bookworm"));
        let uris: Vec<&str> = found.iter().map(|source| source.uri.as_str()).collect();
        let expected = [
            "http://mirror.test/debian/",
            "http://pg.test/apt",
            "http://yarn.test/debian",
        ];
        assert_eq!(uris, expected);
    }
}
