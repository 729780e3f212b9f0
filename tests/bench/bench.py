#!/usr/bin/env python3
"""bench.py BIN_DIR - the real programs on loopback, everything durable.

  end to end   one `tacit send --lines` to one `tacit receive --follow`: from
               the start of the sender to the last line at the receiver
  one send     `tacit send` to an existing session, one process per message
"""
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MESSAGES = 30000
SENDS = 100


def environment(home):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("TACIT", "XDG"))}
    return dict(env, HOME=str(home), LC_ALL="C.UTF-8")


def cpu_s(process):
    """User and system time of a process that runs."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text() \
        .rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, programs):
        self.programs = programs
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tacit-bench."))
        self.env = environment(self.home)
        self.relay = subprocess.Popen(
            [programs / "tacit-relay", "serve", "--data", self.home / "relay",
             "--listen", "127.0.0.1:0", "--log-level", "warn"],
            stdout=subprocess.PIPE, text=True, env=self.env)
        self.link = self.relay.stdout.readline().split()[1]
        self.relay.stdout.readline()
        for name in ("alice", "bob"):
            self.run(name, "register", name, "--relay", self.link,
                     "--no-passphrase")
        self.run("alice", "send", "bob", "hello")
        self.run("bob", "receive")
        self.run("bob", "send", "alice", "hello")
        self.run("alice", "receive")

    def command(self, user, *words):
        return [self.programs / "tacit", "--home", self.home / user, "--quiet",
                *words]

    def run(self, user, *words):
        subprocess.run(self.command(user, *words), check=True, env=self.env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def close(self):
        self.relay.terminate()
        self.relay.wait()
        shutil.rmtree(self.home)

    def end_to_end(self):
        self.run("bob", "receive")  # what one_send() left
        receiver = subprocess.Popen(self.command("bob", "receive", "--follow"),
                                    stdout=subprocess.PIPE, env=self.env)
        time.sleep(0.5)  # it is connected
        lines = self.home / "lines"
        lines.write_text("".join(f"message {n} of a measurement that looks "
                                 "like something people say\n"
                                 for n in range(MESSAGES)))
        before = [cpu_s(p) for p in (self.relay, receiver)]
        began = time.perf_counter()
        with open(lines) as stdin:
            sender = subprocess.Popen(
                self.command("alice", "send", "bob", "--lines"),
                stdin=stdin, stdout=subprocess.DEVNULL, env=self.env)
        for n in range(MESSAGES):
            line = receiver.stdout.readline()
            if not line.rstrip().endswith(
                    f"message {n} of a measurement that looks like something "
                    "people say".encode()):
                raise SystemExit(f"message {n} came as {line!r}")
        took = time.perf_counter() - began
        after = [cpu_s(p) for p in (self.relay, receiver)]
        _, status, used = os.wait4(sender.pid, 0)
        if status != 0:
            raise SystemExit("the sender failed")
        receiver.terminate()
        receiver.wait()
        each = 1e6 / MESSAGES  # microseconds a message
        print(f"end to end: {MESSAGES} messages in {took:.2f} s: "
              f"{MESSAGES / took:,.0f} messages/s\n"
              "            CPU a message: sender "
              f"{(used.ru_utime + used.ru_stime) * each:.0f} us, relay "
              f"{(after[0] - before[0]) * each:.0f} us, receiver "
              f"{(after[1] - before[1]) * each:.0f} us")

    def one_send(self):
        walls = []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for n in range(SENDS):
            began = time.perf_counter()
            self.run("alice", "send", "bob", f"send {n}")
            walls.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)  # an idle machine
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime
               - before.ru_utime - before.ru_stime) * 1000 / SENDS
        walls.sort()
        print(f"one send: {SENDS} runs: median {statistics.median(walls):.1f}"
              f" ms, 95% {walls[SENDS * 95 // 100]:.1f} ms, "
              f"most {walls[-1]:.1f} ms; CPU {cpu:.1f} ms")


def main():
    bench = Bench(pathlib.Path(sys.argv[1]).resolve())
    try:
        bench.one_send()
        bench.end_to_end()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
