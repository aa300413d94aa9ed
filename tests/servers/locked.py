"""A bucket with Object Lock as AWS has it: what is locked, for whom, and how all comes back.

The administrator and the thief are boto3, a client that shares nothing with ours; the thief has the
key of the daemon.
"""

import time
from datetime import datetime, timedelta, timezone

from botocore.exceptions import ClientError

from house import expect


def refused(act):
    """Whether the server refuses, and by which word."""
    try:
        act()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def ours(house):
    """All versions of what a set needs."""
    found = house.bucket.versions(f"{house.prefix}/")
    return [one for one in found if "/locks/" not in one["Key"] and "duphong-" not in one["Key"]]


def lock_of(house, one):
    told = house.bucket.client().head_object(Bucket=house.bucket.name, Key=one["Key"], VersionId=one["VersionId"])
    return told.get("ObjectLockMode"), told.get("ObjectLockRetainUntilDate")


def check_locks(house, mode, days):
    least = datetime.now(timezone.utc) + timedelta(days=days) - timedelta(hours=1)
    all_of_them = ours(house)
    expect(len(all_of_them) >= 5, f"too few objects: {all_of_them}")
    for one in all_of_them:
        found, until = lock_of(house, one)
        expect(found == mode.upper() and until >= least, f"{one['Key']}: {found} until {until}")
    return len(all_of_them)


def sets_and_locks(house, said):
    """Everything that a set needs is locked before it counts; stock restic reads it."""
    house.do("init")
    house.snapshot()
    house.change()
    house.snapshot()
    count = check_locks(house, house.mode, 90)
    house.verify()
    house.restore()
    house.restic("check", "--read-data", "--no-lock")
    said.append(f"{count} versions, each locked ({house.mode}) for 90 days and more")


def rights(house, said):
    """The key of the daemon can remove no version and shorten no lock; nor can whoever pays."""
    thief, admin, name = house.bucket.client(house.bucket.key), house.bucket.client(), house.bucket.name
    one = ours(house)[0]
    where = {"Bucket": name, "Key": one["Key"], "VersionId": one["VersionId"]}
    expect(refused(lambda: thief.delete_object(**where)) == "AccessDenied", "the daemon's key removes a version")
    expect(refused(lambda: admin.delete_object(**where)) == "AccessDenied", "a locked version was removed")
    if house.mode == "compliance":
        bypass = refused(lambda: admin.delete_object(**where, BypassGovernanceRetention=True))
        expect(bypass == "AccessDenied", "a lock of compliance was lifted")
    expect(refused(lambda: thief.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": []})) == "AccessDenied", "the daemon's key sets rules")


def doctor(house, said):
    """What can be tried is tried, and what the server does not honor is said."""
    answer = house.do("repository", "doctor", "bucket", ends=(0, 1, 3))
    trials = {one["subject"]: one["proof"] for one in answer.result["repositories"][0]["trials"]}
    for subject in ("clock", "versions", "removal", "lock", "extension", "lifecycle"):
        expect(trials.get(subject) == "proven", f"{subject}: {answer}")
    # moto lets anyone shorten a lock: a doctor who called that proven would have looked away.
    expect(trials.get("shortening") == "refuted", f"shortening: {trials}")
    expect(answer.exit == 1, f"{answer}")
    expect(answer.seconds < 60, f"took {answer.seconds:.0f} s")
    said.append(f"exit {answer.exit}: " + ", ".join(f"{subject} {proof}" for subject, proof in trials.items()))


def extension(house, said):
    """A longer retention reaches what lies there already, before the next set."""
    house.lock = house.lock.replace("90d", "200d")
    house.write()
    taken = house.snapshot()
    count = check_locks(house, house.mode, 200)
    house.lock = house.lock.replace("200d", "90d")
    house.write()
    said.append(f"{count} versions for 200 days and more: {taken.result['sets'][0].get('object-lock')}")


def attack(house, said):
    """A thief with the daemon's key hides and overwrites everything; the restore is equal."""
    media, locked = house.media(), len(ours(house))
    time.sleep(2)
    well = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(2)
    thief, name = house.bucket.client(house.bucket.key), house.bucket.name
    for number, one in enumerate(ours(house)):
        where = {"Bucket": name, "Key": one["Key"]}
        gone = refused(lambda: thief.delete_object(**where, VersionId=one["VersionId"]))
        expect(gone == "AccessDenied", f"{one['Key']} was removed for good")
        if number % 3:
            thief.put_object(**where, Body=b"xin tien chuoc")
        if number % 3 != 1:
            thief.delete_object(**where)
    broken = house.ask("repository", "verify", "bucket")
    expect(broken.exit not in (0, 3), f"sound after an attack: {broken}")
    house.restore("--as-of", well, media=media)
    house.verify("--as-of", well)
    planned = house.do("repository", "repair", "bucket", "--unhide", "--as-of", well, "--dry-run")
    expect(house.ask("repository", "verify", "bucket").exit not in (0, 3), "a plan changed something")
    done = house.do("repository", "repair", "bucket", "--unhide", "--as-of", well)
    house.verify()
    house.restore(media=media)
    house.restic("check", "--read-data", "--no-lock")
    house.snapshot()
    said.append(f"{locked} versions attacked, {done.result['brought-back']} names brought back "
                f"in {done.seconds:.1f} s; plan: exit {planned.exit}")


def cleaning(house, said):
    """Forget and prune hide; what was hidden comes back while its lock lasts."""
    media = house.media()
    time.sleep(2)
    well = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(2)
    house.change()
    house.snapshot()
    house.do("repository", "forget", "--repository", "bucket")
    house.do("repository", "prune", "bucket", "--max-unused", "0")
    house.verify()
    house.restore()
    house.restore("--as-of", well, media=media)
    said.append(f"{len(house.bucket.keys())} names, {len(house.bucket.versions())} versions")


def bypass(house, said):
    """A lock of governance yields to the administrator who says so, and to nobody else."""
    one = ours(house)[0]
    where = {"Bucket": house.bucket.name, "Key": one["Key"], "VersionId": one["VersionId"]}
    thief, admin = house.bucket.client(house.bucket.key), house.bucket.client()
    lifts = refused(lambda: thief.delete_object(**where, BypassGovernanceRetention=True))
    expect(lifts == "AccessDenied", "the daemon's key lifts a lock")
    admin.delete_object(**where, BypassGovernanceRetention=True)
    expect(all(other["VersionId"] != one["VersionId"] for other in ours(house)), "the lock was not lifted")


SCENES = [sets_and_locks, rights, doctor, extension, attack, cleaning]
