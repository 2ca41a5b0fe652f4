//! Scalars as they rest in the operation index.

use minicbor::{Decode, Encode};

use super::StoreError;
use crate::document::Scalar;

#[derive(Encode, Decode)]
enum Stored {
    #[n(0)]
    Null,
    #[n(1)]
    Bool(#[n(0)] bool),
    #[n(2)]
    Int(#[n(0)] i64),
    #[n(3)]
    Uint(#[n(0)] u64),
    #[n(4)]
    F64(#[n(0)] f64),
    #[n(5)]
    Str(#[n(0)] String),
    #[n(6)]
    Timestamp(#[n(0)] i64),
    #[n(7)]
    Bytes(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    #[n(8)]
    Counter(#[n(0)] i64),
}

pub(super) fn encode(value: &Scalar) -> Vec<u8> {
    let stored = match value.clone() {
        Scalar::Null => Stored::Null,
        Scalar::Bool(b) => Stored::Bool(b),
        Scalar::Int(i) => Stored::Int(i),
        Scalar::Uint(u) => Stored::Uint(u),
        Scalar::F64(f) => Stored::F64(f),
        Scalar::Str(s) => Stored::Str(s),
        Scalar::Timestamp(t) => Stored::Timestamp(t),
        Scalar::Bytes(b) => Stored::Bytes(b),
        Scalar::Counter(c) => Stored::Counter(c),
    };
    // Writing to memory cannot fail.
    minicbor::to_vec(&stored).unwrap_or_default()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Scalar, StoreError> {
    let stored: Stored = minicbor::decode(bytes)
        .map_err(|_| StoreError::Damaged("a value cannot be read".into()))?;
    Ok(match stored {
        Stored::Null => Scalar::Null,
        Stored::Bool(b) => Scalar::Bool(b),
        Stored::Int(i) => Scalar::Int(i),
        Stored::Uint(u) => Scalar::Uint(u),
        Stored::F64(f) => Scalar::F64(f),
        Stored::Str(s) => Scalar::Str(s),
        Stored::Timestamp(t) => Scalar::Timestamp(t),
        Stored::Bytes(b) => Scalar::Bytes(b),
        Stored::Counter(c) => Scalar::Counter(c),
    })
}
