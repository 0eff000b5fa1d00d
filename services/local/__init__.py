"""Weft on one machine: an embedded broker node, an embedded store and the five services as child processes."""
