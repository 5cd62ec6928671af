#!/usr/bin/python3
"""A DNS server for tests: it answers from a zone, or misbehaves as it is told.

The zone has the form of lib/mailauth/zone.h: name -> list of {TYPE: value} or "TIMEOUT"; a name
without an entry does not exist. Serves UDP and TCP on one port of loopback.

    with Server({"a.example": [{"A": "192.0.2.1"}]}) as server:
        server.address          # "127.0.0.1:40053"
        server.mode = "servfail"

By hand: test/harness/dnsserver.py [--port N] [--mode MODE] ZONE.json

Modes: good; dead (silent); slow (`delay` seconds late); wrong-id (lies, no reply), lies-first
(`lies` wrong ids, then the reply); wrong-question; servfail; refused; formerr; referral; garbage
(of random length); header (12 octets); half (a reply cut in the middle, TC not set); loop (CNAMEs
that go round); chain (30 CNAMEs); pointers (a name that points at itself); big (TXT of 60,000
octets, over TCP); many (4,000 records, over TCP); truncated (TC over UDP, good over TCP);
truncated-always; tcp-dead, tcp-close, tcp-half, tcp-drip (TC over UDP, and over TCP: silent, closed
at once, half a reply, an octet every 0.2 s).
"""
import argparse
import json
import random
import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}
OPT = 41
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
QR, TC, RD, RA = 0x8000, 0x0200, 0x0100, 0x0080
CNAMES_MAX = 10
TTL = 300
UDP_MAX = 512                           # of who does not say more


class Broken(ValueError):
    """This cannot be written as DNS."""


def name_bytes(name):
    out = b""
    for label in name.rstrip(".").split(".") if name.rstrip(".") else []:
        # A zone's file is UTF-8, but a name on the wire is bytes.
        raw = label.encode("latin-1", "replace")
        if not 0 < len(raw) < 64:
            raise Broken(name)
        out += bytes([len(raw)]) + raw
    if len(out) > 254:
        raise Broken(name)
    return out + b"\0"


def text_bytes(text):
    return b"".join(bytes([ord(c)]) if ord(c) < 256 else c.encode("utf-8") for c in text)


def data_bytes(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack("!H", value[0]) + name_bytes(value[1])
    if kind == "TXT":
        raw = text_bytes("".join(value) if isinstance(value, list) else value)
        pieces = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]
        return b"".join(bytes([len(p)]) + p for p in pieces)
    return name_bytes(value)


def record(owner, kind, data, ttl=TTL):
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def soa():
    data = name_bytes("ns.test") + name_bytes("who.test") + struct.pack("!5I", 1, 2, 3, 4, 60)
    return record(b"\0", 6, data)


class Question:
    def __init__(self, message):
        self.message = message
        self.id, self.flags, count = struct.unpack("!HHH", message[:6])
        if count != 1 or self.flags & QR:
            raise Broken("no question")
        at, labels = 12, []
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]])
            at += 1 + message[at]
        self.name = b".".join(labels).decode("latin-1").lower()
        self.kind, self.klass = struct.unpack("!HH", message[at + 1:at + 5])
        self.end = at + 5
        self.payload = UDP_MAX
        if struct.unpack("!H", message[10:12])[0] == 1:
            opt, size = struct.unpack("!HH", message[self.end + 1:self.end + 5])
            self.payload = size if opt == OPT else UDP_MAX

    def reply(self, flags=0, answers=(), authority=(), ident=None, question=None):
        head = struct.pack("!HHHHHH", self.id if ident is None else ident, QR | RD | RA | flags, 1,
                           len(answers), len(authority), 0)
        return head + (question or self.message[12:self.end]) + b"".join(answers) + b"".join(authority)


class Server:
    def __init__(self, zone=None, mode="good", port=0, delay=0.0, host="127.0.0.1"):
        self.zone = {name.lower().rstrip("."): entry for name, entry in (zone or {}).items()}
        self.mode, self.delay, self.lies = mode, delay, 5
        self.questions = []             # (name, type, "udp" or "tcp"), in the order they came
        self.payloads = []              # what each said it can take
        self.ports = []                 # where they came from
        self.ids = []
        self.random = random.Random(53)
        self.udp, self.tcp = self._bind(host, port)
        self.port = self.udp.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.closed = False
        for work in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed = True
        for s in (self.udp, self.tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    @staticmethod
    def _bind(host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for _ in range(50):             # both protocols have to get the same port
            udp = socket.socket(family, socket.SOCK_DGRAM)
            tcp = socket.socket(family, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind((host, port))
            try:
                tcp.bind(udp.getsockname())
                tcp.listen(64)
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()
        raise OSError("no port that is free for UDP and TCP")

    # ---- what the zone says ----

    def _records(self, entry, kind):
        keys = [kind]
        if kind == "TXT" and not any(isinstance(r, dict) and "TXT" in r for r in entry):
            keys = ["SPF"]              # see zone.h
        for r in entry:
            for key in keys:
                if isinstance(r, dict) and key in r and not (kind == "TXT" and r[key] == "NONE"):
                    yield r[key]

    def look_up(self, question):
        """Returns rcode and answer records; None: no reply at all."""
        kind, name, answers = NAMES.get(question.kind), question.name, []
        for _ in range(CNAMES_MAX + 1):
            entry = self.zone.get(name)
            if entry is None:
                return NXDOMAIN, answers
            owner = name_bytes(name)
            found = [record(owner, question.kind, data_bytes(kind, value))
                     for value in self._records(entry, kind)] if kind else []
            if found:
                return NOERROR, answers + found
            alias = next((r["CNAME"] for r in entry if isinstance(r, dict) and "CNAME" in r), None)
            if alias is None:
                return None if "TIMEOUT" in entry else (NOERROR, answers)
            answers.append(record(owner, TYPES["CNAME"], name_bytes(alias)))
            name = alias.lower().rstrip(".")
        return SERVFAIL, []

    def good(self, question):
        try:
            found = self.look_up(question)
        except Broken:
            found = SERVFAIL, []
        if found is None:
            return None
        rcode, answers = found
        return question.reply(rcode, answers, [] if answers and rcode == NOERROR else [soa()])

    # ---- how it is said ----

    def udp_replies(self, q):
        """The datagrams that answer a question."""
        mode = self.mode
        if mode in ("dead",):
            return []
        if mode == "slow":
            time.sleep(self.delay)
        if mode == "wrong-id":
            return [q.reply(0, [record(b"\xc0\x0c", 1, b"\x7f\0\0\1")], ident=q.id ^ (i + 1)) for i in range(300)]
        if mode == "wrong-question":
            return [q.reply(0, [], question=name_bytes("lie.test") + struct.pack("!HH", q.kind, 1))]
        if mode == "garbage":
            return [self.random.randbytes(self.random.choice((0, 1, 11, 12, 13, 100, 1232))) for _ in range(3)]
        if mode == "header":
            return [q.message[:2] + b"\x81\x80" + b"\0\1" * 2 + b"\0" * 4]
        if mode in ("truncated", "truncated-always", "big", "many") or mode.startswith("tcp-"):
            return [q.reply(TC)]
        replies = self.misbehave(q)
        if replies is None:
            good = self.good(q)
            replies = [] if good is None else [good if len(good) <= q.payload else q.reply(TC)]
        if mode == "lies-first":
            replies = [q.reply(0, [], ident=q.id ^ (i + 1)) for i in range(self.lies)] + replies
        return replies

    def misbehave(self, q):
        """What is the same over UDP and TCP; None: nothing special."""
        mode, here = self.mode, b"\xc0\x0c"
        if mode in ("servfail", "refused", "formerr"):
            return [q.reply({"servfail": SERVFAIL, "refused": REFUSED, "formerr": FORMERR}[mode])]
        if mode == "referral":
            return [q.reply(0, [], [record(b"\0", 2, name_bytes("ns.test"))])]
        if mode == "half":
            good = self.good(q) or b""
            return [good[:len(good) - (len(good) - q.end) // 2 - 1]]
        if mode == "loop":
            loop = name_bytes("loop.test")
            return [q.reply(0, [record(here, 5, loop), record(loop, 5, name_bytes("l2.test")),
                                record(name_bytes("l2.test"), 5, loop)])]
        if mode == "chain":
            return [q.reply(0, [record(name_bytes(f"c{i}.test") if i else here, 5, name_bytes(f"c{i + 1}.test"))
                                for i in range(30)])]
        if mode == "pointers":
            return [q.reply(0, [record(struct.pack("!H", 0xc000 | q.end), q.kind, b"\x7f\0\0\1")])]
        return None

    def tcp_reply(self, q):
        if self.mode == "big":
            return q.reply(0, [record(b"\xc0\x0c", 16, (b"\xff" + b"x" * 255) * 234)])
        if self.mode == "many":
            return q.reply(0, [record(b"\xc0\x0c", 1, struct.pack("!I", 0xc0000200 | i & 255)) for i in range(4000)])
        if self.mode == "truncated-always":
            return q.reply(TC)
        replies = self.misbehave(q)
        return replies[0] if replies else self.good(q)

    def _note(self, message, peer, how):
        q = Question(message)
        self.questions.append((q.name, NAMES.get(q.kind, q.kind), how))
        self.payloads.append(q.payload)
        self.ports.append(peer[1])
        self.ids.append(q.id)
        return q

    def _serve_udp(self):
        while not self.closed:
            try:
                message, peer = self.udp.recvfrom(65535)
                q = self._note(message, peer, "udp")
            except (Broken, IndexError, struct.error):
                continue
            except OSError:
                return
            if self.mode == "slow":     # others do not wait for it
                threading.Thread(target=self._answer_udp, args=(q, peer), daemon=True).start()
            else:
                self._answer_udp(q, peer)

    def _answer_udp(self, q, peer):
        try:
            for reply in self.udp_replies(q):
                self.udp.sendto(reply, peer)
        except OSError:
            pass

    def _serve_tcp(self):
        while not self.closed:
            try:
                connection, peer = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, args=(connection, peer), daemon=True).start()

    def _serve_connection(self, connection, peer):
        with connection:
            connection.settimeout(30)
            try:
                data = b""
                while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
                    more = connection.recv(4096)
                    if not more:
                        return
                    data += more
                q = self._note(data[2:], peer, "tcp")
                if self.mode == "tcp-close":
                    return
                if self.mode == "slow":
                    time.sleep(self.delay)
                reply = None if self.mode == "tcp-dead" else self.tcp_reply(q)
                if reply is None:
                    connection.recv(1)  # until the other side gives up
                    return
                reply = struct.pack("!H", len(reply)) + reply
                if self.mode == "tcp-half":
                    reply = reply[:len(reply) // 2]
                if self.mode == "tcp-drip":
                    for i in range(len(reply)):
                        connection.sendall(reply[i:i + 1])
                        time.sleep(0.2)
                connection.sendall(reply)
            except (OSError, Broken, IndexError, struct.error):
                pass


def main():
    parser = argparse.ArgumentParser(description="a DNS server for tests", epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zone", metavar="ZONE.json")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", default="good")
    parser.add_argument("--delay", type=float, default=1.0)
    options = parser.parse_args()
    with open(options.zone, encoding="utf-8") as f:
        server = Server(json.load(f), options.mode, options.port, options.delay)
    print(server.address, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
