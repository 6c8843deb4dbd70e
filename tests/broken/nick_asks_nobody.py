"""/nick gives any name: one that is taken, one that is none; and the old one stays taken.

Phase: 4
Fails: test_an_entry_has_the_names_that_others_read
Fails: test_nick_keeps_the_name_where_the_new_one_cannot_be_had
Fails: test_nick_changes_the_name_and_frees_the_old_one
Fails: test_after_nick_all_know_the_new_name
Fails: test_an_old_name_is_not_taken_from_its_next_holder
Fails: test_no_answer_repeats_a_control_character
May fail: test_each_answer_comes_once, as somebody is listed under two names
"""

from tests.broken.chat import Chat, Person, now


class NickAsksNobody(Chat):
    def rename(self, person: Person, name: str) -> None:
        """Take the new name."""
        with self.lock:
            old, person.name = person.name, name
            self.people[self.key(name)] = person
            self.say(person, f"{now()} * {old} is now {name}")


if __name__ == "__main__":
    NickAsksNobody.main()
