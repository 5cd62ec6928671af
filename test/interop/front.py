"""What stands between client and next hop: sluiced, or a stand-in that proves the tests."""
import glob
import json
import os
import resource
import subprocess

import peers

PROGRAM_PLACES = ("build/test/{0}", "build/test/*/{0}", "build/test/*/*/{0}", "build/release/{0}",
                  "build/release/*/{0}", "build/release/*/*/{0}")


def built(name, release=False):
    """Path of a program of ours; SLUICED, SLUICE_SINK and so on in the environment override."""
    given = os.environ.get(name.upper().replace("-", "_"))
    if given:
        return os.path.abspath(given)
    for place in PROGRAM_PLACES[3 if release else 0:]:
        for path in sorted(glob.glob(os.path.join(peers.PROJECT, place.format(name)))):
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    raise peers.Skip(f"{name} is not built")


def unlimited_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Sluice(peers.Child):
    """sluiced before one next hop; `tenant` and `settings` are merged into the file."""
    judges = True

    def __init__(self, name, next_hop_port, tenant=None, tenants=(), release=False, **settings):
        super().__init__(name)
        self.port = peers.free_port()
        self.program = built("sluiced", release)
        crt, key = peers.certificate()
        self.config = os.path.join(peers.WORK, name + ".yaml")
        self.settings = {
            "listen": [f"127.0.0.1:{self.port}"],
            "hostname": "mx.sluice.example",
            "workers": 1,
            "control": "",
            "dns": {"servers": ["127.0.0.1:1"]},        # nobody: tests do not leave this machine
            "tls": {"certificate": crt, "key": key},
            "tenants": [{"domains": ["example.com"],
                         "next_hops": [f"127.0.0.1:{next_hop_port}"], **(tenant or {})},
                        *tenants],
            **settings,
        }

    def check(self):
        """What `sluiced -t` says about the settings file; empty if it is well."""
        self.write_settings()
        done = subprocess.run([self.program, "-t", "-c", self.config], text=True,
                              capture_output=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def write_settings(self):
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump(self.settings, f, indent=1)       # JSON is YAML too

    def start(self, prefix=()):
        self.write_settings()
        self.launch([*prefix, self.program, "-c", self.config], preexec=unlimited_files)
        self.wait_listening(self.port)
        return self


class StandIn(peers.Haproxy):
    """HAProxy in sluiced's place: all that needs no understanding of SMTP must pass with it."""
    judges = False

    def __init__(self, name, next_hop_port, **_):
        super().__init__(name, next_hop_port)
