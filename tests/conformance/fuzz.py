"""Runs cases of Autobahn|Testsuite against a WebSocket server that echoes, and says how each went:

    fuzz.py TRANSLATED URL CASE...      such as: fuzz.py DIR ws://127.0.0.1:1234 '1.*' '2.*'
    fuzz.py TRANSLATED                  says which cases there are

One line a case, tabs between: the case, how the server behaved, how it closed, and what came of it.
"""

import contextlib
import sys

import txaio

# A busy machine is no failure: the suite waits so many times as long before it gives up on an answer.
PATIENCE = 10
PATIENT = {
    "openHandshakeTimeout": 5 * PATIENCE,
    "closeHandshakeTimeout": PATIENCE,
    "serverConnectionDropTimeout": PATIENCE,
}

sys.path.insert(0, sys.argv[1])
txaio.use_twisted()

from autobahntestsuite import fuzzing  # noqa: E402
from autobahntestsuite.octets import as_bytes  # noqa: E402
from twisted.internet import reactor  # noqa: E402


def as_octets(data):
    """A string as Python 2 had it: each character is a byte."""
    return data.decode("latin-1") if isinstance(data, bytes) else data


class Protocol(fuzzing.FuzzingClientProtocol):
    """The suite's client, where what its cases say and hear becomes bytes and comes from them."""

    # No log of every byte, whatever a case says.
    createWirelog = property(lambda self: False, lambda self, wanted: None)

    def killAfter(self, delay):
        super().killAfter(delay * PATIENCE)

    def sendFrame(self, opcode, payload=b"", payload_len=None, **how):
        payload = as_bytes(payload)
        if payload_len is not None:
            payload = (payload * (payload_len // len(payload) + 1))[:payload_len]
        super().sendFrame(opcode, payload=payload, **how)

    def sendMessage(self, payload, *how, **more):
        super().sendMessage(as_bytes(payload), *how, **more)

    def sendMessageFrameData(self, payload, sync=False):
        return super().sendMessageFrameData(as_bytes(payload), sync)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, as_bytes(reasonUtf8), isReply)

    def onMessage(self, payload, isBinary):
        super().onMessage(as_octets(payload), isBinary)

    def onPing(self, payload):
        super().onPing(as_octets(payload))

    def onPong(self, payload):
        super().onPong(as_octets(payload))


class Factory(fuzzing.FuzzingClientFactory):
    """One case after the other."""

    def buildProtocol(self, address):
        protocol = Protocol()
        protocol.factory = self
        protocol.caseAgent = self.agent
        protocol.case = self.currentCaseIndex
        protocol.Case = fuzzing.Cases[self.currentCaseIndex - 1]
        protocol.runCase = protocol.Case(protocol)
        return protocol

    def createReports(self):
        pass


def main(url, cases):
    server = {"agent": "mudkeep", "url": url}
    # What the suite says of its progress is no result.
    with contextlib.redirect_stdout(sys.stderr):
        factory = Factory({"servers": [server], "cases": cases, "options": PATIENT})
        reactor.run()
    results = factory.agents.get("mudkeep", {})
    for case in factory.specCases:
        if case not in results:
            sys.exit(f"case {case} was not run")
        ran = results[case]
        outcome = f"{ran['result']} {ran['resultClose']}"
        print(case, ran["behavior"], ran["behaviorClose"], outcome.replace("\n", " "), sep="\t")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[2], sys.argv[3:])
    else:
        for case in fuzzing.Cases:
            print(case.__name__.removeprefix("Case").replace("_", "."))
