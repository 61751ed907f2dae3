"""Echo servers on one event loop each, for `benchmarks/reactor.py`: ``python echo_servers.py NAME``.

Each prints its port, sends back what comes, and ends with a signal. The same twenty lines of protocol over
every loop: what differs is the loop.
"""

import sys

BACKLOG = 4096


def twisted(fast: bool) -> None:
    """The echo of Twisted's documentation, on its epoll reactor or on ours."""
    if fast:
        from twisted_suite.runtime.reactor import install
    else:
        from twisted.internet.epollreactor import install
    install()
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol

    class Echo(Protocol):
        def dataReceived(self, data: bytes) -> None:
            self.transport.write(data)

    port = reactor.listenTCP(0, Factory.forProtocol(Echo), backlog=BACKLOG, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


def asyncio(uvloop: bool) -> None:
    """asyncio's Protocol, on its own loop or on uvloop."""
    import asyncio as loops

    class Echo(loops.Protocol):
        def connection_made(self, transport: loops.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    async def serve() -> None:
        loop = loops.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=BACKLOG)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    if uvloop:
        from uvloop import new_event_loop
    else:
        from asyncio import new_event_loop
    with loops.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve())


def python() -> None:
    """No framework: what Python itself costs."""
    import select
    import socket

    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(listener.getsockname()[1], flush=True)
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    while True:
        for fd, _ in poller.poll(-1, len(connections) + 1):
            if fd == listener.fileno():
                accepted = listener.accept()[0]
                connections[accepted.fileno()] = accepted
                poller.register(accepted, select.EPOLLIN)
                continue
            try:  # sockets that block: every peer here reads
                data = connections[fd].recv(1 << 16)
                connections[fd].sendall(data)
            except OSError:
                data = b""
            if not data:
                connections.pop(fd).close()


SERVERS = {
    "stock": lambda: twisted(fast=False),
    "fastepoll": lambda: twisted(fast=True),
    "asyncio": lambda: asyncio(uvloop=False),
    "uvloop": lambda: asyncio(uvloop=True),
    "python": python,
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]]()
