"""A hub on loopback that speaks what huggingface_hub downloads with.

The paths, headers and error codes are the Hugging Face Hub's. Files that end
in .safetensors are stored as with Git LFS: by SHA-256, behind a redirect to
another host ("localhost" for "127.0.0.1"). Xet is never offered.
"""

import dataclasses
import hashlib
import http.server
import json
import re
import threading
import urllib.parse

TOKEN = "hf_reader"


def git_blob_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def is_lfs(name):
    return name.endswith(".safetensors")


@dataclasses.dataclass
class Commit:
    files: dict

    @property
    def id(self):
        names = json.dumps({n: sha256(c) for n, c in self.files.items()})
        return hashlib.sha1(names.encode()).hexdigest()


@dataclasses.dataclass
class Repo:
    """A repository; the last of its commits is its branch `main`."""

    commits: list
    private: bool = False
    gated: bool = False
    tags: dict = dataclasses.field(default_factory=dict)

    def find(self, revision):
        """The commit of a branch, tag or id; None if there is none."""
        revision = self.tags.get(revision, revision)
        if revision == "main":
            return self.commits[-1]
        return next((c for c in self.commits if c.id == revision), None)


@dataclasses.dataclass
class Fault:
    """What goes wrong with requests whose path matches `pattern`.

    Args:
        pattern: str. Regular expression, searched for in "METHOD /path".
        status: int or None. Answer this status instead.
        headers: dict. More headers for it.
        content: function or None. Changes a file's bytes, its hashes staying.
        cut_after: int or None. Close the connection after so many bytes.
        delay: float. Seconds of silence after the first byte of a body.
        times: float. How many requests it meets.
    """

    pattern: str
    status: int | None = None
    headers: dict = dataclasses.field(default_factory=dict)
    content: object = None
    cut_after: int | None = None
    delay: float = 0.0
    times: float = float("inf")


class HubServer:
    """A context manager: the server runs while it is open.

    Attributes:
        url: str. The endpoint.
        repos: dict of `Repo` by "owner/name".
        faults: list of `Fault`.
        requests: list of (method, path, headers in lower case), in order.
        routes: list of (method, regular expression of the path, function of
            (handler, match)). More may be added.
    """

    def __init__(self):
        self.repos = {}
        self.faults = []
        self.requests = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.routes = [
            ("GET", r"/api/models/(?P<repo>[^/]+/[^/]+)", _info),
            (
                "GET",
                r"/api/models/(?P<repo>[^/]+/[^/]+)/revision/(?P<rev>[^/]+)",
                _info,
            ),
            (
                "GET",
                r"/api/models/(?P<repo>[^/]+/[^/]+)/tree/(?P<rev>[^/]+)/?",
                _tree,
            ),
            (
                "GET",
                r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<name>.+)",
                _resolve,
            ),
            ("GET", r"/lfs/(?P<oid>[0-9a-f]{64})", _lfs),
        ]

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), handler
        )
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, name, files, **kwargs):
        """Adds a repository of one commit; returns the commit's id."""
        self.repos[name] = Repo([Commit(dict(files))], **kwargs)
        return self.repos[name].commits[-1].id

    def fail(self, pattern, **kwargs):
        self.faults.append(Fault(pattern, **kwargs))

    def seen(self, pattern):
        """Requests so far whose "METHOD /path" matches, in order."""
        with self.lock:
            requests = list(self.requests)
        return [r for r in requests if re.search(pattern, f"{r[0]} {r[1]}")]

    def fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(
                    fault.pattern, f"{method} {path}"
                ):
                    fault.times -= 1
                    return fault
        return None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub = None

    def log_message(self, *_):
        pass

    def _dispatch(self):
        hub = self.hub
        url = urllib.parse.urlsplit(self.path)
        path = url.path
        self.query = urllib.parse.parse_qs(url.query)
        with hub.lock:
            headers = {k.lower(): v for k, v in self.headers.items()}
            hub.requests.append((self.command, path, headers))
        self.fault = hub.fault(self.command, path)
        if self.fault and self.fault.status:
            return self.error(
                self.fault.status,
                headers=self.fault.headers,
                message="The hub was told to fail.",
            )
        method = "GET" if self.command == "HEAD" else self.command
        for route_method, pattern, function in hub.routes:
            match = re.fullmatch(pattern, path)
            if route_method == method and match:
                return function(self, match)
        return self.error(404, message="There is no such route.")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _dispatch

    @property
    def token(self):
        """The token that came with the request, or None."""
        value = self.headers.get("Authorization", "")
        return value.removeprefix("Bearer ") or None

    def read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def error(self, status, code=None, message="", headers=()):
        headers = dict(headers)
        if code:
            headers["X-Error-Code"] = code
        if message:
            headers["X-Error-Message"] = message
        body = json.dumps({"error": message}).encode()
        self.send(body, status=status, headers=headers)

    def json(self, content, status=200):
        self.send(
            json.dumps(content).encode(),
            status=status,
            headers={"Content-Type": "application/json"},
        )

    def send(self, body, status=200, headers=()):
        """Sends an answer, or of a HEAD its headers, faults included."""
        self.send_response(status)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        fault = self.fault
        try:
            if fault and fault.delay:
                self.wfile.write(body[:1])
                self.wfile.flush()
                self.hub.closing.wait(fault.delay)
                body = body[1:]
            if fault and fault.cut_after is not None:
                self.wfile.write(body[: fault.cut_after])
                self.wfile.flush()
                self.close_connection = True
            else:
                self.wfile.write(body)
        except OSError:
            # The client gave up.
            self.close_connection = True

    def repository(self, name, content):
        """The repository, or None once an error was answered.

        Args:
            name: str. Its "owner/name".
            content: bool. Whether its content is asked for, which a gated
                repository shows to some alone.
        """
        repo = self.hub.repos.get(name)
        if self.token not in (None, TOKEN):
            return self.error(
                401, message="Invalid credentials in Authorization header"
            )
        if repo is None or (repo.private and self.token is None):
            return self.error(
                404 if self.token else 401,
                "RepoNotFound",
                "Repository not found",
            )
        if repo.gated and content and self.token is None:
            return self.error(
                401,
                "GatedRepo",
                f"Access to model {name} is restricted. You must be "
                "authenticated to access it.",
            )
        return repo

    def commit(self, match, content=False):
        """The commit a path asks for, or None once an error was answered."""
        repo = self.repository(match["repo"], content)
        if repo is None:
            return None
        revision = match.groupdict().get("rev") or "main"
        commit = repo.find(urllib.parse.unquote(revision))
        if commit is None:
            return self.error(
                404, "RevisionNotFound", f"Invalid rev id: {revision}"
            )
        return commit


def _entry(name, content):
    entry = {"size": len(content), "oid": git_blob_sha1(content)}
    if is_lfs(name):
        pointer = (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{sha256(content)}\nsize {len(content)}\n"
        ).encode()
        entry["oid"] = git_blob_sha1(pointer)
        entry["lfs"] = {
            "size": len(content),
            "oid": sha256(content),
            "pointerSize": len(pointer),
        }
    return entry


def _info(handler, match):
    commit = handler.commit(match)
    if commit is None:
        return
    siblings = []
    for name, content in commit.files.items():
        sibling = {"rfilename": name}
        if "blobs" in handler.query:
            entry = _entry(name, content)
            sibling.update(size=entry["size"], blobId=entry["oid"])
            if "lfs" in entry:
                lfs = entry["lfs"]
                sibling["lfs"] = {**lfs, "sha256": lfs.pop("oid")}
        siblings.append(sibling)
    repo = handler.hub.repos[match["repo"]]
    handler.json(
        {
            "_id": "0",
            "id": match["repo"],
            "sha": commit.id,
            "private": repo.private,
            "gated": "manual" if repo.gated else False,
            "tags": [],
            "siblings": siblings,
        }
    )


def _tree(handler, match):
    commit = handler.commit(match)
    if commit is not None:
        handler.json(
            [
                {"type": "file", "path": name, **_entry(name, content)}
                for name, content in commit.files.items()
            ]
        )


def _resolve(handler, match):
    commit = handler.commit(match, content=True)
    if commit is None:
        return
    name = urllib.parse.unquote(match["name"])
    headers = {"X-Repo-Commit": commit.id}
    if name not in commit.files:
        handler.error(404, "EntryNotFound", "Entry not found", headers)
        return
    content = commit.files[name]
    if is_lfs(name):
        oid = sha256(content)
        headers["X-Linked-ETag"] = f'"{oid}"'
        headers["X-Linked-Size"] = str(len(content))
        port = handler.hub.port
        headers["Location"] = f"http://localhost:{port}/lfs/{oid}"
        handler.send(b"", status=302, headers=headers)
    else:
        headers["ETag"] = f'"{git_blob_sha1(content)}"'
        _send_file(handler, content, headers)


def _lfs(handler, match):
    for repo in handler.hub.repos.values():
        for commit in repo.commits:
            for name, content in commit.files.items():
                if is_lfs(name) and sha256(content) == match["oid"]:
                    headers = {
                        "ETag": f'"{match["oid"]}"',
                        "Content-Disposition": f'inline; filename="{name}";',
                    }
                    return _send_file(handler, content, headers)
    handler.error(404, message="There is no such object.")


def _send_file(handler, content, headers):
    if handler.fault and handler.fault.content:
        content = handler.fault.content(content)
    headers["Accept-Ranges"] = "bytes"
    status = 200
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    if asked:
        first = int(asked[1])
        last = int(asked[2]) if asked[2] else len(content) - 1
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        content = content[first : last + 1]
        status = 206
    handler.send(content, status=status, headers=headers)
