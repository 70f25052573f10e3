"""Asks the PyPI package `standardwebhooks` whether received requests verify.

Reads one JSON object a line: secret, headers, body_base64 and, for a known vector, now_seconds
(the instant to judge at; without it, the clock). Prints one JSON object a line: ok, error.
"""

import base64
import json
import sys
from datetime import datetime, timezone

from standardwebhooks import webhooks


def clock_at(seconds):
    """The class the package asks for the time, stopped at an instant."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(seconds, tz=tz or timezone.utc)

    return Stopped


def judge(line):
    try:
        question = json.loads(line)
        at = question.get("now_seconds")
        webhooks.datetime = datetime if at is None else clock_at(at)
        body = base64.b64decode(question["body_base64"])
        webhooks.Webhook(question["secret"]).verify(body, question["headers"])
        return {"ok": True}
    except Exception as error:  # any refusal is a verdict
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(judge(line)), flush=True)
