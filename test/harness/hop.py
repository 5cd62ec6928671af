"""A scripted next hop: what stands behind Sluice in a test, and remembers all that it was told."""
import re
import socket
import threading
import time

from . import place
from .process import Failed
from .wire import Closed, Late, Transcript, Wire, unstuff

CAPABILITIES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800")
END = b"\r\n.\r\n"


class Message:
    """What was delivered: it got our 250 after its final dot."""

    def __init__(self, mail, recipients, text, connection):
        self.mail = mail
        self.recipients = recipients
        self.text = text
        self.connection = connection

    def fields(self, name):
        """Values of a header field, unfolded."""
        header = self.text.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
        header = re.sub(r"\r\n[ \t]+", " ", header)
        return [line.partition(":")[2].strip() for line in header.split("\r\n")
                if line.partition(":")[0].strip().lower() == name.lower()]


class Rule:
    """At `point`, do `action`: a reply to give, or drop, drop-after, reset, hang. `times`: 0 always."""

    def __init__(self, point, action, times=0):
        self.point = point
        self.action = action
        self.times = times
        self.used = 0

    def applies(self, point):
        if point != self.point or (self.times and self.used >= self.times):
            return False
        self.used += 1
        return True


class Leave(Exception):
    """The connection is done with."""


class Hop:
    """Takes connections until stopped. `serve` (a function of the hop and a wire) handles them one after
    the other; without it each is served by `polite`, in a thread of its own."""

    def __init__(self, name="hop", transcript=None, serve=None, capabilities=CAPABILITIES, rules=(),
                 tls_context=None, port=0, listening=True):
        self.name = name
        self.transcript = transcript or Transcript()
        self.serve = serve
        self.capabilities = capabilities
        self.rules = list(rules)
        self.tls_context = tls_context
        self.changed = threading.Condition()
        self.connections = 0
        self.dots = 0
        self.text_bytes = 0
        self.quits = 0
        self.ended = 0
        self.messages = []
        self.said = []
        self.errors = []
        self.stopped = False
        self.wires = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((place.HOST, port))
        self.port = self.listener.getsockname()[1]
        self.thread = None
        if listening:
            self.listen()

    def listen(self):
        self.listener.listen(256)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                wire = Wire(sock, self.name, self.transcript)
                self.wires.append(wire)
                self.changed.notify_all()
            self.transcript.add(self.name, "-", f"connection {self.connections}".encode())
            if self.serve:
                self._handle(wire, self.connections)
            else:
                threading.Thread(target=self._handle, args=(wire, self.connections),
                                 daemon=True).start()

    def _handle(self, wire, number):
        try:
            if self.serve:
                self.serve(self, wire)
            else:
                self.polite(wire, number)
        except (Closed, Leave, ConnectionError):
            pass
        except Exception as e:          # pylint: disable=broad-except
            if not self.stopped:
                self.errors.append(f"{self.name}: {e}")
        finally:
            with self.changed:
                self.ended += 1
                self.changed.notify_all()
            wire.close()

    def stop(self):
        """End all. A connection is shut down here and closed by the thread that reads it: were its
        descriptor closed here, that thread might read from whatever is opened next under its number
        (TLS takes five bytes at a time, which then were missing at the start of a reply elsewhere)."""
        self.stopped = True
        for s in [self.listener] + [wire.sock for wire in self.wires]:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        try:
            self.listener.close()
        except OSError:
            pass

    def drop_connections(self):
        """Close what is open, as a server that restarts does."""
        for wire in self.wires:
            try:
                wire.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def wait(self, condition, what, timeout_s=10):
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or self.errors:
                    raise Failed(what() + "".join("\n" + e for e in self.errors))
                self.changed.wait(min(left, 0.2))

    # -- a polite server, but for its rules

    def answer(self, wire, point, usual):
        """Give the usual reply, or what a rule says. True if the reply was 2yz or 3yz."""
        rule = next((r for r in self.rules if r.applies(point)), None)
        action = rule.action if rule else usual
        if action == "drop":
            raise Leave
        if action == "reset":
            wire.reset()
            raise Leave
        if action == "hang":
            wire.wait_close(300, on_data=lambda data: None)
            raise Leave
        if action == "drop-after":
            wire.send(usual.encode() + b"\r\n")
            raise Leave
        lines = action.split("\n")
        code = lines[-1][:3]
        wire.send("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))
        if code == "421":
            raise Leave
        return code[0] in "23"

    def ehlo_reply(self, wire):
        lines = ["hop.example"] + list(self.capabilities)
        if self.tls_context and not wire.tls:
            lines.append("STARTTLS")
        return "\n".join("250" + (" " if i == len(lines) - 1 else "-") + line
                         for i, line in enumerate(lines))

    def read_command(self, wire, deadline_s=300):
        line = wire.read_line(deadline_s)
        with self.changed:
            self.said.append(line.decode("utf-8", "surrogateescape"))
            self.changed.notify_all()
        return self.said[-1]

    def read_text(self, wire, deadline_s=60):
        """The text of a message up to its final dot, as on the wire without that dot's line. Closed if
        the connection ends before."""
        deadline = time.monotonic() + deadline_s
        text = bytearray(b"\r\n")       # so that a dot on the first line is found
        looked = 0
        while True:
            with self.changed:
                self.text_bytes += len(wire.buffer)
                self.changed.notify_all()
            text += wire.buffer
            wire.buffer.clear()
            at = text.find(END, max(0, looked - len(END)))
            if at >= 0:
                break
            looked = len(text)
            if not wire.fill(deadline):
                raise Closed(f"{self.name}: closed in the midst of a message")
        wire.buffer = bytearray(text[at + len(END):])
        with self.changed:
            self.text_bytes -= len(wire.buffer)
            self.dots += 1
            self.changed.notify_all()
        return bytes(text[2:at + 2])

    def deliver(self, mail, recipients, raw, connection):
        with self.changed:
            self.messages.append(Message(mail, recipients, unstuff(raw), connection))
            self.changed.notify_all()

    def begin_tls(self, wire):
        try:
            wire.start_tls(self.tls_context, server=True)
        except Failed as e:             # the other side may well not like our certificate
            wire.note(str(e))
            raise Leave from e

    def polite(self, wire, number, greet=True):
        mail, recipients = None, []
        if greet:
            self.answer(wire, "banner", "220 hop.example ESMTP")
        while True:
            line = self.read_command(wire)
            verb = line.split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                self.answer(wire, "ehlo", self.ehlo_reply(wire))
                mail, recipients = None, []
            elif verb == "STARTTLS" and self.tls_context:
                if self.answer(wire, "starttls", "220 2.0.0 go ahead"):
                    self.begin_tls(wire)
            elif verb == "MAIL":
                if mail is not None:
                    wire.send(b"503 5.5.1 nested MAIL\r\n")
                elif self.answer(wire, "mail", "250 2.1.0 sender ok"):
                    mail = line
            elif verb == "RCPT":
                if mail is None:
                    wire.send(b"503 5.5.1 MAIL first\r\n")
                elif self.answer(wire, "rcpt", "250 2.1.5 recipient ok"):
                    recipients.append(line.partition(":")[2].strip().split(" ")[0].strip("<>"))
            elif verb == "DATA":
                if not recipients:
                    wire.send(b"503 5.5.1 RCPT first\r\n")
                elif self.answer(wire, "data", "354 go ahead"):
                    raw = self.read_text(wire)
                    queue_id = f"HOP{number}{len(self.messages) + 1:04}"
                    # Kept before the 250 is sent: else a test could look too early.
                    refused = next((r for r in self.rules if r.point == "dot" and
                                    (not r.times or r.used < r.times)), None)
                    if refused is None or refused.action in ("drop-after", "lost") or \
                            refused.action.startswith("2"):
                        self.deliver(mail, recipients, raw, number)
                    if refused is not None and refused.action == "lost":
                        refused.used += 1
                        raise Leave     # taken, but the client will never know
                    self.answer(wire, "dot", f"250 2.0.0 queued as {queue_id}")
                    mail, recipients = None, []
            elif verb == "RSET":
                if self.answer(wire, "rset", "250 2.0.0 ok"):
                    mail, recipients = None, []
            elif verb == "NOOP":
                self.answer(wire, "noop", "250 2.0.0 ok")
            elif verb == "QUIT":
                with self.changed:
                    self.quits += 1
                    self.changed.notify_all()
                self.answer(wire, "quit", "221 2.0.0 bye")
                raise Leave
            else:
                wire.send(b"502 5.5.2 not known here\r\n")


__all__ = ["CAPABILITIES", "Hop", "Late", "Leave", "Message", "Rule"]
