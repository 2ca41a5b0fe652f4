//! A client of the automerge-repo websocket protocol, version 1, that does as little as it can:
//! it keeps no document unless it writes one, and knows from the heads in a message what the
//! server has. So what is measured is the server.

use std::collections::BTreeMap;

use automerge::sync::{BloomFilter, ChunkList, Have, Message, MessageVersion, State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ChangeHash, ObjId, ObjType, ROOT};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::Failed;
use super::pump::Pump;

/// How many documents are brought to a server at once: some think about each for a while.
const UPLOADED_AT_ONCE: usize = 50;

/// A connection to a server, after the handshake.
pub(crate) struct Client {
    pub(crate) pump: Pump,
    me: String,
    server: String,
}

/// A document's id as it is written in messages.
pub(crate) fn document_id(number: u64) -> String {
    let bytes = (u128::from(number) << 64) | (u128::from(std::process::id()) << 32) | 0xb0b0;
    let bytes = bytes.to_be_bytes();
    bs58::encode(bytes).with_check().into_string()
}

/// What of a message matters here.
#[derive(Default)]
struct Parts {
    kind: String,
    sender: String,
    document: String,
    data: Vec<u8>,
    said: String,
}

fn parse(frame: &[u8]) -> Result<Parts, Failed> {
    let mut parts = Parts::default();
    let mut d = Decoder::new(frame);
    let count = d.map()?;
    let mut seen = 0;
    while count.is_none_or(|count| seen < count) {
        if count.is_none() && d.datatype()? == Type::Break {
            break;
        }
        seen += 1;
        let key = d.str()?;
        match key {
            "type" => d.str()?.clone_into(&mut parts.kind),
            "senderId" => d.str()?.clone_into(&mut parts.sender),
            "documentId" => d.str()?.clone_into(&mut parts.document),
            "message" => d.str()?.clone_into(&mut parts.said),
            "data" => {
                if d.datatype()? == Type::Tag {
                    d.tag()?;
                }
                parts.data = d.bytes()?.to_vec();
            }
            _ => d.skip()?,
        }
    }
    Ok(parts)
}

impl Client {
    pub(crate) async fn connect(url: &str, me: &str) -> Result<Self, Failed> {
        let mut client = Self {
            pump: Pump::connect(url).await?,
            me: me.to_owned(),
            server: String::new(),
        };
        let mut join = Vec::new();
        Encoder::new(&mut join)
            .map(4)?
            .str("type")?
            .str("join")?
            .str("senderId")?
            .str(me)?
            .str("supportedProtocolVersions")?
            .array(1)?
            .str("1")?
            .str("peerMetadata")?
            .map(1)?
            .str("isEphemeral")?
            .bool(true)?;
        client.pump.send(join)?;
        let peer = client.parts().await?;
        if peer.kind != "peer" {
            return Err(format!("{} instead of peer: {}", peer.kind, peer.said).into());
        }
        client.server = peer.sender;
        Ok(client)
    }

    async fn parts(&mut self) -> Result<Parts, Failed> {
        parse(&self.pump.next().await?)
    }

    /// Waits for the next message of Automerge's sync.
    pub(crate) async fn next(&mut self) -> Result<(String, Message), Failed> {
        loop {
            let parts = self.parts().await?;
            match parts.kind.as_str() {
                "sync" | "request" => {
                    return Ok((parts.document, Message::decode(&parts.data)?));
                }
                "error" | "doc-unavailable" => {
                    return Err(format!("{}: {}", parts.kind, parts.said).into());
                }
                _ => {}
            }
        }
    }

    /// Only answers pings, until the server closes the connection.
    pub(crate) async fn idle(mut self) {
        while self.parts().await.is_ok() {}
    }

    pub(crate) fn frame(&self, kind: &str, document: &str, data: &[u8]) -> Result<Vec<u8>, Failed> {
        let mut frame = Vec::with_capacity(data.len() + 160);
        Encoder::new(&mut frame)
            .map(5)?
            .str("type")?
            .str(kind)?
            .str("senderId")?
            .str(&self.me)?
            .str("targetId")?
            .str(&self.server)?
            .str("documentId")?
            .str(document)?
            .str("data")?
            .bytes(data)?;
        Ok(frame)
    }

    pub(crate) async fn send(
        &mut self,
        kind: &str,
        document: &str,
        message: Message,
    ) -> Result<(), Failed> {
        let frame = self.frame(kind, document, &message.encode())?;
        self.pump.send(frame)
    }

    /// Begins to read a document of which nothing is here, and gives the heads that came.
    pub(crate) async fn open(&mut self, document: &str) -> Result<Vec<ChangeHash>, Failed> {
        self.send("request", document, level(Vec::new())).await?;
        loop {
            let (_, message) = self.next().await?;
            let heads = message.heads.clone();
            if !heads.is_empty() && !message.changes.is_empty() {
                self.send("sync", document, level(heads.clone())).await?;
                return Ok(heads);
            }
            self.send("sync", document, level(Vec::new())).await?;
        }
    }

    /// Waits until the server names a change as the end of a document, and says that it came.
    pub(crate) async fn until(&mut self, document: &str, head: ChangeHash) -> Result<(), Failed> {
        loop {
            let (_, message) = self.next().await?;
            let there = message.heads.contains(&head);
            self.send("sync", document, level(message.heads)).await?;
            if there {
                return Ok(());
            }
        }
    }

    /// Fetches a document with Automerge itself, and waits until it ends in `head`.
    pub(crate) async fn fetch(
        &mut self,
        document: &str,
        head: Option<ChangeHash>,
    ) -> Result<AutoCommit, Failed> {
        let mut copy = AutoCommit::new();
        let mut state = State::new();
        let mut kind = "request";
        loop {
            while let Some(message) = copy.sync().generate_sync_message(&mut state) {
                self.send(kind, document, message).await?;
                kind = "sync";
            }
            let there = copy.get_heads();
            let done = match head {
                Some(head) => there.contains(&head),
                None => !there.is_empty() && state.their_heads.as_ref() == Some(&there),
            };
            if done {
                return Ok(copy);
            }
            let (_, message) = self.next().await?;
            copy.sync().receive_sync_message(&mut state, message)?;
        }
    }

    /// Brings a document to the server with Automerge itself, until the server has it.
    pub(crate) async fn upload(&mut self, writer: &mut Writer) -> Result<(), Failed> {
        self.upload_all(std::slice::from_mut(writer)).await
    }

    /// The same of many documents.
    pub(crate) async fn upload_all(&mut self, writers: &mut [Writer]) -> Result<(), Failed> {
        for some in writers.chunks_mut(UPLOADED_AT_ONCE) {
            let mut open: BTreeMap<String, (&mut Writer, State)> = some
                .iter_mut()
                .map(|writer| (writer.id.clone(), (writer, State::new())))
                .collect();
            for (id, (writer, state)) in &mut open {
                self.tell(id, writer, state).await?;
            }
            while !open.is_empty() {
                let (id, message) = self.next().await?;
                let Some((writer, state)) = open.get_mut(&id) else {
                    continue;
                };
                (writer.document.sync()).receive_sync_message(state, message)?;
                self.tell(&id, writer, state).await?;
                if state.their_heads.as_ref() == Some(&writer.document.get_heads()) {
                    open.remove(&id);
                }
            }
        }
        Ok(())
    }

    /// Sends what Automerge has to say about a document.
    async fn tell(
        &mut self,
        id: &str,
        writer: &mut Writer,
        state: &mut State,
    ) -> Result<(), Failed> {
        while let Some(message) = writer.document.sync().generate_sync_message(state) {
            self.send("sync", id, message).await?;
        }
        Ok(())
    }
}

/// A message of somebody who has just what the server has.
pub(crate) fn level(heads: Vec<ChangeHash>) -> Message {
    Message {
        have: vec![Have {
            last_sync: heads.clone(),
            bloom: BloomFilter::default(),
        }],
        heads,
        need: Vec::new(),
        changes: ChunkList::empty(),
        flags: None,
        version: MessageVersion::V1,
    }
}

/// A document that is written here.
pub(crate) struct Writer {
    pub(crate) id: String,
    pub(crate) document: AutoCommit,
    items: Vec<ObjId>,
    count: usize,
}

impl Writer {
    /// A document with so many items, made in steps of so many changes.
    pub(crate) fn new(number: u64, items: usize, changes: usize) -> Result<Self, Failed> {
        let mut document = AutoCommit::new();
        let map = document.put_object(ROOT, "items", ObjType::Map)?;
        let mut made = Vec::with_capacity(items);
        let step = (items / changes.clamp(1, items.max(1))).max(1);
        for index in 0..items {
            let item = document.put_object(&map, format!("item-{index:06}"), ObjType::Map)?;
            document.put(&item, "title", format!("Item {index} of a long list"))?;
            document.put(&item, "status", "open")?;
            made.push(item);
            if index % step == step - 1 {
                document.commit();
            }
        }
        document.commit();
        let mut writer = Self {
            id: document_id(number),
            document,
            items: made,
            count: 0,
        };
        for _ in items..changes {
            writer.put()?;
        }
        Ok(writer)
    }

    pub(crate) fn head(&mut self) -> Result<ChangeHash, Failed> {
        Ok(*self.document.get_heads().first().ok_or("no head")?)
    }

    fn put(&mut self) -> Result<ChangeHash, Failed> {
        let item = self.items.get(self.count * 37 % self.items.len().max(1));
        let item = item.cloned().unwrap_or(ROOT);
        self.count += 1;
        let status = format!("done in step {}", self.count);
        self.document.put(&item, "status", status)?;
        Ok(self.document.commit().ok_or("nothing changed")?)
    }

    /// Changes one field, and gives the change and the message that brings it.
    pub(crate) fn change(&mut self) -> Result<(ChangeHash, Message), Failed> {
        let hash = self.put()?;
        let change = self.document.get_last_local_change().ok_or("no change")?;
        let message = Message {
            heads: vec![hash],
            need: Vec::new(),
            have: Vec::new(),
            changes: ChunkList::from(vec![change.raw_bytes().to_vec()]),
            flags: None,
            version: MessageVersion::V1,
        };
        Ok((hash, message))
    }
}
