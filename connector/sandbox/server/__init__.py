"""Knows how to behave as a KoboToolbox server: the same addresses, answers and mistakes, over one SQLite file.

For demonstration, training and tests. It keeps to what was recorded of a real server; where nothing was recorded, the
code says so.
"""

from connector.sandbox.server.accounts import SandboxUser, prepare
from connector.sandbox.server.app import create_app
from connector.sandbox.server.run import SandboxAddress, running_sandbox, serve

__all__ = ["SandboxAddress", "SandboxUser", "create_app", "prepare", "running_sandbox", "serve"]
