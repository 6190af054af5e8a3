//! A directory that takes every name and password, and finds without end.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// What the directory says to a search, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endless {
    /// Entries.
    Entries,
    /// References to other directories.
    References,
    /// Nothing.
    Silence,
}

/// Ends when dropped.
pub(crate) struct EndlessDirectory {
    pub(crate) port: u16,
    _task: AbortOnDropHandle<()>,
}

/// Tags of BER in LDAP.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_REFERENCE: u8 = 0x73;

impl EndlessDirectory {
    pub(crate) async fn start(endless: Endless) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever hangs up has heard enough.
                let _heard_enough = talk(stream, endless).await;
            }
        });
        Ok(Self { port, _task: AbortOnDropHandle::new(task) })
    }
}

/// An element of less than 128 bytes.
fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, length][..], &content].concat()
}

fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(INTEGER, &[&[id]]), operation])
}

async fn talk(mut stream: TcpStream, endless: Endless) -> Result<()> {
    let mut request = [0; 1_024];
    loop {
        // Requests of the tests are short, and come whole and one by one:
        // SEQUENCE, length, INTEGER, 1, the message's number, the operation. Above 127
        // a length has a byte before it that counts its own.
        let read = stream.read(&mut request).await?;
        let [_, length, rest @ ..] = &request[..read] else { return Ok(()) };
        let more = length.checked_sub(0x80).map_or(0, usize::from);
        let Some([_, _, id, operation, ..]) = rest.get(more..) else { return Ok(()) };
        let (id, operation) = (*id, *operation);
        if operation == BIND_REQUEST {
            let success =
                [element(ENUMERATED, &[&[0]]), element(OCTETS, &[]), element(OCTETS, &[])];
            let bound = element(BIND_RESPONSE, &[&success.concat()]);
            stream.write_all(&message(id, &bound)).await?;
            continue;
        }
        let found = match endless {
            Endless::Entries => element(
                SEARCH_ENTRY,
                &[&element(OCTETS, &[b"cn=mary,dc=example,dc=org"]), &element(SEQUENCE, &[])],
            ),
            Endless::References => {
                element(SEARCH_REFERENCE, &[&element(OCTETS, &[b"ldap://127.0.0.1/dc=other"])])
            }
            Endless::Silence => std::future::pending().await,
        };
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            pace.tick().await;
            stream.write_all(&message(id, &found)).await?;
        }
    }
}
