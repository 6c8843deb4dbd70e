"""The museum: small servers, each with one classic mistake, and the checks that find it.

`echo`, `broadcast` and `chat` are small servers without a mistake (as far as the checks know). Each
other file takes one of them and breaks one thing. The `Fails:` lines of its docstring name the
checks that must fail for it, and all others must pass: test_museum.py sees to that. So the checks
are proved able to fail, each for its own reason. Run one, and read what the check says:

    python -m pytest tests/phase1 --server "python -m tests.broken.recv_is_a_message {port}"
"""
