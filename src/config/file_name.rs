//! Names of files.

use std::path::PathBuf;

use toml::de::DeValue;

use super::value::{Kind, Refusal};

/// The name of a file, or `""` for none.
pub(super) struct MaybeFileName;

impl Kind for MaybeFileName {
    type Value = Option<PathBuf>;

    fn read(&self, value: &DeValue<'_>) -> Result<Option<PathBuf>, Refusal> {
        match value {
            DeValue::String(name) if name.is_empty() => Ok(None),
            DeValue::String(name) if name.contains('\0') => {
                self.refuse("a file name with a zero byte".to_owned())
            }
            DeValue::String(name) => Ok(Some(PathBuf::from(name.as_ref()))),
            _ => self.refuse_type(value, "a string"),
        }
    }

    fn allowed(&self) -> String {
        "the name of a file, or \"\" for none".to_owned()
    }
}

/// The name of a file.
pub(super) struct FileName;

impl Kind for FileName {
    type Value = PathBuf;

    fn read(&self, value: &DeValue<'_>) -> Result<PathBuf, Refusal> {
        match MaybeFileName.read(value) {
            Ok(Some(path)) => Ok(path),
            Ok(None) => self.refuse("an empty name".to_owned()),
            Err(refusal) => Err(Refusal { allowed: Some(self.allowed()), ..refusal }),
        }
    }

    fn allowed(&self) -> String {
        "the name of a file".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> DeValue<'_> {
        DeValue::String(text.into())
    }

    #[test]
    fn no_name_is_no_file_where_none_may_be() {
        assert_eq!(MaybeFileName.read(&text("")).unwrap(), None);
        assert_eq!(MaybeFileName.read(&text("a/b")).unwrap(), Some(PathBuf::from("a/b")));
        assert_eq!(FileName.read(&text("a/b")).unwrap(), PathBuf::from("a/b"));
        assert_eq!(FileName.read(&text("")).unwrap_err().found, "an empty name");
        assert!(FileName.read(&text("a\0b")).is_err() && MaybeFileName.read(&text("\0")).is_err());
        assert!(FileName.read(&DeValue::Boolean(true)).is_err());
    }
}
