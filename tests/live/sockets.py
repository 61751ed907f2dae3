"""Blocking sockets of the live tests. A test calls these in a thread: ``await deferToThread(...)``."""

import select
import socket
import ssl
from pathlib import Path

# How long a peer may leave us waiting: an error, not a measure.
PATIENCE_S = 40.0
# A peer that has taken nothing for so long has stopped reading.
STALLED_S = 1.0
PIECE_BYTES = 1 << 16
# What a slow reader takes at a time, and asks the kernel to keep for it.
SIP_BYTES = 1 << 14

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def connect(address: tuple[str, int] | Path) -> socket.socket:
    """A connection to a TCP port or a Unix socket."""
    if isinstance(address, Path):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S)
        connection.connect(str(address))
        return connection
    return socket.create_connection(address, timeout=PATIENCE_S)


def exactly(connection: socket.socket, length: int) -> bytes:
    """The next `length` bytes, or fewer where the peer ends before."""
    received = bytearray()
    while len(received) < length:
        piece = connection.recv(min(PIECE_BYTES, length - len(received)))
        if not piece:
            break
        received += piece
    return bytes(received)


def to_the_end(connection: socket.socket) -> bytes:
    """All that comes until the peer closes."""
    received = bytearray()
    while piece := connection.recv(PIECE_BYTES):
        received += piece
    return bytes(received)


def push(connection: socket.socket, most: int) -> int:
    """Send, reading nothing, until the peer takes no more; returns how much it took, at most about `most`."""
    connection.setblocking(False)
    piece = bytes(PIECE_BYTES)
    sent = 0
    while sent < most and select.select([], [connection], [], STALLED_S)[1]:
        try:
            sent += connection.send(piece)
        except _NOT_NOW:
            continue
    return sent


def converse_slowly(connection: socket.socket, message: bytes) -> bytes:
    """Send all of `message`, reading a sip only when no more can be sent; returns what came back by then.

    So when the last byte has gone out, the peer and the kernel hold as much as they ever can.
    """
    received = bytearray()
    sent = 0
    connection.setblocking(False)
    while sent < len(message):
        try:
            sent += connection.send(message[sent : sent + PIECE_BYTES])
        except _NOT_NOW:
            readable, _, _ = select.select([connection], [connection], [], PATIENCE_S)
            if readable:
                received += _sip(connection)
    connection.settimeout(PATIENCE_S)
    return bytes(received)


def _sip(connection: socket.socket) -> bytes:
    try:
        return connection.recv(SIP_BYTES)
    except _NOT_NOW:
        return b""
