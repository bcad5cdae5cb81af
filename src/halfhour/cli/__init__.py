"""The command line: `halfhour COMMAND …`. Commands are thin: parse, call, print."""

from halfhour.cli.app import main

__all__ = ["main"]
