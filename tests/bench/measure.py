"""What the programs that measure have in common: costs of a command, a server, a table of ratios."""
import json
import os
import pathlib
import platform
import pwd
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = "duphong"


class Cost:
    """What one step took: seconds, seconds of processor, of these for itself, bytes at its peak."""

    def __init__(self, wall=0.0, cpu=0.0, user=0.0, peak=0):
        self.wall, self.cpu, self.user, self.peak = wall, cpu, user, peak

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, self.user + other.user,
                    max(self.peak, other.peak))


# Between us and what is measured, since the peak of a process begins with that of the one which starts
# it, and ours is larger than that of a small engine: this one has 9 MB.
LAUNCHER = """
import json, os, signal, sys, time
report = int(sys.argv[1])
os.set_inheritable(report, False)
started = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
_, status, usage = os.wait4(process, 0)
wall = time.monotonic() - started
said = [wall, usage.ru_utime + usage.ru_stime, usage.ru_utime, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)]
os.write(report, json.dumps(said).encode())
"""


def measured(command, stdin=subprocess.DEVNULL, accepted=(0,), **options):
    """Runs a command to its end; its children count once it has waited for them."""
    # Files and not pipes of ours: reading what a stream gives would be measured as well.
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as report:
        options = {"stdout": said, **options}
        launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(report.fileno()), *(str(word) for word in command)]
        subprocess.run(launch, stdin=stdin, stderr=said, pass_fds=[report.fileno()], **options)
        report.seek(0)
        *cost, code = json.loads(report.read() or '["not started"]')
        if code not in accepted:
            said.seek(0)
            sys.exit(f"error: {command} ended with {code}:\n{said.read().decode(errors='replace')}")
    return Cost(*cost)


def piped(command, expected, **options):
    """The same of a command that gives a stream, which must have the bytes of the file `expected`."""
    # Who reads it must be quicker than who gives it: comparing is, a digest is not everywhere.
    with subprocess.Popen(["cmp", "-", str(expected)], stdin=subprocess.PIPE) as comparison:
        cost = measured(command, stdout=comparison.stdin, **options)
        comparison.stdin.close()
    if comparison.returncode != 0:
        sys.exit(f"error: {command} gave other bytes than went in")
    return cost


def say(words):
    print(words, file=sys.stderr, flush=True)


def size_of(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


class Server:
    """A PostgreSQL server of our own, on a socket in the work folder, as nobody special."""

    def __init__(self, folder):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        found = str(programs[-1]) if programs else shutil.which("initdb")
        if not found:
            sys.exit("error: PostgreSQL was not found: run tests/install")
        self.programs = pathlib.Path(found).parent
        self.data = folder / "cluster"
        self.socket = folder
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        self.name = self.user or pwd.getpwuid(os.geteuid()).pw_name

    def __enter__(self):
        as_user = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        if not (self.data / "PG_VERSION").exists():
            self.data.mkdir(parents=True)
            if self.user:
                shutil.chown(self.data, self.user, self.user)
                shutil.chown(self.socket, self.user, self.user)
            self.run("initdb", "-D", self.data, "-A", "trust", "-U", self.name, "-E", "UTF8",
                     "--locale=C.UTF-8", "--no-sync", **as_user)
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, "-k", self.socket, "-c", "listen_addresses=",
             "-c", "fsync=off", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"],
            cwd="/", stdout=subprocess.DEVNULL, stderr=open(self.socket / "server.log", "wb"), **as_user)
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", self.socket]).returncode != 0:
            if self.process.poll() is not None:
                sys.exit((self.socket / "server.log").read_text())
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def run(self, program, *arguments, **options):
        subprocess.run([self.programs / program, *arguments], check=True, cwd="/",
                       stdout=subprocess.DEVNULL, **options)

    def sql(self, database, text=None, **options):
        feed = {"input": text.encode()} if text is not None else {}
        self.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", self.name,
                 "-d", database, **feed, **options)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def table(title, steps, results):
    """The Markdown of one scene: each tool, and ratios of ours to each peer."""
    names = list(results)
    peers = names[1:] if names[0] == OURS else []
    median = statistics.median
    head = [title, *(f"{name}: {what}" for name in names for what in ("wall", "CPU", "user", "peak")),
            *(f"to {peer}: {what}" for peer in peers for what in ("wall", "user", "peak"))]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for index, step in enumerate(steps):
        runs = {name: [costs[index] for costs, _ in results[name]] for name in names}
        cells = [step]
        for name in names:
            cells += [f"{median(cost.wall for cost in runs[name]):.2f} s",
                      f"{median(cost.cpu for cost in runs[name]):.2f} s",
                      f"{median(cost.user for cost in runs[name]):.2f} s",
                      f"{median(cost.peak for cost in runs[name]) / 1e6:.0f} MB"]
        for peer in peers:
            pairs = list(zip(runs[OURS], runs[peer]))
            cells += [f"{median(one.wall / other.wall for one, other in pairs):.2f}",
                      f"{median(one.user / other.user for one, other in pairs):.2f}",
                      f"{median(one.peak / other.peak for one, other in pairs):.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    stages = len(next(iter(results.values()))[0][1])
    lines.append("")
    for index in range(stages):
        sizes = {name: median(sizes[index] for _, sizes in results[name]) for name in names}
        said = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items())
        more = ""
        if index > 0:
            before = {name: median(sizes[index - 1] for _, sizes in results[name]) for name in names}
            more = " Added: " + ", ".join(f"{name} {(sizes[name] - before[name]) / 1e6:.1f} MB" for name in names) + "."
        lines.append(f"Repository, stage {index + 1}: {said}.{more}")
    return "\n".join(lines)


def write(text, name):
    """Puts `text` between the marks `name` of the document."""
    document = ROOT / "docs" / "BENCHMARKS.md"
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = document.read_text().split(begin)
    document.write_text(f"{before}{begin}\n{text}\n{rest[rest.index(end):]}")
