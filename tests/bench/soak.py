#!/usr/bin/env python3
"""soak.py BIN_DIR [--minutes 30] [--rate N] [--plot FILE.svg] [--table FILE]

A relay at half load for a long time: pairs that exchange messages at a steady
rate, and mailboxes that fill while their owners are away and are fetched when
they come back.  Every few seconds its memory, descriptors, files and database
are looked at; at the end, with every mailbox empty, they are compared with what
they were when everything had been used once.

The rate is half of what the pairs reach on this machine, unless --rate says it.
The plot needs gnuplot.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

SAMPLE_S = 5
AWAY = ["--messages", "50000"]  # that wait while their owners are away
COLUMNS = {
    "minutes": None,
    "resident_mib": ("tacit_relay_resident_bytes", 1 << 20),
    "descriptors": ("tacit_relay_descriptors", 1),
    "map_pages": ("tacit_relay_map_used_bytes", 4096),
    "log_mib": ("tacit_relay_log_bytes", 1 << 20),
    "queued": ("tacit_relay_mailbox_items", 1),
    "messages": ("tacit_relay_messages_total", 1),
}
PLOTTED = ("resident_mib", "descriptors", "map_pages", "log_mib", "queued")


def metrics_of(address):
    values = {}
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as r:
        for line in r.read().decode().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
    return values


class Soak:
    def __init__(self, bin_dir, home):
        self.bench = bin_dir / "tacit-bench"
        self.home = home
        self.address = "127.0.0.1:19433"
        settings = {"connections": 16000, "connections_per_source": 16000,
                    "registrations_burst": 100000}
        config = home / "relay.conf"
        config.write_text("".join(f"{k} = {v}\n" for k, v in settings.items())
                          + f"metrics = {self.address}\n")
        self.relay = subprocess.Popen(
            [bin_dir / "tacit-relay", "serve", "--data", home / "data",
             "--config", config, "--listen", "127.0.0.1:0",
             "--log-level", "warn"], stdout=subprocess.PIPE, text=True)
        self.link = self.relay.stdout.readline().split()[1]
        self.relay.stdout.readline()
        self.rows = []
        self.began = time.monotonic()

    def job(self, name, *options):
        """Start a job of the load program against this relay."""
        return subprocess.Popen(
            [self.bench, "--target", self.link, "--pid", str(self.relay.pid),
             "--json", *options, name], stdout=subprocess.PIPE, text=True)

    @staticmethod
    def finish(job):
        out, _ = job.communicate()
        if job.returncode != 0:
            raise SystemExit(f"a job failed: {out}")
        return json.loads(out.splitlines()[-1])

    def sample(self):
        values = metrics_of(self.address)
        row = [(time.monotonic() - self.began) / 60]
        row += [values[c[0]] / c[1] for c in COLUMNS.values() if c]
        self.rows.append(dict(zip(COLUMNS, row)))

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sample()
            time.sleep(SAMPLE_S)

    def most(self):
        """Messages a second that the pairs reach when nobody holds back."""
        result = self.finish(self.job("submit", "--window", "1"))
        self.finish(self.job("drain", *AWAY))
        return result["messages_per_s"]

    def run(self, minutes, rate):
        seconds = int(minutes * 60)
        steady = self.job("online", "--rate", str(rate), "--seconds",
                          str(seconds))
        end = time.monotonic() + seconds
        while time.monotonic() < end - 60:
            away = self.job("drain", *AWAY)  # fills, then fetches
            while away.poll() is None:
                self.wait(SAMPLE_S)
            self.finish(away)
            self.wait(20)
        while steady.poll() is None:
            self.wait(SAMPLE_S)
        result = self.finish(steady)
        self.wait(60)  # everything is fetched: what is left is what stays
        return result


def compare(rows, minutes):
    """Medians of the first quiet looks after a tenth, and of the last."""
    early = [r for r in rows if 0.1 <= r["minutes"] / minutes <= 0.25]
    late = rows[-8:]
    print(f"\n{'':14} {'early':>12} {'most':>12} {'drained':>12}")
    for column in PLOTTED:
        print(f"{column:14} "
              f"{statistics.median(r[column] for r in early):12.1f} "
              f"{max(r[column] for r in rows):12.1f} "
              f"{statistics.median(r[column] for r in late):12.1f}")


def plot(rows, path, title):
    data = "".join(" ".join(f"{r[c]:.4f}" for c in COLUMNS) + "\n"
                   for r in rows)
    panels = "".join(
        f"set ylabel '{column.replace('_', ' ')}'\n"
        f"plot '-' using 1:{list(COLUMNS).index(column) + 1} with lines "
        f"notitle\n{data}e\n" for column in PLOTTED)
    script = (f"set terminal svg size 800,1000 background '#ffffff'\n"
              f"set output '{path}'\nset yrange [0:*]\nset grid\n"
              f"set multiplot layout {len(PLOTTED)},1 title '{title}'\n"
              f"{panels}unset multiplot\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int)
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path)
    arguments = parser.parse_args()
    home = pathlib.Path(tempfile.mkdtemp(prefix="tacit-soak."))
    soak = Soak(arguments.bin_dir.resolve(), home)
    try:
        rate = arguments.rate or int(soak.most() / 2)
        print(f"{rate} messages/s between pairs for {arguments.minutes:g} "
              "minutes, and mailboxes that fill and are fetched", flush=True)
        soak.began = time.monotonic()
        result = soak.run(arguments.minutes, rate)
        print(f"the pairs' messages arrived after {result['p50_ms']:.2f} ms "
              f"(50 %), {result['p99_ms']:.2f} ms (99 %)")
        print(f"{soak.rows[-1]['messages'] - soak.rows[0]['messages']:,.0f} "
              "messages in all")
        compare(soak.rows, arguments.minutes)
        if arguments.table:
            arguments.table.write_text(
                "\t".join(COLUMNS) + "\n" + "".join(
                    "\t".join(f"{r[c]:.2f}" for c in COLUMNS) + "\n"
                    for r in soak.rows))
        if arguments.plot:
            plot(soak.rows, arguments.plot,
                 f"{arguments.minutes:g} minutes at {rate} messages/s")
    finally:
        soak.relay.terminate()
        code = soak.relay.wait()
        shutil.rmtree(home, ignore_errors=True)
    if code != 0:
        sys.exit("the relay did not end in good order")


if __name__ == "__main__":
    main()
