/// The credentials of the process at the other end of a Unix connection, as they were when
/// it connected or began to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PeerCred {
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
    /// The process, where the system tells. Another process may have the number by now.
    pub pid: Option<u32>,
}
