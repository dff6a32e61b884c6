"""What Schemathesis is told about mudkeep beside its description. Loaded by SCHEMATHESIS_HOOKS."""

import ipaddress
import random
import time
import uuid

import requests
import schemathesis
from requests.adapters import HTTPAdapter

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
HOUR = 3600

dice = random.Random(1)
send = HTTPAdapter.send


def send_and_read_of_streams_the_first_piece(self, request, **options):
    """A stream of events has no end to wait for."""
    answer = send(self, request, **{**options, "stream": True})
    if answer.headers.get("content-type") == "text/event-stream":
        answer._content = next(answer.iter_content(4096), b"")
        answer._content_consumed = True
        answer.close()
    return answer


HTTPAdapter.send = send_and_read_of_streams_the_first_piece


with open("authorization") as file:
    TOKEN = file.read().strip()
with open("address") as file:
    API = f"http://{file.read().strip()}/api/v1/"


def ask(method, path):
    answer = requests.request(method, API + path, headers={"Authorization": TOKEN}, timeout=10)
    answer.raise_for_status()
    return answer


def somebodys(kind, key):
    """The id of one that is there."""
    rows = ask("GET", kind).json()[kind]
    return dice.choice(rows)[key] if rows else None


def is_uuid(text):
    try:
        uuid.UUID(text)
        return True
    except (ValueError, AttributeError, TypeError):
        return False


@schemathesis.hook
def before_call(context, case, **kwargs):
    path, method = case.operation.path, case.method.upper()
    # Ids are drawn by lot, and so there is nothing of that id: each other one becomes one that is there.
    for kind, key in (("connections", "connection_id"), ("sessions", "session_id")):
        given = (case.path_parameters or {}).get("id")
        if path.startswith(f"/api/v1/{kind}/") and is_uuid(given) and dice.random() < 0.5:
            case.path_parameters["id"] = somebodys(kind, key) or given
    if path.endswith("/migrate") and isinstance(case.body, dict) and is_uuid(case.body.get("to")):
        case.body = {**case.body, "to": somebodys("connections", "connection_id") or case.body["to"]}
    # A restart that is announced is called off before it comes; it comes at once where nobody is in.
    if path == "/api/v1/drain" and method == "POST" and isinstance(case.body, dict):
        seconds = case.body.get("in_seconds")
        if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < HOUR:
            case.body = {**case.body, "in_seconds": seconds + HOUR}
        while ask("GET", "sessions").json()["total"] == 0:
            time.sleep(0.01)


@schemathesis.hook
def after_call(context, case, response):
    path, method = case.operation.path, case.method.upper()
    if path == "/api/v1/drain" and method == "POST" and response.status_code == 200:
        ask("DELETE", "drain")
    # Players are to come from 127.0.0.0/8.
    if path == "/api/v1/bans" and method == "POST" and response.status_code == 201:
        kind, _, who = response.json()["id"].partition(":")
        if kind == "network":
            network = ipaddress.ip_network(who)
            if network.version == LOOPBACK.version and network.overlaps(LOOPBACK):
                ask("DELETE", "bans/" + requests.utils.quote(f"network:{who}", safe=""))
