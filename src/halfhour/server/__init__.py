"""The server: the register that remembers, cases, files, accounts and the REST API, over SQLite or PostgreSQL.

A Django project, installed with `pip install 'halfhour[server]'`. Taken away, a library with a command line is left
that needs no database.
"""
