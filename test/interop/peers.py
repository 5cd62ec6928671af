"""Private instances of other people's mail software, on 127.0.0.1 only.

Servers (Postfix, Exim, OpenSMTPD) have paths and user names compiled in, so each runs in a
root directory of its own under build/interop, linked together from build/peers; that needs
root, and nothing but chroot and mknod of it. Clients, HAProxy and clamd run in place with
their own libraries. Every server is a child of this process and is ended by its own id.
"""
import atexit
import email.parser
import email.policy
import os
import re
import shutil
import signal
import smtplib
import socket
import stat
import subprocess
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(PROJECT, "build", "peers")
WORK = os.path.join(PROJECT, "build", "interop")
SHARED = os.environ.get("SLUICE_SHARED") or os.path.join(os.path.dirname(PROJECT), "shared")

INTERNAL_NAME = "mx7.internal.example.net"      # a next hop's name, which must not show
KNOWN, UNKNOWN = "user@example.com", "nobody@example.com"
MAIL_UID = 2600                                 # owns the mailboxes inside a root directory
USERS = {                                       # of the servers, inside their root directories
    "root": 0, "postfix": 2601, "postdrop": 2602, "Debian-exim": 2603, "opensmtpd": 2604,
    "opensmtpq": 2605, "vmail": MAIL_UID, "mail": 8, "nobody": 65534,
}
START_S = 15


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def fetch(*names):
    """Have build/peers/NAME for each name."""
    missing = [n for n in names if not os.path.exists(os.path.join(PEERS, n, ".packages"))]
    if missing:
        done = subprocess.run([os.path.join(PROJECT, "script", "peers"), *missing],
                              text=True, capture_output=True)
        if done.returncode != 0:
            raise Skip(done.stderr.strip() or "script/peers failed")


def program(name, path):
    """Full path of a program of build/peers/NAME, and the environment that finds its libraries."""
    fetch(name)
    base = os.path.join(PEERS, name)
    libraries, perl = [], []
    for directory in ("lib", "usr/lib"):
        full = os.path.join(base, directory)
        for entry in sorted(os.listdir(full)) if os.path.isdir(full) else []:
            if entry.endswith("-linux-gnu") or entry == name:
                libraries.append(os.path.join(full, entry))
    for directory, names, _ in os.walk(os.path.join(base, "usr")):
        if os.path.basename(directory) == "perl5" and directory.endswith("share/perl5"):
            perl.append(directory)
        elif os.path.basename(os.path.dirname(directory)) in ("perl", "perl5"):
            perl.append(directory)
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries), LC_ALL="C")
    if perl:
        environment["PERL5LIB"] = ":".join(sorted(perl))
    return os.path.join(base, path), environment


_given = set()


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on and that was not given out before."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def wait_for(condition, what, timeout_s=START_S):
    """Poll until condition() is true and return its value."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.02)


def answers(port):
    """True once 127.0.0.1:port gives an SMTP greeting."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as s:
            s.settimeout(3)
            return s.recv(512).startswith(b"220")
    except OSError:
        return False


def certificate():
    """Paths of a self-signed certificate and its key, made once."""
    crt, key = os.path.join(WORK, "tls", "crt.pem"), os.path.join(WORK, "tls", "key.pem")
    if not os.path.exists(crt):
        os.makedirs(os.path.dirname(crt), exist_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", crt], check=True, capture_output=True)
        os.chmod(key, 0o600)
    return crt, key


_running = []


def _stop_all():
    for server in list(_running):
        server.stop()


def stop_on_exit():
    """End every server also when this program is ended by a signal."""
    atexit.register(_stop_all)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os._exit(_stop_all() or 143))


class Child:
    """One child process with its output in a file; ended by its id and its own group's."""

    def __init__(self, name):
        self.name = name
        self.process = None
        os.makedirs(WORK, mode=0o700, exist_ok=True)
        self.log_path = os.path.join(WORK, name + ".log")

    def launch(self, argv, env=None, preexec=None, cwd="/"):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=preexec)
        _running.append(self)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def pids(self):
        """The process and all its descendants."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as f:
                        parents[int(entry)] = int(f.read().rsplit(")", 1)[1].split()[1])
                except OSError:
                    pass
        found = [self.process.pid]
        for pid in found:
            found.extend(p for p, parent in parents.items() if parent == pid)
        return found

    def output(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_listening(self, port):
        def ready():
            if not self.alive():
                raise AssertionError(f"{self.name} ended at start:\n{self.logs()[-3000:]}")
            return answers(port)
        wait_for(ready, f"{self.name} to greet on port {port}")

    def logs(self):
        return self.output()

    def stop(self):
        if self in _running:
            _running.remove(self)
        if self.process is None:
            return
        family = self.pids() if self.alive() else []
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in family[1:]:          # children that outlived their parent
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Message:
    """A message as a next hop stored it."""

    def __init__(self, raw):
        self.raw = raw.replace(b"\r\n", b"\n")
        head, _, self.body = self.raw.partition(b"\n\n")
        self.headers = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(
            head + b"\n\n", headersonly=True)

    def received(self):
        """The Received fields, newest first, each on one line."""
        return [re.sub(r"\s+", " ", str(v)) for v in self.headers.get_all("Received", [])]


class Server(Child):
    """A mail server in a root directory of its own.

    With `relay_port` it hands all mail on to that port of 127.0.0.1 (it is a sender);
    without, it takes mail for user@example.com into a maildir (it is a next hop).
    """
    peer = ""
    serves_tls = True
    log_files = ()
    directories = ()        # (path, owner, mode) besides the common ones
    mailbox = "/var/mail/box"

    def __init__(self, name, relay_port=None, tls=True, port=None):
        super().__init__(name)
        if os.geteuid() != 0:
            raise Skip(f"{self.peer} needs its own users: run as root")
        self.relay_port = relay_port
        self.tls = tls
        self.port = port or free_port()
        self.root = os.path.join(WORK, name)
        self.build_root()
        self.configure()

    # The root directory.

    def build_root(self):
        fetch("base", self.peer)
        shutil.rmtree(self.root, ignore_errors=True)
        for tree in ("base", self.peer):
            subprocess.run(["cp", "-al", os.path.join(PEERS, tree) + "/.", self.root], check=True)
        os.chmod(self.root, 0o755)
        for path in ("dev", "etc/ssl", "run", "tmp", "proc"):
            os.makedirs(os.path.join(self.root, path), exist_ok=True)
        os.chmod(os.path.join(self.root, "tmp"), 0o1777)
        self.devices()
        if not os.path.lexists(os.path.join(self.root, "bin/sh")):
            os.symlink("dash", os.path.join(self.root, "bin/sh"))
        os.makedirs(os.path.join(self.root, "var"), exist_ok=True)
        os.symlink("/run", os.path.join(self.root, "var/run"))
        accounts = [f"{n}:x:{i}:{i}::/:/bin/sh\n" for n, i in USERS.items()]
        self.write("/etc/passwd", "".join(accounts))
        self.write("/etc/group", "".join(f"{n}:x:{i}:\n" for n, i in USERS.items()))
        self.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
        self.write("/etc/services", "smtp 25/tcp\n")
        for source, name in zip(certificate(), ("crt.pem", "key.pem")):
            with open(source, encoding="ascii") as f:
                self.write("/etc/ssl/" + name, f.read(), mode=0o600)
        self.directory("/var/mail", "vmail", 0o755)
        self.directory("/var/log", "root", 0o777)
        for path, owner, mode in self.directories:
            self.directory(path, owner, mode)

    def devices(self):
        for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
            path = os.path.join(self.root, "dev", name)
            try:
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
                os.chmod(path, 0o666)
                with open(path, "rb"):
                    pass
            except OSError as e:
                raise Skip(f"{self.peer} needs /dev/{name} in its own root directory: {e}") from e

    def directory(self, path, owner, mode):
        full = self.root + path
        os.makedirs(full, exist_ok=True)
        user, _, group = owner.partition(":")
        os.chown(full, USERS[user], USERS[group or "root"] if ":" in owner else USERS[user])
        os.chmod(full, mode)

    def write(self, path, text, mode=0o644, owner="root"):
        """Write a file anew: files in the root directory are links to build/peers."""
        full = self.root + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.lexists(full):
            os.unlink(full)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(full, mode)
        os.chown(full, USERS[owner], USERS[owner])

    # Life.

    def configure(self):
        raise NotImplementedError

    def argv(self):
        raise NotImplementedError

    def enter(self):
        os.chroot(self.root)
        os.chdir("/")

    def start(self):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
               "LD_LIBRARY_PATH": "/usr/lib/postfix"}
        self.launch(self.argv(), env=env, preexec=self.enter)
        self.wait_listening(self.port)
        return self

    def logs(self):
        text = self.output()
        for path in self.log_files:
            if os.path.exists(self.root + path):
                with open(self.root + path, encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text

    # Mail.

    def mail(self):
        """All messages delivered so far."""
        new = os.path.join(self.root + self.mailbox, "new")
        found = []
        for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as f:
                found.append(Message(f.read()))
        return found

    def wait_mail(self, ident, timeout_s=20):
        """The message whose X-Test-Id is ident; fails unless it comes exactly once."""
        def matching():
            return [m for m in self.mail() if m.headers["X-Test-Id"] == ident]
        wait_for(matching, f"message {ident} at {self.name}", timeout_s)
        self.settle()
        found = matching()
        assert len(found) == 1, f"message {ident} was delivered {len(found)} times"
        return found[0]

    def settle(self):
        """Wait until the queue is empty."""
        wait_for(lambda: not self.queued(), f"the queue of {self.name} to empty", 20)

    def queued(self):
        """True while there is mail in the queue."""
        raise NotImplementedError

    def files_under(self, *paths):
        return [f for p in paths for _, _, files in os.walk(self.root + p) for f in files]


class Postfix(Server):
    peer = "postfix"
    log_files = ("/var/log/postfix.log",)
    mailbox = "/var/mail/box"
    QUEUES = ("incoming", "active", "bounce", "defer", "deferred", "flush", "hold", "saved",
              "trace", "corrupt", "private")
    directories = (
        ("/var/spool/postfix", "root", 0o755), ("/var/spool/postfix/pid", "root", 0o755),
        *((f"/var/spool/postfix/{q}", "postfix", 0o700) for q in QUEUES),
        ("/var/spool/postfix/maildrop", "postfix:postdrop", 0o730),
        ("/var/spool/postfix/public", "postfix:postdrop", 0o710),
        ("/var/lib/postfix", "postfix", 0o700),
    )
    SERVICES = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

    def configure(self):
        """Debian's own settings where mail is received; only names, paths and users are ours."""
        settings = {
            "compatibility_level": "3.6", "myhostname": INTERNAL_NAME, "mydestination": "",
            "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "alias_maps": "",
            # Else a next hop would relay for the proxy, whose address is a loopback one here.
            "mynetworks": "127.0.0.0/8" if self.relay_port else "192.0.2.1/32", "maillog_file": "/var/log/postfix.log",
            "smtpd_tls_cert_file": "/etc/ssl/crt.pem", "smtpd_tls_key_file": "/etc/ssl/key.pem",
            "smtpd_tls_security_level": "may" if self.tls else "none",
            "smtpd_tls_received_header": "yes",
            "smtp_tls_security_level": "may" if self.tls else "none", "smtp_tls_loglevel": "1",
        }
        if self.relay_port:
            settings.update({
                "relayhost": f"[127.0.0.1]:{self.relay_port}", "smtp_host_lookup": "native",
                "minimal_backoff_time": "1s", "maximal_backoff_time": "2s",
                "queue_run_delay": "1s", "smtp_connection_cache_on_demand": "no",
                "notify_classes": "", "bounce_queue_lifetime": "1s",
            })
        else:
            settings.update({
                "virtual_mailbox_domains": "example.com", "virtual_mailbox_base": "/var/mail",
                "virtual_mailbox_maps": "inline:{{" + KNOWN + "=box/}}",
                "virtual_uid_maps": f"static:{MAIL_UID}", "virtual_gid_maps": f"static:{MAIL_UID}",
            })
        self.write("/etc/postfix/main.cf", "".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.write("/etc/postfix/master.cf",
                   self.SERVICES.format(port=f"127.0.0.1:{self.port}"))
        shutil.copyfile(os.path.join(PEERS, "postfix/usr/share/postfix/dynamicmaps.cf"),
                        self.root + "/etc/postfix/dynamicmaps.cf")

    def argv(self):
        return ["/usr/lib/postfix/sbin/master", "-d", "-c", "/etc/postfix"]

    def queued(self):
        return self.files_under(*(f"/var/spool/postfix/{q}"
                                  for q in ("incoming", "active", "deferred", "maildrop")))


class Exim(Server):
    peer = "exim"
    log_files = ("/var/log/exim/mainlog", "/var/log/exim/paniclog")
    directories = (
        ("/var/spool/exim4", "Debian-exim", 0o750), ("/var/log/exim", "Debian-exim", 0o750),
        ("/var/mail", "Debian-exim", 0o755),
    )
    COMMON = """\
primary_hostname = {name}
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
deliver_drop_privilege = true
exim_path = /usr/sbin/exim4
pid_file_path = /var/spool/exim4/exim.pid
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
notifier_socket =
keep_environment =
tls_advertise_hosts = {tls_hosts}
tls_certificate = /etc/exim4/crt.pem
tls_privatekey = /etc/exim4/key.pem
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
log_selector = +tls_cipher +smtp_confirmation
timezone = UTC
"""
    NEXT_HOP = """\
begin acl
rcpt:
  accept domains = example.com
         local_parts = user
  deny message = unknown user
begin routers
in:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = /var/mail/box
  maildir_format
  create_directory
  user = Debian-exim
begin retry
* * F,1h,1s
"""
    SENDER = """\
begin acl
rcpt:
  accept
begin routers
out:
  driver = manualroute
  route_list = * 127.0.0.1::{relay_port} byname
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  hosts_avoid_tls = {avoid_tls}
begin retry
* * F,1h,1s
"""

    def configure(self):
        text = self.COMMON + (self.SENDER if self.relay_port else self.NEXT_HOP)
        self.write("/etc/exim4/exim4.conf", text.format(
            name=INTERNAL_NAME, port=self.port, relay_port=self.relay_port,
            tls_hosts="*" if self.tls else "", avoid_tls="" if self.tls else "*"))
        for name in ("crt.pem", "key.pem"):
            with open(self.root + "/etc/ssl/" + name, encoding="ascii") as f:
                self.write("/etc/exim4/" + name, f.read(), mode=0o600, owner="Debian-exim")

    def argv(self):
        # A next hop runs its queue as Debian's does.
        return ["/usr/sbin/exim4", "-bdf", "-q5s" if self.relay_port else "-q30m"]

    def queued(self):
        return self.files_under("/var/spool/exim4/input")


class Opensmtpd(Server):
    peer = "opensmtpd"
    # Debian 12's OpenSMTPD offers STARTTLS and fails every handshake: its way of keeping the key
    # in another process does not work with OpenSSL 3 (github.com/OpenSMTPD/OpenSMTPD/issues/1171).
    serves_tls = False
    directories = (
        ("/var/lib/opensmtpd/empty", "root", 0o755), ("/var/spool/smtpd", "root", 0o711),
    )
    COMMON = """\
pki own cert "/etc/ssl/crt.pem"
pki own key "/etc/ssl/key.pem"
listen on 127.0.0.1 port {port} {tls} hostname {name}
"""
    NEXT_HOP = """\
table known {{ "user@example.com" }}
table boxes {{ "user@example.com" = "vmail" }}
action "in" maildir "/var/mail/box" virtual <boxes>
match from any for domain "example.com" rcpt-to <known> action "in"
"""
    SENDER = """\
action "out" relay host "{scheme}://127.0.0.1:{relay_port}"
match from any for any action "out"
"""

    def configure(self):
        text = self.COMMON + (self.SENDER if self.relay_port else self.NEXT_HOP)
        self.write("/etc/smtpd.conf", text.format(
            port=self.port, name=INTERNAL_NAME, relay_port=self.relay_port,
            tls="tls pki own" if self.tls else "", scheme="smtp" if self.tls else "smtp+notls"))

    def argv(self):
        return ["/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"]

    def queued(self):
        return self.files_under("/var/spool/smtpd/queue", "/var/spool/smtpd/incoming")


SERVERS = {"postfix": Postfix, "exim": Exim, "opensmtpd": Opensmtpd}


class Haproxy(Child):
    """HAProxy passing TCP on from `port` to `to_port`; one thread, nothing logged."""
    CONFIG = """\
global
    nbthread 1
    maxconn {maxconn}
defaults
    mode tcp
    timeout connect 10s
    timeout client 300s
    timeout server 300s
listen smtp
    bind 127.0.0.1:{port} backlog 4096
    server next 127.0.0.1:{to_port}
"""

    def __init__(self, name, to_port, port=None, maxconn=4000, extra=""):
        super().__init__(name)
        self.port = port or free_port()
        self.config = os.path.join(WORK, name + ".cfg")
        with open(self.config, "w", encoding="ascii") as f:
            f.write(self.CONFIG.format(port=self.port, to_port=to_port, maxconn=maxconn) + extra)

    def start(self, prefix=()):
        path, env = program("haproxy", "usr/sbin/haproxy")
        self.launch([*prefix, path, "-db", "-f", self.config], env=env)

        def bound():
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                return not self.alive()
        wait_for(bound, "HAProxy to listen")
        if not self.alive():
            raise AssertionError("HAProxy ended at start:\n" + self.output())
        return self


class Clamd(Child):
    """clamd with one signature, of the EICAR test file; nothing is downloaded."""
    CONFIG = """\
LocalSocket {socket}
DatabaseDirectory {work}/db
TemporaryDirectory {work}/tmp
Foreground yes
Bytecode no
SelfCheck 0
ConcurrentDatabaseReload no
StreamMaxLength 32M
MaxThreads 4
"""

    def __init__(self, name="clamd"):
        super().__init__(name)
        self.work = os.path.join(WORK, name)
        shutil.rmtree(self.work, ignore_errors=True)
        for path in ("db", "tmp"):
            os.makedirs(os.path.join(self.work, path))
        # Socket paths are short by law (108 bytes), the project's may be long.
        self.socket = f"/tmp/sluice-clamd-{os.getpid()}-{free_port()}.sock"
        with open(os.path.join(self.work, "db", "sluice.ndb"), "w", encoding="ascii") as f:
            f.write(f"Sluice.Test.Eicar:0:*:{eicar()[:40].hex()}\n")
        self.config = os.path.join(self.work, "clamd.conf")
        with open(self.config, "w", encoding="ascii") as f:
            f.write(self.CONFIG.format(socket=self.socket, work=self.work))

    def start(self):
        path, env = program("clamav", "usr/sbin/clamd")
        self.launch([path, "-c", self.config], env=env)

        def ready():
            if not self.alive():
                raise AssertionError("clamd ended at start:\n" + self.output())
            return os.path.exists(self.socket) and b"PONG" in self.ask(b"zPING\0")
        wait_for(ready, "clamd to answer", 60)
        return self

    def ask(self, request):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(self.socket)
                s.sendall(request)
                return s.recv(4096)
        except OSError:
            return b""

    def scan(self, data):
        """clamd's own word on data."""
        return self.ask(b"zINSTREAM\0" + len(data).to_bytes(4, "big") + data + bytes(4))

    def stop(self):
        super().stop()
        if os.path.exists(self.socket):
            os.unlink(self.socket)


def eicar():
    """The antivirus test string, put together here so that no scanner finds this file."""
    return b"".join((b"X5O!P%@AP[4", b"\\PZX54(P^)", b"7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS",
                     b"-TEST-FILE!", b"$H+H*"))


# Clients: each sends one message (bytes with CRLF) and returns (accepted, what was said).

def send_smtplib(port, message, recipient, tls=False):
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=30) as client:
        try:
            if tls:
                import ssl
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                client.starttls(context=context)
            options = ["BODY=8BITMIME"] if any(c > 127 for c in message) else []
            client.sendmail("sender@example.net", [recipient], message, mail_options=options)
            return True, "250"
        except smtplib.SMTPRecipientsRefused as e:
            code, text = list(e.recipients.values())[0]
            return False, f"{code} {text.decode(errors='replace')}"
        except smtplib.SMTPResponseException as e:
            text = e.smtp_error
            return False, f"{e.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def _run_client(argv, env, message, stdin=True):
    done = subprocess.run(argv, env=env, input=message if stdin else None, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def send_curl(port, message, recipient, tls=False):
    path, env = program("curl", "usr/bin/curl")
    return _run_client([path, "-sSv", f"smtp://127.0.0.1:{port}/client.example", "--mail-from",
                        "sender@example.net", "--mail-rcpt", recipient, "--upload-file", "-",
                        *(["--ssl-reqd", "--insecure"] if tls else [])], env, message)


def send_swaks(port, message, recipient, tls=False):
    path, env = program("swaks", "usr/bin/swaks")
    return _run_client(["/usr/bin/perl", path, "--server", "127.0.0.1", "--port", str(port),
                        "--helo", "client.example", "--from", "sender@example.net", "--to",
                        recipient, "--data", "-", "--timeout", "30",
                        *(["--tls"] if tls else [])], env,
                       message.replace(b"\r\n", b"\n").removesuffix(b"\n"))   # it adds one


def send_msmtp(port, message, recipient, tls=False):
    path, env = program("msmtp", "usr/bin/msmtp")
    return _run_client([path, "--file=/dev/null", "--host=127.0.0.1", f"--port={port}",
                        "--domain=client.example", "--from=sender@example.net", "--auth=off",
                        "--undisclosed-recipients=off",
                        *(["--tls=on", "--tls-starttls=on", "--tls-certcheck=off"] if tls
                          else ["--tls=off"]), recipient], env, message.replace(b"\r\n", b"\n"))


CLIENTS = {"smtplib": send_smtplib, "curl": send_curl, "swaks": send_swaks, "msmtp": send_msmtp}
