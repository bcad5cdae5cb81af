"""Industry files in and out: network flows, market data files, half-hourly exchange formats; layouts are data.

A reader here takes a file apart and says what is wrong with it; what its content means to a portfolio is for the rooms
above.
"""
