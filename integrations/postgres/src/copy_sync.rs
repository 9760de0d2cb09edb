//! Delays the Sync that tokio-postgres sends too early in a COPY into a table.
//!
//! tokio-postgres starts the COPY with Bind, Execute and Sync, and ends it with `CopyDone` or
//! `CopyFail`, and another Sync. A server that accepts the rows ignores the first Sync. A server
//! that rejects the COPY, for example because the table does not exist, responds to both Syncs,
//! and the second, unexpected response would be taken for that of the next query, whose own
//! response would be taken for that of the query after it, and so on.
//!
//! Therefore the first Sync is held until the next message. If that is the rest of the COPY, the
//! Sync is dropped, since the rest has a Sync of its own. Otherwise no rows will be sent, and the
//! Sync goes out first, after a `CopyFail`, since the server may be waiting for rows; if it is
//! not, it ignores that.

use std::io;

use crate::requests::{Asked, Requests};

/// `CopyFail` without a reason, and Sync.
const FAIL_AND_SYNC: &[u8] = b"f\0\0\0\x05\0S\0\0\0\x04";

/// Whether a Sync is held.
#[derive(Debug, Default)]
pub(crate) struct CopySync {
    /// Whether the current message is a Sync to hold.
    is_kept: bool,
    /// Whether a Sync is held.
    has_kept: bool,
}

impl CopySync {
    pub(crate) fn has_kept(&self) -> bool {
        self.has_kept
    }

    /// Inspects what the client sends, and returns what to send in its place.
    pub(crate) fn edit(
        &mut self,
        mut bytes: &[u8],
        requests: &mut Requests,
    ) -> io::Result<Vec<u8>> {
        let mut edited = Vec::with_capacity(bytes.len() + FAIL_AND_SYNC.len());
        while !bytes.is_empty() {
            if let Some(tag) = requests.next_tag(bytes[0]) {
                let goes_on = matches!(tag, b'd' | b'c' | b'f');
                if std::mem::take(&mut self.has_kept) && !goes_on {
                    edited.extend_from_slice(FAIL_AND_SYNC);
                    requests.asked.push_back(Asked::Sync);
                }
                self.is_kept = tag == b'S' && requests.has_begun_copy();
            }
            let taken = requests.take(bytes)?;
            if self.is_kept {
                self.has_kept = requests.is_between_messages();
                if self.has_kept {
                    // Not sent yet.
                    requests.asked.pop_back();
                }
            } else {
                edited.extend_from_slice(&bytes[..taken]);
            }
            bytes = &bytes[taken..];
        }
        Ok(edited)
    }
}
