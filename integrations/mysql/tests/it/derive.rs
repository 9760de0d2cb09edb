//! Conversion of rows and values to the program's types.

use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Result};

use crate::scripted::{END, OK, Peer, against, column, text};

const STRING: u8 = 0xfd;

#[derive(Debug, PartialEq, FromRow)]
#[mysql(crate_name = "net_mysql")]
struct Order {
    id: u32,
    #[mysql(rename = "item")]
    what: String,
    state: State,
    note: Option<String>,
    #[mysql(json)]
    sizes: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromValue)]
#[mysql(crate_name = "net_mysql", is_string, rename_all = "snake_case")]
#[repr(u8)]
enum State {
    New,
    SentOut,
}

#[net_test(backends(memory))]
async fn a_struct_is_read_from_the_columns_of_its_fields(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        for state in ["sent_out", "lost"] {
            // In another order, and with one column more.
            let names = ["state", "more", "item", "id", "note", "sizes"];
            peer.send(&[6]).await;
            for name in names {
                peer.send(&column(name, STRING)).await;
            }
            let mut row = [state, "", "tea", "7"].map(text).concat();
            row.push(0xfb);
            row.extend(text("[1, 2]"));
            peer.send(&row).await;
            peer.send(END).await;
            peer.receive().await;
        }
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        let orders: Vec<Order> = conn.query("SELECT * FROM orders").await?;
        let order = Order {
            id: 7,
            what: "tea".to_owned(),
            state: State::SentOut,
            note: None,
            sizes: vec![1, 2],
        };
        assert_eq!(orders, [order]);

        let lost = conn.query::<Order, _>("SELECT * FROM orders").await;
        let error = lost.unwrap_err().to_string();
        assert!(error.contains("(state, more, item") && error.contains("Order"));
        assert!(!error.contains("lost"), "{error}");
        conn.ping().await
    })
    .await
}
