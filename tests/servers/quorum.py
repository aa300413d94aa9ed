"""Three nodes that keep everything three times: one dies in the middle, then two are dead.

With one of three dead the server still has its majority: a run goes on, or ends with an error and
goes on when it is run again. With two dead it has none: nothing may be called done.
"""

import shutil
import time

import plain
from house import expect


def in_the_middle(house, count, size, act, *arguments):
    """Runs the program and acts once half of it went by; the answer."""
    reached = plain.half(house, count, size)
    began = time.monotonic()
    process = house.start(*arguments)
    while process.poll() is None and not reached():
        time.sleep(0.02)
    expect(process.poll() is None, f"{arguments} had ended before its middle")
    act()
    return house.end(arguments, process, began)


def again(house, answer, *arguments, tries=3):
    """What did not end well is run again; how often that was needed."""
    for number in range(tries):
        if answer.exit == 0:
            return number
        expect(answer.exit in (1, 3, 11), f"not an error of its own kind: {answer}")
        if answer.exit == 11:
            house.do("repository", "unlock", "bucket")
        answer = house.ask(*arguments)
    expect(answer.exit == 0, f"not done after {tries} times: {answer}")
    return tries


def revive(server, node):
    node.start()
    node.wait()
    server.wait()


def one_dies_in_a_snapshot(house, said):
    house.do("init")
    house.snapshot()
    server, create = house.bucket.server, ["snapshot", "create", "--portal", "mau"]
    size = plain.grow(house, house.megabytes)
    answer = in_the_middle(house, "sent", size, server.nodes[2].kill, *create)
    runs = again(house, answer, *create)
    said.append(f"{size >> 20} MB; first run: exit {answer.exit} after {answer.seconds:.0f} s; run again {runs} times")
    house.restore()
    house.restic("check", "--read-data")
    revive(server, server.nodes[2])
    house.do("repository", "verify", "bucket")


def one_dies_in_a_restore(house, said):
    server, target = house.bucket.server, house.path("restored")
    size = sum(one.stat().st_size for one in house.files_on_disk())
    arguments = ["restore", "latest", "--portal", "mau", "--repository", "bucket", "--target", target]
    shutil.rmtree(target, ignore_errors=True)
    answer = in_the_middle(house, "received", size, server.nodes[0].kill, *arguments)
    runs = again(house, answer, *arguments, "--resume")
    house.check_restored(target)
    said.append(f"{size >> 20} MB; first run: exit {answer.exit} after {answer.seconds:.0f} s; resumed {runs} times")
    revive(server, server.nodes[0])


def one_dies_in_a_prune(house, said):
    """The most that is removed and written at once: what remains must be whole."""
    server = house.bucket.server
    # Nothing is forgotten while no set is proven.
    house.verify()
    house.do("repository", "forget", "--repository", "bucket")
    prune = ["repository", "prune", "bucket", "--max-unused", "0"]
    process = house.start(*prune)
    time.sleep(0.5)
    server.nodes[1].kill()
    answer = house.end(prune, process, time.monotonic())
    runs = again(house, answer, *prune)
    house.restore()
    house.restic("check", "--read-data")
    said.append(f"first run: exit {answer.exit}; run again {runs} times")
    revive(server, server.nodes[1])


def two_die(house, said):
    """No majority: an error, no set; all is as before once they are back."""
    server, create = house.bucket.server, ["snapshot", "create", "--portal", "mau"]
    before = sorted(one["id"] for one in house.sets())
    size = plain.grow(house, house.megabytes)

    def kill():
        server.nodes[1].kill()
        server.nodes[2].kill()

    answer = in_the_middle(house, "sent", size, kill, *create)
    expect(answer.exit not in (0, 3), f"called done with one node of three: {answer}")
    began = time.monotonic()
    verified = house.ask("repository", "verify", "bucket")
    expect(verified.exit not in (0, 3), f"called sound with one node of three: {verified}")
    said.append(f"snapshot: exit {answer.exit} {answer.code} after {answer.seconds:.0f} s; "
                f"verify: exit {verified.exit} {verified.code} after {time.monotonic() - began:.0f} s")
    server.nodes[1].start()
    server.nodes[2].start()
    server.nodes[1].wait()
    server.nodes[2].wait()
    server.wait()
    locks = house.ask("repository", "unlock", "bucket")
    after = sorted(one["id"] for one in house.sets())
    expect(before == after, f"sets before {before}, after {after}")
    again(house, house.ask(*create), *create)
    house.verify()
    house.restore()
    house.restic("check", "--read-data")
    said.append(f"unlock afterwards: exit {locks.exit}")


SCENES = [one_dies_in_a_snapshot, one_dies_in_a_restore, one_dies_in_a_prune, two_die]
