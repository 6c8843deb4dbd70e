"""Windows' own Python, on Linux: the programs and their checks run in it, under Wine.

    bash .ci/windows                  sets it up under ~/.cache, and runs the checks there
    bash .ci/windows FOLDER           the same in a folder of your own
    bash .ci/windows --run -m phase4.server --port 0      runs a program there

It is not Windows: Wine answers the program's calls. What only Wine does is listed, each with its
reason, in `exceptions`. The exit status is 1 where something else fails, and where one of the list
does not.
"""
