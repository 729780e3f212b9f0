#!/usr/bin/env python3
"""The administration socket of a serving relay, under people who mean harm or
know no better: it answers, refuses, or hangs up, and the relay goes on."""
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile

RELAY = os.environ["TACIT_RELAY_BIN"]
PATIENCE_S = 30
LINE_BYTES = 16 * 1024  # ADMIN_LINE_BYTES
CLIENTS = 8             # ADMIN_CLIENTS
NOBODY = 65534


def fail(what):
    print(f"FAILED: {what}")
    sys.exit(1)


def ok(what):
    print(f"ok  {what}", flush=True)


def connect(where):
    """Through a descriptor of the directory: its name may be long."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd = os.open(where, os.O_PATH | os.O_DIRECTORY)
    try:
        s.connect(f"/proc/self/fd/{fd}/admin.sock")
    finally:
        os.close(fd)
    s.settimeout(PATIENCE_S)
    return s


def hear(s):
    """One object, or None at the end of the connection."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            byte = s.recv(1)
        except ConnectionResetError:
            return None
        if not byte:
            return None
        line += byte
    return json.loads(line)


def send(s, data):
    try:
        s.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def is_served(where):
    with connect(where) as s:
        send(s, b'{"command":"ping"}\n')
        return (hear(s) == {"type": "relay", "serving": True} and
                hear(s) == {"type": "end"})


def refused(where, data, code):
    with connect(where) as s:
        send(s, data)
        answer = hear(s)
        if answer is None or answer.get("code") != code:
            fail(f"{data[:60]!r} was answered {answer}")
        send(s, b'{"command":"ping"}\n')
        if hear(s) != {"type": "relay", "serving": True}:
            fail(f"after {data[:60]!r} the connection was of no more use")


def hang_up(where, data, what):
    with connect(where) as s:
        send(s, data)
        if hear(s) is not None:
            fail(what)


def test(where):
    mode = stat.S_IMODE((where / "admin.sock").stat().st_mode)
    if mode != 0o600:
        fail(f"the socket has mode {mode:o}")
    if not is_served(where):
        fail("the socket does not answer")
    ok("the socket is for its owner alone, and answers")

    for data in (b"\n", b"hello\n", b"[]\n", b'"ping"\n', b"{}\n", b"\0\n",
                 b'{"command":1}\n', b'{"command":"ping"\n',
                 b'{"command":"ping","command":"ping"}\n',
                 b'{"command":"no such thing"}\n', b"[" * 9000 + b"\n",
                 b'{"command":"\xff\xfe"}\n', b'{"command":"ping\\u0000"}\n'):
        refused(where, data, "usage")
    ok("what is no request is refused, and the next one answered")

    hang_up(where, b"x" * (LINE_BYTES + 1), "an endless line was taken")
    with connect(where) as s:
        send(s, b'{"command":"ping"}\n' * 200)
        for i in range(200):
            if hear(s)["type"] != "relay" or hear(s)["type"] != "end":
                fail(f"request {i} of many in one go was not answered")
    with connect(where) as s:
        for byte in b'{"command":"ping"}\n':
            s.sendall(bytes([byte]))
        if hear(s)["type"] != "relay":
            fail("a request in pieces was not answered")
    if not is_served(where):
        fail("the relay does not answer any more")
    ok("long lines, many lines and lines in pieces")

    # More than there is room for wait until somebody leaves.
    crowd = [connect(where) for _ in range(CLIENTS)]
    for s in crowd:
        send(s, b'{"command":"ping"}\n')
        if hear(s)["type"] != "relay":
            fail("one of the crowd was not answered")
    late = connect(where)
    send(late, b'{"command":"ping"}\n')
    crowd.pop().close()
    if hear(late)["type"] != "relay":
        fail("who waited was not let in")
    for s in crowd + [late]:
        s.close()
    for _ in range(100):  # gone before they are answered
        with connect(where) as s:
            send(s, b'{"command":"stats"}\n')
    if not is_served(where):
        fail("the relay does not answer any more")
    ok("a crowd, and people who leave at once")

    if os.geteuid() == 0:
        mine = connect(where)
        (where / "admin.sock").chmod(0o666)
        where.chmod(0o711)
        where.parent.chmod(0o711)
        pid = os.fork()
        if pid == 0:
            os.setuid(NOBODY)
            try:
                with connect(where) as s:
                    send(s, b'{"command":"ping"}\n')
                    os._exit(0 if hear(s) is None else 1)
            except OSError:
                os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            fail("another user was let in")
        mine.close()
        ok("another user is turned away, whatever the mode says")


def impostor_answers(where):
    """Whoever has the relay's directory talks to the terminal of root."""
    evil = "\x1b]0;owned\x07\x9b31mroot\n\x7f"
    answers = [
        {"type": "user", "name": evil, "created_at": evil, "invite": None,
         "last_seen": evil, "suspended": evil, "devices": 1, "queued": 0,
         "queued_bytes": 0},
        {"type": "error", "code": "failed", "message": evil + "m" * 5000},
    ]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd = os.open(where, os.O_PATH | os.O_DIRECTORY)
    listener.bind(f"/proc/self/fd/{fd}/admin.sock")
    listener.listen()
    os.close(fd)
    command = subprocess.Popen(
        [RELAY, "users", "list", "--data", where],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    s, _ = listener.accept()
    s.recv(LINE_BYTES)
    for answer in answers:
        send(s, json.dumps(answer).encode() + b"\n")
    out, err = command.communicate(timeout=PATIENCE_S)
    listener.close()
    (where / "admin.sock").unlink()
    said = out + err
    if b"owned" not in out or b"owned" not in err or command.returncode != 1:
        fail(f"what an impostor says is not told: {said!r}")
    for bad in (b"\x1b", b"\x07", b"\x7f", b"\xc2\x9b", b"root\n\n"):
        if bad in said:
            fail(f"{bad!r} came to the terminal: {said!r}")
    ok("an impostor's answers do nothing to a terminal")


def main():
    with tempfile.TemporaryDirectory(prefix="tacit-test.") as scratch:
        where = pathlib.Path(scratch) / ("a-long-name-" * 12) / "relay"
        where.parent.mkdir()
        relay = subprocess.Popen(
            [RELAY, "serve", "--data", where, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, text=True)
        try:
            relay.stdout.readline()
            if relay.stdout.readline() != "ready\n":
                fail("the relay did not start")
            test(where)
            held = connect(where)
            relay.send_signal(signal.SIGTERM)
            if relay.wait(PATIENCE_S) != 0:
                fail(f"the relay ended with {relay.returncode}")
            if hear(held) is not None or (where / "admin.sock").exists():
                fail("the socket outlives the relay")
            ok("the relay stops under an open connection")
            impostor_answers(where)
        finally:
            if relay.poll() is None:
                relay.kill()
                relay.wait()


main()
