"""The people and programs around a pair of databases: an application, its user, and a watcher.

farm.py app ADDRESS PORT SOCKETS     serves a page and takes numbered rows, by its own database
farm.py user URL FILE                sends numbered rows for ever, notes what was acknowledged
farm.py watch FILE NAME=ADDRESS...   writes to every database for ever, notes when that worked

Only the standard library: the protocol of PostgreSQL is spoken here as far as it is needed (trust,
simple queries). Notes are lines, flushed at once; times are of the machine's monotonic clock and of
its wall clock.
"""

import http.client
import http.server
import socket
import struct
import sys
import threading
import time


class Database:
    """One connection; any error of the server is an exception."""

    def __init__(self, family, address, limit):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(limit)
        try:
            self.socket.connect(address)
            words = b"user\0postgres\0database\0postgres\0\0"
            self.socket.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
            self.until_ready()
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise OSError("closed")
            parts += part
        return parts

    def until_ready(self):
        error = None
        while True:
            kind = self.read(1)
            (length,) = struct.unpack("!i", self.read(4))
            body = self.read(length - 4)
            if kind == b"E":
                error = body.decode(errors="replace")
                if "FATAL" in error:
                    raise OSError(error)
            if kind == b"Z":
                break
        if error:
            raise OSError(error)

    def run(self, sql):
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        self.until_ready()


def app(address, port, sockets):
    where = sockets + "/.s.PGSQL.5432"

    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status, text):
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def ask(self, sql, text):
            try:
                with Database(socket.AF_UNIX, where, 60) as database:
                    database.run(sql)
            except OSError as error:
                return self.answer(503, f"không phục vụ: {error}")
            return self.answer(200, text)

        def do_GET(self):
            self.ask("SELECT 1", "Cổng thông tin tỉnh Mẫu")

        def do_POST(self):
            row = int(self.path.rsplit("/", 1)[1])
            self.ask(f"INSERT INTO dong (n) VALUES ({row})", "đã ghi")

    http.server.ThreadingHTTPServer((address, int(port)), Page).serve_forever()


def user(url, file):
    host = url.split("//", 1)[1].rstrip("/")
    row = 0
    with open(file, "a", buffering=1) as notes:
        while True:
            row += 1
            good = False
            try:
                connection = http.client.HTTPConnection(host, timeout=5)
                connection.request("POST", f"/ghi/{row}")
                answer = connection.getresponse()
                answer.read()
                good = answer.status == 200
                connection.close()
            except OSError:
                pass
            except http.client.HTTPException:
                pass
            notes.write(f"{row} {'ok' if good else 'no'} {time.monotonic():.6f} {time.time():.6f}\n")
            time.sleep(0.005 if good else 0.02)


def watch(file, nodes):
    lock = threading.Lock()
    with open(file, "a", buffering=1) as notes:

        def one(name, address):
            while True:
                began = time.monotonic()
                said = "ok"
                try:
                    with Database(socket.AF_INET, (address, 5432), 2) as database:
                        database.run("INSERT INTO canh DEFAULT VALUES")
                except OSError as error:
                    said = "no " + str(error).replace("\0", " ").replace("\n", " ")[:80]
                with lock:
                    notes.write(f"{name} {began:.6f} {time.monotonic():.6f} {said}\n")
                time.sleep(0.02)

        for name, address in (node.split("=") for node in nodes):
            threading.Thread(target=one, args=(name, address), daemon=True).start()
        threading.Event().wait()


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "watch":
        watch(rest[0], rest[1:])
    else:
        {"app": app, "user": user}[what](*rest)
