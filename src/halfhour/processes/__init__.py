"""Market processes: timetables as data, cases folded from recorded events, and what each process asks of the register.

Follows the handbook's pages on export registration, the microgeneration backstop, private networks and chargeable
imports. Everything here is pure: today's date, events and facts are arguments, and nothing is stored.
"""
