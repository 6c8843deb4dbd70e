"""The beginnings that `python -m tests.start` copies: a server.py for each phase, with TODOs.

Each is a program of its own that uses the standard library only, because it will be a learner's. It
runs, and fails the checks of its phase. Its TODOs come in the order of the checks: a TODO is a
comment that begins with `# TODO 3: ` and the name of its check, and ends at the next blank line,
with the code that it is about.

`solutions/` has the same programs with all TODOs done. There, what belongs to TODO 3 is between
`# <3>` and `# </3>`. So test_start.py can do one TODO after the other, and see that the check which
fails first is each time that of the next.
"""
