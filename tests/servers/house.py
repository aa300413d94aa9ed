"""An installation of duphong on one bucket, and what a scene does with it.

Everything goes through the program itself, asked for JSON; what it wrote is compared byte for byte
with what it was made from.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

CONFIGURATION = """
site: {{ id: mau, name: Mẫu, timezone: Asia/Ho_Chi_Minh, language: en }}
state: state
repositories:
  bucket:
    s3: {{ endpoint: "{endpoint}", bucket: {bucket}, prefix: {prefix}, region: {region},
          credentials: {{ file: secrets/s3 }} }}
    password: {{ file: secrets/bucket }}
{lock}
  local: {{ path: repository, password: {{ file: secrets/local }} }}
portals:
  mau:
    kind: cong
    owner: UBND tỉnh Mẫu
    operator: Trung tâm Thông tin
    level: 3
    databases: [ {{ name: cong, sqlite: {{ path: portal/cong.sqlite }} }} ]
    trees: [ {{ role: media, name: tep, path: portal/media }} ]
    snapshot: {{ to: [bucket], rpo: 1h, retention: {{ last: 1 }} }}
    drill: {{ from: bucket, rto: 1h, scratch: scratch }}
"""


class Wrong(Exception):
    """Something is not as a scene expects it."""


def expect(holds, what):
    if not holds:
        raise Wrong(what)


class Answer:
    """What the program said, and how long it took to say it."""

    def __init__(self, arguments, code, text, errors, seconds):
        self.arguments, self.exit, self.errors, self.seconds = arguments, code, errors, seconds
        try:
            self.json = json.loads(text)
        except ValueError:
            raise Wrong(f"{arguments}: exit {code}, and no JSON: {text[-300:]!r} {errors[-300:]!r}") from None
        self.result = self.json["result"]

    @property
    def code(self):
        return (self.json["error"] or {}).get("code")

    def __str__(self):
        error = self.json["error"] or {}
        said = error.get("chain") or error.get("message") or json.dumps(self.result)[:400]
        return f"duphong {' '.join(self.arguments)}: exit {self.exit} {self.code or ''} {said}"


class House:
    def __init__(self, folder, program, bucket, megabytes, prefix="tinh/mau", lock=""):
        self.folder, self.program, self.bucket = folder, os.path.abspath(program), bucket
        self.prefix, self.lock, self.region, self.key = prefix, lock, bucket.region, bucket.key
        self.megabytes, self.random = megabytes, random.Random(megabytes)
        os.makedirs(self.path("portal", "media", "sâu"))
        os.makedirs(self.path("secrets"), mode=0o700)
        self.database = sqlite3.connect(self.path("portal", "cong.sqlite"))
        self.database.execute("CREATE TABLE bai (id INTEGER PRIMARY KEY, noi_dung TEXT)")
        self.files = 0
        for _ in range(max(4, megabytes // 8)):
            self.change(8 << 20 if megabytes >= 32 else megabytes << 18)
        self.write()

    def path(self, *below):
        return os.path.join(self.folder, *below)

    def write(self):
        """The configuration as it is now to be."""
        with open(self.path("duphong.yaml"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                endpoint=self.bucket.endpoint, bucket=self.bucket.name, prefix=self.prefix,
                region=self.region, lock=f"    object-lock: {self.lock}" if self.lock else ""))
        with open(self.path("secrets", "s3"), "w", encoding="utf-8", opener=private) as file:
            file.write("\n".join(self.key) + "\n")

    def change(self, size=1 << 20):
        """The portal lives: a row and a picture more, which does not shrink. Noise without the head of
        a format would raise the alarm of encryption, and hold all sets."""
        self.files += 1
        words = f"Bài số {self.files}: {self.random.randbytes(400).hex()}"
        self.database.execute("INSERT INTO bai (noi_dung) VALUES (?)", (words,))
        self.database.commit()
        with open(self.path("portal", "media", "sâu", f"ảnh {self.files}.jpg"), "wb") as file:
            file.write(b"\xff\xd8\xff\xe0" + self.random.randbytes(size - 4))

    def files_on_disk(self):
        return [path for path in pathlib.Path(self.path("portal")).rglob("*") if path.is_file()]

    def start(self, *arguments, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.folder, **options.pop("extra", {})}
        return subprocess.Popen(
            [*options.pop("before", []), self.program, "--json", "--quiet", *arguments], cwd=self.folder,
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, arguments, process, began):
        out, errors = process.communicate()
        return Answer(arguments, process.returncode, out, errors, time.monotonic() - began)

    def ask(self, *arguments, **options):
        """Runs the program to its end, whatever it says."""
        began = time.monotonic()
        return self.end(arguments, self.start(*arguments, **options), began)

    def do(self, *arguments, ends=(0,), **options):
        """Runs the program, which must end so."""
        answer = self.ask(*arguments, **options)
        expect(answer.exit in ends, f"{answer}")
        return answer

    def snapshot(self, **options):
        return self.do("snapshot", "create", "--portal", "mau", **options)

    def verify(self, *more, name="bucket"):
        return self.do("repository", "verify", name, "--read-data", *more)

    def sets(self, name="bucket"):
        return self.do("snapshot", "list", "--repository", name).result["sets"]

    def digests(self, folder):
        """The digest of every file below a folder, by its path."""
        found = {}
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    def media(self):
        return self.digests(self.path("portal", "media"))

    def check_restored(self, target, media=None):
        """What was restored is what was there: the tree byte for byte, the database row by row."""
        found = self.digests(target)
        tree = {name.split("media/tep/", 1)[1]: digest for name, digest in found.items() if "media/tep/" in name}
        expect(tree == (media or self.media()), f"{target}: the tree differs from the source")
        databases = [name for name in found if name.endswith(".sqlite") or "/db/" in f"/{name}"]
        expect(databases, f"{target}: no database was restored: {sorted(found)[:8]}")
        shutil.rmtree(target)
        return len(found)

    def restore(self, *more, media=None):
        target = self.path("restored")
        shutil.rmtree(target, ignore_errors=True)
        answer = self.do("restore", "latest", "--portal", "mau", "--repository", "bucket", "--target", target, *more)
        self.check_restored(target, media)
        return answer

    def restic(self, *arguments, ends=0, prefix=None):
        """Stock restic on the same repository."""
        where = f"s3:{self.bucket.endpoint}/{self.bucket.name}/{prefix or self.prefix}"
        done = subprocess.run(
            ["restic", "--no-cache", "-q", "-r", where, "-o", "s3.bucket-lookup=path", "-o", f"s3.region={self.region}",
             "--password-file", self.path("secrets", "bucket"), *arguments],
            env={"PATH": os.environ["PATH"], "HOME": self.folder, "AWS_ACCESS_KEY_ID": self.key[0],
                 "AWS_SECRET_ACCESS_KEY": self.key[1], "AWS_DEFAULT_REGION": self.region},
            capture_output=True, text=True, check=False)
        expect(done.returncode == ends, f"restic {' '.join(arguments)}: {done.returncode} {done.stderr[-400:]}")
        return done.stdout

    def close(self):
        self.database.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def private(path, flags):
    return os.open(path, flags, 0o600)
