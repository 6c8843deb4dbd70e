"""What happened in a check so far, in numbered steps that a learner can follow."""


class Journal:
    """The steps of one check. People of the check write into it, from one thread."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, int]] = []  # a step, and how often in a row

    def __len__(self) -> int:
        """How many steps there are; the same one several times in a row counts once."""
        return len(self._steps)

    def add(self, step: str) -> None:
        """One more step happened."""
        if self._steps and self._steps[-1][0] == step:
            self._steps[-1] = (step, self._steps[-1][1] + 1)
        else:
            self._steps.append((step, 1))

    def numbered(self, most: int = 14) -> list[str]:
        """The steps as lines of text; of very many, the first and the last."""
        lines = [
            f"{number:3}. {step}" + (f"   ({times:,} times)" if times > 1 else "")
            for number, (step, times) in enumerate(self._steps, 1)
        ]
        if len(lines) <= most:
            return lines
        left_out = len(lines) - most
        return [*lines[:4], f"     … {left_out} steps more …", *lines[4 - most :]]
