"""The servers, started privately on free ports of the loopback interface, and ended again.

A `Bucket` is what a scene gets: where it is and what opens it, and a client that is not ours (boto3)
for whoever administers the bucket, and for whoever stole the key.
"""

import atexit
import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

# How long a server may take to start or to see its neighbors.
READY_MAX = 60


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what, holds):
    ends = time.monotonic() + READY_MAX
    while time.monotonic() < ends:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if holds():
                return
        time.sleep(0.1)
    sys.exit(f"error: {what} did not come about within {READY_MAX} s")


class Bucket:
    """Where a bucket is, what opens it, and what its server is known to leave out."""

    def __init__(self, server, endpoint, name, region, key, admin=None):
        self.server, self.endpoint, self.name, self.region = server, endpoint, name, region
        self.key, self.admin = key, admin or key

    def client(self, key=None, **more):
        """Someone else's client: of the administrator where no key is given."""
        identity, secret = key or self.admin
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name=self.region, aws_access_key_id=identity,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}), **more)

    def keys(self, prefix=""):
        """Every key below a prefix, as a client that is not ours lists them."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def versions(self, prefix=""):
        pages = self.client().get_paginator("list_object_versions")
        pages = pages.paginate(Bucket=self.name, Prefix=prefix)
        return [one for page in pages for one in page.get("Versions", [])]


class Process:
    """A server that is ended when the scene is over."""

    def __init__(self, command, log, **options):
        self.command, self.log, self.options = command, log, options
        self.start()
        # Also when the suite breaks off.
        atexit.register(self.kill)

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [str(word) for word in self.command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, **self.options)

    def kill(self):
        """SIGKILL: nothing is finished, nothing is said."""
        self.child.kill()
        self.child.wait()


class Node(Process):
    """One node of Garage."""

    def __init__(self, program, folder, number, nodes):
        self.folder = folder / f"node-{number}"
        self.folder.mkdir(parents=True)
        self.s3, self.rpc, self.admin = free_port(), free_port(), free_port()
        self.config = self.folder / "garage.toml"
        self.config.write_text(f"""
metadata_dir = "{self.folder}/meta"
data_dir = "{self.folder}/data"
db_engine = "lmdb"
replication_factor = {nodes}
disable_scrub = true
rpc_bind_addr = "127.0.0.1:{self.rpc}"
rpc_public_addr = "127.0.0.1:{self.rpc}"
rpc_secret = "{"5a" * 32}"
[s3_api]
s3_region = "garage"
api_bind_addr = "127.0.0.1:{self.s3}"
[admin]
api_bind_addr = "127.0.0.1:{self.admin}"
admin_token = "quan-tri"
""")
        self.program = program
        super().__init__([program, "-c", self.config, "server"], self.folder / "log",
                         env={"PATH": os.environ["PATH"], "RUST_LOG": "garage=info"})
        self.wait()

    def ask(self, call, body=None):
        """A call to the administration."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}/v2/{call}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer quan-tri", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def wait(self):
        wait_for("an answer of a node of Garage", lambda: self.ask("GetClusterStatus"))

    def name(self):
        done = subprocess.run([self.program, "-c", self.config, "node", "id", "-q"],
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()


class Balancer:
    """Hands each connection to the next node that takes it, and counts the bytes of both ways.

    What stands in front of several nodes in life: a connection to a node that dies is cut, the next
    one goes elsewhere. The counts say when a run is in its middle.
    """

    def __init__(self, ports):
        self.ports, self.turn = ports, itertools.count()
        self.sent = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client):
        first = next(self.turn)
        for step in range(len(self.ports)):
            try:
                node = socket.create_connection(("127.0.0.1", self.ports[(first + step) % len(self.ports)]))
                break
            except OSError:
                continue
        else:
            return client.close()
        threading.Thread(target=self.pump, args=[node, client, "received"], daemon=True).start()
        self.pump(client, node, "sent")

    def pump(self, source, sink, count):
        with contextlib.suppress(OSError):
            while part := source.recv(1 << 18):
                sink.sendall(part)
                setattr(self, count, getattr(self, count) + len(part))
        for side in (source, sink):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


class Garage:
    """One node, or several that keep every object as often as there are nodes."""

    signs = True

    def __init__(self, program, folder, nodes):
        self.version = subprocess.run([program, "--version"], capture_output=True, text=True,
                                      check=True).stdout.split("[")[0].split(" (")[0].strip()
        self.folder = folder
        self.nodes = [Node(program, folder, number, nodes) for number in range(nodes)]
        self.balancer = Balancer([node.s3 for node in self.nodes])
        self.make()

    def make(self):
        first = self.nodes[0]
        names = [node.name() for node in self.nodes]
        if len(names) > 1:
            first.ask("ConnectClusterNodes", names[1:])
        roles = [{"id": name.split("@")[0], "zone": f"z{number}", "capacity": 20 << 30, "tags": []}
                 for number, name in enumerate(names)]
        first.ask("UpdateClusterLayout", {"roles": roles})
        first.ask("ApplyClusterLayout", {"version": 1})
        self.wait()

    def wait(self):
        """Until every node that is up sees all of them."""
        for node in self.nodes:
            wait_for("a healthy cluster", lambda: node.ask("GetClusterHealth")["status"] == "healthy")

    def bucket(self, name):
        first = self.nodes[0]
        made = first.ask("CreateKey", {"name": name})
        key = (made["accessKeyId"], made["secretAccessKey"])
        there = first.ask("CreateBucket", {"globalAlias": name})
        first.ask("AllowBucketKey", {"bucketId": there["id"], "accessKeyId": key[0],
                                     "permissions": {"read": True, "write": True, "owner": False}})
        return Bucket(self, f"http://127.0.0.1:{self.balancer.port}", name, "garage", key)

    def close(self):
        self.balancer.close()
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


# What docs/formats/store.md says the key of a bucket with Object Lock needs, and what it must lack.
NEEDED = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucketVersions",
          "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:PutObjectRetention",
          "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration"]


class Moto:
    """The stand-in for AWS: versions, Object Lock, and keys with no right but those given.

    It checks rights only from the moment at which it is told to. Signatures it cannot check: it
    encodes addresses in a way of its own and then refuses its own client as well, so that this is
    switched off here. Garage checks them.
    """

    signs = False
    MAIN = ("from moto.iam import access_control; from moto.server import main; "
            "access_control.IAMRequestBase.check_signature = lambda request: None; main()")

    def __init__(self, folder):
        import importlib.metadata
        self.version = f"moto {importlib.metadata.version('moto')}"
        folder.mkdir(parents=True)
        self.folder, self.port = folder, free_port()
        self.process = Process([sys.executable, "-c", self.MAIN, "-H", "127.0.0.1", "-p", self.port], folder / "log")
        wait_for("an answer of moto", lambda: urllib.request.urlopen(self.endpoint, timeout=5))
        self.admin = self.key("quan-tri", ["*"])
        self.daemon = self.key("duphong", NEEDED)
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset-auth", data=b"0",
                                         headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=5)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def key(self, user, actions):
        iam = boto3.client("iam", endpoint_url=self.endpoint, region_name="us-east-1",
                           aws_access_key_id="first", aws_secret_access_key="first")
        iam.create_user(UserName=user)
        rule = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=json.dumps(rule))
        made = iam.create_access_key(UserName=user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def bucket(self, name, locked=False):
        bucket = Bucket(self, self.endpoint, name, "us-east-1", self.daemon, self.admin)
        bucket.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        return bucket

    def close(self):
        self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
