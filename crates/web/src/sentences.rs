//! Promises: a sentence that a person reads stands in French and in English side by side, or it does not compile.

/// Makes a struct of sentences, one for each language. `alike`: what may read the same in both.
macro_rules! sentences {
    ($Name:ident, alike [$($alike:ident),*]; $($name:ident: $fr:literal, $en:literal;)*) => {
        /// The sentences in one language.
        pub(crate) struct $Name {
            $(pub(crate) $name: &'static str,)*
        }

        impl $Name {
            /// The sentences of a language.
            pub(crate) fn of(language: proxycall_domain::Language) -> &'static Self {
                static FRENCH: $Name = $Name { $($name: $fr,)* };
                static ENGLISH: $Name = $Name { $($name: $en,)* };
                match language {
                    proxycall_domain::Language::Fr => &FRENCH,
                    proxycall_domain::Language::En => &ENGLISH,
                }
            }
        }

        #[cfg(test)]
        #[test]
        fn every_sentence_is_there_in_both_languages() {
            let alike: &[&str] = &[$(stringify!($alike)),*];
            $(assert!(!$fr.is_empty() && !$en.is_empty(), stringify!($name));
            assert_eq!($fr == $en, alike.contains(&stringify!($name)), stringify!($name));)*
        }
    };
}
pub(crate) use sentences;
