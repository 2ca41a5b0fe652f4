//! A cursor over foreign bytes that reads LEB128 numbers in their one shortest form.

/// Why the next field cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// The bytes end inside the field.
    #[error("the bytes end too early")]
    End,
    /// A number does not fit 64 bits.
    #[error("a number does not fit 64 bits")]
    Overflow,
    /// A number is written with more bytes than it needs.
    #[error("a number is written longer than it needs to be")]
    Overlong,
}

/// A cursor over bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn byte(&mut self) -> Result<u8, ReadFault> {
        let (first, rest) = self.rest.split_first().ok_or(ReadFault::End)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], ReadFault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(ReadFault::End)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadFault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(ReadFault::End)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// An unsigned number.
    pub(crate) fn uleb(&mut self) -> Result<u64, ReadFault> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds the one bit that is left.
            if shift == 63 && bits > 1 {
                return Err(ReadFault::Overflow);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return match byte {
                    0 if shift > 0 => Err(ReadFault::Overlong),
                    _ => Ok(value),
                };
            }
            shift += 7;
            if shift > 63 {
                return Err(ReadFault::Overflow);
            }
        }
    }

    /// A signed number.
    pub(crate) fn sleb(&mut self) -> Result<i64, ReadFault> {
        let mut value = 0_i64;
        let mut shift = 0_u32;
        let mut before = 0_u8;
        loop {
            let byte = self.byte()?;
            // The tenth byte holds the sign and nothing else.
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(ReadFault::Overflow);
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let sign_alone =
                    (byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0);
                if shift > 7 && sign_alone {
                    return Err(ReadFault::Overlong);
                }
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1_i64 << shift;
                }
                return Ok(value);
            }
            if shift > 63 {
                return Err(ReadFault::Overflow);
            }
            before = byte;
        }
    }

    /// An unsigned number that counts or measures something in memory.
    pub(crate) fn length(&mut self) -> Result<usize, ReadFault> {
        usize::try_from(self.uleb()?).map_err(|_| ReadFault::Overflow)
    }
}

/// Writes an unsigned number in its shortest form.
pub(crate) fn put_uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let bits = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(bits);
            return;
        }
        out.push(bits | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_numbers_have_one_form() {
        let read = |bytes: &[u8]| Reader::new(bytes).uleb();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0x7f]), Ok(127));
        assert_eq!(read(&[0x80, 1]), Ok(128));
        let mut max = [0xff; 10];
        max[9] = 1;
        assert_eq!(read(&max), Ok(u64::MAX));
        max[9] = 2;
        assert_eq!(read(&max), Err(ReadFault::Overflow));
        assert_eq!(read(&[0x81; 12]), Err(ReadFault::Overflow));
        assert_eq!(read(&[0x81, 0]), Err(ReadFault::Overlong));
        assert_eq!(read(&[0x80, 0x80, 0]), Err(ReadFault::Overlong));
        assert_eq!(read(&[0x80]), Err(ReadFault::End));
        assert_eq!(read(&[]), Err(ReadFault::End));
    }

    #[test]
    fn signed_numbers_have_one_form() {
        let read = |bytes: &[u8]| Reader::new(bytes).sleb();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0x7f]), Ok(-1));
        assert_eq!(read(&[0x3f]), Ok(63));
        assert_eq!(read(&[0x40]), Ok(-64));
        assert_eq!(read(&[0xc0, 0]), Ok(64));
        assert_eq!(read(&[0x80, 0x40]), Ok(-8192));
        let mut end = [0xff; 10];
        end[9] = 0;
        assert_eq!(read(&end), Ok(i64::MAX));
        end[9] = 1;
        assert_eq!(read(&end), Err(ReadFault::Overflow));
        let mut end = [0x80; 10];
        end[9] = 0x7f;
        assert_eq!(read(&end), Ok(i64::MIN));
        assert_eq!(read(&[0xbf, 0]), Err(ReadFault::Overlong));
        assert_eq!(read(&[0x81, 0xff, 0x7f]), Err(ReadFault::Overlong));
        assert_eq!(read(&[0x90]), Err(ReadFault::End));
    }

    #[test]
    fn numbers_of_every_width_are_read() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                leb128_unsigned(&mut bytes, value);
                assert_eq!(Reader::new(&bytes).uleb(), Ok(value));
            }
        }
    }

    fn leb128_unsigned(out: &mut Vec<u8>, mut value: u64) {
        while value > 0x7f {
            out.push(0x80 | (value & 0x7f) as u8);
            value >>= 7;
        }
        out.push(value as u8);
    }
}
