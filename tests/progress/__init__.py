"""How far a learner has come, and a class: `python -m tests.progress`. Its usage is in __main__.py.

`servers` finds what there is to grade; `checks` runs the checks of a phase in a process of its own,
which `inside` is the program of. `grading` does that for a class, several at a time, and `screen`
shows it. With --watch, `watching` does it for one learner whenever a file changes (`files`), and
listens to `keys`.
"""
