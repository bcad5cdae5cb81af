"""Readings: taken in, validated, kept with their time of record, brought to the boundary and differenced."""
