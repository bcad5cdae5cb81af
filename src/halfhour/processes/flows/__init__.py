"""Flows in and out of cases: what a file says to a process, which case it belongs to, and files built from a case."""

from halfhour.processes.flows.messages import Message, messages_of

__all__ = ["Message", "messages_of"]
