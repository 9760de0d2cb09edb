//! Gets from memcached by `memcache-async` on plain tokio, over a connection for
//! each task, since one serves one task at a time: `memcache_tokio SERVER`.

use std::io;

use memcache_async::ascii::Protocol;
use tokio::net::TcpStream;

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = bench::address();
        let connect = async || {
            let stream = TcpStream::connect(&server).await.expect("a connection");
            stream.set_nodelay(true).expect("the option");
            Protocol::new(stream)
        };
        let mut cache = connect().await;
        cache.set("key", &[b'x'; 100], 0).await?;
        // Setting waits for no answer, so that another connection could be ahead of it.
        cache.get("key").await?;
        bench::gets(connect, async |mut cache| {
            assert_eq!(cache.get("key").await.expect("an item").len(), 100);
            cache
        })
        .await;
        Ok(())
    })
}
