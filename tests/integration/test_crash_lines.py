#!/usr/bin/env python3
"""Many messages of one command, killed in the middle.

  test_crash_lines.py [--seed N] [--seconds S]

They are composed while those before them are under way, so a kill finds some
said, some sealed, some sent and some answered.  What was printed has arrived in
the end, once; what arrived is the first of the lines, in their order; and the
receiver is told of no gap.
"""
import argparse
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from crash import Broken, World, json_lines  # noqa: E402

LINES = 600
LINES_TOGETHER = 1500
RETRIES = 20


def lines_of(tag, count=LINES):
    return [f"{tag} {n}" for n in range(1, count + 1)]


def say_all(world, lines, to="bob", **fatal):
    return world.run("alice", "send", to, "--lines", typed="\n".join(lines),
                     **fatal)


def until_done(world, *words):
    for _ in range(RETRIES):
        world.relay_revive()
        result = world.run("alice", *words)
        if result.code == 0:
            return result
        if result.code != 3:
            raise Broken(f"{words}: exit {result.code}\n{result.err}")
    raise Broken(f"{words}: never done")


def received(world, found):
    for entry in json_lines(world.run("bob", "receive").out):
        if entry["type"] == "notice":
            raise Broken(f"bob was told: {entry}")
        if entry["type"] == "message":
            found.append((entry["id"], entry["text"]))


def check(world, results, batches, found):
    """Bob has the first lines of each batch, in order, once, then the last."""
    until_done(world, "outbox", "retry")
    until_done(world, "send", "bob", "the end")
    received(world, found)
    ids = [i for i, _ in found]
    if len(set(ids)) != len(ids):
        raise Broken("a message was received twice")
    if found[-1][1] != "the end":
        raise Broken(f"the last is not the last: {found[-1]}")
    for lines in batches:
        tag = lines[0].split()[0]
        mine = [t for _, t in found if t.split()[0] == tag]
        if mine != lines[:len(mine)]:
            wrong = [(a, b) for a, b in zip(mine, lines) if a != b][:3]
            raise Broken(f"{tag}: {len(mine)} came, otherwise: {wrong}")
    for result in results:
        told = [o["id"] for o in json_lines(result.out) if "id" in o]
        lost = set(told) - set(ids)
        if lost:
            raise Broken(f"{len(lost)} of {len(told)} that were told are lost")
        if not result.killed and len(told) < LINES:
            raise Broken(f"{len(told)} were told, exit {result.code}\n"
                         f"{result.err}")
    check_states(world, ids)


def check_states(world, ids):
    own = [e for e in json_lines(
        world.run("alice", "history", "bob", "--limit", "100000").out)
        if e["type"] == "message" and e.get("own") and e["text"] != "hello"]
    other = [e for e in own if e["state"] not in ("stored", "delivered",
                                                   "read")]
    if other:
        raise Broken(f"{len(other)} of {len(own)} are not sent: {other[0]}")
    missing = {e["id"] for e in own} - set(ids)
    if missing:
        raise Broken(f"{len(missing)} are stored and did not come")


def killed_at(world, saved, boundary):
    world.relay_stop()
    world.restore(saved)
    world.relay_revive()
    lines = lines_of("one")
    result = say_all(world, lines, hook=f"any:{boundary}")
    check(world, [result], [lines], [])


def two_at_once(world, saved, rng):
    """Two commands for one receiver, who reads; the relay is killed, too; and
    what was written to a stranger waits between."""
    world.relay_stop()
    world.restore(saved)
    world.relay_revive()
    batches = [lines_of("one", LINES_TOGETHER), lines_of("two", LINES_TOGETHER)]
    results, found = [], []
    world.run("alice", "send", "carol", "--queue", "first words")
    threads = [threading.Thread(
        target=lambda lines=lines: results.append(say_all(world, lines)))
        for lines in batches]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(rng.uniform(0.005, 0.1))
        if rng.random() < 0.2:
            world.relay_kill()
        world.relay_revive()
        if rng.random() < 0.5:
            world.run("alice", "receive")
        received(world, found)
    for thread in threads:
        thread.join()
    check(world, results, batches, found)


def prepare(world):
    world.relay_start()
    world.register("alice", "bob", "carol")
    world.must("alice", "send", "bob", "hello")
    world.must("bob", "receive")
    world.must("bob", "send", "alice", "hello")
    world.must("alice", "receive")


def play(world, rng, seconds):
    prepare(world)
    world.relay_stop()
    saved = world.scratch / "saved"
    world.save(saved)
    world.relay_revive()
    count = world.scratch / "count"
    say_all(world, lines_of("one"), count=count)
    boundaries = len(count.read_text().split())
    print(f"  {boundaries} boundaries", flush=True)
    order = list(range(1, boundaries + 1))
    rng.shuffle(order)
    end = time.monotonic() + seconds
    for done, boundary in enumerate(order):
        if done >= 4 and time.monotonic() > end:
            break
        killed_at(world, saved, boundary)
        if done % 5 == 0:
            two_at_once(world, saved, rng)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int,
                           default=random.SystemRandom().randrange(2 ** 32))
    arguments.add_argument("--seconds", type=int, default=40)
    options = arguments.parse_args()
    print(f"seed {options.seed} (--seed repeats the choices, not the clock)",
          flush=True)
    world = World(random.Random(options.seed))
    try:
        play(world, random.Random(options.seed), options.seconds)
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
