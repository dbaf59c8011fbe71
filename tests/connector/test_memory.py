"""What four pages in flight leave behind goes back to the system, where the C library can be asked for it."""

import subprocess
import sys

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
    assert left_behind(is_asked=True) < 4 * 2**20
