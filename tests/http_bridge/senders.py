"""People who send files through real sockets: quickly, slowly, and not to the end."""

import hashlib
import http.client
from concurrent.futures import ThreadPoolExecutor

MIB = 1024**2
BOUNDARY = "a-line-between"


class Sender:
    """One file of `size` bytes from `visitor` to `path`, a piece at a time."""

    def __init__(self, visitor, path, size):
        self.line = http.client.HTTPConnection(visitor.url.removeprefix("http://"), timeout=60)
        token = visitor.cookie("csrftoken")
        self.head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\n\r\n'
        ).encode()
        self.tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        self.left = size
        self.digest = hashlib.sha256()
        headers = {
            "Cookie": visitor.cookies,
            "Origin": visitor.url,
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(self.head) + size + len(self.tail)),
        }
        self.line.putrequest("POST", path)
        for name, value in headers.items():
            self.line.putheader(name, value)
        self.line.endheaders(self.head)

    def sends(self, size):
        """Send the next bytes of the file."""
        while size:
            piece = f"{self.left:15}\n".encode() * (MIB // 16)
            piece = piece[: min(size, self.left)]
            self.digest.update(piece)
            self.line.send(piece)
            self.left -= len(piece)
            size -= len(piece)
        return self

    def answer(self):
        """Send the rest, if somebody listens, and read the answer: (status, text)."""
        try:
            self.sends(self.left)
            self.line.send(self.tail)
        except OSError:
            pass
        return self.reads()

    def reads(self):
        response = self.line.getresponse()
        self.headers = response.headers
        return response.status, response.read().decode()

    def leaves(self):
        self.line.close()


def together(*deeds):
    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(lambda live_write: live_write(), deeds))
