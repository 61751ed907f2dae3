"""Bare peers of benchmarks/chat.py: each sends what any client says to all.

    python benchmarks/chat_servers.py stock|asyncio|uvloop

No names, no rooms, no limits, no history: what is left is the loop. Prints the port.
"""

import asyncio
import resource
import sys


def stock() -> None:
    """Twisted as it comes: the default reactor, `transport.write` for each member."""
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol

    members: set[Protocol] = set()
    said: list[bytes] = []

    def flush() -> None:
        data = b"".join(said)
        said.clear()
        for member in members:
            member.transport.write(data)

    class Member(Protocol):
        def connectionMade(self) -> None:
            self.transport.setTcpNoDelay(True)
            members.add(self)

        def dataReceived(self, data: bytes) -> None:
            if not said:
                reactor.callLater(0, flush)
            said.append(data)

        def connectionLost(self, reason: object) -> None:
            members.discard(self)

    port = reactor.listenTCP(0, Factory.forProtocol(Member), backlog=4096, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


async def streams() -> None:
    """asyncio's protocols, on whichever loop runs."""
    loop = asyncio.get_running_loop()
    members: set[asyncio.Transport] = set()

    class Member(asyncio.Protocol):
        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.Transport) -> None:
            self.transport = transport
            members.add(transport)

        def data_received(self, data: bytes) -> None:
            for line in data.splitlines(keepends=True):
                for member in members:
                    member.write(line)

        def connection_lost(self, error: Exception | None) -> None:
            members.discard(self.transport)

    server = await loop.create_server(Member, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(name: str) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if name == "stock":
        stock()
    elif name == "uvloop":
        import uvloop

        uvloop.run(streams())
    else:
        asyncio.run(streams())


if __name__ == "__main__":
    main(sys.argv[1])
