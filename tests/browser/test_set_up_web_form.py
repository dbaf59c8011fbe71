"""Knows that the engine of web forms is installed from a lock that names no host, or not at all, with the reason."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.browser import set_up_web_form
from tests.browser.set_up_web_form import ENGINE, LOCK, NODE_LOCK

PACKAGES = {name: facts for name, facts in json.loads(LOCK.read_text(encoding="utf-8"))["packages"].items() if name}
NOWHERE = "http://127.0.0.1:9/"


def test_every_package_of_the_lock_has_a_hash_and_no_address() -> None:
    hashed = {name for name, facts in PACKAGES.items() if facts.get("integrity", "").startswith("sha512-")}
    assert hashed == PACKAGES.keys() and [name for name, facts in PACKAGES.items() if "resolved" in facts] == []


def test_the_lock_holds_what_is_asked_for() -> None:
    asked = json.loads((ENGINE / "package.json").read_text(encoding="utf-8"))
    wanted = asked["dependencies"] | asked["devDependencies"] | asked["overrides"]
    assert {name: PACKAGES[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_without_node_and_network_it_says_what_to_do_and_is_no_failure(tmp_path: Path) -> None:
    script = tmp_path / "tests" / "browser" / "set_up_web_form.py"
    shutil.copytree(ENGINE, script.parent / "engine", ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copy(set_up_web_form.__file__, script)
    shutil.copy(NODE_LOCK, tmp_path)
    cut_off = {
        "PATH": str(tmp_path),
        "PIP_NO_INDEX": "1",
        "npm_config_registry": NOWHERE,
        "npm_config_fetch_retries": "0",
    }
    given = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "npm_"))} | cut_off
    done = subprocess.run([sys.executable, script], env=given, text=True, capture_output=True, check=False)
    assert done.returncode == 0 and done.stdout == ""
    assert "will be skipped" in done.stderr and "make setup-tests" in done.stderr
    assert not (script.parent / "engine" / "dist").exists()
