"""Somebody else's site, on an origin and a site of its own, and the widgets that staff make for it."""

import datetime
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import FrameLocator

from .http_client import HttpClient
from .markup import Node
from .people import Person
from .servers import Server

NO_SCRIPT = "default-src 'none'; script-src 'none'; frame-src {}"  # a host that runs none at all, and frames only us


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A browser that wants a better certificate hangs up at first."""


class HostSite:
    """Serves what is put on it by https under every name that ends in .example; browsers find all of them here."""

    def __init__(self, folder: Path) -> None:
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, headers = site.pages.get(self.path, ("", {}))
                self.send_response(200 if body else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def origin(self, name: str = "shop") -> str:
        """How a browser calls this site under one of its names."""
        return f"https://{name}.example:{self._server.server_port}"

    def put(self, path: str, body: str, **headers: str) -> None:
        """Serve a page; `headers` have _ for -."""
        page = f"<!doctype html><html lang='en'><title>A shop</title><main><h1>A shop</h1>{body}</main></html>"
        self.pages[path] = page, {name.replace("_", "-"): value for name, value in headers.items()}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _certificate(folder: Path) -> Path:
    """A key and a certificate that nobody vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "host.pem"
    path.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


class StaffWidget:
    """A widget as staff make it on its pages, and what these give to copy."""

    def __init__(self, server: Server, **fields: str) -> None:
        self.staff = HttpClient(server.url).sign_in("staff")
        self.server = server
        self.path = self.staff.submit("/widgets/new/", **fields).headers["Location"]

    def change(self, **fields: str) -> None:
        """Change its settings."""
        self.staff.submit(f"{self.path}settings/", **fields)

    def press(self, do: str) -> None:
        """Press a button of its page: `on`, `off`, `end`."""
        self.staff.post(self.path, {"do": do})

    def snippet(self, label: str = "The frame") -> str:
        """What is in the box with this name, as it is copied."""
        return _whole(self.staff.get(self.path).page.find("pre", aria_label=label)[0])

    @property
    def address(self) -> str:
        """Where it is framed from."""
        return self.snippet().partition('src="')[2].partition('"')[0]

    def key(self) -> str:
        """Make a key to vouch with; the secret as it is shown, once."""
        made = self.staff.post(self.path, {"do": "key", "algorithm": "HS256"}).page
        return _whole(made.find("pre", aria_label="The secret")[0])


def _whole(box: Node) -> str:
    return "".join(part for node in box.walk() for part in node.parts if isinstance(part, str))


def visit(somebody: Person, address: str) -> FrameLocator:
    """Open a page of a host; what is in its frame."""
    somebody.page.goto(address)
    return somebody.page.frame_locator("iframe")
