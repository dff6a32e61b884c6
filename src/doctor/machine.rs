//! What this machine has for mudkeep: free ports, open files, a store that can be written. Nothing
//! is left behind by looking.

use std::fs::{self, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use socket2::{Domain, Socket, Type};

use super::facts::{Listener, Machine, Port, StoreFile};
use crate::config::{Config, ListenConfig, ListenProtocol};
use crate::open_files;

/// Looks at everything that `config` needs.
pub(super) fn look(config: &Config) -> Machine {
    let listener = |listen: &ListenConfig| Listener {
        protocol: listen.protocol,
        address: listen.address,
        port: port(listen.address),
    };
    Machine {
        listeners: config.listen.0.iter().map(listener).collect(),
        files_allowed: open_files::allowed(),
        files_wanted: open_files::wanted(&config.limits),
        store: config.store.path.as_deref().map_or(StoreFile::None, store),
        files: files(config),
    }
}

/// The admin's token, where there is a listener for it, and the audit log.
fn files(config: &Config) -> Vec<(&'static str, StoreFile)> {
    let admin = config.listen.0.iter().any(|listen| listen.protocol == ListenProtocol::Admin);
    let token = admin.then_some(("admin.token_file", config.admin.token_file.as_path()));
    let audit = config.log.audit.as_deref().map(|path| ("log.audit", path));
    token.into_iter().chain(audit).map(|(key, path)| (key, store(path))).collect()
}

/// Whether an address could be listened on. It is bound for a moment, and nobody is let in.
fn port(address: SocketAddr) -> Port {
    let error = match bind(address) {
        Ok(()) => return Port::Free,
        Err(error) => error,
    };
    match error.kind() {
        io::ErrorKind::AddrInUse => Port::Taken,
        io::ErrorKind::PermissionDenied => Port::Forbidden,
        io::ErrorKind::AddrNotAvailable => Port::NotHere,
        _ => Port::Other(error.to_string()),
    }
}

fn bind(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())
}

/// Whether the store could be written: the file if it is there, else its folder.
fn store(path: &Path) -> StoreFile {
    let tried = match path.try_exists() {
        Ok(true) => OpenOptions::new().read(true).write(true).open(path).map(drop),
        Ok(false) => make_beside(path),
        Err(error) => Err(error),
    };
    match tried {
        Ok(()) => StoreFile::Writable(path.to_owned()),
        Err(error) => StoreFile::Not(path.to_owned(), error.to_string()),
    }
}

/// Makes a file of another name in the same folder, and removes it.
fn make_beside(path: &Path) -> io::Result<()> {
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(format!(".doctor-{}", std::process::id()));
    let beside = path.with_file_name(name);
    OpenOptions::new().write(true).create_new(true).open(&beside)?;
    fs::remove_file(&beside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_port_is_free_taken_or_not_of_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(port(address), Port::Taken);
        drop(listener);
        assert_eq!(port(address), Port::Free);
        assert_eq!(port(address), Port::Free, "looking takes nothing");
        assert_eq!(port("192.0.2.1:4000".parse().unwrap()), Port::NotHere);
    }

    #[test]
    fn a_store_is_writable_where_a_file_can_be_made_and_none_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        assert_eq!(store(&path), StoreFile::Writable(path.clone()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(&path, "as it was").unwrap();
        assert_eq!(store(&path), StoreFile::Writable(path.clone()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "as it was");
        for bad in [folder.path().join("no/such/store"), folder.path().to_owned()] {
            assert!(matches!(store(&bad), StoreFile::Not(path, _) if path == bad), "{bad:?}");
        }
    }

    #[test]
    fn the_token_and_the_audit_log_are_looked_at_where_there_are_any() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("admin.token"), folder.path().join("no/such/log"));
        let text = format!(
            "game.address = \"demo\"\nadmin.token_file = \"{}\"\nlog.audit = \"{}\"\n\
             listen = [{{ protocol = \"admin\", address = \"127.0.0.1:0\" }}]",
            good.display(),
            bad.display()
        );
        let files = look(&Config::parse("f", &text).unwrap()).files;
        assert_eq!(files[0], ("admin.token_file", StoreFile::Writable(good)));
        assert!(matches!(&files[1], ("log.audit", StoreFile::Not(path, _)) if *path == bad));
        assert!(look(&Config::parse("f", "game.address = \"demo\"").unwrap()).files.is_empty());
    }

    #[test]
    fn every_listener_of_the_configuration_is_looked_at() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap();
        let text = format!(
            "game.address = \"demo\"\nlimits = {{ connections_max = 10, sessions_max = 20 }}\n\
             listen = [{{ address = \"{taken}\" }}, {{ address = \"127.0.0.1:0\" }}]"
        );
        let machine = look(&Config::parse("f", &text).unwrap());
        let ports: Vec<Port> = machine.listeners.into_iter().map(|one| one.port).collect();
        assert_eq!(ports, [Port::Taken, Port::Free]);
        assert_eq!((machine.files_wanted, machine.store), (94, StoreFile::None));
        assert!(cfg!(not(target_os = "linux")) || machine.files_allowed.is_some_and(|n| n > 0));
    }
}
