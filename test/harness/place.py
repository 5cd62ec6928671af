"""Where things are: programs that were built, data beside the project, room for temporary files."""
import os
import random
import shutil
import socket
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("SLUICE_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))
HOST = "127.0.0.1"
ports_given = set()
ports_lock = threading.Lock()
PROGRAM_PLACES = ("", "daemon/sluiced", "daemon/console", "tool/sluice-sink", "tool/sluicectl", "daemon", "tool")


def program(name):
    """The path of a program that was built (with sanitizers by preference), or None.
    SLUICE_PROGRAMS names another build directory."""
    builds = [os.environ["SLUICE_PROGRAMS"]] if os.environ.get("SLUICE_PROGRAMS") else \
        [os.path.join(ROOT, "build", kind) for kind in ("test", "release")]
    for build in builds:
        for place in PROGRAM_PLACES:
            path = os.path.join(build, place, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def temporary(name):
    """A new directory under build/tmp, which the caller removes."""
    base = os.path.join(ROOT, "build", "tmp")
    os.makedirs(base, exist_ok=True)
    return tempfile.mkdtemp(prefix=name + "-", dir=base)


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def shared(*parts):
    """The path of something beside the project, or None if it is not there."""
    path = os.path.join(SHARED, *parts)
    return path if os.path.exists(path) else None


def unused_port():
    """A port that nobody listens on, outside the range from which the kernel takes ports by itself, so
    that no other part of a test is given it meanwhile."""
    while True:
        port = random.randint(12000, 31999)
        with ports_lock, socket.socket() as s:
            if port in ports_given:
                continue
            try:
                s.bind((HOST, port))
            except OSError:
                continue
            ports_given.add(port)
            return port
