//! Bounds-checked access to the guest's memory.

use crate::errno::Errno;

/// The maximum number of buffers per call, as on other hosts.
const IOVS_MAX: u32 = 1024;

/// A buffer of the guest: its offset and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Buffer {
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

/// The linear memory of the guest.
#[derive(Debug)]
pub(crate) struct GuestMemory<'a>(pub(crate) &'a mut [u8]);

impl GuestMemory<'_> {
    /// Returns the bytes at `offset`.
    pub(crate) fn bytes(&self, offset: u32, len: u32) -> Result<&[u8], Errno> {
        let start = offset as usize;
        self.0.get(start..start + len as usize).ok_or(Errno::FAULT)
    }

    /// Returns the bytes at `offset` for writing.
    pub(crate) fn bytes_mut(&mut self, offset: u32, len: u32) -> Result<&mut [u8], Errno> {
        let start = offset as usize;
        self.0
            .get_mut(start..start + len as usize)
            .ok_or(Errno::FAULT)
    }

    /// Checks a range for a later result, before an operation whose result would
    /// otherwise be lost.
    pub(crate) fn check(&self, offset: u32, len: u32) -> Result<(), Errno> {
        self.bytes(offset, len).map(drop)
    }

    fn array<const N: usize>(&self, offset: u32) -> Result<[u8; N], Errno> {
        let start = offset as usize;
        let bytes = self.0.get(start..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or(Errno::FAULT)
    }

    fn set_array<const N: usize>(&mut self, offset: u32, bytes: [u8; N]) -> Result<(), Errno> {
        let start = offset as usize;
        let place = self
            .0
            .get_mut(start..)
            .and_then(|rest| rest.first_chunk_mut());
        *place.ok_or(Errno::FAULT)? = bytes;
        Ok(())
    }

    pub(crate) fn u8(&self, offset: u32) -> Result<u8, Errno> {
        self.array(offset).map(|[byte]| byte)
    }

    pub(crate) fn u16(&self, offset: u32) -> Result<u16, Errno> {
        self.array(offset).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, offset: u32) -> Result<u32, Errno> {
        self.array(offset).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, offset: u32) -> Result<u64, Errno> {
        self.array(offset).map(u64::from_le_bytes)
    }

    pub(crate) fn set_u8(&mut self, offset: u32, value: u8) -> Result<(), Errno> {
        self.set_array(offset, [value])
    }

    pub(crate) fn set_u16(&mut self, offset: u32, value: u16) -> Result<(), Errno> {
        self.set_array(offset, value.to_le_bytes())
    }

    pub(crate) fn set_u32(&mut self, offset: u32, value: u32) -> Result<(), Errno> {
        self.set_array(offset, value.to_le_bytes())
    }

    pub(crate) fn set_u64(&mut self, offset: u32, value: u64) -> Result<(), Errno> {
        self.set_array(offset, value.to_le_bytes())
    }

    /// Returns a buffer of a list of `{offset, len}`, checked.
    pub(crate) fn iov(&self, list: u32, index: u32) -> Result<Buffer, Errno> {
        let at = list.checked_add(index * 8).ok_or(Errno::FAULT)?;
        let pair: [u8; 8] = self.array(at)?;
        let half = |from: usize| u32::from_le_bytes(std::array::from_fn(|i| pair[from + i]));
        let buffer = Buffer {
            offset: half(0),
            len: half(4),
        };
        self.check(buffer.offset, buffer.len)?;
        Ok(buffer)
    }

    /// Returns all buffers of a list, checked.
    pub(crate) fn iovs(&self, list: u32, count: u32) -> Result<Vec<Buffer>, Errno> {
        if count > IOVS_MAX {
            return Err(Errno::INVAL);
        }
        (0..count).map(|index| self.iov(list, index)).collect()
    }

    /// Copies data into buffers one after the other.
    pub(crate) fn scatter(&mut self, buffers: &[Buffer], mut data: &[u8]) -> Result<(), Errno> {
        for buffer in buffers {
            let len = data.len().min(buffer.len as usize);
            let (now, later) = data.split_at(len);
            self.bytes_mut(buffer.offset, buffer.len)?[..len].copy_from_slice(now);
            data = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_memory_is_a_fault() {
        let mut bytes = [0; 16];
        let mut memory = GuestMemory(&mut bytes);
        assert_eq!(memory.u32(12), Ok(0));
        assert_eq!(memory.u32(13), Err(Errno::FAULT));
        assert_eq!(memory.u32(u32::MAX), Err(Errno::FAULT));
        assert_eq!(memory.set_u64(9, 1), Err(Errno::FAULT));
        assert_eq!(memory.bytes(16, 0), Ok(&[][..]));
        assert_eq!(memory.bytes(1, u32::MAX), Err(Errno::FAULT));
        assert_eq!(memory.iov(u32::MAX - 3, 1), Err(Errno::FAULT));
    }

    #[test]
    fn a_list_of_buffers_has_at_most_1024() {
        let mut bytes = vec![0; 16 * 1024];
        let memory = GuestMemory(&mut bytes);
        assert_eq!(memory.iovs(0, 1024).map(|list| list.len()), Ok(1024));
        assert_eq!(memory.iovs(0, 1025), Err(Errno::INVAL));
    }

    #[test]
    fn data_is_spread_over_buffers_that_may_overlap() {
        let mut bytes = [0; 8];
        let mut memory = GuestMemory(&mut bytes);
        let buffers = [Buffer { offset: 0, len: 2 }, Buffer { offset: 1, len: 6 }];
        assert_eq!(memory.scatter(&buffers, b"abcd"), Ok(()));
        assert_eq!(&bytes, b"acd\0\0\0\0\0");
    }
}
