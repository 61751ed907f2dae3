"""What `fastepoll`'s TCP ports accept: Twisted's transport, by a shorter way where it can. Adapter.

Twisted's `Port` says which class it accepts by its attribute ``transport``. What is different here:

- a plain `write` is one call, not five: nothing is to happen but that the bytes wait and the reactor knows;
- what is looked at for each event is an attribute of the object. Twisted leaves its initial value to the
  class, where it is found five times slower. The price is 56 bytes a connection.
"""

from typing import Any

from twisted.internet import tcp


class FastServer(tcp.Server):
    """`tcp.Server`, told the same and doing the same."""

    def __init__(self, *arguments: Any) -> None:
        self.TLS = tcp.Server.TLS
        self.bufferSize = tcp.Server.bufferSize
        self.producer = tcp.Server.producer
        self.dataBuffer = tcp.Server.dataBuffer
        self.disconnecting = tcp.Server.disconnecting
        self._writeDisconnecting = tcp.Server._writeDisconnecting
        self._writeDisconnected = tcp.Server._writeDisconnected
        super().__init__(*arguments)

    def write(self, data: bytes) -> None:
        if type(data) is bytes and data and self.connected and not self._writeDisconnected and not self.TLS:
            self._tempDataBuffer.append(data)
            self._tempDataLen += len(data)
            if self.producer is not None:
                self._maybePauseProducer()
            self.startWriting()
        else:
            super().write(data)
