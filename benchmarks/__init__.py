"""Measurements against named peers in the same run. `make bench` prints them all; never a test."""
