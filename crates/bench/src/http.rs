//! Promises: one request after the other on a connection that stays open, at the cost of a write and a read.
//!
//! As little of HTTP/1.1 as a benchmark on this machine needs: every answer says its length.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection to the server.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What the server said.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// 200 and so on.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4_096) })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not one this client can read.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        while read(&self.buffer)?.is_none() {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        read(&self.buffer)?.ok_or_else(|| unreadable("it is not whole"))
    }
}

/// Reads an answer; none: more is to come.
fn read(received: &[u8]) -> io::Result<Option<Answer<'_>>> {
    let Some(head_len) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (head, rest) = received.split_at(head_len);
    let body = rest.get(4..).unwrap_or_default();
    let head = str::from_utf8(head).map_err(|_| unreadable("its head is not UTF-8"))?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|line| line.get(..3)?.parse().ok());
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(unreadable("it has no status or no length"));
    };
    match body.len().cmp(&length) {
        std::cmp::Ordering::Less => Ok(None),
        std::cmp::Ordering::Equal => Ok(Some(Answer { status, body })),
        std::cmp::Ordering::Greater => Err(unreadable("more came than was asked for")),
    }
}

fn unreadable(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 5\r\n\r\n<Dial";

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        for cut in 0..WHOLE.len() {
            assert_eq!(read(&WHOLE[..cut]).unwrap(), None, "{cut} bytes");
        }
        assert_eq!(read(WHOLE).unwrap(), Some(Answer { status: 200, body: b"<Dial" }));
        assert_eq!(
            read(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap(),
            Some(Answer { status: 403, body: b"" })
        );
    }

    #[test]
    fn an_answer_that_cannot_be_measured_is_an_error() {
        let longer = [WHOLE, b"!"].concat();
        for bad in [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"SSH-2.0\r\nContent-Length: 0\r\n\r\n", &longer] {
            assert!(read(bad).is_err());
        }
    }
}
