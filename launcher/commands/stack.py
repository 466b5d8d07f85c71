"""`elastic-chat up` and `down`: a whole stack."""

from __future__ import annotations

import os

from launcher import operate
from launcher.commands.frame import Answer, command
from launcher.display import Display
from launcher.settings import Settings


@command(
    examples={
        "elastic-chat up": "start the stack of this folder",
        "ELASTIC_CHAT_PORT=9080 ELASTIC_CHAT_HOME=/tmp/second elastic-chat up": "start a second one beside it",
    },
    exits={
        0: "Everything runs, is healthy, and gets calls.",
        1: "Something is in the way, or did not get ready: what was started goes on.",
    },
    facts={
        "web": "where people chat",
        "webOverTls": "the same, over TLS",
        "webSocket": "where clients connect",
        "rest": "what the paths of REST begin with",
        "grpc": "host and port for gRPC",
        "edgeAdmin": "the admin interface of the edge",
    },
)
def up() -> Answer:
    """Start everything, and return when it is ready. Harmless if it runs already.

    The first start of a user fetches the engines, about 300 MB, and checks them against lock files; later ones need no network. What was
    drained is back then.
    """
    stack = operate.up(Settings.from_environment(os.environ), Display())
    topology = stack.topology
    urls = {
        "web": stack.url,
        "webOverTls": f"https://localhost:{topology.edge_tls_port}",
        "webSocket": f"{stack.url.replace('http', 'ws', 1)}/v1/connect",
        "rest": f"{stack.url}/v1",
        "grpc": f"localhost:{topology.edge_port}",
        "edgeAdmin": f"http://127.0.0.1:{topology.edge_admin_port}",
    }
    return Answer(urls, "\n".join(("Elastic-Chat is up.", *(f"  {what:<10} {url}" for what, url in urls.items()))))


@command(
    examples={"elastic-chat down": "stop the stack of this folder"},
    exits={0: "Nothing runs here any more."},
    facts={"stopped": "whether anything ran"},
)
def down() -> Answer:
    """Stop everything that `up` started. What was said is kept.

    Services drain first, and engines stop last.
    """
    stopped = operate.down(Settings.from_environment(os.environ), Display())
    return Answer({"stopped": stopped}, "Elastic-Chat is down." if stopped else "Nothing was running here.")
