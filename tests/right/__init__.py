"""Right servers in other languages: no check may fail them, and yours can be compared with them.

One file each, with the phase as its first argument, in one thread: `server.c`, `server.js` and
`server.pl` say at their top how to start them, and what their language does not do for you.

python -m tests.right --times 10 --load 4   grades them again and again, on a busy machine
"""
