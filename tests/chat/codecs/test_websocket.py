"""Frames of a server, read by an independent reader."""

import json

from twisted.trial.unittest import SynchronousTestCase
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import TextMessage

from tests.chat.hubcase import person
from twisted_suite.chat.codecs.websocket import WebSocketVoice, event_frame, text_frame
from twisted_suite.chat.events import Said
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Deliver


def texts(data: bytes) -> list[str]:
    """What a client reads."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    found = []
    for event in client.events():
        assert isinstance(event, TextMessage) and event.message_finished
        found.append(event.data)
    return found


class FrameTests(SynchronousTestCase):
    def test_lengths(self) -> None:
        """Each of the three spellings of a length, at its edges."""
        sent = ["", "한", *("x" * length for length in (125, 126, 65_535, 65_536))]
        self.assertEqual(texts(b"".join(map(text_frame, sent))), sent)

    def test_voice(self) -> None:
        """A delivery is one message; every page speaks alike."""
        delivery = Deliver("tea", (), (Posted("tea", 1, 0.0, Said(person("kim"), "a")),))
        (text,) = texts(WebSocketVoice().encode_delivery(delivery))
        self.assertEqual(json.loads(text)[0]["text"], "a")

    def test_what_is_no_event_of_the_hub(self) -> None:
        """A single word of the front end is a list too."""
        self.assertEqual(texts(event_frame({"is": "welcome"})), ['[{"is":"welcome"}]'])
