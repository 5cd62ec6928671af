"""The actors of a dialogue: client, next hop, sink, Sluice; and what their scripts can say."""
import operator
import re
import socket
import textwrap
import threading
import time

from . import certificate, place, process, wire
from .hop import CAPABILITIES, Hop, Leave, Rule
from .process import Failed
from .script import Block, SyntaxFault, statements

WAYS = ("as is", "pipelined", "byte by byte", "TLS")
FINE_S = 15
COMPARE = {"==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le,
           ">": operator.gt, "<": operator.lt}
ACTIONS = ("-hup", "-term", "-int", "-expect-exit", "-bad-start")      # of an edge: not the same after them
# RFC 2920, 3.1: these end a group of pipelined commands.
GROUP_ENDS = {"EHLO", "HELO", "DATA", "VRFY", "EXPN", "TURN", "QUIT", "NOOP", "STARTTLS", "AUTH"}


def encode(text):
    """Script text as bytes: \\xHH is that byte; other characters are UTF-8."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b"".join(bytes([ord(c)]) if ord(c) < 256 else c.encode() for c in text)


def lines_of_text(size):
    """`size` bytes of message text: lines of 64 bytes, each with its number, the last one cut to fit."""
    out = bytearray()
    number = 0
    while len(out) < size:
        line = b"%08d " % number + b"abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUV"[:53]
        out += line + b"\r\n"
        number += 1
    if len(out) > size:
        del out[size:]
        if size >= 2:
            if out[-3:-2] == b"\r":     # no half line end may stand before the whole one
                out[-3:-2] = b"x"
            out[-2:] = b"\r\n"
    return bytes(out)


class Stage:
    """What the runs of one dialogue share: ports, and Sluice where a run leaves it as it was."""

    def __init__(self, body):
        self.ports = {}
        self.sluices = {}           # by their settings
        edges = [items for items in body if items[0] == "edge"]
        hops = {str(items[1]) for items in body if items[0] == "nexthop"}
        acted = any(str(item) in ACTIONS for items in edges for item in items if not isinstance(item, Block))
        # With several next hops, which of them is down is remembered from run to run.
        self.keeps_sluice = len(edges) == 1 and len(hops) == 1 and not acted

    def port(self, name):
        if name not in self.ports:
            self.ports[name] = place.unused_port()
        return self.ports[name]

    def end(self):
        for sluice in self.sluices.values():
            sluice.stop()


class Test:
    """One run of one dialogue in one way."""

    def __init__(self, name, body, way, stage, directory, tls_files):
        self.name = name
        self.stage = stage
        self.body = body
        self.way = way
        self.directory = directory
        self.tls_files = tls_files
        self.transcript = wire.Transcript()
        self.actors = {}
        self.signals = {}
        self.signals_changed = threading.Condition()

    # -- names and events

    def variables(self, text, extra=None):
        def value(match):
            name = match.group(1)
            if extra and name in extra:
                return str(extra[name])
            if name == "certificate":
                return self.tls_files[0]
            if name == "key":
                return self.tls_files[1]
            if name == "directory":
                return self.directory
            actor = self.actors.get(name.partition(".")[0])
            if actor is None:
                raise SyntaxFault(f"who is {name}?")
            return str(actor.port) if name.endswith(".port") else f"{place.HOST}:{actor.port}"
        return re.sub(r"\$\{([\w.]+)\}", value, text)

    def signal(self, name):
        with self.signals_changed:
            self.signals[name] = True
            self.signals_changed.notify_all()

    def wait_signal(self, name):
        deadline = time.monotonic() + FINE_S
        with self.signals_changed:
            while not self.signals.get(name):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failed(f"waited in vain for the signal {name}")
                self.signals_changed.wait(left)

    def of_kind(self, kind):
        return [a for a in self.actors.values() if isinstance(a, kind)]

    def target(self):
        """Where a client goes unless told: Sluice, else the sink, else the next hop."""
        for kind in (Edge, Sink, NextHop):
            found = self.of_kind(kind)
            if found:
                return found[0]
        raise SyntaxFault("there is nobody to connect to")

    def sent(self):
        """The texts that clients sent, in the order in which they were ended."""
        return [text for c in self.of_kind(Client) for text in c.sent]

    # -- the run

    def run(self):
        try:
            for items in self.body:
                self.statement(items)
            for client in self.of_kind(Client):
                client.join()
            for hop in self.of_kind(NextHop):
                hop.settle()
            for edge in self.of_kind(Edge):
                edge.finish()
            for sink in self.of_kind(Sink):
                sink.finish()
        finally:
            self.end()

    def statement(self, items):
        kinds = {"nexthop": NextHop, "client": Client, "edge": Edge, "sink": Sink}
        word = items[0]
        if word == "eventually":
            return self.eventually(items[1:])
        if word == "wait-signal":
            return self.wait_signal(items[1])
        if word == "signal":
            return self.signal(items[1])
        if word not in kinds or len(items) < 2:
            raise SyntaxFault(f"line {word.line}: {word}: test, nexthop, sink, edge, client, "
                              "eventually, signal or wait-signal is expected")
        name = items[1]
        if name not in self.actors:
            self.actors[name] = kinds[word](self, name)
        elif not isinstance(self.actors[name], kinds[word]):
            raise SyntaxFault(f"line {word.line}: {name} is no {word}")
        try:
            self.actors[name].do(items[2:])
        except SyntaxFault as e:
            raise SyntaxFault(f"line {word.line}: {e}") from e
        except Failed as e:
            raise Failed(f"line {word.line}: {e}") from e
        return None

    def eventually(self, items):
        """Try a statement until it passes: for what takes effect at no time that can be seen."""
        deadline = time.monotonic() + FINE_S
        while True:
            try:
                return self.statement(items)
            except Failed:
                if time.monotonic() > deadline:
                    raise
                self.transcript.add("test", "-", b"tries again")
                time.sleep(0.05)

    def end(self):
        for kind in (Client, Edge, Sink, NextHop):
            for actor in self.of_kind(kind):
                actor.end()


def options(items, known):
    """Cut a statement into its options: [(name, [items])]. Items before the first are those of ""."""
    out = [("", [])]
    for item in items:
        if not isinstance(item, Block) and not item.quoted and item.startswith("-") and \
                item[1:] in known:
            out.append((item[1:], []))
        elif not isinstance(item, Block) and not item.quoted and re.match(r"-[a-z]", item):
            raise SyntaxFault(f"no such option: {item}")
        else:
            out[-1][1].append(item)
    return out


def compare(actual, words, what):
    """`== 3` or `>= 65536` or `~ regex` or `!~ regex`. Returns why not, or None."""
    if len(words) != 2:
        raise SyntaxFault(f"{what}: write an operator and a value")
    op, value = words
    if op in COMPARE:
        if COMPARE[op](actual, int(value)):
            return None
        return f"{what} is {actual}, expected {op} {value}"
    text = actual.decode("latin-1") if isinstance(actual, (bytes, bytearray)) else str(actual)
    found = re.search(value, text, re.S | re.M) is not None
    if op not in ("~", "!~"):
        raise SyntaxFault(f"no such comparison: {op}")
    if found == (op == "~"):
        return None
    return f"{what} {'lacks' if op == '~' else 'has'} {value!r}: {text[:2000]!r}"


def unequal(got, sent):
    """Why `got` is not `sent` with header lines before it; None: it is."""
    if not got.endswith(sent):
        tail = got[-len(sent):] if sent else b""
        at = next((i for i, (x, y) in enumerate(zip(tail, sent)) if x != y), min(len(tail), len(sent)))
        return (f"delivered {len(got)} bytes that do not end in the {len(sent)} bytes sent; they part "
                f"near {tail[max(0, at - 30):at + 30]!r}")
    added = got[:len(got) - len(sent)]
    if added and (not added.endswith(b"\r\n") or b"\r\n\r\n" in added or added[:1] in b" \t"):
        return f"what was added in front is no header: {added!r}"
    return None


class NextHop:
    """`nexthop NAME [options] [{ commands }]`: polite unless its block says otherwise."""

    def __init__(self, test, name):
        self.test = test
        self.name = name
        self.hop = None
        self.tls_context = None
        self.ignored_errors = False

    @property
    def port(self):
        return self.hop.port

    def do(self, items):
        rules, capabilities, block, down = [], CAPABILITIES, None, False
        port = self.test.stage.port(self.name)
        start = self.hop is None
        for option, words in options(items, ("at", "first", "ehlo", "tls", "down", "up", "expect",
                                             "drop", "stop", "start")):
            if option == "":
                block = next((w for w in words if isinstance(w, Block)), None)
            elif option == "at":
                rules.append(Rule(words[0], words[1].replace("\\n", "\n")))
            elif option == "first":
                rules[-1].times = int(words[0])
            elif option == "ehlo":
                capabilities = list(words)
            elif option == "tls":
                self.tls_context = certificate.server_context(*self.test.tls_files)
            elif option == "down":
                down = True
            elif option == "up":
                self.hop.listen()
            elif option == "drop":
                self.hop.drop_connections()
            elif option == "stop":
                self.hop.stop()
            elif option == "start":
                start = True
            elif option == "expect":
                self.expect(words)
        if start:
            serve = None
            if block is not None:
                commands = statements(block.text, block.line)
                serve = HopScript(self.test, commands).serve
            self.hop = Hop(self.name, self.test.transcript, serve, capabilities, rules,
                           self.tls_context, port, not down)

    def expect(self, words):
        what, rest = words[0], list(words[1:])
        if what == "last" and rest == ["is-sent"]:
            self.hop.wait(lambda: self.hop.messages and self.unequal() is None, lambda: self.unequal()
                          or f"{self.name}: no message came")
            return
        if what == "all" and rest == ["are-sent"]:
            self.hop.wait(lambda: self.unequal_of_all() is None, self.unequal_of_all)
            return
        field = rest.pop(0) if what == "field" else None

        def value():
            hop = self.hop
            last = hop.messages[-1] if hop.messages else None
            if what in ("field", "last", "recipients", "mail") and last is None:
                raise LookupError
            return {"messages": lambda: len(hop.messages), "connections": lambda: hop.connections,
                    "ended": lambda: hop.ended,
                    "dots": lambda: hop.dots, "text-bytes": lambda: hop.text_bytes,
                    "quits": lambda: hop.quits, "said": lambda: "\n".join(hop.said),
                    "commands": lambda: len(hop.said),
                    "last": lambda: last.text, "mail": lambda: last.mail,
                    "recipients": lambda: len(last.recipients),
                    "field": lambda: len(last.fields(field))}[what]()

        def why():
            try:
                return compare(value(), rest, f"{self.name} {what}")
            except LookupError:
                return f"{self.name}: no message came"
        self.hop.wait(lambda: why() is None, lambda: why() or "it changed too late")

    def unequal(self):
        """Why the last message is not the one sent with trace lines before it; None: it is."""
        if not self.hop.messages or not self.test.sent():
            return "no message came, or none was sent"
        return unequal(self.hop.messages[-1].text, self.test.sent()[-1])

    def unequal_of_all(self):
        """The same for all messages, in the order in which they were sent."""
        got, sent = self.hop.messages, self.test.sent()
        if len(got) != len(sent):
            return f"{len(sent)} messages were sent, {len(got)} delivered"
        for i, (one, other) in enumerate(zip(got, sent)):
            why = unequal(one.text, other)
            if why:
                return f"message {i + 1}: {why}"
        return None

    def settle(self):
        if self.hop.errors:
            raise Failed("\n".join(self.hop.errors))

    def end(self):
        if self.hop:
            self.hop.stop()


class HopScript:
    """The commands of a next hop's block, through all its connections."""

    def __init__(self, test, commands):
        self.test = test
        self.commands = commands
        self.at = 0
        self.raw = b""
        self.mail, self.recipients = None, []

    def serve(self, hop, w):
        """One connection: from its `accept` to the next one."""
        if self.at < len(self.commands) and self.commands[self.at][0] == "accept":
            self.at += 1
        elif self.at >= len(self.commands):
            hop.polite(w, hop.connections)      # the script is over: be polite
            return
        while self.at < len(self.commands) and self.commands[self.at][0] != "accept":
            words = self.commands[self.at]
            self.at += 1
            self.command(hop, w, words[0], [self.test.variables(x) for x in words[1:]])
        if self.at < len(self.commands) and self.commands[self.at][0] == "accept":
            return
        w.wait_close(60, on_data=lambda data: None)

    def command(self, hop, w, verb, words):
        if verb == "rx":
            line = hop.read_command(w, FINE_S)
            if not line.upper().startswith(words[0].upper()):
                raise Failed(f"expected {words[0]}, got {line!r}")
            if line.upper().startswith("MAIL"):
                self.mail, self.recipients = line, []
            elif line.upper().startswith("RCPT"):
                self.recipients.append(line.partition(":")[2].strip().split(" ")[0].strip("<>"))
        elif verb == "tx":
            line = words[0] if len(words[0]) > 3 else words[0] + " hop says so"
            w.send(encode(line) + b"\r\n")
        elif verb == "tx-raw":
            w.send(encode(words[0]))
        elif verb == "greet":
            w.send(b"220 hop.example ESMTP\r\n")
            hop.read_command(w, FINE_S)
            w.send(hop.ehlo_reply(w).replace("\n", "\r\n").encode() + b"\r\n")
        elif verb == "babble":          # TEXT so many times, or until nobody listens
            for _ in range(int(words[0])):
                w.send(encode(words[1]))
        elif verb == "rx-text":
            self.raw = hop.read_text(w)
        elif verb == "rx-some":         # so many bytes of a text, then on
            got = 0
            while got < int(words[0]):
                if not w.fill(time.monotonic() + FINE_S):
                    raise Failed(f"closed after {got} bytes of text")
                got += len(w.buffer)
                w.buffer.clear()
        elif verb == "tls-or-close":
            try:
                w.start_tls(certificate.server_context(*self.test.tls_files), server=True)
            except Failed as e:
                raise Leave from e
        elif verb == "accept-message":
            hop.deliver(self.mail, self.recipients, self.raw, hop.connections)
            w.send(b"250 2.0.0 queued as HOP0001\r\n")
        elif verb == "expect-close-before-dot":
            try:
                hop.read_text(w)
            except wire.Closed:
                return
            raise Failed("the final dot came")
        elif verb == "expect-close":
            w.wait_close(FINE_S, on_data=lambda data: None)
        elif verb == "tls":
            w.start_tls(certificate.server_context(*self.test.tls_files), server=True)
        elif verb == "polite":
            hop.polite(w, hop.connections, greet=False)
        elif verb == "hang":
            w.wait_close(60, on_data=lambda data: None)
        elif verb == "close":
            raise Leave
        elif verb == "reset":
            w.reset()
            raise Leave
        elif verb == "signal":
            self.test.signal(words[0])
        elif verb == "await":
            self.test.wait_signal(words[0])
        else:
            raise Failed(f"a next hop does not know {verb}")


class Sink:
    """`sink NAME [option words of sluice-sink] [-expect COUNTER OP N]`."""

    def __init__(self, test, name):
        self.test = test
        self.name = name
        self.program = None

    @property
    def port(self):
        return self.program.port

    def do(self, items):
        if items and items[0] == "-expect":
            why = compare(self.program.counters()[items[1]], items[2:], f"{self.name} {items[1]}")
            if why:
                raise Failed(why)
        elif items and items[0] == "-line":
            self.program.wait_line(items[1], FINE_S)
        else:
            self.program = process.Sink(*[self.test.variables(x) for x in items])

    def finish(self):
        if self.program.alive():
            self.program.stop()

    def end(self):
        if self.program:
            self.program.kill()


class Edge:
    """`edge NAME [options]`: sluiced in front of every next hop and sink named so far."""

    def __init__(self, test, name):
        self.test = test
        self.name = name
        self.sluice = None
        self.port = test.stage.port(name)
        self.tenant, self.top, self.listen = "", "", ""
        self.whole = None

    def do(self, items):
        actions = []
        for option, words in options(items, ("conf", "tenant", "add", "listen", "hup", "term", "int", "log", "start",
                                             "expect-exit", "expect-alive", "bad-start")):
            if option in ("conf", "tenant", "add", "listen"):
                text = textwrap.dedent(self.test.variables(words[0].text).strip("\n"))
                if option == "conf":
                    self.whole = text
                elif option == "listen":
                    self.listen = text.strip()
                elif option == "tenant":
                    self.tenant = text.replace(";", "\n")
                else:
                    self.top = "\n".join(part.strip() for part in text.split(";"))
            elif option:
                actions.append((option, words))
        if self.sluice is None and not any(a == "bad-start" for a, _ in actions):
            self.start()
        for option, words in actions:
            self.act(option, words)

    def text(self):
        if self.whole is not None:
            return self.whole
        hops = [a.port for a in self.test.actors.values() if isinstance(a, (NextHop, Sink))]
        certificate_path, key_path = self.test.tls_files
        top = f"{self.top}\ntls: {{certificate: {certificate_path}, key: {key_path}}}\n"
        return process.settings(self.port, hops, self.tenant, top, listen=self.listen)

    def start(self):
        stage, text = self.test.stage, self.text()
        self.sluice = stage.sluices.get(text)
        if self.sluice is None or not self.sluice.alive():
            self.sluice = process.Sluice(text, self.test.directory, self.port)
        if stage.keeps_sluice:
            stage.sluices[text] = self.sluice
        self.test.transcript.add(self.name, "-", b"is ready")

    def act(self, option, words):
        s = self.sluice
        self.test.transcript.add(self.name, "-", f"{option} {' '.join(map(str, words))}".encode())
        if option == "hup":
            s.write_settings(self.text())
            s.signal(1)
        elif option == "term":
            s.signal(15)
        elif option == "int":
            s.signal(2)
        elif option == "log":
            s.wait_line(words[0], FINE_S)
        elif option == "expect-exit":
            status = s.wait()
            if status != int(words[0] if words else 0):
                raise Failed(f"ended with status {status}:\n{s.output()}")
        elif option == "expect-alive":
            if not s.alive():
                raise Failed(f"is not running any more:\n{s.output()}")
        elif option == "bad-start":
            self.bad_start(words)

    def bad_start(self, words):
        """It says why (a pattern) and ends with a status other than 0."""
        try:
            self.start()
        except Failed as e:
            if not re.search(words[0], str(e)):
                raise Failed(f"did not say {words[0]!r}: {e}") from e
            return
        raise Failed("it started")

    def finish(self):
        s = self.sluice
        if s is None:
            return
        if self.kept() and s.alive():
            found = process.SANITIZER.search(s.output())
            if found:
                raise Failed(f"{found.group()}:\n{s.output()}")
            return
        if not s.alive() and s.process.returncode not in (0, None):
            raise Failed(f"sluiced ended with status {s.process.returncode}:\n{s.output()}")
        s.stop()

    def kept(self):
        return self.sluice in self.test.stage.sluices.values()

    def end(self):
        if self.sluice and not self.kept():
            self.sluice.kill()


class Client:
    """`client NAME [-to ACTOR] { commands } -run|-start|-wait`."""

    def __init__(self, test, name):
        self.test = test
        self.name = name
        self.commands = []
        self.to = None
        self.thread = None
        self.failure = None
        self.sent = []

    def do(self, items):
        mode = None
        for option, words in options(items, ("to", "run", "start", "wait")):
            for w in words:
                if isinstance(w, Block):
                    self.commands = statements(w.text, w.line)
            if option == "to":
                self.to = words[0]
            elif option in ("run", "start", "wait"):
                mode = option
        if mode == "wait":
            self.join()
        elif mode == "start":
            self.thread = threading.Thread(target=self.guarded, daemon=True)
            self.thread.start()
        elif mode == "run":
            self.play()
        else:
            raise SyntaxFault("say -run, -start or -wait")

    def guarded(self):
        try:
            self.play()
        except (Failed, SyntaxFault) as e:
            self.failure = e
        except Exception as e:      # pylint: disable=broad-except
            self.failure = Failed(f"{type(e).__name__}: {e}")

    def join(self):
        if self.thread:
            self.thread.join(120)
            if self.thread.is_alive():
                raise Failed(f"{self.name} does not come to an end")
            self.thread = None
        if self.failure:
            raise self.failure

    def play(self):
        target = self.test.actors[self.to] if self.to else self.test.target()
        Conversation(self, target.port).run(self.commands)

    def end(self):
        pass


class Done(Exception):
    """A client's script ends here, and well."""


class Conversation:
    """A client's script over one connection, in the test's way."""

    def __init__(self, client, port):
        self.client = client
        self.test = client.test
        self.way = client.test.way
        segment = 1 if self.way == "byte by byte" else 0
        try:
            sock = socket.create_connection((place.HOST, port), FINE_S)
        except OSError as e:
            raise Failed(f"{client.name}: cannot connect: {e}") from e
        self.wire = wire.Wire(sock, client.name, self.test.transcript, segment)
        self.banner = None      # of the plain session, while the script has not asked for it
        self.waiting = []       # pipelined: bytes not sent yet
        self.expected = []      # pipelined: replies not read yet
        self.greeted = False
        self.text = bytearray()
        self.marked = time.monotonic()
        self.extra = {}
        if self.way == "TLS":
            try:
                self.begin_tls()
            except Failed:
                self.wire.close()
                raise

    def begin_tls(self):
        """TLS before the script begins; its `rx 220` will be given the banner of before."""
        banner = self.wire.read_reply()
        if banner[0] != 220:
            self.banner = banner
            return
        self.wire.send(b"EHLO client.example\r\n")
        code, lines = self.wire.read_reply()
        if code != 250 or not any(line[4:].upper() == "STARTTLS" for line in lines):
            raise Failed(f"{self.client.name}: STARTTLS is not offered: {lines}")
        self.wire.send(b"STARTTLS\r\n")
        if self.wire.read_reply()[0] != 220:
            raise Failed(f"{self.client.name}: STARTTLS was refused")
        self.wire.start_tls(certificate.client_context())
        self.banner = banner

    def run(self, commands):
        try:
            for items in commands:
                self.command(items)
            self.flush()
        except Done:
            pass
        finally:
            self.wire.close()

    def command(self, items):
        name, words = items[0], items[1:]
        method = getattr(self, "do_" + name.replace("-", "_"), None)
        if method is None:
            raise SyntaxFault(f"line {name.line}: a client does not know {name}")
        try:
            method([w if isinstance(w, Block) else self.test.variables(w, self.extra) for w in words])
        except Failed as e:
            raise type(e)(f"line {name.line}: {name}: {e}") from e
        except (IndexError, ValueError) as e:
            raise SyntaxFault(f"line {name.line}: {name}: {e}") from e

    # -- pipelining: what may wait, waits

    def put(self, data, ends_group):
        if self.way != "pipelined" or not self.greeted:
            self.wire.send(data)
            return
        self.waiting.append(data)
        if ends_group or sum(map(len, self.waiting)) > 8192:
            self.push()

    def push(self):
        if self.waiting:
            data, self.waiting = b"".join(self.waiting), []
            self.wire.send(data)

    def flush(self):
        """Send what waits, and read the replies that are due."""
        self.push()
        expected, self.expected = self.expected, []
        for words in expected:
            self.check_reply(words)

    def check_reply(self, words):
        if self.banner:
            (code, lines), self.banner = self.banner, None
        else:
            code, lines = self.wire.read_reply()
        pattern = words[0].replace("x", r"\d")
        if not re.fullmatch(pattern, str(code)):
            raise Failed(f"expected {' '.join(words)}, got {lines}")
        text = "\n".join(line[4:] for line in lines)
        for word in words[1:]:
            if word.startswith("!~"):
                if re.search(word[2:], text):
                    raise Failed(f"{word[2:]!r} must not be in the reply: {lines}")
            elif word.startswith("~"):
                if not re.search(word[1:], text, re.M):
                    raise Failed(f"{word[1:]!r} does not fit the reply: {lines}")
            elif word not in text:
                raise Failed(f"{word!r} is not in the reply: {lines}")
        return lines

    # -- commands

    def do_rx(self, words):
        """rx CODE [TEXT | ~REGEX | !~REGEX]...: a reply. CODE may be 45x or 421|451."""
        if self.way == "pipelined" and self.greeted and (self.waiting or self.expected):
            self.expected.append(words)
            if not self.waiting:
                self.flush()
        else:
            self.check_reply(words)

    def do_rx_or_stop(self, words):
        """rx-or-stop CODE OTHER [TEXT...]: a reply; if it is OTHER (with the text) the script ends well."""
        self.flush()
        code, lines = self.wire.read_reply()
        if re.fullmatch(words[1].replace("x", r"\d"), str(code)):
            if any(word not in "\n".join(lines) for word in words[2:]):
                raise Failed(f"expected {words[1:]}, got {lines}")
            raise Done
        if not re.fullmatch(words[0].replace("x", r"\d"), str(code)):
            raise Failed(f"expected {words[0]} or {words[1]}, got {lines}")

    def do_tx(self, words):
        """tx LINE: a command."""
        line = " ".join(words)
        verb = line.split(" ")[0].upper()
        self.put(encode(line) + b"\r\n", verb in GROUP_ENDS)
        if verb in GROUP_ENDS and self.greeted and self.way == "pipelined":
            self.push()
        self.greeted = self.greeted or verb == "EHLO"

    def do_tx_raw(self, words):
        """tx-raw BYTES: in one write (but byte by byte)."""
        self.flush()
        self.wire.send(encode(words[0]))

    def do_tx_hex(self, words):
        self.flush()
        self.wire.send(bytes.fromhex("".join(words)))

    def do_hello(self, words):
        """The greeting and EHLO, as most scripts begin."""
        self.do_rx(["220"])
        self.do_tx([f"EHLO {words[0] if words else 'client.example'}"])
        self.do_rx(["250"])

    def do_mail(self, words):
        """mail [ADDRESS [PARAMETERS...]]: MAIL, accepted."""
        address = words[0] if words else "sender@client.example"
        self.do_tx([" ".join([f"MAIL FROM:<{address}>"] + words[1:])])
        self.do_rx(["250"])

    def do_rcpt(self, words):
        """rcpt [ADDRESS]: RCPT, accepted."""
        self.do_tx([f"RCPT TO:<{words[0] if words else 'user@example.com'}>"])
        self.do_rx(["250"])

    def do_data(self, words):
        """DATA, accepted."""
        self.do_tx(["DATA"])
        self.do_rx(["354"])
        self.flush()

    def do_text(self, words):
        """text BYTES: part of the message, as it is on the wire."""
        self.flush_before_text()
        data = encode("".join(words))
        self.text += data
        self.put(data, False)

    def do_fill(self, words):
        """fill N: N bytes of text in whole lines."""
        self.flush_before_text()
        data = lines_of_text(int(words[0]))
        self.text += data
        self.put(data, False)

    def do_message(self, words):
        """message N: a message of N bytes (at least 30), header and body."""
        head = b"Subject: filled\r\n\r\n"
        self.do_text([(head + lines_of_text(int(words[0]) - len(head))).decode("latin-1")])

    def flush_before_text(self):
        if self.expected:
            self.flush()

    def do_dot(self, words):
        """The end of data."""
        self.flush_before_text()
        self.put(b".\r\n", False)
        self.end_text()

    def end_text(self):
        text = bytes(self.text)
        self.client.sent.append(wire.unstuff(text))
        self.text.clear()

    def do_deliver(self, words):
        """deliver [TEXT]: MAIL, RCPT, DATA and a message; its final reply is left to `rx`."""
        self.do_mail([])
        self.do_rcpt([])
        self.do_data([])
        self.do_text(words or ["Subject: hello\r\nFrom: sender@client.example\r\n\r\nHello.\r\n"])
        self.do_dot([])

    def do_quit(self, words):
        self.do_tx(["QUIT"])
        self.do_rx(["221"])
        self.flush()
        self.wire.wait_close()

    def do_starttls(self, words):
        self.do_tx(["STARTTLS"])
        self.do_rx(["220"])
        self.do_tls([])

    def do_tls(self, words):
        self.flush()
        self.wire.start_tls(certificate.client_context())
        self.greeted = False

    def do_repeat(self, words):
        """repeat N { commands }: ${i} counts from 1."""
        for i in range(1, int(words[0]) + 1):
            self.extra["i"] = i
            for items in statements(words[1].text, words[1].line):
                self.command(items)

    def do_expect_close(self, words):
        """Nothing more is said, and the connection ends."""
        self.flush()
        self.wire.wait_close()

    def do_expect_end(self, words):
        """The connection ends, whatever is said before."""
        self.flush()
        self.wire.wait_close(on_data=lambda data: None)

    def do_expect_silence(self, words):
        """expect-silence MS: nothing is said for so long."""
        self.flush()
        self.wire.wait_silence(int(words[0]) / 1000)

    def do_close(self, words):
        self.flush()
        self.wire.close()

    def do_abort(self, words):
        """Close without a word, in the midst of anything."""
        self.push()
        self.wire.close()

    def do_reset(self, words):
        self.push()
        self.wire.reset()

    def do_sync(self, words):
        """Everything said so far has been answered."""
        self.flush()

    def do_signal(self, words):
        self.flush()
        self.test.signal(words[0])

    def do_await(self, words):
        self.flush_text()
        self.test.wait_signal(words[0])

    def flush_text(self):
        self.push()
        if not self.text:
            self.flush()

    def do_await_bytes(self, words):
        """await-bytes HOP N: pause until a next hop has N bytes of a message."""
        self.push()
        self.test.actors[words[0]].expect(["text-bytes", ">=", words[1]])

    def do_mark(self, words):
        self.flush()
        self.marked = time.monotonic()

    def do_elapsed(self, words):
        """elapsed < MS: since `mark`."""
        self.flush()
        why = compare(int((time.monotonic() - self.marked) * 1000), words, "milliseconds since the mark")
        if why:
            raise Failed(why)


def usable_ways(only, without):
    return [w for w in WAYS if (not only or w in only) and w not in without]


def needs(body):
    """The programs a dialogue cannot do without."""
    words = {str(items[0]) for items in body} | {str(items[1]) for items in body if len(items) > 1}
    wanted = [("edge", "sluiced"), ("sink", "sluice-sink")]
    return [program for word, program in wanted if word in words]


def load(path):
    """The dialogues of a file: [(name, body, ways)]."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    tests = []
    for items in statements(text):
        if items[0] == "test":
            only, without = [], []
            for option, words in options(items[2:], ("only", "not")):
                if option:
                    (only if option == "only" else without).extend(words)
            unknown = [w for w in only + without if w not in WAYS]
            if unknown:
                raise SyntaxFault(f"line {items[0].line}: no such way: {unknown[0]}")
            tests.append((str(items[1]), [], usable_ways(only, without)))
        elif not tests:
            raise SyntaxFault(f"line {items[0].line}: a script begins with test")
        else:
            tests[-1][1].append(items)
    return tests


__all__ = ["Stage", "Test", "WAYS", "load", "needs"]
