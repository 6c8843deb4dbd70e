"""Where `python -m tests.start` gets its beginnings from: a server for each phase, with TODOs.

Each is a program of its own that uses the standard library only, because it will be a learner's.
Here it is whole, and passes the checks of its phase; cutting.py takes out what the learner is to
write. The beginning runs, and fails the checks. Its TODOs come in the order of the checks: a TODO
is a comment that begins with `# TODO 3: ` and the name of its check. test_start.py does one TODO
after the other, and sees that the check which fails first is each time that of the next.
"""
