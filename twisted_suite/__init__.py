"""Event-driven network services on Twisted, each a ``twist``/``twistd`` plugin.

The folders are the products; inside each, the same file name means the same layer:

``echo``       every byte comes back, over TCP, UDP, TLS or Unix sockets
``files``      the files of one folder, streamed by a producer
``chat``       one conversation for the lecture's clients, nc and telnet
``accesslog``  statistics of web-server access logs
``runtime``    what every service shares: options, limits, the owner of connections, start and stop, the suite

``tap``        options and ``makeService``: wires, and returns
``server``     protocols and factories: translate between a transport and a core
``client``     the other end, used by the ``twisted-suite`` command (``__main__``)
anything else  a core: decides, never does I/O (the exact rule: ``tests/test_architecture.py``)
"""

__version__ = "0.1.0"
