"""The archive: it is the log, whatever happens to either, and what was said is found in it."""
