//! Which request is answered by what, and who may ask.

use std::net::IpAddr;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::reply::{Refused, Reply};
use super::{Admin, bans, connections, events, last, overview, sessions, staff, users};
use crate::events::{About, What};
use crate::ids::{ConnectionId, SessionId};
use crate::metrics::Format;
use crate::transport::http::answer::{self, Answer};
use crate::transport::http::assets::{self, Of};
use crate::transport::http::{body, origin};

/// The API, described to programs (OpenAPI 3.1).
const OPENAPI: &str = include_str!("openapi.json");

/// How long a guess waits for its answer once there were too many.
const GUESS_TIME: Duration = Duration::from_millis(200);

/// Answers one request.
pub(super) async fn answer(admin: &Admin, address: IpAddr, request: Request<Incoming>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_page = !matches!(path.split('/').nth(1), Some("api" | "metrics"));
    if is_page {
        return page(&method, &path, request.headers()).unwrap_or_else(|why| why.answer());
    }
    let allowed = may_ask(admin, &request).map(str::to_owned);
    let changes = !matches!(method, Method::GET | Method::HEAD);
    let by = allowed.as_ref().ok().cloned();
    let answer = match allowed {
        Ok(_) => route(admin, request).await.unwrap_or_else(|why| why.answer()),
        Err(why) => {
            let answer = why.answer();
            admin.gate.events().metrics().admin_refused(answer.status().as_u16());
            answer
        }
    };
    // Who looks is nobody's business; who changes something, or is not let in, is.
    let is_told = match by {
        Some(_) => changes,
        None => answer.status() != StatusCode::TOO_MANY_REQUESTS && admin.tells_refused(),
    };
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        // Whoever guesses on waits, so that players do not feel it: admin.connections_max bounds how many.
        tokio::time::sleep(GUESS_TIME).await;
    }
    if is_told {
        let about = About { address: Some(address), ..About::default() };
        let (method, status) = (method.to_string(), answer.status().as_u16());
        tracing::info!(%address, by, method, path, status, "the admin's listener was asked");
        admin.gate.events().emit(about, What::Admin { by, method, path, status });
    }
    answer
}

/// Files are everybody's who reaches the listener; they hold nothing.
fn page(method: &Method, path: &str, headers: &HeaderMap) -> Reply {
    match *method {
        Method::GET | Method::HEAD => Ok(assets::file(Of::Staff, path, headers)),
        _ => Err(Refused::method_not_allowed("GET")),
    }
}

/// Whether whoever sends this may ask at all; who it is.
fn may_ask<'a>(admin: &'a Admin, request: &Request<Incoming>) -> Result<&'a str, Refused> {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    if !host.is_none_or(is_own_host) {
        return Err(Refused::forbidden("the header Host names another machine"));
    }
    let mut origins = request.headers().get_all(ORIGIN).iter();
    let is_own =
        |value: &HeaderValue| value.to_str().is_ok_and(|value| origin::may_come(value, host, &[]));
    if !origins.all(is_own) {
        return Err(Refused::forbidden("pages of other sites may not ask here"));
    }
    let token = body::bearer(request).map_err(|_| Refused::unauthorized())?;
    match admin.tokens.owner_of(&token) {
        Some(owner) => Ok(owner),
        None if admin.note_refused() => Err(Refused::too_many_refusals()),
        None => Err(Refused::unauthorized()),
    }
}

/// Whether a page can have come by this name only from here: a name of somebody's own can be made to lead
/// to this machine (DNS rebinding), an address cannot.
fn is_own_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

async fn route(admin: &Admin, request: Request<Incoming>) -> Reply {
    let gate = &admin.gate;
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let (path, query) = (uri.path(), uri.query());
    let nothing = || Refused::not_found("such thing");
    if path == "/metrics" {
        return match method {
            Method::GET | Method::HEAD => metrics(admin, request.headers()).await,
            _ => Err(Refused::method_not_allowed("GET")),
        };
    }
    let Some(path) = path.strip_prefix("/api/v1/") else { return Err(nothing()) };
    let parts: Vec<String> =
        path.split('/').map(decoded).collect::<Option<_>>().ok_or_else(nothing)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = method.as_str();
    match (method, &parts[..]) {
        ("GET", ["health"]) => overview::health(admin, query).await,
        ("GET", ["stats"]) => overview::stats(admin, query),
        ("GET", ["limits"]) => overview::limits(admin, query),
        ("GET", ["events"]) => events::follow(admin, query, request.headers()),
        ("GET", ["last"]) => last::logins(admin, query).await,
        ("GET", ["openapi.json"]) => Ok(answer::with(StatusCode::OK, "application/json", OPENAPI)),
        ("GET", ["connections"]) => connections::list(gate, query),
        ("GET", ["connections", id]) => connections::show(gate, connection(id)?),
        ("PATCH", ["connections", id]) => connections::change(gate, connection(id)?, request).await,
        ("DELETE", ["connections", id]) => {
            connections::disconnect(gate, connection(id)?, query).await
        }
        ("GET", ["connections", id, "validate"]) => connections::validate(gate, connection(id)?),
        ("POST", ["connections", id, "extend"]) => {
            connections::extend(gate, connection(id)?, request).await
        }
        ("POST", ["connections", id, "migrate"]) => {
            connections::migrate(gate, connection(id)?, request).await
        }
        ("GET", ["sessions"]) => sessions::list(gate, query),
        ("GET", ["sessions", id]) => sessions::show(gate, session(id)?),
        ("DELETE", ["sessions", id]) => sessions::end(gate, session(id)?, query).await,
        ("GET", ["users"]) => users::list(gate, query),
        ("GET", ["users", name, "connections"]) => users::show_connections(gate, name, query),
        ("DELETE", ["users", name, "connections"]) => users::disconnect(gate, name, query),
        ("GET", ["users", name, "sessions"]) => sessions::of_user(gate, name, query),
        ("DELETE", ["users", name, "sessions"]) => users::kick(gate, name, query),
        ("GET", ["users", name, "tokens"]) => users::show_tokens(gate, name, query),
        ("DELETE", ["users", name, "tokens"]) => users::revoke_tokens(gate, name, query),
        ("GET", ["bans"]) => bans::list(gate, query),
        ("POST", ["bans"]) => bans::add(gate, request).await,
        ("DELETE", ["bans", id]) => bans::lift(gate, id, query),
        ("POST", ["cleanup"]) => staff::clean_up(gate, query),
        ("POST", ["notices"]) => staff::announce(gate, request).await,
        ("GET", ["drain"]) => staff::show_drain(gate, query),
        ("POST", ["drain"]) => staff::drain(gate, request).await,
        ("DELETE", ["drain"]) => staff::cancel_drain(gate, query),
        (_, parts) => Err(allowed(parts).map_or_else(nothing, Refused::method_not_allowed)),
    }
}

/// What Prometheus asks for.
async fn metrics(admin: &Admin, headers: &HeaderMap) -> Reply {
    let format = Format::wanted(headers);
    let written = admin.scraper.scrape(format).await;
    let written = written.map_err(|_| Refused::busy("the metrics cannot be written"))?;
    Ok(answer::with(StatusCode::OK, format.content_type(), written))
}

/// The methods of a path that is one.
fn allowed(parts: &[&str]) -> Option<&'static str> {
    match parts {
        ["health" | "stats" | "limits" | "events" | "last" | "openapi.json"]
        | ["connections" | "sessions" | "users"]
        | ["connections", _, "validate"] => Some("GET"),
        ["connections", _] => Some("GET, PATCH, DELETE"),
        ["connections", _, "extend" | "migrate"] | ["cleanup" | "notices"] => Some("POST"),
        ["sessions", _] | ["users", _, "connections" | "sessions" | "tokens"] => {
            Some("GET, DELETE")
        }
        ["bans"] => Some("GET, POST"),
        ["bans", _] => Some("DELETE"),
        ["drain"] => Some("GET, POST, DELETE"),
        _ => None,
    }
}

/// A part of a path as it was meant; none where that is no text.
fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn connection(id: &str) -> Result<ConnectionId, Refused> {
    id.parse::<Uuid>().map(ConnectionId).map_err(|_| Refused::bad_request("an id is a UUID"))
}

fn session(id: &str) -> Result<SessionId, Refused> {
    id.parse::<Uuid>().map(SessionId).map_err(|_| Refused::bad_request("an id is a UUID"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The paths and the methods that `route` knows, read out of this file.
    fn routes() -> BTreeMap<String, BTreeSet<String>> {
        let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in include_str!("routes.rs").lines() {
            let Some(rest) = line.trim().strip_prefix("(\"") else { continue };
            let Some((method, rest)) = rest.split_once("\", [") else { continue };
            let (parts, _) = rest.split_once(']').unwrap();
            let part = |part: &str| match part.strip_prefix('"') {
                Some(word) => word.trim_end_matches('"').to_owned(),
                None => format!("{{{part}}}"),
            };
            let parts: Vec<String> = parts.split(", ").map(part).collect();
            let path = format!("/api/v1/{}", parts.join("/"));
            routes.entry(path).or_default().insert(method.to_owned());
        }
        routes
    }

    #[test]
    fn what_is_described_to_programs_is_what_there_is() {
        let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = described["paths"].as_object().unwrap().iter();
        let api = paths.filter(|(path, _)| path.starts_with("/api/"));
        let methods = |of: &serde_json::Value| {
            of.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()
        };
        let described: BTreeMap<_, BTreeSet<_>> =
            api.map(|(path, of)| (path.clone(), methods(of))).collect();
        let routes = routes();
        assert!(routes.len() > 15, "they are found: {routes:?}");
        assert_eq!(described, routes);
    }

    #[test]
    fn each_path_says_which_methods_it_has() {
        for (path, methods) in routes() {
            let parts: Vec<&str> = path.strip_prefix("/api/v1/").unwrap().split('/').collect();
            let said = allowed(&parts).unwrap_or_else(|| panic!("{path}"));
            let said: BTreeSet<String> = said.split(", ").map(str::to_owned).collect();
            assert_eq!(said, methods, "{path}");
        }
        assert_eq!(allowed(&["nothing"]), None);
    }

    #[test]
    fn only_addresses_and_this_machine_itself_are_hosts() {
        for host in ["127.0.0.1:4090", "localhost", "LocalHost:1", "[::1]:4090", "192.0.2.1"] {
            assert!(is_own_host(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:4090", "", "[evil]:1", "localhost.x"] {
            assert!(!is_own_host(host), "{host}");
        }
    }
}
