"""Mutants of right servers, one change each: the checks of their phase must find every one.

python -m tests.mutation --list phase1   tells which there are
python -m tests.mutation phase1          asks the checks of phase 1 of all of them
"""
