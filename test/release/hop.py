"""A next hop that does as it is told: takes, refuses, defers, says nothing, or loses its last reply; and keeps all it took."""
import random
import re
import socket
import ssl
import threading
import time

from harness import place


class Hop:
    """`mood`: take, greet421, rcpt550, dot550, dot451, lose (take, and close without a reply), cut (close in the middle of DATA)."""

    def __init__(self, mood="take", port=None, certificate=None):
        """`certificate`: paths of a chain and its key; then STARTTLS is offered."""
        self.mood = mood
        self.tls = None
        self.over_tls = 0               # messages that came so
        if certificate is not None:
            self.use_certificate(certificate)
        self.gone = set()               # recipients that are refused
        self.unwanted = None            # what has this in it is refused
        self.delay = None               # seconds, from and to, that the reply to a dot takes
        self.dot = threading.Event()    # one has come, and its reply is not given yet
        self.messages = []              # (sender, recipients, bytes), everything whose dot was seen and that was not refused
        self.connections = 0
        self.lock = threading.Lock()
        self.port = port or place.unused_port()
        self.listener = None
        self.up()

    def use_certificate(self, certificate):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(*certificate)

    def up(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((place.HOST, self.port))
        self.listener.listen(64)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def down(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self._session, args=(connection,), daemon=True).start()

    def _session(self, connection):
        try:
            with connection:
                with connection.makefile("rwb") as f:
                    secured = self._talk(f, False)
                if secured:
                    with self.tls.wrap_socket(connection, server_side=True) as inner, inner.makefile("rwb") as f:
                        self._talk(f, True)
        except OSError:
            pass

    def _talk(self, f, secure):
        """True: TLS is to begin."""
        def say(text):
            f.write(text.encode() + b"\r\n")
            f.flush()

        mood = self.mood
        if mood == "greet421":
            say("421 4.3.2 not now")
            return False
        if not secure:
            say("220 hop.example ESMTP")
        sender, recipients = None, []
        while line := f.readline():
            verb = line.strip().decode("utf-8", "replace")
            mood = self.mood
            if verb.upper().startswith("EHLO"):
                offer = "250-STARTTLS\r\n" if self.tls is not None and not secure else ""
                say(f"250-hop.example\r\n{offer}250-SIZE 100000000\r\n250 8BITMIME")
            elif verb.upper() == "STARTTLS" and self.tls is not None and not secure:
                say("220 2.0.0 go on")
                return True
            elif verb.upper().startswith("MAIL"):
                sender, recipients = re.search(r"<(.*?)>", verb).group(1), []
                say("250 2.1.0 fine")
            elif verb.upper().startswith("RCPT"):
                recipient = re.search(r"<(.*?)>", verb).group(1)
                if mood == "rcpt550" or recipient in self.gone:
                    say("550 5.1.1 nobody of that name")
                else:
                    recipients.append(recipient)
                    say("250 2.1.5 fine")
            elif verb.upper() == "DATA":
                say("354 go on")
                data = self._data(f, mood)
                if data is None:
                    return False
                if self.unwanted is not None and self.unwanted in data:
                    say("550 5.7.1 not that")
                    continue
                if mood in ("dot550", "dot451"):
                    say("550 5.7.1 not that" if mood == "dot550" else "451 4.3.0 later")
                    continue
                with self.lock:
                    self.messages.append((sender, recipients, data))
                    self.over_tls += secure
                    number = len(self.messages)
                if mood == "lose":
                    return False
                if self.delay is not None:
                    self.dot.set()
                    time.sleep(random.uniform(*self.delay))
                say(f"250 2.0.0 queued as Q{number}")
            elif verb.upper() == "QUIT":
                say("221 2.0.0 bye")
                return False
            else:
                say("250 2.0.0 fine")
        return False

    @staticmethod
    def _data(f, mood):
        lines = []
        while line := f.readline():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
            if mood == "cut" and len(lines) > 5:
                return None
        return None
