"""The test game: telnet on the loopback address and nothing else. Appended to Evennia's own
generated settings by scripts/set-up; the ports come from whoever starts it."""

import os

SERVERNAME = "Testville"
TELNET_PORTS = [int(os.environ["GAME_PORT"])]
TELNET_INTERFACES = ["127.0.0.1"]
AMP_PORT = int(os.environ["GAME_AMP_PORT"])
AMP_INTERFACE = "127.0.0.1"
WEBSERVER_ENABLED = False
WEBCLIENT_ENABLED = False
WEBSOCKET_CLIENT_ENABLED = False
GAME_INDEX_ENABLED = False
GUEST_ENABLED = True

# A test makes more accounts and more mistakes than one address may in a real game.
CREATION_THROTTLE_LIMIT = 1000
LOGIN_THROTTLE_LIMIT = 1000
