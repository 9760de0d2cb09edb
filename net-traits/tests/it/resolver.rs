//! Resolvers, and what is asked of them.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;

use net_traits::{Answer, Error, Family, NetworkKind, Operation, Resolver, Result, async_trait};

/// Knows one name, and gives each family by itself if it is told to.
#[derive(Debug)]
struct OneName {
    each: bool,
}

const V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

#[async_trait]
impl Resolver for OneName {
    async fn lookup(&self, name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        match name {
            "db.internal" => Ok(vec![V6, V4]),
            _ => Err(Error::new(Operation::Lookup, ErrorKind::NotFound).with_address(name)),
        }
    }

    async fn lookup_each(
        &self,
        name: &str,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        let addresses = self.lookup(name, family).await?;
        if self.each {
            found(Answer::new(Family::V6, vec![V6]));
            found(Answer::new(Family::V4, vec![V4]));
        } else {
            found(Answer::new(family, addresses));
        }
        Ok(())
    }

    async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        Ok(vec![format!("{address}.test")])
    }
}

/// Supplies only what it must.
#[derive(Debug)]
struct Plain(OneName);

#[async_trait]
impl Resolver for Plain {
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>> {
        self.0.lookup(name, family).await
    }
}

async fn answers(resolver: &dyn Resolver, name: &str) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    let mut found = |answer| answers.push(answer);
    resolver.lookup_each(name, Family::Any, &mut found).await?;
    Ok(answers)
}

#[tokio::test]
async fn a_resolver_gives_one_answer_for_all_by_default() {
    let resolver = Plain(OneName { each: false });
    assert_eq!(
        answers(&resolver, "db.internal").await.unwrap(),
        [Answer::new(Family::Any, vec![V6, V4])]
    );
    let error = answers(&resolver, "h.test").await.unwrap_err();
    assert_eq!(error.to_string(), "lookup h.test: entity not found");
}

#[tokio::test]
async fn a_shared_resolver_gives_the_answers_of_the_one_within() {
    let resolver: Arc<dyn Resolver> = Arc::new(OneName { each: true });
    let shared = Arc::new(resolver);
    assert_eq!(
        answers(&shared, "db.internal").await.unwrap(),
        [
            Answer::new(Family::V6, vec![V6]),
            Answer::new(Family::V4, vec![V4])
        ]
    );
    let addresses = shared.lookup("db.internal", Family::Any).await.unwrap();
    assert_eq!(addresses, [V6, V4]);
    let names = shared.lookup_addr(V4).await.unwrap();
    assert_eq!(names, ["127.0.0.1.test"]);
}

#[tokio::test]
async fn a_resolver_has_no_reverse_lookups_by_default() {
    let resolver = Plain(OneName { each: false });
    let error = resolver.lookup_addr(V6).await.unwrap_err();
    assert_eq!(error.operation(), Operation::Lookup);
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.address(), Some("::1"));
    assert_eq!(
        error.to_string(),
        "lookup ::1: the resolver has no reverse lookups"
    );
}

#[test]
fn a_network_wants_the_family_of_its_addresses() {
    for (network, family) in [
        (NetworkKind::Tcp, Family::Any),
        (NetworkKind::Tcp4, Family::V4),
        (NetworkKind::Udp4, Family::V4),
        (NetworkKind::Tcp6, Family::V6),
        (NetworkKind::Udp6, Family::V6),
        (NetworkKind::Udp, Family::Any),
    ] {
        assert_eq!(Family::of(network), family, "{network}");
        assert_eq!(family.has(V4), network.allows_ipv4(), "{network}");
        assert_eq!(family.has(V6), network.allows_ipv6(), "{network}");
    }
}
