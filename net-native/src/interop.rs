//! Conversions to and from the sockets of [`std`] and tokio, and to the system's handles.

use std::io;

use crate::listener::Listener;
use crate::packet::PacketConn;
use crate::stream::Stream;

macro_rules! convert {
    ($type:ident, $from:ident, $into:ident, $std:ty, $tokio:ty) => {
        /// It keeps the socket's options.
        impl From<$tokio> for $type {
            fn from(socket: $tokio) -> Self {
                $type::$from(socket)
            }
        }

        /// It keeps the socket's options, except that the socket no longer blocks. It must be
        /// called inside a tokio runtime.
        impl TryFrom<$std> for $type {
            type Error = io::Error;

            fn try_from(socket: $std) -> io::Result<Self> {
                socket.set_nonblocking(true)?;
                Ok($type::$from(<$tokio>::from_std(socket)?))
            }
        }

        /// It gives the value back if that is a socket of another kind.
        impl TryFrom<$type> for $tokio {
            type Error = $type;

            fn try_from(socket: $type) -> Result<Self, $type> {
                socket.$into()
            }
        }
    };
}

convert!(
    Stream,
    tcp,
    into_tcp,
    std::net::TcpStream,
    tokio::net::TcpStream
);
convert!(
    Listener,
    tcp,
    into_tcp,
    std::net::TcpListener,
    tokio::net::TcpListener
);
convert!(
    PacketConn,
    udp,
    into_udp,
    std::net::UdpSocket,
    tokio::net::UdpSocket
);

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
        use std::os::unix::net;

        convert!(
            Stream,
            unix,
            into_unix,
            net::UnixStream,
            tokio::net::UnixStream
        );
        convert!(
            Listener,
            unix,
            into_unix,
            net::UnixListener,
            tokio::net::UnixListener
        );
        convert!(
            PacketConn,
            unix,
            into_unix,
            net::UnixDatagram,
            tokio::net::UnixDatagram
        );

        macro_rules! descriptor {
            ($type:ident) => {
                impl AsFd for $type {
                    fn as_fd(&self) -> BorrowedFd<'_> {
                        self.handle()
                    }
                }

                impl AsRawFd for $type {
                    fn as_raw_fd(&self) -> RawFd {
                        self.as_fd().as_raw_fd()
                    }
                }
            };
        }

        descriptor!(Stream);
        descriptor!(Listener);
        descriptor!(PacketConn);
    } else if #[cfg(windows)] {
        use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

        macro_rules! socket {
            ($type:ident) => {
                impl AsSocket for $type {
                    fn as_socket(&self) -> BorrowedSocket<'_> {
                        self.handle()
                    }
                }

                impl AsRawSocket for $type {
                    fn as_raw_socket(&self) -> RawSocket {
                        self.as_socket().as_raw_socket()
                    }
                }
            };
        }

        socket!(Stream);
        socket!(Listener);
        socket!(PacketConn);
    }
}
