"""The ceiling of answers: a bare ASGI application on the catalog's server, which sends one answer from memory.

bare_asgi.py PORT ANSWER.json      {"status": 200, "headers": [[name, value], …], "body": text}
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

import uvicorn


def application(answer: dict[str, Any]) -> Any:
    """An application that gives every request the same answer."""
    body: bytes = answer["body"].encode()
    start = {
        "type": "http.response.start",
        "status": answer["status"],
        "headers": [(name.encode(), value.encode()) for name, value in answer["headers"]],
    }
    end = {"type": "http.response.body", "body": body}

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        await send(start)
        await send(end)

    return app


def main() -> None:
    """Serves until it is told to stop, with the settings that `brokerbook serve` gives uvicorn."""
    port, answer = int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    config = uvicorn.Config(
        application(answer),
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
    )
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
