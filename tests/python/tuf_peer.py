"""Refreshes from a repository with python-tuf, an independent client.

Usage: tuf_peer.py REPOSITORY STATE TARGET

Serves the directory REPOSITORY over HTTP on loopback, trusts its first root, keeps what it
learns in the directory STATE, and fetches TARGET. Prints one JSON object: what it believed, or
which exception refused it.
"""

import functools
import http.server
import json
import pathlib
import sys
import threading

from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        pass


def refresh(url, repository, state, target):
    """Fetches one target and tells what was believed on the way."""
    metadata, targets = state / "metadata", state / "targets"
    metadata.mkdir(parents=True, exist_ok=True)
    targets.mkdir(exist_ok=True)
    updater = Updater(
        metadata_dir=str(metadata),
        metadata_base_url=f"{url}/metadata/",
        target_dir=str(targets),
        target_base_url=f"{url}/targets/",
        bootstrap=(repository / "metadata" / "1.root.json").read_bytes(),
    )
    updater.refresh()
    listed = updater.get_targetinfo(target)
    if listed is None:
        return {"refused": "NotListed"}
    path = updater.download_target(listed)
    revision = json.loads((metadata / "targets.json").read_bytes())["signed"]["version"]
    return {"revision": revision, "target": pathlib.Path(path).read_text()}


def main():
    repository, state = (pathlib.Path(argument) for argument in sys.argv[1:3])
    handler = functools.partial(QuietHandler, directory=str(repository))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            answer = refresh(url, repository, state, sys.argv[3])
        except (RepositoryError, DownloadError) as refused:
            answer = {"refused": type(refused).__name__}
        server.shutdown()
    print(json.dumps(answer))


main()
