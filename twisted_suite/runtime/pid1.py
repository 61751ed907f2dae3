"""What process 1 of a container has to do, before the program begins. Adapter.

Process 1 inherits every orphan and must reap it, and the kernel delivers it no signal that it does not
handle: a program that knows nothing of that leaves zombies, and dies only when it is killed. So process 1
forks: the child is the program, the parent hands signals on, reaps, and ends as the child does.
"""

import os
import signal
import sys
from typing import NoReturn

_ALL = signal.valid_signals()
# Shells and container engines tell an end by a signal so.
SIGNAL_STATUS_BASE = 128


def leave_pid1() -> None:
    """Return in a process that is not number 1: at once, or in a child of it."""
    if os.getpid() != 1:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    # Blocked before there is a child: what comes from now on waits until it can be handed on.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    child = os.fork()
    if child:
        _attend(child)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _attend(child: int) -> NoReturn:
    """Hand on what is meant for the program, until it ends."""
    while True:
        received = signal.sigwaitinfo(_ALL)
        if received.si_signo == signal.SIGCHLD:
            status = _reap(child)
            if status is not None:
                os._exit(status)
        elif received.si_code <= 0:  # from the kernel, as by a terminal's ^C, the child has it too
            os.kill(child, received.si_signo)


def _reap(child: int) -> int | None:
    """Bury all that have ended; the exit status once the program is among them."""
    status = None
    while True:
        try:
            pid, how = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if not pid:
            return status
        if pid == child:
            code = os.waitstatus_to_exitcode(how)
            status = code if code >= 0 else SIGNAL_STATUS_BASE - code
