use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use tokio::io::{AsyncRead, ReadBuf};

/// How much is read at once: the size of an HTTP/2 frame.
const CHUNK: usize = 16 << 10;

pin_project_lite::pin_project! {
    /// A body that is read from a reader.
    pub(crate) struct ReaderBody<R> {
        #[pin]
        reader: R,
        buffer: BytesMut,
        ended: bool,
    }
}

impl<R> ReaderBody<R> {
    pub(crate) fn new(reader: R) -> Self {
        ReaderBody {
            reader,
            buffer: BytesMut::new(),
            ended: false,
        }
    }
}

impl<R: AsyncRead> http_body::Body for ReaderBody<R> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        this.buffer.resize(CHUNK, 0);
        let mut filling = ReadBuf::new(this.buffer);
        let read = ready!(this.reader.poll_read(cx, &mut filling));
        let length = filling.filled().len();
        *this.ended = read.is_err() || length == 0;
        Poll::Ready(match read {
            Ok(()) if length == 0 => None,
            Ok(()) => Some(Ok(Frame::data(this.buffer.split_to(length).freeze()))),
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
