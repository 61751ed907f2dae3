"""Connects, echoes and closes as fast as it can, from several threads, until its input ends; tells the count.

A program of its own, so that a test can count what a server loses: ``python hammer.py PORT``.
"""

import socket
import sys
import threading

THREADS = 12
MESSAGE = b"hammer"
TIMEOUT_S = 30


def hammer(port: int, stop: threading.Event, counts: list[int], errors: list[str]) -> None:
    while not stop.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
                connection.sendall(MESSAGE)
                answer = b""
                while len(answer) < len(MESSAGE) and (piece := connection.recv(100)):
                    answer += piece
                if answer != MESSAGE:
                    raise ConnectionError(f"answer {answer!r}")
        except OSError as error:
            errors.append(repr(error))
        else:
            counts.append(1)


def main() -> None:
    stop = threading.Event()
    counts: list[int] = []
    errors: list[str] = []
    threads = [
        threading.Thread(target=hammer, args=(int(sys.argv[1]), stop, counts, errors)) for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    print("hammering", flush=True)
    for line in sys.stdin:  # each line asks for the count so far
        print(f"{line.strip()} {len(counts)}", flush=True)
    stop.set()
    for thread in threads:
        thread.join()
    print(f"ok={len(counts)} lost={len(errors)} {errors[:3]}", flush=True)


if __name__ == "__main__":
    main()
