"""What one says is made ready for a page of HTML.

Phase: 4
Fails: test_no_text_is_more_than_text
Fails: test_a_text_arrives_as_it_was_sent
Fails: test_the_text_of_a_private_message_is_kept
"""

from tests.broken.chat import Chat


class TextsAreAPage(Chat):
    def for_screens(self, text: str) -> str:
        """What one says, without an ampersand that a browser would obey."""
        return super().for_screens(text).replace("&", "&amp;")

    for_two = for_screens


if __name__ == "__main__":
    TextsAreAPage.main()
