"""An image in the forms in which others have it: a layout of OCI, and a registry that serves one."""

from __future__ import annotations

import hashlib
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KIND = "application/vnd.oci.image"
MANIFEST = f"{KIND}.manifest.v1+json"


def oci_layout(saved: Path, layout: Path, name: str) -> Path:
    """Write the image of an archive of `docker save`, one of one layer, as an OCI image layout, under this name."""
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(content: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    with tarfile.open(saved) as opened:
        read = {one.name: file.read() for one in opened.getmembers() if (file := opened.extractfile(one)) is not None}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob(read["config-0.json"], f"{KIND}.config.v1+json"),
        "layers": [blob(read["layer.tar"], f"{KIND}.layer.v1.tar")],
    }
    described = blob(json.dumps(manifest).encode(), MANIFEST) | {"annotations": {"io.containerd.image.name": name}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [described]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return layout


@contextmanager
def registry(layout: Path) -> Iterator[int]:
    """Serve the image of a layout, whatever name is asked for, on loopback; yields the port."""
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, reference = self.path.partition("?")[0].rpartition("/")
            digest = reference if reference.startswith("sha256:") else described["digest"]
            blob = layout / "blobs" / digest.replace(":", "/")
            if not kind.endswith(("/manifests", "/blobs")) or not blob.exists():
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", MANIFEST if kind.endswith("/manifests") else "application/octet-stream")
            self.send_header("Content-Length", str(blob.stat().st_size))
            self.send_header("Docker-Content-Digest", digest)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(blob.read_bytes())

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
