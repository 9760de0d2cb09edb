//! Reading and writing through a guard, for streams that wrap another in their
//! field `inner`.
//!
//! A type has a method `reading` or `writing`. It is handed each call on the
//! inner stream, as a closure that gives how many bytes the call has moved.

/// Implements `AsyncRead` by the method `reading`.
macro_rules! read_guarded {
    ($type:ident, $inner:ident: $($bound:tt)+) => {
        impl<$inner: $($bound)+, T: Timer> AsyncRead for $type<$inner, T> {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let before = buf.filled().len();
                let polled = self.reading(cx, |inner, cx| {
                    let polled = inner.poll_read(cx, buf);
                    polled.map_ok(|()| buf.filled().len().saturating_sub(before))
                });
                polled.map_ok(|_| ())
            }
        }
    };
}

/// Implements `AsyncWrite` by the method `writing`. To flush and to shut down
/// are writes that move nothing.
macro_rules! write_guarded {
    ($type:ident, $inner:ident: $($bound:tt)+) => {
        impl<$inner: $($bound)+, T: Timer> AsyncWrite for $type<$inner, T> {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.writing(cx, |inner, cx| inner.poll_write(cx, buf))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.writing(cx, |inner, cx| inner.poll_write_vectored(cx, bufs))
            }

            fn is_write_vectored(&self) -> bool {
                self.inner.is_write_vectored()
            }

            fn poll_flush(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                let flush = |inner: Pin<&mut $inner>, cx: &mut Context<'_>| {
                    inner.poll_flush(cx).map_ok(|()| 0)
                };
                self.writing(cx, flush).map_ok(|_| ())
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                let shutdown = |inner: Pin<&mut $inner>, cx: &mut Context<'_>| {
                    inner.poll_shutdown(cx).map_ok(|()| 0)
                };
                self.writing(cx, shutdown).map_ok(|_| ())
            }
        }
    };
}

/// Implements `Stream` by the method `split` and the inner stream.
macro_rules! stream_guarded {
    ($type:ident, $read_half:ident, $write_half:ident) => {
        impl<S: Stream, T: Timer> Stream for $type<S, T> {
            type ReadHalf = $read_half<S::ReadHalf, T>;
            type WriteHalf = $write_half<S::WriteHalf, T>;

            fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf) {
                self.split()
            }

            fn local_addr(&self) -> Result<Endpoint> {
                self.inner.local_addr()
            }

            fn peer_addr(&self) -> Result<Endpoint> {
                self.inner.peer_addr()
            }

            fn set_option(&self, option: SocketOption) -> Result<()> {
                self.inner.set_option(option)
            }

            fn option(&self, name: OptionName) -> Result<SocketOption> {
                self.inner.option(name)
            }
        }
    };
}

pub(crate) use {read_guarded, stream_guarded, write_guarded};
