"""One end of an SMTP connection, with deadlines, and a record of all that went over it."""
import socket
import ssl
import struct
import threading
import time

from .process import Failed

DEADLINE_S = 15
SHOWN_BYTES = 300


class Closed(Failed):
    """The other end has closed the connection."""


class Late(Failed):
    """Nothing came in time."""


class Transcript:
    """What was said on every leg of a test, in order of time."""

    def __init__(self):
        self.start = time.monotonic()
        self.lock = threading.Lock()
        self.entries = []

    def add(self, who, arrow, what):
        with self.lock:
            last = self.entries[-1] if self.entries else None
            if last and last[1:3] == (who, arrow) and arrow in "<>" and len(last[3]) < 65536 and \
                    not last[3].endswith(b"\n"):
                last[3] += what         # sent byte by byte: one line all the same
            else:
                self.entries.append([time.monotonic() - self.start, who, arrow, bytearray(what)])

    def text(self):
        out = []
        with self.lock:
            for when, who, arrow, what in self.entries:
                shown = bytes(what[:SHOWN_BYTES]).decode("latin-1").encode("unicode_escape").decode()
                shown = shown.replace("\\r\\n", "\n" + " " * 18)
                more = f" ... ({len(what)} bytes)" if len(what) > SHOWN_BYTES else ""
                out.append(f"  {when:8.3f} {who:>4} {arrow} {shown.rstrip()}{more}")
        return "\n".join(out)


class Wire:
    """A connected socket. `segment` cuts what is sent into so many bytes a write (0: whole)."""

    def __init__(self, sock, who="", transcript=None, segment=0, deadline_s=DEADLINE_S):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.who = who
        self.transcript = transcript or Transcript()
        self.segment = segment
        self.deadline_s = deadline_s
        self.buffer = bytearray()
        self.tls = False

    def note(self, what):
        self.transcript.add(self.who, "-", what.encode())

    def send(self, data):
        self.transcript.add(self.who, ">", data)
        self.sock.settimeout(self.deadline_s)
        try:
            for piece in self._pieces(data):
                self.sock.sendall(piece)
        except (OSError, ssl.SSLError) as e:
            raise Closed(f"{self.who}: cannot send: {e}") from e

    def _pieces(self, data):
        """Byte by byte at both ends; the middle of something long in odd cuts, to save time."""
        if not self.segment:
            return [data]
        ends = 2048
        if len(data) <= 4 * ends:
            return [data[i:i + self.segment] for i in range(0, len(data), self.segment)]
        middle = data[ends:-ends]
        return self._pieces(data[:ends]) + [middle[i:i + 1447] for i in range(0, len(middle), 1447)] \
            + self._pieces(data[-ends:])

    def fill(self, deadline):
        """Read something. False at the end of the connection."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late(f"{self.who}: nothing came in time; so far {bytes(self.buffer[:200])!r}")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            raise Late(f"{self.who}: nothing came in time; so far {bytes(self.buffer[:200])!r}")
        except ConnectionResetError:
            self.transcript.add(self.who, "-", b"reset by the peer")
            return False
        except (OSError, ssl.SSLError):
            data = b""
        if not data:
            self.transcript.add(self.who, "-", b"closed by the peer")
            return False
        self.transcript.add(self.who, "<", data)
        self.buffer += data
        return True

    def read_line(self, deadline_s=None):
        """A line without its CRLF (or LF)."""
        deadline = time.monotonic() + (deadline_s or self.deadline_s)
        while b"\n" not in self.buffer:
            if not self.fill(deadline):
                raise Closed(f"{self.who}: the connection was closed after {bytes(self.buffer)!r}")
        line, _, rest = bytes(self.buffer).partition(b"\n")
        self.buffer = bytearray(rest)
        return line.rstrip(b"\r")

    def read_reply(self, deadline_s=None):
        """A reply's code and its lines."""
        lines = []
        while True:
            line = self.read_line(deadline_s).decode("utf-8", "surrogateescape")
            lines.append(line)
            if not line[:3].isdigit() or line[3:4] not in ("-", " ", ""):
                raise Failed(f"{self.who}: this is no reply: {line!r}")
            if line[3:4] != "-":
                return int(line[:3]), lines

    def wait_close(self, deadline_s=None, on_data=None):
        """The other end closes and says nothing more."""
        deadline = time.monotonic() + (deadline_s or self.deadline_s)
        while not self.buffer or on_data:
            if on_data and self.buffer:
                on_data(bytes(self.buffer))
                self.buffer.clear()
            if not self.fill(deadline):
                return
        raise Failed(f"{self.who}: expected the end of the connection, got {bytes(self.buffer)!r}")

    def wait_silence(self, duration_s):
        """Nothing comes for so long (the connection's end is silence too)."""
        try:
            if self.buffer or self.fill(time.monotonic() + duration_s):
                raise Failed(f"{self.who}: expected silence, got {bytes(self.buffer)!r}")
        except Late:
            pass

    def start_tls(self, context, server=False):
        if self.buffer:
            raise Failed(f"{self.who}: plain text came before the handshake: {bytes(self.buffer)!r}")
        self.sock.settimeout(self.deadline_s)
        try:
            self.sock = context.wrap_socket(self.sock, server_side=server,
                                            server_hostname=None if server else "localhost")
        except (OSError, ssl.SSLError) as e:
            raise Failed(f"{self.who}: TLS failed: {e}") from e
        self.tls = True
        self.note(f"TLS started, {self.sock.version()}")

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass

    def reset(self):
        self.note("resets the connection")
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()


def stuff(text):
    """Message text (line ends CRLF) as it goes over the wire after DATA, its end included."""
    if text and not text.endswith(b"\r\n"):
        text += b"\r\n"
    if text.startswith(b"."):
        text = b"." + text
    return text.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def unstuff(wire):
    """The other way: `wire` without its final ".CRLF"."""
    if wire.startswith(b"."):
        wire = wire[1:]
    return wire.replace(b"\r\n.", b"\r\n")
