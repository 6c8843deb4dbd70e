"""A client that, after a loss, would wait for an hour: so a check says when it comes back.

python -m tests.kit.patient phase4.client_gui --port 12345
"""

import runpy
import sys

import phase4.client.client

if __name__ == "__main__":
    phase4.client.client.FIRST_PAUSE_SECONDS = 3600.0
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
