#!/usr/bin/env python3
"""peers.py BIN_DIR - the relay beside Redis streams and mosquitto.

The same jobs of tacit-bench against each server, one server at a time, each
started afresh for each run: job by job, round by round, tacit, redis, mosquitto
and tacit again, so that a machine that gets slower or faster does so for all.
A ratio is taken within a round; what is told is the median of the rounds.

docs/benchmarks.md says what each server does before its OK.
"""
import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import servers

RUN_S = 600
SKIPPED = 77

MAIL = ["--senders", "64", "--recipients", "200"]

# Devices of other jobs are not to be registered with those of one.
FEW = ["--senders", "1", "--recipients", "1", "--pairs", "1", "--members", "1"]

# What tacit-bench is asked for, and what of its answer goes into the table:
# key, words, digits, and whether more of it is better.
SUBMIT = [("messages_per_s", "messages/s", 0, True),
          ("cpu_s_per_million", "server CPU s per million", 2, False),
          ("load_cpu_s_per_million", "load's CPU s per million", 2, False),
          ("written_bytes_per_message", "bytes written a message", 0, False)]
DRAIN = [("messages_per_s", "messages/s", 0, True),
         ("cpu_s_per_million", "server CPU s per million", 2, False),
         ("load_cpu_s_per_million", "load's CPU s per million", 2, False)]
ONLINE = [("p50_ms", "p50 ms, due to arrival", 3, False),
          ("p99_ms", "p99 ms", 3, False),
          ("max_ms", "max ms", 3, False),
          ("cpu_s_per_million", "server CPU s per million", 2, False)]
IDLE = [("rss_bytes_per_device", "RSS bytes a device", 0, False),
        ("cpu_ms_per_connect", "server CPU ms a connect", 3, False),
        ("connects_per_s", "connects/s", 0, True)]


class Job:
    def __init__(self, title, name, arguments, small, figures):
        self.title = title
        self.name = name
        self.arguments = arguments
        self.small = small  # what --quick adds
        self.figures = figures


JOBS = {
    "submit16": Job("submit W=16", "submit", ["--window", "16"] + MAIL,
                    ["--messages", "4000"], SUBMIT),
    "submit1": Job("submit W=1", "submit",
                   ["--window", "1", "--messages", "200000"] + MAIL,
                   ["--messages", "1000"], SUBMIT),
    "drain": Job("drain", "drain", ["--window", "16"] + MAIL,
                 ["--messages", "4000"], DRAIN),
    "online": Job("online 1,000/s", "online",
                  ["--pairs", "50", "--rate", "1000",
                   "--seconds", "10"],
                  ["--pairs", "5", "--seconds", "2"], ONLINE),
    "idle": Job("idle", "idle", ["--devices", "5000"],
                ["--devices", "50"], IDLE),
}


class Failed(Exception):
    """A run that did not work; the text is for people."""


def say(text):
    print(text, flush=True)


class Peers:
    def __init__(self, options, home):
        self.options = options
        self.home = home
        self.program = os.path.join(options.bin_dir, "tacit-bench")
        self.relay = os.path.join(options.bin_dir, "tacit-relay")
        self.count = 0

    def run(self, job, name, traced=False):
        """One job against one server made for it; its result."""
        self.count += 1
        data = os.path.join(self.home, f"{name}.{self.count}")
        options = ["--json"] + job.arguments
        options += job.small if self.options.quick else []
        with contextlib.ExitStack() as stack:
            server = None
            if name != "tacit":
                server = servers.BY_NAME[name](data, traced)
                stack.enter_context(server)
            else:
                os.mkdir(data, mode=0o700)
                stack.callback(shutil.rmtree, data)
            if job.name == "idle":
                options += self.prepare(options, data, server)
            found = self.ask(options + self.meant(data, server), job.name)
        result = [r for r in found if r["job"] == job.name][0]
        if traced:
            result["flushes"] = server.flushes()
        return result

    def prepare(self, options, data, server):
        """
        Make the devices, and then the server anew: memory that making them
        needed is not there to be used again by their connections.
        """
        self.ask(options + FEW + self.meant(data, server), "register")
        if server is not None:
            server.restart()
        # A line that waits in XREAD takes no XADD: nobody talks there.
        alone = server is not None and server.name == "redis"
        return ["--prepared"] + (["--serve=no"] if alone else [])

    def meant(self, data, server):
        """The part of a command line that says which server is meant."""
        if server is None:
            return ["--driver", "tacit", "--relay", self.relay, "--data", data]
        scheme, user = {"redis": ("redis", ""),
                        "mosquitto": ("mqtt", "bench")}[server.name]
        target = (f"{scheme}://{user}:{server.password}"
                  f"@127.0.0.1:{server.port}")
        return ["--driver", server.name, "--target", target,
                "--pid", str(server.pid), "--data", data]

    def ask(self, options, job):
        """What tacit-bench answers, as a list of its results."""
        command = [self.program] + options + [job]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=RUN_S,
                env=dict(os.environ, TMPDIR=self.home), check=False)
        except subprocess.TimeoutExpired as e:
            raise Failed(f"{job}: no end after {RUN_S} s") from e
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n"
                         f"{done.stdout}{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def rounds(self, job, names):
        """A list of rounds, each a result by server."""
        rounds = []
        for number in range(self.options.rounds):
            done = {}
            for name in names:
                done[name] = self.run(job, name)
                if self.options.json:
                    say(json.dumps(dict(done[name], title=job.title,
                                        round=number + 1)))
            rounds.append(done)
        return rounds


def median_of(rounds, name, key):
    values = [r[name][key] for r in rounds if key in r.get(name, {})]
    return statistics.median(values) if values else None


def ratios_of(rounds, key):
    """Tacit by Redis, each of one round."""
    return [r["tacit"][key] / r["redis"][key] for r in rounds
            if r.get("tacit", {}).get(key) is not None
            and r.get("redis", {}).get(key)]


def words(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def table_row(job, figure, rounds, names):
    key, text, digits, more_is_better = figure
    middle = {name: median_of(rounds, name, key) for name in names}
    ratios = ratios_of(rounds, key)
    told = ""
    if ratios:
        told = (f"{statistics.median(ratios):.2f}"
                f" ({min(ratios):.2f} to {max(ratios):.2f})")
    row = [job.title, text] + [words(middle[n], digits) for n in names]
    plain = {"type": "comparison", "title": job.title, "figure": key,
             "more_is_better": more_is_better, "rounds": len(rounds)}
    plain.update({n: v for n, v in middle.items() if v is not None})
    if ratios:
        plain.update(ratio_to_redis=statistics.median(ratios),
                     ratio_lowest=min(ratios), ratio_highest=max(ratios))
    return row + [told], plain


def print_table(rows, names):
    head = ["job", "figure, median"] + list(names) + ["tacit/redis"]
    rows = [head] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        say("  ".join(
            cell.ljust(w) if i < 2 or i == len(head) - 1 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths))).rstrip())


def machine():
    model = re.search(r"model name\s*: (.*)",
                      open("/proc/cpuinfo", encoding="ascii").read())
    return (f"{platform.machine()}, {os.cpu_count()} cores"
            + (f", {model.group(1)}" if model else ""))


def count_flushes(peers, names):
    """One more run of each peer under strace, which is not timed."""
    for name in names:
        if name == "tacit":
            continue
        result = peers.run(JOBS["submit16"], name, traced=True)
        plain = {"type": "flushes", "driver": name,
                 "messages": result["messages"],
                 "flushes": result["flushes"]}
        say(json.dumps(plain) if peers.options.json else
            f"{name}: {result['flushes']:,} fdatasync and fsync for "
            f"{result['messages']:,.0f} OKs (one run under strace)")


def compare(peers, names):
    rows, notes = [], {}
    for key in peers.options.jobs:
        job = JOBS[key]
        rounds = peers.rounds(job, names)
        for name, result in rounds[0].items():
            if result.get("note"):
                notes[name] = result["note"]
        for figure in job.figures:
            row, plain = table_row(job, figure, rounds, names)
            rows.append(row)
            if peers.options.json:
                say(json.dumps(plain))
    if peers.options.json:
        return
    print_table(rows, names)
    say("\nwhat an OK means:")
    for name, note in notes.items():
        say(f"  {name}: {note}")


def options_of(arguments):
    parser = argparse.ArgumentParser(
        description="The relay beside Redis streams and mosquitto.")
    parser.add_argument("bin_dir", help="where tacit-bench and tacit-relay are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", default=",".join(JOBS),
                        help="of " + ", ".join(JOBS))
    parser.add_argument("--servers", default="tacit,redis,mosquitto")
    parser.add_argument("--quick", action="store_true",
                        help="small jobs: shows that it works, measures little")
    parser.add_argument("--flushes", action="store_true",
                        help="count what the peers flush, with strace")
    parser.add_argument("--json", action="store_true",
                        help="one object a line: every run, then comparisons")
    options = parser.parse_args(arguments)
    options.bin_dir = os.path.abspath(options.bin_dir)
    options.jobs = options.jobs.split(",")
    options.servers = options.servers.split(",")
    for key in options.jobs:
        if key not in JOBS:
            parser.error(f"no job named {key}")
    for name in options.servers:
        if name != "tacit" and name not in servers.BY_NAME:
            parser.error(f"no server named {name}")
    return options


def main():
    options = options_of(sys.argv[1:])
    names = options.servers
    lacking = servers.missing(names)
    if lacking:
        print("not installed: " + ", ".join(lacking), file=sys.stderr)
        return SKIPPED
    if not options.json:
        say(f"machine: {machine()}\n"
            f"rounds: {options.rounds}, servers one after the other in each\n")
    with tempfile.TemporaryDirectory(prefix="tacit-peers.") as home:
        peers = Peers(options, home)
        try:
            compare(peers, names)
            if options.flushes:
                count_flushes(peers, names)
        except (Failed, servers.Failed) as e:
            print(e, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
