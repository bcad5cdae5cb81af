"""Flows: record files in the three envelopes of the industry (DTC user file, Pool Transfer, NETA), read by layouts.

Follows the handbook's page on file formats. `layouts` says what a flow holds, `envelopes` how its first and last line
read, `blocks` lays a file out in columns, `checking` says what is wrong with it, `tables` turns it into tables, and
`records` is the same file as nested records, read and written.
"""
