"""A program whose threads take turns as often as they can: what can come between, comes between.

python -m tests.kit.hasty --port 12345 phase2.server
"""

import runpy
import sys

if __name__ == "__main__":
    sys.setswitchinterval(1e-6)  # seconds; usually 5 ms, in which a thread prints hundreds of lines
    module = sys.argv.pop()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
