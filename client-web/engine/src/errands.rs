//! What links are for, step by step over the session that there is: joining a list, becoming a
//! device of somebody, letting a device in, setting up a relay.

use poo_core::document::DocumentId;
use poo_core::replica::{Env, Link, Replica, link_box, link_reply_box};
use poo_core::sync::{Event, Session};

use crate::problem::Problem;
use crate::wire::News;

/// Something that takes more than one frame.
pub(crate) struct Errand {
    link: Link,
    /// What this device calls itself.
    name: String,
    /// Whether it waits for a device instead of being one.
    lets_in: bool,
    step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Nothing was said yet in this session.
    Begin,
    /// The relay was asked.
    Asked,
    /// A device was certified, which the documents must learn first; then its answer goes.
    Certified {
        name: String,
        reply_box: [u8; 16],
        reply: Vec<u8>,
    },
    /// The answer went; the relay confirms that it has it.
    Answered { name: String, reply_box: [u8; 16] },
}

impl core::fmt::Debug for Errand {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Errand")
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

fn read(link: &str) -> Result<Link, Problem> {
    link.parse()
        .map_err(|error| Problem::invalid("link", format!("{error}")))
}

impl Errand {
    /// Follows a link. A replica without a relay takes the link's.
    pub(crate) fn follow(replica: &mut Replica, link: &str, name: &str) -> Result<Self, Problem> {
        let link = read(link)?;
        match replica.relay_did()? {
            Some(known) if known != link.relay() => {
                return Err(Problem::new(
                    "other_relay",
                    "this link belongs to another server than the one that keeps your lists",
                ));
            }
            Some(_) => {}
            None => {
                let url = replica.relay_url()?;
                let url = url.unwrap_or_else(|| link.relay_url().to_owned());
                replica.set_relay(&url, Some(link.relay()))?;
            }
        }
        if let Link::Device { did, .. } = &link
            && *did != replica.did()
        {
            return Err(Problem::new(
                "other_person",
                "this browser belongs to somebody else already",
            ));
        }
        Ok(Self {
            link,
            name: name.to_owned(),
            lets_in: false,
            step: Step::Begin,
        })
    }

    /// Waits for the device that uses a link.
    pub(crate) fn await_device(link: &str) -> Result<Self, Problem> {
        let link = read(link)?;
        if !matches!(link, Link::Device { .. }) {
            return Err(Problem::invalid(
                "link",
                "this link is not for another device",
            ));
        }
        Ok(Self {
            link,
            name: String::new(),
            lets_in: true,
            step: Step::Begin,
        })
    }

    /// The connection is gone: the next one begins with the first step.
    pub(crate) fn begin_again(&mut self) {
        if self.step == Step::Asked {
            self.step = Step::Begin;
        }
    }

    /// Goes on as far as it can. True when it is at its end, which the news tell.
    pub(crate) fn go_on(
        &mut self,
        replica: &mut Replica,
        session: &mut Session,
        events: &[Event],
        env: &mut Env<'_>,
        news: &mut Vec<News>,
    ) -> Result<bool, Problem> {
        if !session.is_open() {
            return Ok(false);
        }
        let end = match &self.link {
            Link::Invite {
                document,
                grant,
                secret,
                ..
            } => {
                let document = *document;
                if self.step == Step::Begin {
                    if !session.is_in_sync() {
                        return Ok(false);
                    }
                    session.redeem(document, *grant, secret)?;
                    self.step = Step::Asked;
                    return Ok(false);
                }
                joined(replica, session, document, events, env)?
            }
            Link::Setup { secret, .. } => {
                if self.step == Step::Begin {
                    session.admit(secret)?;
                    self.step = Step::Asked;
                    return Ok(false);
                }
                admitted(events)
            }
            Link::Device { secret, .. } if self.lets_in => {
                let secret = *secret;
                self.let_in(replica, session, &secret, events, env)?
            }
            Link::Device { secret, .. } => {
                let reply_box = link_reply_box(secret);
                if self.step == Step::Begin {
                    let request = replica.link_request(secret, &self.name);
                    session.put_box(link_box(secret), request)?;
                    session.watch_box(reply_box)?;
                    self.step = Step::Asked;
                    return Ok(false);
                }
                match content(events, reply_box) {
                    Some(reply) if replica.accept_certificate(reply)? => Some(News::Linked),
                    Some(_) => Some(failed("wrong_answer", "the answer does not fit the link")),
                    None => None,
                }
            }
        };
        let is_over = end.is_some();
        news.extend(end);
        Ok(is_over)
    }

    fn let_in(
        &mut self,
        replica: &mut Replica,
        session: &mut Session,
        secret: &[u8; 32],
        events: &[Event],
        env: &mut Env<'_>,
    ) -> Result<Option<News>, Problem> {
        let request_box = link_box(secret);
        match self.step.clone() {
            Step::Begin => {
                if session.is_in_sync() {
                    session.watch_box(request_box)?;
                    self.step = Step::Asked;
                }
                Ok(None)
            }
            Step::Asked => {
                let Some(request) = content(events, request_box) else {
                    return Ok(None);
                };
                let Some(certified) = replica.certify(&request_box, request, env)? else {
                    return Ok(Some(failed(
                        "wrong_answer",
                        "what came does not fit the link, or came too late",
                    )));
                };
                for document in replica.unsynced()? {
                    session.notify_document(&document);
                }
                self.step = Step::Certified {
                    name: certified.name,
                    reply_box: certified.reply_box,
                    reply: certified.reply,
                };
                Ok(None)
            }
            Step::Certified {
                name,
                reply_box,
                reply,
            } => {
                // First the documents learn of the device, then it hears that it may come.
                if session.is_in_sync() {
                    session.put_box(reply_box, reply)?;
                    session.watch_box(reply_box)?;
                    self.step = Step::Answered { name, reply_box };
                }
                Ok(None)
            }
            Step::Answered { name, reply_box } => {
                Ok(content(events, reply_box).map(|_| News::DeviceCame { name }))
            }
        }
    }
}

fn failed(code: &str, message: &str) -> News {
    News::LinkFailed {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// What came to lie at a meeting point.
fn content(events: &[Event], wanted: [u8; 16]) -> Option<&[u8]> {
    events.iter().find_map(|event| match event {
        Event::Box {
            id,
            content: Some(content),
        } if *id == wanted => Some(content.as_slice()),
        _ => None,
    })
}

fn joined(
    replica: &mut Replica,
    session: &mut Session,
    document: DocumentId,
    events: &[Event],
    env: &mut Env<'_>,
) -> Result<Option<News>, Problem> {
    for event in events {
        if let Event::Refused {
            document: of,
            code,
            message,
        } = event
            && *of == document
        {
            return Ok(Some(failed(code, message)));
        }
    }
    if !session.is_in_sync() {
        return Ok(None);
    }
    replica.note_joined(&document, env)?;
    Ok(Some(News::Joined { list: document }))
}

fn admitted(events: &[Event]) -> Option<News> {
    events.iter().find_map(|event| match event {
        Event::Admitted { admitted: true } => Some(News::Admitted),
        Event::Admitted { admitted: false } => Some(failed(
            "setup_used",
            "the set-up link was used already: ask whoever used it for an invite",
        )),
        _ => None,
    })
}
