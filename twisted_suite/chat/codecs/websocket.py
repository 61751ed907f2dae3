"""The chat's events as WebSocket messages, made once for all who are told the same. Core.

A server's frames are not masked (RFC 6455 section 5.1), so the bytes are the same for every peer.
"""

import struct
from typing import Any

from twisted_suite.chat.codecs.json import dump, encode_delivery
from twisted_suite.chat.sessions import Deliver

_FINAL_TEXT = 0x81


def text_frame(text: str) -> bytes:
    """`text` as one unfragmented message of a server (RFC 6455 section 5.2)."""
    payload = text.encode()
    length = len(payload)
    if length < 126:
        return bytes((_FINAL_TEXT, length)) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, length) + payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, length) + payload


def event_frame(event: dict[str, Any]) -> bytes:
    """A message that tells of one thing which is no event of the hub's."""
    return text_frame(dump([event]))


class WebSocketVoice:
    """How a room's events are put for every page."""

    def encode_delivery(self, delivery: Deliver) -> bytes:
        return text_frame(encode_delivery(delivery))
