"""One call outside a run, which keeps nobody waiting."""

import subprocess
import sys

HANGS = """
import socket, threading
from datetime import timedelta
from capi_jobs.jobs.single_call import called
from capi_jobs.model import Call

asked = []
def never(host, *_, **__):
    asked.append(host)
    threading.Event().wait()

socket.getaddrinfo = never
answer = called(Call("HEAD", "https://x.example/", {}, b""), timedelta(seconds=0.5))
assert asked and set(asked) <= {"x.example", b"x.example"}, asked
print(answer.reason)
"""


def test_a_resolver_that_never_answers_keeps_the_process_from_no_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout in {
        "could not connect in time\n",
        "no answer within 0.5 s\n",
    }
    assert done.stderr == ""
