"""Loopback ports that nobody else will take while a server is down."""

import random
import socket

BELOW_THE_KERNELS_OWN = range(20000, 32000)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now, outside the range from which the kernel draws source ports.

    A story restarts its server on the same port; no outgoing connection may grab it meanwhile.
    """
    for port in random.SystemRandom().sample(BELOW_THE_KERNELS_OWN, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")
