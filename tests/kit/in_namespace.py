"""Run a module in a network namespace: python -m tests.kit.in_namespace NAMESPACE MODULE ...

The process becomes that program, so that whoever started it has it: its output, its end. Linux.
"""

import os
import sys

if __name__ == "__main__":
    _, namespace, *module = sys.argv
    os.execvp("ip", ["ip", "netns", "exec", namespace, sys.executable, "-m", *module])
