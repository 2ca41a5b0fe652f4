//! The recovery phrase: 24 words that hold the identity secret (BIP-39, English list).

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use super::Keypair;

/// The number of words in a recovery phrase.
const WORD_COUNT: usize = 24;

/// The 24 words from which an identity can be restored. They *are* the identity: whoever
/// reads them can act as it. Wiped from memory on drop, never printed by `Debug`.
pub struct RecoveryPhrase(Zeroizing<String>);

/// Words do not make a recovery phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// Another number of words than 24.
    #[error("a recovery phrase has 24 words, this one has {found}")]
    WordCount {
        /// How many words came.
        found: usize,
    },
    /// A word that is not on the list. Counted from 1; the word itself is not repeated, since
    /// it may be a part of somebody's secret.
    #[error("word {position} is not a word of a recovery phrase: check its spelling")]
    UnknownWord {
        /// The place of the word, from 1.
        position: usize,
    },
    /// Every word is known, but together they are no phrase that was ever given out.
    #[error("the words do not fit together: check their order and each word")]
    Checksum,
}

impl RecoveryPhrase {
    /// The phrase of an identity key.
    #[must_use]
    pub fn of(identity: &Keypair) -> Self {
        let seed = identity.seed();
        // Total: every 32-byte secret is valid entropy for 24 words.
        let words = Mnemonic::from_entropy_in(Language::English, seed.as_ref())
            .map(|mnemonic| Zeroizing::new(mnemonic.to_string()))
            .unwrap_or_default();
        Self(words)
    }

    /// Restores the identity key from words, in any case and spacing.
    ///
    /// # Errors
    /// [`PhraseError`] says which word or what about them is wrong.
    pub fn restore(words: &str) -> Result<Keypair, PhraseError> {
        let normal = Zeroizing::new(
            words
                .split_whitespace()
                .map(str::to_lowercase)
                .collect::<Vec<_>>()
                .join(" "),
        );
        let found = normal.split(' ').filter(|word| !word.is_empty()).count();
        if found != WORD_COUNT {
            return Err(PhraseError::WordCount { found });
        }
        let mnemonic =
            Mnemonic::parse_in_normalized(Language::English, &normal).map_err(|e| match e {
                bip39::Error::UnknownWord(index) => PhraseError::UnknownWord {
                    position: index + 1,
                },
                _ => PhraseError::Checksum,
            })?;
        let entropy = Zeroizing::new(mnemonic.to_entropy());
        let seed: &[u8; 32] = entropy
            .as_slice()
            .try_into()
            .map_err(|_| PhraseError::Checksum)?;
        Ok(Keypair::from_seed(seed))
    }

    /// The words, to be shown to their owner and to nobody else.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for RecoveryPhrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RecoveryPhrase(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_holds() {
        // BIP-39 reference vectors: 32 zero bytes.
        let phrase = RecoveryPhrase::of(&Keypair::from_seed(&[0; 32]));
        assert_eq!(phrase.words(), format!("{}art", "abandon ".repeat(23)));
    }

    #[test]
    fn a_phrase_restores_its_identity_however_it_is_typed() {
        let pair = Keypair::from_seed(&[42; 32]);
        let words = RecoveryPhrase::of(&pair).words().to_uppercase();
        let typed = format!("  {}\n", words.replace(' ', "  \t"));
        assert_eq!(
            RecoveryPhrase::restore(&typed).unwrap().public(),
            pair.public()
        );
    }

    #[test]
    fn wrong_words_are_named_by_place_not_by_text() {
        let good = RecoveryPhrase::of(&Keypair::from_seed(&[42; 32]))
            .words()
            .to_owned();
        let words: Vec<&str> = good.split(' ').collect();
        assert_eq!(
            RecoveryPhrase::restore(&words[..23].join(" ")).unwrap_err(),
            PhraseError::WordCount { found: 23 }
        );
        assert_eq!(
            RecoveryPhrase::restore("").unwrap_err(),
            PhraseError::WordCount { found: 0 }
        );
        let mut misspelt = words.clone();
        misspelt[4] = "poo";
        let error = RecoveryPhrase::restore(&misspelt.join(" ")).unwrap_err();
        assert_eq!(error, PhraseError::UnknownWord { position: 5 });
        assert!(!error.to_string().contains("poo"));
        let mut swapped = words;
        swapped.swap(0, 1);
        assert_eq!(
            RecoveryPhrase::restore(&swapped.join(" ")).unwrap_err(),
            PhraseError::Checksum
        );
    }
}
