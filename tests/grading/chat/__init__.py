"""What phase 4 promises on the wire, asked of anybody's server: phase4/README.md, The protocol.

Each module has one part of it, in a class. tests/phase4/test_wire.py derives from each, in the
order of the lesson. `people` is how somebody comes in, speaks and hears.
"""
