"""Weft on one machine: a broker node and a store of its own, and the five services as child processes."""
