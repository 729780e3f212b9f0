"""crash.py - a relay and users that get killed, and a ledger of what each of
them was promised.

World starts and kills the programs.  Ledger remembers every message: who had
to get it, who might, in which order; check() compares that with everybody's
history.  Nothing here knows where the kills fall: tests/integration/test_crash.py
decides that.
"""
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

GROUP = "friends"
ALARMS = ("undecryptable", "gap", "rolled-back")
DEADLINE_S = 120  # of one command; under a sanitizer everything is slow


class Broken(Exception):
    """A promise was not kept."""


def free_port(rng):
    """Outside the range of outgoing connections: still ours after a restart."""
    while True:
        port = rng.randrange(10000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def json_lines(text):
    """Objects of complete lines; a killed program may leave half a line."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.killed = code == -signal.SIGKILL


class World:
    """One relay, its users, their directories."""

    def __init__(self, rng):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="tacit-crash."))
        self.home = self.scratch / "world"
        self.home.mkdir()
        self.port = free_port(rng)
        self.relay = None
        self.relay_lock = threading.RLock()
        self.link = None
        self.kills = 0
        self.shown = {}  # user -> ids that receive has printed
        self.tacit = os.environ["TACIT_HOOKED"]
        self.tacit_relay = os.environ["TACIT_RELAY_HOOKED"]

    # ---- directories -------------------------------------------------------

    def user_dir(self, user):
        return self.home / "users" / user

    def save(self, to):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.home, to)

    def restore(self, saved):
        shutil.rmtree(self.home)
        shutil.copytree(saved, self.home)
        self.shown = {}

    def remove(self):
        self.relay_stop()
        shutil.rmtree(self.scratch, ignore_errors=True)

    # ---- processes ---------------------------------------------------------

    def environment(self, hook, count):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("TACIT", "XDG"))}
        env.update(HOME=str(self.home), LC_ALL="C.UTF-8")
        if hook:
            env["TACIT_HOOK"] = hook
        if count:
            env["TACIT_HOOK_COUNT"] = str(count)
        return env

    def relay_is_alive(self):
        return self.relay is not None and self.relay.poll() is None

    def relay_start(self, hook=None, count=None):
        """False: its hook killed it before it was ready."""
        with self.relay_lock:
            out = self.home / "relay.out"
            with open(out, "w") as stdout, \
                    open(self.home / "relay.err", "a") as stderr:
                self.relay = subprocess.Popen(
                    [self.tacit_relay, "serve", "--data",
                     str(self.home / "relay"), "--listen",
                     f"127.0.0.1:{self.port}",
                     # Counts are written outside of the data.
                     "--sandbox", "no" if count else "yes"],
                    stdout=stdout, stderr=stderr,
                    env=self.environment(hook, count))
            end = time.monotonic() + DEADLINE_S
            while "ready\n" not in out.read_text():
                if self.relay.poll() is not None:
                    self.count_relay_death()
                    return False
                if time.monotonic() > end:
                    raise Broken("the relay is not ready in time")
                time.sleep(0.004)
            self.link = out.read_text().split()[1]
            return True

    def count_relay_death(self):
        if self.relay.returncode != -signal.SIGKILL:
            tail = (self.home / "relay.err").read_text()[-2000:]
            raise Broken(f"the relay ended by itself ({self.relay.returncode}):"
                         f"\n{tail}")
        self.kills += 1

    def relay_revive(self, hook=None):
        """A relay that was killed is started again."""
        with self.relay_lock:
            if self.relay_is_alive():
                return
            if self.relay is not None:
                self.count_relay_death()
                self.relay = None
            while not self.relay_start(hook):
                hook = None

    def relay_kill(self):
        with self.relay_lock:
            if self.relay_is_alive():
                self.relay.kill()
                self.relay.wait()

    def relay_stop(self):
        with self.relay_lock:
            if self.relay_is_alive():
                self.relay.terminate()
                if self.relay.wait(DEADLINE_S) != 0:
                    raise Broken("the relay did not stop in good order")
            self.relay = None

    def run(self, user, *words, hook=None, count=None, kill_after_s=None,
            typed=""):
        """One command of one user, perhaps killed."""
        command = [self.tacit, "--home", str(self.user_dir(user)), "--json",
                   *words]
        child = subprocess.Popen(command, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, errors="replace",
                                 env=self.environment(hook, count))
        try:
            out, err = child.communicate(
                typed, timeout=DEADLINE_S if kill_after_s is None else kill_after_s)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            if kill_after_s is None:
                raise Broken(f"{user} {words}: no end in time\n{out}{err}") \
                    from None
        result = Result(child.returncode, out, err)
        if result.killed:
            self.kills += 1
        elif result.code < 0 or result.code in (1, 9):
            raise Broken(f"{user} {words}: exit {result.code}\n{out}{err}")
        if words[0] == "receive":
            ids = self.shown.setdefault(user, set())
            ids.update(o["id"] for o in json_lines(out) if "id" in o)
        return result

    def must(self, user, *words):
        result = self.run(user, *words)
        if result.code != 0:
            raise Broken(f"{user} {words}: exit {result.code}\n"
                         f"{result.out}{result.err}")
        return json_lines(result.out)

    def register(self, *users):
        for user in users:
            self.must(user, "register", user, "--relay", self.link,
                      "--no-passphrase")


class Message:
    def __init__(self, sender, target, number):
        self.sender, self.target, self.number = sender, target, number
        self.id = secrets.token_hex(16)
        self.text = f"{sender} to {target}, {number}"
        self.open = True     # its fate at the relay is not known yet
        self.promised = False  # a command said so: it has to exist
        self.contested = False  # its sender was being removed: may be refused
        self.rested = False  # everybody had time to fetch it since
        self.must, self.may = set(), set()


class Ledger:
    """What everybody has to find in the end."""

    def __init__(self):
        self.lock = threading.RLock()
        self.messages = []
        self.sure = set()   # members of the group whatever happens
        self.maybe = set()  # members if a change that goes on has happened
        self.ever = set()   # knew the group at some time
        self.away = set()   # was removed at some time
        self.numbers = {}

    def compose(self, sender, target):
        with self.lock:
            number = self.numbers.get(sender, 0) + 1
            self.numbers[sender] = number
            message = Message(sender, target, number)
            if target == GROUP:
                message.must, message.may = set(self.sure), set(self.maybe)
                message.contested = sender not in self.sure
                if message.contested:
                    message.must = set()
            else:
                message.must, message.may = {target}, {target}
            self.messages.append(message)
            return message

    def settle(self, message, promised):
        with self.lock:
            message.open = False
            message.promised |= promised

    def rest(self):
        """Nothing is on its way from anybody to anybody."""
        with self.lock:
            for message in self.messages:
                message.open = False
                message.rested = True

    def _touch(self):
        for message in self.messages:
            if message.target != GROUP:
                continue
            gone = message.sender not in self.sure
            if message.open:
                message.must = set() if gone else message.must & self.sure
                message.may |= self.maybe
            # Who removes somebody may not have seen all he wrote before.
            if not message.rested:
                message.contested |= gone

    def change(self, member, joins, begun):
        """An add or a removal begins, or (begun=False) has happened."""
        with self.lock:
            if joins and begun:
                self.maybe.add(member)
                self.ever.add(member)
            elif joins:
                self.sure.add(member)
            elif begun:
                self.sure.discard(member)
                self.away.add(member)
            else:
                self.maybe.discard(member)
            self._touch()

    # ---- the verdict -------------------------------------------------------

    def check(self, world, users):
        everything = {user: histories(world, user, users, self.ever,
                                      self.away)
                      for user in users}
        for message in self.messages:
            self._check_message(message, everything)
        for user in users:
            self._check_order(user, everything[user])
            check_shown(world, user, everything[user])

    def _check_message(self, message, everything):
        own = [e for e in everything[message.sender]
               if e["id"] == message.id and e["type"] == "message"]
        what = f"'{message.text}' ({message.id})"
        if len(own) > 1 or (message.promised and not own):
            raise Broken(f"{what}: {len(own)} times with its sender")
        if own and not message.contested and own[0]["state"] not in (
                "stored", "delivered", "read"):
            raise Broken(f"{what} is {own[0]['state']} with its sender: {own}")
        for user, entries in everything.items():
            if user == message.sender:
                continue
            copies = [e for e in entries if e["id"] == message.id]
            good = [e for e in copies if e["type"] == "message"]
            if any(e["text"] != message.text or e["signature"] != "valid"
                   or e["from"] != message.sender for e in good):
                raise Broken(f"{what} is another with {user}: {good}")
            self._count_copies(message, what, user, own, copies, good)

    @staticmethod
    def _count_copies(message, what, user, own, copies, good):
        if len(copies) > 1:
            raise Broken(f"{what}: {len(copies)} times with {user}: {copies}")
        if good and user not in message.may:
            raise Broken(f"{what} reached {user}, who had no right to it")
        if good and not own:
            raise Broken(f"{what} is with {user} but not with its sender")
        if own and not copies and user in message.must:
            raise Broken(f"{what} is missing with {user}; sender: {own}")
        if copies and not good and not message.contested:
            raise Broken(f"{what} is refused with {user}: {copies}")

    def _check_order(self, user, entries):
        numbers = {m.id: m.number for m in self.messages}
        last = {}
        for entry in entries:
            if entry["type"] != "message" or entry.get("own"):
                continue
            if entry["id"] not in numbers:
                raise Broken(f"{user} has a message nobody wrote: {entry}")
            key = (entry["from"], entry["conversation"]["id"])
            if numbers[entry["id"]] <= last.get(key, 0):
                raise Broken(f"{user}: out of order: {entry}")
            last[key] = numbers[entry["id"]]


def is_of_absence(entry, user, away):
    """Who was out of the group for a while sees that the others went on, and
    they see that some of what he wrote was refused."""
    return entry["kind"] == "gap" \
        and entry["conversation"]["kind"] == "group" \
        and (user in away or entry.get("subject") in away)


def histories(world, user, users, ever_in_group, away):
    """Messages and refusals of one user, conversation by conversation."""
    found = []
    for other in users:
        if other == user:
            continue
        result = world.run(user, "history", other, "--limit", "100000")
        if result.code not in (0, 4):
            raise Broken(f"{user}: history: {result.err}")
        found += json_lines(result.out)
    if user in ever_in_group:
        result = world.run(user, "history", "-g", GROUP, "--limit", "100000")
        if result.code not in (0, 4):
            raise Broken(f"{user}: history: {result.err}")
        found += json_lines(result.out)
    for entry in found:
        if entry["type"] == "notice" and entry["kind"] in ALARMS \
                and not is_of_absence(entry, user, away):
            raise Broken(f"{user}: {entry}")
    return [e for e in found if e["type"] == "message" or "id" in e]


def check_shown(world, user, entries):
    """receive may repeat what was not flushed; it never skips."""
    for entry in entries:
        if entry["type"] == "message" and not entry.get("own") \
                and entry["id"] not in world.shown.get(user, set()):
            raise Broken(f"{user} was never shown {entry}")


def quiet(world, users):
    """Whether nothing is under way any more."""
    moved = False
    for user in users:
        moved |= bool(world.must(user, "receive"))
        moved |= bool(world.must(user, "outbox", "list"))
    return not moved


def heal(world, ledger, users):
    """Every program works again: what is queued has to arrive."""
    for _ in range(10):
        if quiet(world, users):
            break
    else:
        boxes = {u: world.must(u, "outbox", "list") for u in users}
        raise Broken(f"no rest: {boxes}")
    ledger.rest()


def everyone_talks(world, ledger, users):
    """No session is left unable to talk, direct or group."""
    for sender in users:
        for target in [u for u in users if u != sender]:
            message = ledger.compose(sender, target)
            world.must(sender, "send", target, message.text, "--id", message.id)
            ledger.settle(message, True)
    for sender in sorted(ledger.sure):
        message = ledger.compose(sender, GROUP)
        world.must(sender, "send", "-g", GROUP, message.text, "--id",
                   message.id)
        ledger.settle(message, True)
    heal(world, ledger, users)


def verdict(world, ledger, users):
    heal(world, ledger, users)
    ledger.check(world, users)
    everyone_talks(world, ledger, users)
    ledger.check(world, users)
