"""What any S3 server must carry: the whole life of a repository, page by page and byte by byte.

Each scene takes a house on a bucket of its own and a list that it adds figures to. What a server
cannot do is a figure and no failure, as long as the program says so too.
"""

import contextlib
import hashlib
import shutil
import signal
import time

from house import expect


def life(house, said):
    """Init, sets, verify, restore; stock restic reads the same and writes beside us."""
    made = house.do("init")
    conditions = made.result["repositories"][0]["conditional-writes"]
    first = house.snapshot()
    house.change()
    second = house.snapshot()
    expect(len(house.sets()) == 2, f"not two sets: {house.sets()}")
    house.verify()
    restored = house.restore()
    house.restic("check", "--read-data")
    target = house.path("by-restic")
    house.restic("restore", "latest", "--target", target)
    house.check_restored(target)
    house.restic("backup", "--host", "khac", house.path("portal", "media"))
    house.verify()
    house.change()
    house.snapshot()
    house.restic("check", "--read-data")
    said.append(f"conditional writes: {conditions}; snapshot {first.seconds:.1f} s, next {second.seconds:.1f} s, "
                f"restore {restored.seconds:.1f} s")


def cleaning(house, said):
    """Forget and prune; what was removed is gone from the bucket, what remains is whole."""
    before, sets = len(house.bucket.keys()), len(house.sets())
    house.do("repository", "forget", "--repository", "bucket")
    # The newest one stays, one that was proven, and that of restic, which is nobody's.
    expect(len(house.sets()) == sets - 1, f"{sets} sets, then {len(house.sets())}")
    house.do("repository", "prune", "bucket", "--max-unused", "0")
    after = len(house.bucket.keys())
    expect(after < before, f"prune freed nothing: {before} objects, then {after}")
    house.verify()
    house.restore()
    house.restic("check", "--read-data")
    said.append(f"{before} objects, then {after}")


def copying(house, said):
    """Into a folder, and from it into another place of the bucket."""
    house.do("repository", "copy", "--from", "bucket", "--to", "local")
    house.verify(name="local")
    # Another installation: its log knows nothing of the sets of the first.
    with open(house.path("duphong.yaml"), encoding="utf-8") as file:
        text = file.read().replace("state: state", "state: other-state")
    other = text.replace(f"prefix: {house.prefix}", "prefix: khac")
    with open(house.path("other.yaml"), "w", encoding="utf-8") as file:
        file.write(other)
    options = ["--config", house.path("other.yaml")]
    house.do(*options, "init")
    house.do(*options, "repository", "copy", "--from", "local", "--to", "bucket")
    house.do(*options, "repository", "verify", "bucket", "--read-data")
    house.restic("check", "--read-data", prefix="khac")
    said.append(f"{len(house.bucket.keys('khac/'))} objects in the second place")


def password(house, said):
    """The password is replaced: the old one opens nothing, the new one everything."""
    old = open(house.path("secrets", "bucket"), encoding="utf-8").read()
    house.do("key", "rotate", "bucket")
    new = open(house.path("secrets", "bucket"), encoding="utf-8").read()
    expect(old != new, "the password is the same")
    house.verify()
    house.restic("snapshots")
    with open(house.path("secrets", "bucket"), "w", encoding="utf-8") as file:
        file.write(old)
    refused = house.ask("repository", "verify", "bucket")
    with open(house.path("secrets", "bucket"), "w", encoding="utf-8") as file:
        file.write(new)
    expect(refused.exit == 12, f"the old password still opens: {refused}")


def half(house, count, size):
    """Waits until so many bytes went by, counted where connections are handed on."""
    counter = getattr(house.bucket.server, "balancer", None)
    from_here = getattr(counter, count) if counter else len(house.bucket.keys())

    def passed():
        if counter:
            return getattr(counter, count) - from_here >= size / 2
        # A pack of 16 MiB is an object.
        return len(house.bucket.keys()) - from_here >= max(1, size / 2 / (16 << 20))
    return passed


def grow(house, megabytes):
    """So much that is new, so that a run has a middle."""
    for _ in range(max(1, megabytes // 8)):
        house.change(8 << 20)
    return megabytes << 20


def killed(house, said):
    """A snapshot is killed at half; unlock proves that its holder is gone; the next one goes on."""
    size = grow(house, house.megabytes)
    reached = half(house, "sent", size)
    process = house.start("snapshot", "create", "--portal", "mau")
    while process.poll() is None and not reached():
        time.sleep(0.02)
    expect(process.poll() is None, "the snapshot had ended before it was killed")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = len(house.bucket.keys(f"{house.prefix}/locks/"))
    expect(left >= 1, "the killed run left no lock")
    house.do("repository", "unlock", "bucket")
    expect(not house.bucket.keys(f"{house.prefix}/locks/"), "a lock is left")
    counter = getattr(house.bucket.server, "balancer", None)
    before = counter.sent if counter else 0
    house.snapshot()
    if counter:
        said.append(f"{size >> 20} MB, killed at half; {(counter.sent - before) / size:.0%} of it sent by the next run")
    house.verify()
    house.restore()
    house.restic("check", "--read-data")


def pages(house, said):
    """More objects than a page of a listing names, most of them of no use: prune removes those."""
    client, count = house.bucket.client(), 2100
    for number in range(count):
        name = hashlib.sha256(str(number).encode()).hexdigest()
        key = f"{house.prefix}/data/{name[:2]}/{name}"
        client.put_object(Bucket=house.bucket.name, Key=key, Body=b"khong ai can" * 8)
    listed = len(house.bucket.keys(f"{house.prefix}/data/"))
    expect(listed > count, f"{listed} objects are listed")
    began = time.monotonic()
    house.do("repository", "prune", "bucket")
    seconds = time.monotonic() - began
    left = len(house.bucket.keys(f"{house.prefix}/data/"))
    expect(left == listed - count, f"{listed} objects, {count} of no use, {left} left")
    house.verify()
    said.append(f"{listed} objects on {listed // 1000 + 1} pages; prune removed {count} in {seconds:.0f} s")


def refusals(house, said):
    """What a wrong configuration meets: an error with its own name, soon, and never a set."""
    right = house.key
    wrong = "A" * len(right[1])

    def meets(what, codes):
        house.write()
        answer = house.ask("snapshot", "create", "--portal", "mau")
        expect(answer.exit not in (0, 3), f"{what}: {answer}")
        expect(answer.code in codes, f"{what}: {answer}")
        expect(answer.seconds < 60, f"{what} took {answer.seconds:.0f} s: {answer}")
        said.append(f"{what}: {answer.code} in {answer.seconds:.1f} s")

    if house.bucket.server.signs:
        house.key = (right[0], wrong)
        meets("wrong secret", {"store.key-refused"})
    else:
        said.append("NOT PROVEN: a wrong secret is refused, since the server checks no signatures")
    house.key = ("GK" + "0" * 24, right[1])
    meets("unknown key", {"store.key-refused"})
    house.key = right
    name, house.bucket.name = house.bucket.name, "khong-co"
    meets("no such bucket", {"store.no-bucket", "store.denied"})
    house.bucket.name = name
    if house.bucket.region == "garage":
        house.region = "us-east-1"
        meets("wrong region", {"store.region"})
        house.region = house.bucket.region
    house.write()
    house.verify()


def clock(house, said):
    """A clock that is off by more than the protocol allows: refused, and called by its name."""
    if not shutil.which("faketime"):
        said.append("NOT PROVEN: the program faketime is not here")
        return
    answer = house.ask("repository", "verify", "bucket", before=["faketime", "-f", "+40m"],
                       extra={"FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    if answer.exit == 0:
        said.append("NOT PROVEN: the server takes requests that are 40 minutes off")
        return
    expect(answer.code == "store.clock", f"a clock that is 40 minutes off: {answer}")
    said.append(f"40 minutes off: {answer.code}")


def doctor(house, said):
    """What is tried on the bucket itself; a server without versions must be called one."""
    answer = house.do("repository", "doctor", "bucket", ends=(0, 1, 3))
    trials = {one["subject"]: one["proof"] for one in answer.result["repositories"][0]["trials"]}
    expect("clock" in trials and "versions" in trials and "conditions" in trials, f"{trials}")
    says = house.bucket.client().get_bucket_versioning
    with contextlib.suppress(Exception):
        versioned = says(Bucket=house.bucket.name).get("Status") == "Enabled"
        expect((trials["versions"] == "proven") == versioned, f"versioned: {versioned}, {trials}")
    said.append(f"exit {answer.exit}: " + ", ".join(f"{subject} {proof}" for subject, proof in trials.items()))


def unlockable(house, said):
    """Object Lock is wanted where the server has none: there must be no set that claims it."""
    house.lock = "{ mode: compliance, retention: 90d }"
    house.prefix = "khoa"
    house.write()
    made = house.ask("repository", "init", "bucket")
    expect(made.code == "store.no-lock", f"init: {made}")
    taken = house.ask("snapshot", "create", "--portal", "mau")
    expect(taken.exit not in (0, 3), f"a set that claims a lock: {taken}")
    examined = house.ask("repository", "doctor", "bucket")
    expect(examined.exit == 1, f"doctor: {examined}")
    trials = {one["subject"]: one["proof"] for one in examined.result["repositories"][0]["trials"]}
    expect(trials["lock"] == "refuted", f"doctor: {trials}")
    house.lock, house.prefix = "", "tinh/mau"
    house.write()
    said.append(f"init: {made.code}; snapshot: {taken.code}; doctor: lock refuted")


SCENES = [life, doctor, cleaning, copying, password, killed, pages, refusals, clock]
