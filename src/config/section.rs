//! The sections of the file, declared once: a key's name, type, default, kind and meaning stand
//! together, and the struct, its `Default` and its reader are made from that.

use super::value::{Amount, Unit};

/// What has keys with values.
pub(super) trait Keyed {
    /// The names of the keys that another one has otherwise.
    fn differing(&self, other: &Self) -> Vec<&'static str>;

    /// The keys that count something, each with what that is, and how much.
    fn amounts(&self) -> Vec<(&'static str, Unit, Option<Amount>)>;
}

/// Declares a section: `pub key: Type = default, kind;` with the key's meaning above it.
macro_rules! section {
    (
        $(#[$doc:meta])*
        $vis:vis struct $Section:ident {
            $( $(#[$key_doc:meta])* pub $key:ident: $Type:ty = $default:expr, $kind:expr; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $Section {
            $( $(#[$key_doc])* pub $key: $Type, )*
        }

        impl Default for $Section {
            fn default() -> $Section {
                $Section { $( $key: $default, )* }
            }
        }

        impl $Section {
            /// Reads the section: what is absent or refused is as documented.
            pub(super) fn read(section: &mut $crate::config::raw::Section<'_, '_>) -> $Section {
                $Section {
                    $( $key: section.read(stringify!($key), &$kind).unwrap_or_else(|| $default), )*
                }
            }

            /// The names of its keys.
            #[cfg(test)]
            pub(crate) const KEYS: &'static [&'static str] = &[$( stringify!($key) ),*];
        }

        impl $crate::config::section::Keyed for $Section {
            fn differing(&self, other: &$Section) -> Vec<&'static str> {
                let mut names = Vec::new();
                $( if self.$key != other.$key {
                    names.push(stringify!($key));
                } )*
                names
            }

            fn amounts(
                &self,
            ) -> Vec<(
                &'static str,
                $crate::config::value::Unit,
                Option<$crate::config::value::Amount>,
            )> {
                let mut amounts = Vec::new();
                $( if let Some(unit) = $crate::config::value::Kind::unit(&$kind) {
                    let amount = $crate::config::value::Kind::amount(&$kind, &self.$key);
                    amounts.push((stringify!($key), unit, amount));
                } )*
                amounts
            }
        }
    };
}

pub(super) use section;
