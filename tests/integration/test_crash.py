#!/usr/bin/env python3
"""Kill -9 at every commit boundary and at random moments.

  test_crash.py [--long] [--seed N] [--only PART]

Parts: `client` kills each command of a script at each of its boundaries,
`relay` kills the relay at each of its own while the script runs, `random`
kills both under several writers at once.  What has to hold afterwards is in
tests/support/crash.py.
"""
import argparse
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from crash import GROUP, Broken, Ledger, World, verdict  # noqa: E402

USERS = ["alice", "bob", "carol", "dave"]
RETRIES = 40
CLIENT_S, RELAY_S = 75, 30  # of the short run


class Script:
    """A day of four users; every command may be killed and is repeated.

    plan: number of the command -> at which reach of any hook it is killed.
    relay_hook: called when the relay has to be started again.
    """

    def __init__(self, world, ledger, plan=None, counts=None, relay_hook=None):
        self.world, self.ledger = world, ledger
        self.plan, self.counts = plan or {}, counts
        self.relay_hook = relay_hook or (lambda: None)
        self.number = 0

    def do(self, user, *words, fine=(0,)):
        """Repeated until it says that it is done."""
        step, self.number = self.number, self.number + 1
        hook = f"any:{self.plan[step]}" if step in self.plan else None
        count = None
        if self.counts is not None:
            count = self.counts / str(step)
            count.touch()
        for attempt in range(RETRIES):
            self.world.relay_revive(self.relay_hook())
            result = self.world.run(user, *words, hook=hook, count=count)
            if result.code in fine:
                return result
            if result.code == 11 and attempt > 0:
                return result  # the killed attempt had done it
            if not result.killed and result.code != 3:
                raise Broken(f"{user} {words}: exit {result.code}, attempt "
                             f"{attempt}\n{result.out}{result.err}")
            hook = None
        raise Broken(f"{user} {words}: never done")

    def say(self, sender, target):
        message = self.ledger.compose(sender, target)
        to = ["-g", GROUP] if target == GROUP else [target]
        self.do(sender, "send", *to, message.text, "--id", message.id)
        self.ledger.settle(message, True)

    def change(self, admin, verb, member):
        joins = verb == "add"
        self.ledger.change(member, joins, True)
        self.do(admin, "group", verb, GROUP, member)
        self.ledger.change(member, joins, False)

    def found(self):
        for member in ("alice", "bob", "carol"):
            self.ledger.change(member, True, True)
        self.do("alice", "group", "create", GROUP, "bob", "carol")
        for member in ("alice", "bob", "carol"):
            self.ledger.change(member, True, False)

    def play(self):
        self.do("erin", "register", "erin", "--relay", self.world.link,
                "--no-passphrase")
        self.say("alice", "bob")
        self.say("alice", "bob")
        self.do("bob", "receive")
        self.say("bob", "alice")
        self.do("alice", "receive")
        self.say("alice", "bob")
        self.say("erin", "alice")
        self.found()
        self.say("alice", GROUP)
        self.do("bob", "receive")
        self.say("bob", GROUP)
        self.do("carol", "receive")
        self.change("alice", "add", "dave")
        self.do("dave", "receive")
        self.say("dave", GROUP)
        self.say("carol", GROUP)
        self.do("bob", "receive")
        self.do("alice", "receive")
        self.change("alice", "remove", "carol")
        self.say("bob", GROUP)
        self.say("dave", GROUP)
        self.do("carol", "receive")
        self.change("alice", "add", "carol")
        self.do("carol", "receive")
        self.say("carol", GROUP)
        self.do("dave", "receive")


def judge(world, ledger, title):
    world.relay_kill()
    world.relay_revive()
    verdict(world, ledger, USERS + ["erin"])
    print(f"  {title}: {world.kills} kills so far", flush=True)


def count_boundaries(world, saved, counts):
    """One undisturbed run: reaches of every command, and of the relay."""
    world.restore(saved)
    counts.mkdir(parents=True)
    world.relay_start(count=counts / "relay")
    ledger = Ledger()
    script = Script(world, ledger, counts=counts)
    script.play()
    steps = [len((counts / str(i)).read_text().split())
             for i in range(script.number)]
    relay = len((counts / "relay").read_text().split())
    judge(world, ledger, "an undisturbed run")
    return steps, relay


def run_script(world, saved, title, plan=None, relay_hooks=()):
    hooks = iter(relay_hooks)
    world.relay_stop()
    world.restore(saved)
    world.relay_revive(next(hooks, None))
    ledger = Ledger()
    Script(world, ledger, plan, relay_hook=lambda: next(hooks, None)).play()
    judge(world, ledger, title)


def shuffled(rng, numbers, least, seconds):
    """The numbers in any order; after `least` of them no longer than that.  A
    sanitizer's build is too slow for all of them in the short run."""
    numbers = list(numbers)
    rng.shuffle(numbers)
    end = time.monotonic() + seconds
    for done, n in enumerate(numbers):
        if done >= least and time.monotonic() > end:
            print(f"  out of time: {len(numbers) - done} passes left out")
            return
        yield n


def part_client(world, saved, rng, steps, long):
    """In the pass n every command dies at its nth boundary; in the long run
    also each boundary alone."""
    for n in shuffled(rng, range(1, max(steps) + 1), 4,
                      3600 if long else CLIENT_S):
        plan = {i: n for i, count in enumerate(steps) if count >= n}
        run_script(world, saved, f"every command at its boundary {n}", plan)
    if long:
        for i, count in enumerate(steps):
            for n in range(1, count + 1):
                run_script(world, saved, f"command {i} at boundary {n}",
                           {i: n})


def part_relay(world, saved, rng, relay, long):
    """In the pass n a life of the relay ends at its nth boundary, the next some
    boundaries later (or a command that needs two commits would never end);
    in the long run also each boundary alone."""
    for n in shuffled(rng, range(1, 9), 3, 3600 if long else RELAY_S):
        run_script(world, saved, f"lives of the relay end at boundary {n}",
                   relay_hooks=[f"any:{n}", f"any:{n + 9}"] * relay)
    if long:
        for n in range(1, relay + 1):
            run_script(world, saved, f"the relay at boundary {n}",
                       relay_hooks=[f"any:{n}"])


class Storm:
    """Everybody writes at once; a killer ends the relay now and then."""

    def __init__(self, world, ledger, rng, kills):
        self.world, self.ledger, self.kills = world, ledger, kills
        self.over = threading.Event()
        self.trouble = []
        self.seeds = {name: rng.randrange(2 ** 32)
                      for name in USERS + ["killer"]}

    def fatal(self, rng):
        """How this command is killed, if at all."""
        dice = rng.random()
        if dice < 0.25:
            return {"hook": f"any:{rng.randrange(1, 9)}"}
        if dice < 0.5:
            return {"kill_after_s": rng.uniform(0.001, 0.08)}
        return {}

    def say(self, user, rng):
        target = rng.choice([u for u in USERS if u != user] + [GROUP] * 3)
        message = self.ledger.compose(user, target)
        to = ["-g", GROUP] if target == GROUP else [target]
        words = ["send", *to, message.text, "--id", message.id]
        result = self.world.run(user, *words, **self.fatal(rng))
        if result.killed and rng.random() < 0.6:
            result = self.world.run(user, *words)
        # Who is no member is refused, and who has not heard yet that he is.
        if target == GROUP and (result.code == 4 or result.code == 8
                                and user in self.ledger.away):
            return
        if result.code == 0:
            self.ledger.settle(message, True)
        elif result.code == 3:
            message.promised = True
        elif not result.killed:
            raise Broken(f"{user} {words}: exit {result.code}\n{result.err}")

    def change(self, rng):
        """Alice, the admin, adds or removes one of the others."""
        member = rng.choice(["carol", "dave"])
        joins = member not in self.ledger.maybe
        self.ledger.change(member, joins, True)
        words = ["group", "add" if joins else "remove", GROUP, member]
        fatal = self.fatal(rng)
        for _ in range(RETRIES):
            result = self.world.run("alice", *words, **fatal)
            fatal = {}
            if result.code == 0:
                self.ledger.change(member, joins, False)
                return
            if not result.killed and result.code != 3:
                raise Broken(f"{words}: exit {result.code}\n{result.err}")
            time.sleep(0.05)
        raise Broken(f"{words}: never done: exit {result.code} {result.err}")

    def actor(self, user):
        rng = random.Random(self.seeds[user])
        while not self.over.is_set():
            dice = rng.random()
            if user == "alice" and dice < 0.15:
                self.change(rng)
            elif dice < 0.4:
                result = self.world.run(user, "receive", **self.fatal(rng))
                if not result.killed and result.code not in (0, 3):
                    raise Broken(f"{user} receive: {result.err}")
            else:
                self.say(user, rng)

    def killer(self, _):
        rng = random.Random(self.seeds["killer"])
        while self.world.kills < self.kills:
            time.sleep(rng.uniform(0.05, 0.6))
            if rng.random() < 0.7:
                self.world.relay_kill()
            time.sleep(rng.uniform(0, 0.1))
            self.world.relay_revive(rng.choice(
                [None, f"any:{rng.randrange(1, 40)}"]))
        self.world.relay_kill()
        self.world.relay_revive()  # without a hook: what is begun can end
        self.over.set()

    def guarded(self, act, name):
        try:
            act(name)
        except BaseException as trouble:  # handed to the main thread
            self.trouble.append(trouble)
            self.over.set()
            self.kills = 0

    def rage(self):
        threads = [threading.Thread(target=self.guarded, args=(self.actor, u))
                   for u in USERS]
        threads.append(threading.Thread(target=self.guarded,
                                        args=(self.killer, "killer")))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.trouble:
            raise self.trouble[0]


def part_random(world, saved, rng, kills, rounds):
    """Some rounds, so that what an early kill broke is not long hidden."""
    world.relay_stop()
    world.restore(saved)
    world.relay_revive()
    ledger = Ledger()
    world.register("erin")
    Script(world, ledger).found()
    before = world.kills
    for n in range(1, rounds + 1):
        Storm(world, ledger, rng, before + kills * n // rounds).rage()
        judge(world, ledger, f"random moments, round {n}, "
              f"{len(ledger.messages)} messages")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--long", action="store_true")
    arguments.add_argument("--seed", type=int,
                           default=random.SystemRandom().randrange(2 ** 32))
    arguments.add_argument("--only", choices=["client", "relay", "random"])
    options = arguments.parse_args()
    print(f"seed {options.seed} (--seed repeats the choices, not the clock)",
          flush=True)
    rng = random.Random(options.seed)
    world = World(rng)
    saved = world.scratch / "saved"
    try:
        world.relay_start()
        world.register(*USERS)
        world.relay_stop()
        world.save(saved)
        parts = [options.only] if options.only else ["client", "relay",
                                                     "random"]
        if parts != ["random"]:
            steps, relay = count_boundaries(
                world, saved, world.scratch / "counts")
            print(f"  boundaries: {sum(steps)} of {len(steps)} commands, "
                  f"{relay} of the relay")
        if "client" in parts:
            part_client(world, saved, rng, steps, options.long)
        if "relay" in parts:
            part_relay(world, saved, rng, relay, options.long)
        if "random" in parts:
            part_random(world, saved, rng, *(
                (200, 10) if options.long else (20, 2)))
    except Broken as broken:
        print(f"BROKEN after {world.kills} kills: {broken}\n"
              f"(kept: {world.scratch})")
        world.relay_kill()
        return 1
    world.remove()
    print(f"{world.kills} kills, nothing lost, nothing twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
