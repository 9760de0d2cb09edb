//! Names and records that a server in the test knows.

use std::net::IpAddr;
use std::str::FromStr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, MX, NS, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record};
use net::Result;

use crate::server::{Reply, Server, Transport, response};

/// Records, each of a name with its final dot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zone {
    records: Vec<Record>,
    ttl: u32,
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_str(text).expect("a name")
}

impl Zone {
    pub(crate) fn new() -> Self {
        Zone {
            records: Vec::new(),
            ttl: 60,
        }
    }

    /// Lets what follows be good for so many seconds.
    pub(crate) fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = seconds;
        self
    }

    pub(crate) fn record(mut self, owner: &str, data: RData) -> Self {
        let record = Record::from_rdata(name(owner), self.ttl, data);
        self.records.push(record);
        self
    }

    pub(crate) fn address(self, owner: &str, address: &str) -> Self {
        let data = match address.parse().expect("an address") {
            IpAddr::V4(v4) => RData::A(v4.into()),
            IpAddr::V6(v6) => RData::AAAA(v6.into()),
        };
        self.record(owner, data)
    }

    pub(crate) fn alias(self, owner: &str, target: &str) -> Self {
        self.record(owner, RData::CNAME(CNAME(name(target))))
    }

    pub(crate) fn mx(self, owner: &str, preference: u16, host: &str) -> Self {
        self.record(owner, RData::MX(MX::new(preference, name(host))))
    }

    pub(crate) fn ns(self, owner: &str, host: &str) -> Self {
        self.record(owner, RData::NS(NS(name(host))))
    }

    pub(crate) fn txt(self, owner: &str, parts: &[&str]) -> Self {
        let parts = parts.iter().map(|part| (*part).to_owned()).collect();
        self.record(owner, RData::TXT(TXT::new(parts)))
    }

    pub(crate) fn srv(self, owner: &str, numbers: [u16; 3], host: &str) -> Self {
        let [priority, weight, port] = numbers;
        let srv = SRV::new(priority, weight, port, name(host));
        self.record(owner, RData::SRV(srv))
    }

    pub(crate) fn ptr(self, owner: &str, host: &str) -> Self {
        self.record(owner, RData::PTR(PTR(name(host))))
    }

    /// The answer to a question: records and the whole chain of aliases, or
    /// that there is none.
    pub(crate) fn answer(&self, query: &Message) -> Message {
        let question = &query.queries[0];
        let mut response = response(query);
        let mut owner = question.name().clone();
        let mut is_found = false;
        for _ in 0..20 {
            let of_owner = self.records.iter().filter(|record| record.name == owner);
            let wanted = of_owner
                .clone()
                .filter(|record| record.record_type() == question.query_type());
            is_found |= wanted.clone().next().is_some();
            response.add_answers(wanted.cloned());
            let alias = of_owner.clone().find_map(|record| match &record.data {
                RData::CNAME(target) => Some((record, target.0.clone())),
                _ => None,
            });
            match alias {
                Some((record, target)) if !question.query_type().is_cname() => {
                    response.add_answer(record.clone());
                    owner = target;
                }
                _ => break,
            }
        }
        let is_known = self.records.iter().any(|record| record.name == owner);
        if !is_known {
            response.metadata.response_code = ResponseCode::NXDomain;
        }
        if !is_found {
            response.add_authority(self.soa());
        }
        response
    }

    fn soa(&self) -> Record {
        let soa = SOA::new(name("test."), name("admin.test."), 1, 60, 60, 60, self.ttl);
        Record::from_rdata(name("test."), self.ttl, RData::SOA(soa))
    }

    /// Serves it.
    pub(crate) async fn serve(self) -> Result<Server> {
        self.serve_on("127.0.0.1").await
    }

    /// Serves it on another address of this machine.
    pub(crate) async fn serve_on(self, host: &str) -> Result<Server> {
        let answer = move |query: &Message, _: Transport| vec![Reply::Message(self.answer(query))];
        Server::start_on(host, answer).await
    }
}
