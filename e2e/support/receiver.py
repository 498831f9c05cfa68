"""A program that is sent webhooks: it keeps what it took, and answers as it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(ThreadingHTTPServer):
    """`answer` is a status, "hang" or "trickle"; `taken` the (headers, body, path) answered with 2xx, `asked` all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: int | str = 200
        self.asked = 0
        self.taken: list[tuple[dict[str, str], bytes, str]] = []
        self.awake = threading.Event()  # whoever hangs or trickles ends
        self.address = f"http://127.0.0.1:{self.server_port}/hook?a=b"
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()

    @property
    def texts(self) -> list[str]:
        """What was said, in the order in which it was taken."""
        return [json.loads(body)["data"]["text"] for _, body, _ in list(self.taken)]

    def close(self) -> None:
        self.awake.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        receiver, body = self.server, self.rfile.read(int(self.headers["content-length"]))
        receiver.asked += 1
        answer = receiver.answer
        if answer == "hang":
            receiver.awake.wait(60)
        while answer == "trickle" and not receiver.awake.wait(0.05):
            self.wfile.write(b"H")
        if isinstance(answer, str):
            return
        if 200 <= answer < 300:
            receiver.taken.append((dict(self.headers), body, self.path))
        self.send_response(answer)
        self.send_header("Location", f"http://127.0.0.1:{receiver.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        pass
