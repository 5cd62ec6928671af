"""Programs under test, their output, and their end."""
import json
import os
import re
import signal
import subprocess
import threading
import time

from . import place

START_S = 20
SANITIZER = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|assertion failed")


class Failed(Exception):
    """The thing under test did not do what it should."""


class Program:
    """A process whose output is gathered line by line."""

    def __init__(self, argv, pass_fds=(), environment=None):
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, pass_fds=pass_fds,
                                        env=environment, cwd=place.ROOT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)     # no more
            self.changed.notify_all()

    def output(self):
        return "\n".join(line for line in self.lines if line is not None)

    def wait_line(self, pattern, timeout_s=START_S, start=0):
        """The first line from `start` on that the pattern is found in. Fails when time is up or the
        program has ended."""
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout_s
        seen = start
        with self.changed:
            while True:
                while seen < len(self.lines):
                    if self.lines[seen] is None:
                        raise Failed(f"ended without saying {pattern!r}:\n{self.output()}")
                    if expression.search(self.lines[seen]):
                        return self.lines[seen]
                    seen += 1
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failed(f"did not say {pattern!r} in {timeout_s} s:\n{self.output()}")
                self.changed.wait(left)

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.alive():
            self.process.send_signal(number)

    def wait(self, timeout_s=15):
        """The exit status."""
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"did not end in {timeout_s} s after it was told to:\n{self.output()}")
        self.reader.join(5)
        return status

    def stop(self):
        """Ask it to end, and complain if it did so badly."""
        self.signal(signal.SIGTERM)
        status = self.wait()
        found = SANITIZER.search(self.output())
        if found:
            raise Failed(f"{found.group()}:\n{self.output()}")
        if status != 0:
            raise Failed(f"ended with status {status}:\n{self.output()}")

    def kill(self):
        if self.alive():
            self.process.kill()
        self.process.wait()


class Sink(Program):
    """sluice-sink on a port of its choice."""

    def __init__(self, *options, port=0):
        path = place.program("sluice-sink")
        if path is None:
            raise Failed("sluice-sink is not built")
        super().__init__([path, "-l", f"{place.HOST}:{port}", *options])
        line = self.wait_line(r"^listening on ")
        self.port = int(line.rsplit(":", 1)[1])

    def counters(self):
        """The numbers of its last line: stops it first."""
        if self.alive():
            self.stop()
        line = [x for x in self.lines if x and x.startswith("messages=")][-1]
        return {key: int(value) for key, value in (word.split("=") for word in line.split())}


class Sluice(Program):
    """sluiced with a settings file of its own."""

    def __init__(self, settings, directory, port):
        path = place.program("sluiced")
        if path is None:
            raise Failed("sluiced is not built")
        self.port = port
        self.settings_path = os.path.join(directory, f"settings-{port}.yaml")
        self.write_settings(settings)
        super().__init__([path, "-c", self.settings_path])
        self._wait_listening()

    def write_settings(self, settings):
        with open(self.settings_path, "w", encoding="utf-8") as f:
            f.write(settings)

    def _wait_listening(self):
        """It says so. (That somebody accepts connections would not do: it might be somebody else.)"""
        try:
            self.wait_line(r"notice: ready: ")
        except Failed as e:
            self.kill()
            raise Failed(f"sluiced did not start: {e}") from e

    def children(self):
        """Process ids of the edges and whatever else the parent started."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        try:
            with open(path, encoding="ascii") as f:
                return [int(pid) for pid in f.read().split()]
        except OSError:
            return []


def settings(port, next_hops, tenant="", top="", domains=("example.com",), workers=1, listen=""):
    """A settings file: the smallest that works for a test, and further lines for the tenant, the
    listener and the top level. Unless those say otherwise nobody is asked about names: tests do
    not leave this machine, and nobody listens at port 1."""
    at = f'"{place.HOST}:{port}"'
    lines = [f"listen: [{{address: {at}, {listen}}}]" if listen.strip() else f"listen: [{at}]",
             "hostname: mx.sluice.example", 'control: ""', f"workers: {workers}", "tenants:",
             f"  - domains: {json.dumps(list(domains))}",
             f"    next_hops: {json.dumps([f'{place.HOST}:{hop}' for hop in next_hops])}"]
    lines += ["    " + line.strip() for line in tenant.splitlines() if line.strip()]
    if not re.search(r"^dns:", top, re.M):
        lines.append(f'dns: {{servers: ["{place.HOST}:1"]}}')
    return "\n".join(lines) + "\n" + top.strip() + "\n"
