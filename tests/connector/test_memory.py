"""What four pages in flight leave behind goes back to the system, where the C library can be asked for it."""

import subprocess
import sys

from connector.memory import MOST_KEPT

CODE = """
import os, threading
from pathlib import Path
from connector.memory import keep_little

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

if {is_asked}:
    keep_little()
before, rounds, gate = held(), 5, threading.Barrier(4)

def read_pages():
    for _ in range(rounds):
        pieces = [bytes(2**20) for _ in range(8)]
        gate.wait()
        page = b"".join(pieces)
        del pieces, page

threads = [threading.Thread(target=read_pages) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(held() - before)
"""


def left_behind(is_asked: bool) -> int:
    """Bytes that a program holds after four threads have read pages of 8 MB and forgotten them."""
    code = CODE.format(is_asked=is_asked)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(ended.stdout)


def test_pages_that_were_read_in_threads_leave_little_behind() -> None:
    assert left_behind(is_asked=True) < MOST_KEPT + 4 * 2**20


AGAIN = """
import resource
from connector.memory import keep_little

def faults_of_a_page():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    body = bytes(2**22)
    records = [body[at : at + 2**12] for at in range(0, len(body), 2**12)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if {is_asked}:
    keep_little()
print([faults_of_a_page() for _ in range(3)][-1])
"""


def cleared_anew(is_asked: bool) -> int:
    """How many pieces of memory the system clears for the third of three pages with 4 MB of records."""
    ended = subprocess.run(
        [sys.executable, "-c", AGAIN.format(is_asked=is_asked)], capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


def test_a_page_uses_the_memory_of_those_before() -> None:
    assert cleared_anew(is_asked=True) < 200
