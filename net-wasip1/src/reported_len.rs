//! Lengths that hosts report.

/// Returns a length that a host reported, or `None` if it is beyond the room
/// that the host had: callers slice by it.
pub(crate) fn reported_len(reported: u32, room: usize) -> Option<usize> {
    let len = usize::try_from(reported).ok()?;
    (len <= room).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_room_is_none() {
        assert_eq!(reported_len(0, 0), Some(0));
        assert_eq!(reported_len(16, 16), Some(16));
        assert_eq!(reported_len(17, 16), None);
        assert_eq!(reported_len(u32::MAX, 16), None);
    }
}
