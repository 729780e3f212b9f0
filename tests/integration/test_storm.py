#!/usr/bin/env python3
"""test_storm.py [--long] - a relay under full load is killed, loses its power,
and has a sync fail; whatever it acknowledged is there afterwards, once and in
order (tests/support/storm.c keeps the ledger)."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LONG = "--long" in sys.argv
SEED = int(os.environ.get("TACIT_SEED", random.randrange(1 << 32)))
KILLS = 150 if LONG else 8
CUTS = 12 if LONG else 3
DEADLINE_S = 120
RELAY = os.environ["TACIT_RELAY_BIN"]
STORM = os.environ["TACIT_STORM"]


STARTED = []  # each leads a process group of its own


class Failed(Exception):
    pass


def start(command, **more):
    process = subprocess.Popen(command, start_new_session=True, **more)
    STARTED.append(process)
    return process


def end_all():
    for process in STARTED:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(what, holds, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > end:
            raise Failed(f"never came true: {what}")
        time.sleep(0.01)


class Relay:
    """A relay in a directory, on the same port each time."""

    def __init__(self, home, data):
        self.home, self.data = home, data
        self.listen = "127.0.0.1:0"
        self.process = None
        self.link_file = home / "link"

    def start(self, *before):
        out = self.home / "relay.out"
        with open(out, "w") as stdout, \
                open(self.home / "relay.err", "a") as stderr:
            self.process = start(
                [*before, RELAY, "serve", "--data", str(self.data),
                 "--listen", self.listen, "--log-level", "error",
                 # What strace puts in place of a call is no allowed one.
                 "--sandbox", "no" if before else "yes"],
                stdout=stdout, stderr=stderr)
        until("the relay is ready", lambda: self.process.poll() is not None
              or "\nready\n" in out.read_text())
        if self.process.poll() is not None:
            raise Failed("the relay ended at its start")
        link = out.read_text().split()[1]
        self.listen = link[len("tacit://"):].split("/")[0]
        if ":" not in self.listen:
            self.listen += ":4433"
        self.link_file.write_text(link + "\n")
        return link

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        if self.process.wait(DEADLINE_S) != 0:
            raise Failed("the relay did not stop in good order")


class Storm:
    def __init__(self, relay, senders=12, recipients=64, window=32):
        self.process = start(
            [STORM, str(relay.link_file), str(senders), str(recipients),
             str(window)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith("ok "):
            raise Failed(f"{line}: {answer.strip() or 'no answer'}")
        return int(answer.split()[1])

    def until_more(self, count):
        goal = self.ask("count") + count
        until("messages are acknowledged", lambda: self.ask("count") >= goal)

    def end(self):
        self.process.stdin.close()
        self.process.wait(DEADLINE_S)


def said(text):
    print("ok ", text, flush=True)


def killed_under_load(home, rng):
    """kill -9, many times, at any moment."""
    relay = Relay(home, home / "relay")
    relay.start()
    storm = Storm(relay)
    for _ in range(KILLS):
        storm.until_more(rng.randrange(50, 800))
        time.sleep(rng.random() / 50)
        relay.kill()
        link = relay.start()
    storm.until_more(100)
    acknowledged = storm.ask("calm")
    storm.ask("snapshot 0")
    found = storm.ask(f"check 0 {link}")
    if found < acknowledged:
        raise Failed(f"{found} found of {acknowledged}")
    storm.end()
    relay.stop()
    said(f"{KILLS} kills: all of {acknowledged} acknowledged messages, once")


def sync_fails(home, rng):
    """No OK after a failed sync; the relay ends; a new start has the rest."""
    if subprocess.run(["strace", "-o", "/dev/null", "true"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        said("strace does not work here: failing syncs are left out")
        return
    for _ in range(3):
        relay = Relay(home, home / f"eio{rng.randrange(1 << 30)}")
        relay.start()
        relay.stop()
        when = rng.randrange(100, 1000)
        relay.start("strace", "-f", "-qq", "-o", "/dev/null", "-e",
                    "trace=fdatasync,fsync,msync", "-e",
                    f"inject=fdatasync,fsync,msync:error=EIO:when={when}+")
        storm = Storm(relay, senders=6, recipients=32)
        code = relay.process.wait(DEADLINE_S)
        if code == 0:
            raise Failed("a relay whose disk fails ends with 0")
        storm.ask("snapshot 0")
        before = storm.ask("count")
        link = relay.start()
        storm.until_more(100)
        acknowledged = storm.ask("calm")
        storm.ask("snapshot 1")
        storm.ask(f"check 1 {link}")
        storm.end()
        relay.stop()
        said(f"sync {when} failed after {before} messages: the relay ended, "
             f"and all of {acknowledged} are there")


def mount(image, at):
    """Its journal is not committed by the clock: unsynced stays unwritten."""
    at.mkdir(exist_ok=True)
    return subprocess.run(
        ["mount", "-o", "loop,commit=300", str(image), str(at)],
        stderr=subprocess.DEVNULL, check=False).returncode == 0


def power_is_cut(home, rng):
    """Copies of the disk, taken under load, hold what was acknowledged."""
    image, disk, copy = home / "disk.img", home / "disk", home / "copy"
    with open(image, "wb") as f:
        f.truncate(512 << 20)
    if subprocess.run(["mkfs.ext4", "-q", "-F", str(image)],
                      stderr=subprocess.DEVNULL, check=False).returncode \
            or not mount(image, disk):
        said("a file cannot be mounted here: power cuts are left out")
        return
    relay = Relay(home, disk / "relay")
    relay.start()
    storm = Storm(relay)
    for cut in range(CUTS):
        storm.until_more(rng.randrange(200, 4000))
        (disk / f"unsynced{cut}").write_text("not synced")
        storm.ask(f"snapshot {cut}")
        # It stands still, so that the copy is of one instant.
        relay.process.send_signal(signal.SIGSTOP)
        subprocess.run(["cp", "--sparse=always", str(image),
                        str(home / f"cut{cut}.img")], check=True)
        relay.process.send_signal(signal.SIGCONT)
    acknowledged = storm.ask("calm")
    relay.kill()
    subprocess.run(["umount", str(disk)], check=True)
    for cut in range(CUTS):
        if not mount(home / f"cut{cut}.img", copy):
            raise Failed("a copy cannot be mounted")
        unsynced = copy / f"unsynced{cut}"
        if unsynced.exists() and unsynced.stat().st_size:
            raise Failed("unsynced data is in the copy: no power was cut")
        after = Relay(home, copy / "relay")
        found = storm.ask(f"check {cut} {after.start()}")
        after.stop()
        subprocess.run(["umount", str(copy)], check=True)
        os.unlink(home / f"cut{cut}.img")
        said(f"power cut {cut}: {found} messages are there")
    storm.end()
    said(f"{CUTS} power cuts in {acknowledged} acknowledged messages")


def main():
    # In a mount namespace of its own nothing is left mounted.
    if "TACIT_TEST_UNSHARED" not in os.environ and subprocess.run(
            ["unshare", "-m", "true"], stderr=subprocess.DEVNULL,
            check=False).returncode == 0:
        os.environ["TACIT_TEST_UNSHARED"] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, "-B",
                              *sys.argv])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    print("seed", SEED, "(TACIT_SEED repeats it)")
    rng = random.Random(SEED)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="tacit-storm."))
    try:
        for part in (killed_under_load, sync_fails, power_is_cut):
            home = scratch / part.__name__
            home.mkdir()
            part(home, rng)
    except Failed as e:
        print("FAILED:", e, file=sys.stderr)
        for err in scratch.glob("*/relay.err"):
            print(err.read_text()[-2000:], file=sys.stderr)
        return 1
    finally:
        end_all()
        for name in ("disk", "copy"):
            subprocess.run(["umount", "-l",
                            str(scratch / "power_is_cut" / name)],
                           stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


sys.exit(main())
