"""How fast is it? `python -m tests.benchmarks` measures the chat servers side by side."""
