"""Every spelling of hello is taken for the one that has an answer.

Phase: 1
Fails: test_hello_is_answered_and_every_other_line_is_sent_back
"""

from tests.broken.echo import Echo


class AnswersHelloInLowerCase(Echo):
    def answer(self, text: str) -> str:
        """What its sender gets back."""
        return "Hello Client!" if text.lower() == "hello server!" else text


if __name__ == "__main__":
    AnswersHelloInLowerCase.main()
