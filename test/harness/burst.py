"""A lean sender for many messages: several over one connection, its commands pipelined."""
import socket
import time

from . import place


class Lost(Exception):
    """The connection ended before the answer came."""


class Session:
    def __init__(self, port, timeout_s=30):
        try:
            self.sock = socket.create_connection((place.HOST, port), timeout_s)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as e:
            raise Lost(str(e)) from e
        self.buffer = b""
        self.sent_dot = False
        self._expect(220)
        self._send(b"EHLO client.example\r\n")
        self._expect(250)

    def _send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Lost(str(e)) from e

    def reply(self):
        """A reply's code and its last line."""
        while True:
            line, end, rest = self.buffer.partition(b"\r\n")
            if end:
                self.buffer = rest
                if line[3:4] != b"-":
                    return int(line[:3]), line.decode("utf-8", "replace")
                continue
            try:
                data = self.sock.recv(65536)
            except OSError as e:
                raise Lost(str(e)) from e
            if not data:
                raise Lost("closed")
            self.buffer += data

    def _expect(self, code):
        got, line = self.reply()
        if got != code:
            raise Lost(line)

    def deliver(self, mail_from, raw, pieces=None, recipient="user@example.com"):
        """Send a message (`raw`: on the wire, with its final dot), cut in `pieces` if given. Returns the
        code and line of the first refusal, or of the reply to the final dot."""
        self.sent_dot = False
        self._send(f"MAIL FROM:<{mail_from}> BODY=8BITMIME\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        replies = [self.reply() for _ in range(3)]
        if replies[2][0] != 354:
            return next(r for r in replies if r[0] >= 400)
        for i, piece in enumerate(pieces or [raw]):
            if i:
                time.sleep(0.0003)      # so that the reader sees the cut
            self._send(piece)
        self.sent_dot = True
        return self.reply()

    def close(self):
        try:
            self.sock.sendall(b"QUIT\r\n")
        except OSError:
            pass
        self.sock.close()
