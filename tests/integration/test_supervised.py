#!/usr/bin/env python3
"""Under a service manager: sockets that it bound, and what it is told."""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

RELAY = os.environ["TACIT_RELAY_BIN"]
PATIENCE_S = 30
children = []


def fail(what):
    print(f"FAILED: {what}")
    sys.exit(1)


def ok(what):
    print(f"ok  {what}", flush=True)


class Manager:
    """The end that listens to notifications, and the relay it starts."""

    def __init__(self, where, abstract=False):
        self.where = pathlib.Path(where)
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.settimeout(PATIENCE_S)
        name = f"tacit-test-{os.getpid()}" if abstract else str(
            self.where / "notify")
        self.heard.bind("\0" + name if abstract else name)
        self.name = "@" + name if abstract else name
        self.relay = None

    def start(self, *options, fds=(), lie=False, env=None):
        """With the sockets `fds` as descriptors 3 and up."""
        # LISTEN_PID must be the pid of the program, which a shell knows.
        pid = "1" if lie else "$$"
        script = (f"LISTEN_PID={pid} LISTEN_FDS={len(fds)} "
                  if fds else "") + 'exec "$0" "$@"'
        keep = []
        for i, fd in enumerate(fds):
            keep.append((fd.fileno(), 3 + i))

        def place():
            safe = [(os.dup2(old, 100 + new), new) for old, new in keep]
            for old, new in safe:
                os.dup2(old, new)
                os.close(old)

        self.relay = subprocess.Popen(
            ["/bin/sh", "-c", script, RELAY, "serve", "--data",
             str(self.where / "relay"), *options],
            stdout=subprocess.PIPE, stderr=open(self.where / "log", "a"),
            preexec_fn=place if fds else None, close_fds=not fds, text=True,
            env={**os.environ, "NOTIFY_SOCKET": self.name, **(env or {})})
        children.append(self.relay)

    def lines(self):
        """The next datagram's lines."""
        try:
            return self.heard.recv(4096).decode().split("\n")
        except socket.timeout:
            fail("nothing was said in time")

    def wait_for(self, word):
        """The lines of the datagram that has it; others are let go."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            lines = self.lines()
            if word in lines:
                return lines
        fail(f"{word} was not said in time")

    def link(self):
        first = self.relay.stdout.readline().strip()
        if self.relay.stdout.readline().strip() != "ready":
            fail("the relay is not ready: " + self.log())
        return first

    def log(self):
        return (self.where / "log").read_text()

    def stop(self, wanted=0):
        self.relay.send_signal(signal.SIGTERM)
        if self.relay.wait(PATIENCE_S) != wanted:
            fail(f"exit code {self.relay.returncode}: {self.log()}")


def serves(address, family=socket.AF_INET):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["tacit/1"])
    with socket.socket(family, socket.SOCK_STREAM) as raw:
        raw.settimeout(PATIENCE_S)
        raw.connect(address)
        with context.wrap_socket(raw) as tls:
            return tls.selected_alpn_protocol() == "tacit/1"


def bound(family=socket.AF_INET, host="127.0.0.1"):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.bind((host, 0))
    s.listen(16)
    return s


def what_is_said(where, abstract):
    m = Manager(where, abstract)
    m.start("--listen", "127.0.0.1:0", env={"WATCHDOG_USEC": "1500000"})
    m.link()
    m.wait_for("READY=1")
    for _ in range(3):
        m.wait_for("WATCHDOG=1")
    m.relay.send_signal(signal.SIGHUP)
    lines = m.wait_for("RELOADING=1")
    if not any(line.startswith("MONOTONIC_USEC=") for line in lines):
        fail("a reload does not say when it began")
    m.wait_for("READY=1")
    m.relay.send_signal(signal.SIGTERM)
    m.wait_for("STOPPING=1")
    if m.relay.wait(PATIENCE_S) != 0:
        fail(f"exit code {m.relay.returncode}")


def said_to_nobody(where):
    m = Manager(where)
    m.heard.close()
    m.start("--listen", "127.0.0.1:0")
    m.link()
    m.stop()
    if "warn notify" not in m.log():
        fail("that nobody hears is not in the log")


def passed_sockets(where):
    m = Manager(where)
    first, second = bound(), bound()
    m.start("--listen", "127.0.0.1:1", fds=(first, second))
    port = first.getsockname()[1]
    if f"tacit://127.0.0.1:{port}/" not in m.link():
        fail("the link does not name the passed socket")
    for s in (first, second):
        if not serves(s.getsockname()):
            fail("a passed socket is not served")
    m.stop()
    m.start("--listen", "127.0.0.1:0", fds=(first,), lie=True)
    if f":{port}/" in m.link():
        fail("sockets for another process were taken")
    m.stop()


def wrong_sockets(where):
    m = Manager(where)
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unix.bind(str(m.where / "unix"))
    unix.listen(1)
    for wrong in (datagram, silent, unix):
        m.start(fds=(wrong,))
        if m.relay.wait(PATIENCE_S) != 1 or "descriptor 3" not in m.log():
            fail(f"a wrong socket is taken: {m.log()}")
        (m.where / "log").write_text("")


def over_ipv6(where):
    try:
        passed = bound(socket.AF_INET6, "::1")
    except OSError:
        print("skipped: no IPv6 loopback here")
        return
    m = Manager(where)
    m.start(fds=(passed,))
    if f"tacit://[::1]:{passed.getsockname()[1]}/" not in m.link():
        fail("the link does not name the IPv6 socket")
    if not serves(passed.getsockname(), socket.AF_INET6):
        fail("the IPv6 socket is not served")
    m.stop()
    m.start("--listen", "[::1]:0", "--listen", "127.0.0.1:0", "--host",
            "relay.example.org:443")
    if "tacit://relay.example.org:443/" not in m.link():
        fail("the link does not name the host behind which it stands")
    listen = [line.split(" = ")[1].strip() for line in open(
        m.where / "relay" / "relay.state") if line.startswith("listen")]
    ports = [int(item.rsplit(":", 1)[1]) for item in listen]
    if not (serves(("::1", ports[0]), socket.AF_INET6) and
            serves(("127.0.0.1", ports[1]))):
        fail("two addresses are not served")
    m.stop()


def main():
    stories = (
        ("ready, alive, reloading and stopping are said",
         lambda where: what_is_said(where, False)),
        ("also to an abstract name",
         lambda where: what_is_said(where, True)),
        ("a manager that is gone stops nothing", said_to_nobody),
        ("sockets that were passed are served, others' are not",
         passed_sockets),
        ("what is no listening TCP socket is refused", wrong_sockets),
        ("IPv6, several addresses, a host behind NAT", over_ipv6),
    )
    try:
        for what, story in stories:
            with tempfile.TemporaryDirectory() as where:
                story(where)
            ok(what)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()


main()
