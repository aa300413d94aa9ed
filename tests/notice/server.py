"""A real mail server for one test: aiosmtpd on a free loopback port.

Options come as one JSON object in the first argument. The port is printed on standard output when
the server listens; it ends when standard input does. Each letter taken is written to the folder as
`N.json` (envelope) and `N.eml` (bytes), the envelope last, by rename.
"""

import asyncio
import json
import logging
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, options):
        self.options = options
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        answer = self.options["recipients"].get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.options["refuse_letter"]:
            return self.options["refuse_letter"]
        self.taken += 1
        path = os.path.join(self.options["folder"], str(self.taken))
        with open(path + ".eml", "wb") as file:
            file.write(envelope.original_content)
        login = session.auth_data.login.decode() if session.auth_data else None
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "login": login}
        with open(path + ".tmp", "w") as file:
            json.dump(facts, file)
        os.rename(path + ".tmp", path + ".json")
        return f"250 2.0.0 taken as {self.taken}"


def main():
    # It complains of settings and clients that are the point of a test.
    logging.disable(logging.CRITICAL)
    options = json.loads(sys.argv[1])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options["certificate"], options["key"])
    implicit = options["security"] == "tls"

    def authenticate(server, session, envelope, mechanism, data):
        known = (options["user"].encode(), options["password"].encode())
        right = isinstance(data, LoginPassword) and (data.login, data.password) == known
        return AuthResult(success=right, auth_data=data if right else None, handled=right)

    handler = Handler(options)

    def protocol():
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=None if implicit else tls,
            require_starttls=not implicit,
            authenticator=authenticate if options["user"] else None,
            auth_required=bool(options["user"]),
            auth_require_tls=not implicit,
            auth_exclude_mechanism=options["without"],
            data_size_limit=options["size_max"],
        )

    loop = asyncio.new_event_loop()
    context = tls if implicit else None
    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=context))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_until_complete(loop.run_in_executor(None, sys.stdin.read))


main()
