"""servers.py - the servers that the load program is held against.

Each server is started in a directory of its own, on loopback, with TLS alone
and a certificate made for the run, on a port the kernel chose, and is stopped
by its own process.  Nothing of the machine's configuration is read.
"""
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time

START_S = 20
STOP_S = 60

REDIS_CONF = """\
bind 127.0.0.1
port 0
tls-port {port}
tls-cert-file {cert}
tls-key-file {key}
tls-ca-cert-file {cert}
tls-auth-clients no
tls-protocols "TLSv1.3"
requirepass {password}
dir {dir}
daemonize no
logfile {dir}/log
maxclients 100000
tcp-backlog 4096
save ""
appendonly yes
appendfsync always
auto-aof-rewrite-percentage 0
"""

MOSQUITTO_CONF = """\
user root
listener {port} 127.0.0.1
cafile {cert}
certfile {cert}
keyfile {key}
tls_version tlsv1.3
allow_anonymous false
password_file {dir}/passwords
persistence true
persistence_location {dir}/
max_queued_messages 0
max_inflight_messages 0
sys_interval 0
log_dest file {dir}/log
log_type error
"""


class Failed(Exception):
    """A server that does not come up; the text says why."""


def missing(names):
    """Programs of these servers that are not installed here."""
    wanted = {"redis": ["redis-server"],
              "mosquitto": ["mosquitto", "mosquitto_passwd"]}
    return [name for server in names for name in wanted.get(server, [])
            if program(name) is None]


def program(name):
    # Debian keeps daemons where a user's PATH may not look.
    return shutil.which(name, path=os.environ.get("PATH", "") +
                        ":/usr/sbin:/usr/local/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(directory):
    """A self-signed P-256 certificate, the kind the relay makes for itself."""
    cert, key = f"{directory}/cert.pem", f"{directory}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    return cert, key


class Server:
    """One process; the context is entered with the server answering."""

    name = ""

    def __init__(self, directory, traced=False):
        self.dir = directory
        self.traced = traced  # its flushes are counted by strace
        self.trace_file = f"{directory}.trace"
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.command = []
        self.process = None

    def configure(self):
        """Write what the server reads; the command that starts it."""
        raise NotImplementedError

    def __enter__(self):
        os.makedirs(self.dir, mode=0o700)
        self.command = self.configure()
        if self.traced:
            self.command = [
                "strace", "-f", "--seccomp-bpf", "-c", "-o", self.trace_file,
                "-e", "trace=fdatasync,fsync,msync"] + self.command
        self.start()
        return self

    def start(self):
        with open(f"{self.dir}/stderr", "wb") as errors:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=errors,
                stderr=errors, cwd=self.dir)
        self.wait_until_up()

    def restart(self):
        """A new process with what the old one kept on disk."""
        self.stop()
        self.start()

    def wait_until_up(self):
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        told = self.told()
        self.__exit__()
        raise Failed(f"{self.name} did not start: {told}")

    @property
    def pid(self):
        """Of the server itself, also when strace stands before it."""
        own = self.process.pid
        if not self.traced:
            return own
        with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as f:
            return int(f.read().split()[0])

    def flushes(self):
        """After the end of a traced server: how often it flushed."""
        with open(self.trace_file, encoding="utf-8") as f:
            lines = [line.split() for line in f]
        os.unlink(self.trace_file)
        return sum(int(fields[3]) for fields in lines
                   if fields and fields[-1] in ("fdatasync", "fsync", "msync"))

    def told(self):
        lines = []
        for name in ("stderr", "log"):
            try:
                with open(f"{self.dir}/{name}", errors="replace") as f:
                    lines += f.read().splitlines()[-5:]
            except OSError:
                pass
        return " | ".join(lines)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis(Server):
    """Streams; OK is sent after the append-only file's fdatasync."""

    name = "redis"

    def configure(self):
        cert, key = make_certificate(self.dir)
        config = f"{self.dir}/redis.conf"
        write_private(config, REDIS_CONF.format(
            port=self.port, cert=cert, key=key, dir=self.dir,
            password=self.password))
        return [program("redis-server"), config]


class Mosquitto(Server):
    """Persistent sessions, QoS 1; PUBACK says that it is in memory."""

    name = "mosquitto"

    def configure(self):
        cert, key = make_certificate(self.dir)
        passwords = f"{self.dir}/passwords"
        write_private(passwords, f"bench:{self.password}\n")
        subprocess.run([program("mosquitto_passwd"), "-U", passwords],
                       check=True, capture_output=True)
        config = f"{self.dir}/mosquitto.conf"
        write_private(config, MOSQUITTO_CONF.format(
            port=self.port, cert=cert, key=key, dir=self.dir))
        return [program("mosquitto"), "-c", config]


BY_NAME = {server.name: server for server in (Redis, Mosquitto)}


def write_private(path, text):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as f:
        f.write(text)
