"""A plain sender: one message, one connection, and what it was told."""
import re
import socket

from . import place
from .wire import Closed, Late, Wire, stuff

MARK = re.compile(rb"^Message-Mark: (\S+)\r$", re.M)


class Outcome:
    """`code`: of the reply to the final dot, or of the first refusal; 0: the connection was lost.
    `step`: what the code answers, or what was on its way when the connection was lost."""

    def __init__(self, step, code, lines=()):
        self.step = step
        self.code = code
        self.lines = lines

    @property
    def accepted(self):
        return self.step == "dot" and self.code == 250


def marked(mark, body=b"Hello.\r\n"):
    """A message that is known again by its mark."""
    return b"Message-Mark: " + mark.encode() + b"\r\nSubject: marked\r\n\r\n" + body


def mark_of(text):
    found = MARK.search(text)
    return found.group(1).decode() if found else None


def send(port, text, segment=0, deadline_s=20, recipient="user@example.com", wire_text=None, after=None,
         pieces=None):
    """Send one message. `pieces`: how to cut the text as it goes over the wire. `after`: called with the
    wire when the outcome is known and the connection lives."""
    step = "connect"
    wire = None
    try:
        wire = Wire(socket.create_connection((place.HOST, port), deadline_s), "sender",
                    segment=segment, deadline_s=deadline_s)
        steps = [("banner", None, 220), ("ehlo", b"EHLO client.example", 250),
                 ("mail", b"MAIL FROM:<sender@client.example> BODY=8BITMIME", 250),
                 ("rcpt", b"RCPT TO:<" + recipient.encode() + b">", 250), ("data", b"DATA", 354)]
        for step, command, wanted in steps:
            if command:
                wire.send(command + b"\r\n")
            code, lines = wire.read_reply()
            if code != wanted:
                break
        else:
            step = "dot"
            raw = wire_text if wire_text is not None else stuff(text)
            for piece in pieces(raw) if pieces else [raw]:
                wire.send(piece)
            code, lines = wire.read_reply()
        outcome = Outcome(step, code, lines)
        if after:
            after(wire, outcome)
        elif code != 421:
            wire.send(b"QUIT\r\n")
            wire.wait_close(deadline_s, on_data=lambda data: None)
        return outcome
    except (Closed, OSError):
        return locals().get("outcome") or Outcome(step, 0)
    except Late:
        return locals().get("outcome") or Outcome(step, -1)
    finally:
        if wire:
            wire.close()
