"""Whether a connection holds bytes that nobody has read yet, without reading them."""

import fcntl
import struct
import termios


def has_unread(descriptor: int) -> bool:
    """:raise OSError: if it is closed."""
    return bool(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0])
