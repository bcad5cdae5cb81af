"""The settlement rules: one module per edition, each a pure function over integers in its document's order and names.

The same function body is compiled for the engine, run as it stands for small work, and read line by line for the
working. Nothing in this room imports anything but the language.
"""
