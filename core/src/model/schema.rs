//! How values that are texts in JSON look, for whoever describes an API.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use super::{Due, Recurrence, Reminder, TaskId};
use crate::document::DocumentId;
use crate::identity::Did;

fn text(what: &str, example: &str, format: Option<SchemaFormat>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(format)
        .description(Some(what))
        .examples([serde_json::Value::from(example)])
        .into()
}

macro_rules! texts {
    ($($type:ident, $format:expr, $example:literal, $what:literal;)+) => {
        $(
            impl PartialSchema for $type {
                fn schema() -> RefOr<Schema> {
                    text($what, $example, $format)
                }
            }

            impl ToSchema for $type {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($type))
                }
            }
        )+
    };
}

texts! {
    Did, None, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "An identity: a person, an agent or a relay.";
    DocumentId, None, "4NMNnkMhL8jXrdJ9jamS58PAVdXu",
        "A list.";
    TaskId, Some(SchemaFormat::Custom("uuid".to_owned())),
        "01932f5e-7b5c-7c3a-9d2e-3f4a5b6c7d8e",
        "A UUID, version 7: of a task or a comment.";
    Due, None, "2026-11-23T09:00[Europe/Berlin]",
        "A day, `2026-11-23`, or a time in a zone, `2026-11-23T09:00[Europe/Berlin]`.";
    Recurrence, None, "FREQ=WEEKLY;BYDAY=MO",
        "A recurrence rule as in iCalendar (RFC 5545), without its `RRULE:`.";
    Reminder, None, "15m",
        "How long before it is due: `0m`, `15m`, `1h`, `1d`, at most `4w`.";
}
