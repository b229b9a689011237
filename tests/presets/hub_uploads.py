"""The upload half of `HubServer`: what huggingface_hub publishes with.

The holder of `TOKEN` is "me" and may write to repositories of that name only;
to others, propose pull requests.
"""

import base64
import hashlib
import json

import yaml

from tests.presets.hub_server import TOKEN
from tests.presets.hub_server import Commit
from tests.presets.hub_server import Repo
from tests.presets.hub_server import git_blob_sha1
from tests.presets.hub_server import is_lfs
from tests.presets.hub_server import sha256

_REPO = r"(?P<repo>[^/]+/[^/]+)"
_LICENSES = ("apache-2.0", "cc-by-4.0", "cc-by-nc-4.0", "mit", "other")


def add_uploads(server):
    """Adds what uploads need to the routes of a `HubServer`."""
    server.uploaded = {}
    server.messages = []
    server.has_space = True
    server.routes += [
        ("POST", r"/api/repos/create", _create),
        ("POST", r"/api/validate-yaml", _validate),
        ("POST", rf"/api/models/{_REPO}/preupload/(?P<rev>[^/]+)", _preupload),
        ("POST", rf"/{_REPO}\.git/info/lfs/objects/batch", _batch),
        ("PUT", r"/upload/(?P<oid>[0-9a-f]{64})", _upload),
        ("POST", r"/verify/(?P<oid>[0-9a-f]{64})", _verify),
        ("POST", rf"/api/models/{_REPO}/commit/(?P<rev>[^/]+)", _commit),
    ]


def _may_write(handler, name):
    """Whether the token's owner may write; answers the error if not."""
    if handler.token != TOKEN:
        handler.error(401, message="Invalid username or password.")
    elif name.split("/")[0] != "me":
        handler.error(403, message=f"You have no right to write to {name}")
    else:
        return True
    return False


def _create(handler, match):
    asked = json.loads(_body(handler))
    name = f"{asked['organization'] or 'me'}/{asked['name']}"
    if not _may_write(handler, name):
        return
    status = 409 if name in handler.hub.repos else 200
    if status == 200:
        # Versions of huggingface_hub say it in either way.
        private = asked.get("visibility") == "private" or asked.get("private")
        handler.hub.repos[name] = Repo(
            [Commit({".gitattributes": b"*.safetensors filter=lfs\n"})],
            private=bool(private),
        )
    handler.json({"url": f"{handler.hub.url}/{name}"}, status)


def _validate(handler, match):
    text = json.loads(_body(handler))["content"]
    _, _, rest = text.partition("---\n")
    data = yaml.safe_load(rest.partition("\n---\n")[0])
    license = data.get("license", "mit")
    errors = []
    if license not in _LICENSES:
        errors = [{"message": f'"license" must be one of {_LICENSES}'}]
    handler.json({"errors": errors, "warnings": []}, 400 if errors else 200)


def _preupload(handler, match):
    asked = json.loads(_body(handler))
    if "create_pr" not in handler.query:
        if not _may_write(handler, match["repo"]):
            return
    commit = handler.commit(match)
    if commit is None:
        return
    answers = []
    for file in asked["files"]:
        lfs = is_lfs(file["path"])
        answer = {
            "path": file["path"],
            "uploadMode": "lfs" if lfs else "regular",
            "shouldIgnore": False,
        }
        if file["path"] in commit.files:
            content = commit.files[file["path"]]
            answer["oid"] = sha256(content) if lfs else git_blob_sha1(content)
        answers.append(answer)
    handler.json({"files": answers})


def _batch(handler, match):
    asked = json.loads(_body(handler))
    if handler.token != TOKEN:
        return handler.error(401, message="Invalid username or password.")
    assert asked["operation"] == "upload" and asked["hash_algo"] == "sha256"
    url = handler.hub.url
    objects = []
    for entry in asked["objects"]:
        entry = {"oid": entry["oid"], "size": entry["size"]}
        if entry["oid"] not in handler.hub.uploaded:
            entry["actions"] = {
                "upload": {"href": f"{url}/upload/{entry['oid']}"},
                "verify": {"href": f"{url}/verify/{entry['oid']}"},
            }
        objects.append(entry)
    handler.json({"transfer": "basic", "objects": objects})


def _upload(handler, match):
    content = _body(handler)
    if hashlib.sha256(content).hexdigest() != match["oid"]:
        return handler.error(400, message="These are other bytes.")
    if not handler.hub.has_space:
        return handler.error(400, message="No space left.")
    handler.hub.uploaded[match["oid"]] = content
    handler.send(b"")


def _verify(handler, match):
    asked = json.loads(_body(handler))
    content = handler.hub.uploaded[match["oid"]]
    assert asked == {"oid": match["oid"], "size": len(content)}
    handler.json({})


def _commit(handler, match):
    lines = [json.loads(line) for line in _body(handler).splitlines()]
    is_proposal = "create_pr" in handler.query
    if not is_proposal and not _may_write(handler, match["repo"]):
        return
    commit = handler.commit(match)
    if commit is None:
        return
    header = lines.pop(0)["value"]
    if header.get("parentCommit", commit.id) != commit.id:
        return handler.error(412, message="A commit has happened since.")
    files = dict(commit.files)
    for line in lines:
        name = line["value"]["path"]
        if line["key"] == "deletedFile":
            del files[name]
        elif line["key"] == "file":
            files[name] = base64.b64decode(line["value"]["content"])
        else:
            assert line["key"] == "lfsFile"
            files[name] = handler.hub.uploaded[line["value"]["oid"]]
            assert len(files[name]) == line["value"]["size"]
    commit = Commit(files)
    repo = handler.hub.repos[match["repo"]]
    url = f"{handler.hub.url}/{match['repo']}"
    answer = {"commitUrl": f"{url}/commit/{commit.id}", "commitOid": commit.id}
    if is_proposal:
        # `main` stays what it was: the last.
        repo.commits.insert(0, commit)
        repo.tags["refs/pr/1"] = commit.id
        answer["pullRequestUrl"] = f"{url}/discussions/1"
    else:
        repo.commits.append(commit)
    handler.hub.messages.append(header["summary"])
    handler.json(answer)


def _body(handler):
    """A request's body, also where it comes in chunks."""
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.read_body()
    content = b""
    while size := int(handler.rfile.readline(), 16):
        content += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return content
