#!/usr/bin/env python3
"""Pages of a database are overwritten, and whoever reads them says so.

No program may end by a signal, go on without end, or be silent about why it
failed.  DAMAGES=N tries so many instead of a few, SEED=N other ones.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

TACIT = os.environ["TACIT_BIN"]
RELAY = os.environ["TACIT_RELAY_BIN"]
DAMAGES = int(os.environ.get("DAMAGES", "80"))
SEED = int(os.environ.get("SEED", "1"))
PAGE = 4096
PATIENCE_S = 60
DAMAGED = 9
SENTENCE = "damaged; `tacit doctor` says more"

rnd = random.Random(SEED)
where = pathlib.Path(tempfile.mkdtemp(prefix="tacit-test."))
env = {k: v for k, v in os.environ.items() if not k.startswith("TACIT_")}
env.update(HOME=str(where), TZ="UTC", LC_ALL="C.UTF-8")
env.pop("XDG_DATA_HOME", None)
relays = []
met = []  # damages that a program told of


def fail(what):
    print(f"FAILED: SEED={SEED}: {what}")
    sys.exit(1)


def ok(what):
    print(f"ok  {what}", flush=True)


def tacit(home, *words):
    command = [TACIT, "--home", str(where / home), *words]
    try:
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              errors="replace", timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        fail(f"no end: {words}")


def must(home, *words):
    done = tacit(home, *words)
    if done.returncode != 0:
        fail(f"{home} {words}: {done.returncode} {done.stderr}")
    return done.stdout


class Relay:
    """One that serves from a directory, until it is stopped or ends."""

    def __init__(self, name, listen):
        self.log = where / (name + ".log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [RELAY, "serve", "--data", str(where / name), "--listen",
                 listen, "--log-level", "error"],
                env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        relays.append(self.process)
        words = self.process.stdout.readline().split()
        self.link = words[1] if words else None
        self.process.stdout.readline()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            fail("the relay does not end")
        return code, self.log.read_text(errors="replace")


def overwritten(data):
    """The same file with something wrong in one page, and what it is."""
    page = rnd.randrange(len(data) // PAGE)
    at = page * PAGE
    kind = rnd.choice(["zeros", "ones", "noise", "flags", "bounds", "nodes",
                       "bytes", "other", "bit", "body"])
    d = bytearray(data)
    if kind == "zeros":
        d[at:at + PAGE] = bytes(PAGE)
    elif kind == "ones":
        d[at:at + PAGE] = b"\xff" * PAGE
    elif kind == "noise":
        d[at:at + PAGE] = rnd.randbytes(PAGE)
    elif kind == "flags":
        d[at + 8:at + 16] = rnd.randbytes(8)
    elif kind == "bounds":
        d[at + 12:at + 16] = rnd.randbytes(4)
    elif kind == "nodes":
        d[at + 16:at + 48] = rnd.randbytes(32)
    elif kind == "bytes":
        for _ in range(8):
            d[at + rnd.randrange(PAGE)] = rnd.randrange(256)
    elif kind == "other":
        other = rnd.randrange(len(data) // PAGE) * PAGE
        d[at:at + PAGE] = data[other:other + PAGE]
    elif kind == "bit":
        d[at + rnd.randrange(PAGE)] ^= 1 << rnd.randrange(8)
    elif kind == "body":
        d[at + 16:at + PAGE] = rnd.randbytes(PAGE - 16)
    return bytes(d), f"page {page}, {kind}"


def put_back(name, data=None):
    """A fresh copy of what was, with that database."""
    shutil.rmtree(where / "copy", ignore_errors=True)
    shutil.copytree(where / name, where / "copy")
    if data is not None:
        (where / "copy" / ("store" if name == "relay" else ".") /
         "data.mdb").write_bytes(data)


def prepare():
    relay = Relay("relay", "127.0.0.1:0")
    for user in ("alice", "bob", "carol"):
        must(user, "register", user, "--relay", relay.link, "--no-passphrase")
    must("alice", "group", "create", "friends", "bob", "carol")
    for i in range(12):
        must("alice", "send", "bob", f"hello {i} " + "x" * (i * 60))
        must("alice", "send", "-g", "friends", f"hello all {i}")
    for user in ("bob", "carol"):
        must(user, "receive")
        must(user, "send", "alice", "an answer")
        must(user, "send", "-g", "friends", "an answer to all")
    must("alice", "receive")
    must("bob", "send", "alice", "for later")
    code, log = relay.end()
    if code != 0:
        fail(f"the relay ended with {code}: {log}")
    return relay.link.split("/")[2]


def commands():
    history = must("alice", "--json", "history", "bob", "--limit", "1")
    some = history.split('"id":"')[1].split('"')[0]
    return [
        ("status",), ("history", "bob"), ("history", "bob", "--verify"),
        ("history", "-g", "friends", "--long"), ("search", "hello"),
        ("contacts",), ("contacts", "show", "bob"), ("group", "list"),
        ("group", "show", "friends"), ("group", "log", "friends", "--verify"),
        ("outbox",), ("requests",), ("export",), ("devices",), ("receive",),
        ("export", "-g", "friends", "--format", "md"), ("verify", "bob"),
        ("send", "bob", "x", "--queue"), ("backup", str(where / "backup")),
        ("send", "-g", "friends", "x", "--queue"), ("react", some, "+1"),
        ("edit", some, "other"), ("delete", some, "--yes"), ("config",),
        ("contacts", "rename", "bob", "bobby"), ("doctor", "--check"),
    ]


def damages(least):
    """So many, and more of them as long as none was met: most are not."""
    for n in range(20 * least):
        if n >= least and met:
            return
        yield n


def profiles():
    data = (where / "alice" / "data.mdb").read_bytes()
    all_of_them = commands()
    met.clear()
    for _ in damages(DAMAGES):
        torn, how = overwritten(data)
        # The doctor reads all, so it is the one that must always live.
        for words in rnd.sample(all_of_them, 5) + [("doctor", "--check")]:
            put_back("alice", torn)
            (where / "backup").unlink(missing_ok=True)
            json = rnd.random() < 0.3
            done = tacit("copy", *(["--json"] if json else []), *words)
            said = f"{how}: {words}: {done.returncode} {done.stderr}"
            if not 0 <= done.returncode <= 13:
                fail(said)
            if done.returncode != 0 and not done.stderr:
                fail("not a word; " + said)
            if SENTENCE in done.stderr:
                if done.returncode == DAMAGED:
                    met.append(how)
                if json and '{"error":{"code":"damaged"' not in done.stderr:
                    fail("no JSON; " + said)
    if not met:
        fail("none of the damages was met")
    ok("a command that meets a damaged page says so, and ends with 9")


def backups():
    data = (where / "alice" / "data.mdb").read_bytes()
    met.clear()
    for _ in damages(DAMAGES // 4):
        torn, how = overwritten(data)
        put_back("alice", torn)
        (where / "backup").unlink(missing_ok=True)
        sound = tacit("copy", "doctor", "--check")
        made = tacit("copy", "backup", str(where / "backup"))
        if "cut short or overwritten" in sound.stdout:
            met.append(how)
            if made.returncode != DAMAGED or (where / "backup").exists():
                fail(f"{how}: {made.returncode} {made.stderr}")
    if not met:
        fail("none of the damages was met")
    ok("no backup is made of what the doctor calls damaged")


def relay_once(torn, how, listen):
    """Whether the relay met the damage."""
    put_back("relay", torn)
    doctor = subprocess.run(
        [RELAY, "doctor", "--data", str(where / "copy")], env=env,
        capture_output=True, text=True, timeout=PATIENCE_S)
    if doctor.returncode not in (0, 1):
        fail(f"doctor, {how}: {doctor.returncode} {doctor.stderr}")
    if "`tacit-relay doctor`" in doctor.stderr:
        fail(f"the doctor met it itself, {how}: {doctor.stdout}")
    relay = Relay("copy", listen)
    if relay.link is not None:
        for home in ("dave", "b", "a"):
            shutil.rmtree(where / home, ignore_errors=True)
        for old, new in (("alice", "a"), ("bob", "b")):
            shutil.copytree(where / old, where / new)
        tacit("dave", "--timeout", "5s", "register", "dave", "--relay",
              relay.link, "--no-passphrase")
        for words in (("b", "send", "alice", "x"),
                      ("a", "send", "-g", "friends", "x"),
                      ("a", "receive"), ("b", "group", "show", "friends")):
            tacit(words[0], "--timeout", "5s", *words[1:])
    code, log = relay.end()
    if code not in (0, 1):
        fail(f"the relay, {how}: {code} {log}")
    if code == 1 and not log:
        fail(f"the relay, {how}: not a word")
    if log.count("`tacit-relay doctor`") > 1:
        fail(f"the relay, {how}: {log}")
    return code == 1 and "`tacit-relay doctor`" in log


def relay_stores(listen):
    data = (where / "relay" / "store" / "data.mdb").read_bytes()
    met.clear()
    for _ in damages(DAMAGES):
        torn, how = overwritten(data)
        if relay_once(torn, how, listen):
            met.append(how)
    if not met:
        fail("none of the damages was met")
    ok("a relay that meets a damaged page says so once, and ends with 1")


def main():
    try:
        listen = prepare()
        profiles()
        backups()
        relay_stores(listen)
    finally:
        for process in relays:
            if process.poll() is None:
                process.kill()
        shutil.rmtree(where, ignore_errors=True)


main()
