"""One suite for everybody's server: ours, or a learner's in any language.

python -m pytest tests/phase2 --server "node my_server.js --port {port}"

`subject` runs the server, `people` talk to it over real sockets and write down every step in a
`journal`, `teaching` makes an explanation of it when a check fails, and `plugin` hangs all this
into pytest. The checks themselves are in each phase's folder, in test_wire.py.
"""
