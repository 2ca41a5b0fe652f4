#!/usr/bin/env python3
"""An agent on Poo App's REST API, with nothing but Python's standard library.

It is handed the next task that nobody has, says what it does, and marks it as done. Run it with

    POO_URL=http://127.0.0.1:8787 POO_KEY=poo_live_... python3 agent.py

The key comes from `poo agent connect`. With --once it ends when nothing is left to do.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("POO_URL", "http://127.0.0.1:8787").rstrip("/") + "/api/v1"
KEY = os.environ["POO_KEY"]
# How long the relay may hold an answer back until there is something to do, in seconds.
WAIT_S = 25


class Problem(Exception):
    """What the relay says when it does not do something: a problem document (RFC 9457)."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body.get('code')}: {body.get('detail')}")
        self.code = body.get("code")
        self.retryable = body.get("retryable", False)


def call(method, path, body=None, once=None):
    """One request. `once` names it: sent again under the same name it happens once."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    if once:
        headers["Idempotency-Key"] = once
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    for attempt in range(5):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content = answer.read()
                return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            problem = Problem(error.code, json.loads(error.read() or b"{}"))
            if not problem.retryable or attempt == 4:
                raise problem from None
            time.sleep(float(error.headers.get("Retry-After", "1")))
        except urllib.error.URLError:
            if attempt == 4:
                raise
            time.sleep(2**attempt)


def work(task):
    """What this agent can do: it counts the letters of a title."""
    letters = sum(character.isalpha() for character in task["title"])
    return f"The title has {letters} letters."


def take(task):
    """Claims a task, does it, and says so, unless somebody else was faster."""
    path = "/tasks/" + task["id"]
    try:
        task = call("POST", path + "/claim", {})
    except Problem as problem:
        if problem.code in ("claimed", "conflict", "not_found"):
            return
        raise
    result = work(task)
    call("POST", path + "/comments", {"text": result}, once=str(uuid.uuid4()))
    call("POST", path + "/complete", {})
    print(f"{task['title']}: {result}", flush=True)


def main():
    once = "--once" in sys.argv[1:]
    print(f"working as {call('GET', '/me')['did']}", flush=True)
    wait = 0 if once else WAIT_S
    while True:
        task = call("GET", f"/tasks/next?unassigned=true&wait={wait}")
        if task:
            take(task)
        elif once:
            return


if __name__ == "__main__":
    main()
