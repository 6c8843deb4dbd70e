"""A private message goes to an address, and a whole class may have the same.

Phase: 4
Fails: test_a_private_message_to_oneself_reaches_nobody_else
Fails: test_a_private_message_reaches_two_people
"""

from tests.broken.chat import Chat, Person


class PrivateByAddress(Chat):
    def hearers(self, sender: Person, recipient: Person) -> list[Person]:
        """Whoever has the recipient's address."""
        host = recipient.connection.getpeername()[0]
        return [each for each in self.people.values() if each.connection.getpeername()[0] == host]


if __name__ == "__main__":
    PrivateByAddress.main()
