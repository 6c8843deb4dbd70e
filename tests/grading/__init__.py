"""One suite for everybody's server: ours, or a learner's in any language.

python -m pytest tests/phase2 --server "node my_server.js --port {port}"

`subject` is the server, `people` talk to it over real sockets and write down every step in a
`journal`, and `plugin` hangs all this into pytest. When a check fails, `teaching` explains it: with
the likely cause (`causes`), how the server died (`deaths`), what it printed (`faults`, `excerpt`)
and what the system knows of its sockets (`listening`).

`commands` looks at the command, `running` starts it and ends all that it has started (`processes`),
and `console` reads what it prints. The checks themselves are in each phase's test_wire.py;
those of phase 4 are in `chat`, and what several phases ask in `stream_checks`, `server_checks`.
"""
