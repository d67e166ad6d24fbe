"""Getting the answers: from what was given, or from whoever sits at the terminal, who is asked again until an answer can be used."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from getpass import getpass

from operations.setting_up.environment_file import Unusable, masked
from operations.setting_up.question import Group, Known, Question

EMPTY = "-"
"""What is typed to leave empty what has a value."""


@dataclass
class Interview:
    """`given` holds the answers that nobody needs to be asked for, by option; `present` those of an earlier time, which are the defaults."""

    known: Known
    given: Mapping[str, str]
    present: Mapping[str, str]
    may_ask: bool
    tries: bool
    """Whether servers are tried."""
    say: Callable[[str], None]
    problems: dict[str, str] = field(default_factory=dict)
    """Sentences, by the option or the title of the group that could not be used."""

    def hold(self, groups: Iterable[Group]) -> None:
        """Fill in `known`; what could not be used without asking is in `problems` then."""
        for group in groups:
            asked = [question for question in group.questions if self.applies(question)]
            if self.may_ask and any(question.option not in self.given for question in asked):
                self.say(f"\n{group.title}")
            self.hold_group(group)

    def hold_group(self, group: Group) -> None:
        while True:
            for question in group.questions:
                if self.applies(question):
                    self.settle(question)
            if not self.tries or self.lacks_a_part(group) or not (refusal := group.refused(self.known)):
                return
            if not self.may_ask:
                self.problems[group.title] = refusal
                return
            self.say(f"  {refusal}")
            if not self.again(group):
                return

    def lacks_a_part(self, group: Group) -> bool:
        """Whether a part of the address that the group tries could not be used: parts are what becomes no variable by itself."""
        return any(f"--{question.option}" in self.problems for question in group.questions if not question.variable)

    def again(self, group: Group) -> bool:
        """Whether to ask the group's questions once more, with these answers as defaults."""
        if input("Answer these again? [Y/n] ").strip().lower().startswith("n"):
            self.say("  Kept as it is. The site will not work before that is mended.")
            return False
        self.given = {
            option: value for option, value in self.given.items() if option not in {question.option for question in group.questions}
        }
        self.present = {**self.present, **{question.option: self.known[question.option] for question in group.questions}}
        return True

    def applies(self, question: Question) -> bool:
        if question.applies(self.known):
            return True
        self.known.pop(question.option, None)
        return False

    def settle(self, question: Question) -> None:
        default = self.present.get(question.option) or question.default(self.known)
        if question.option in self.given or not self.may_ask:
            try:
                self.known[question.option] = question.answer(self.known, self.given.get(question.option, default))
                return
            except Unusable as problem:
                self.problems[f"--{question.option}"] = str(problem)
        if self.may_ask:
            self.problems.pop(f"--{question.option}", None)
            self.known[question.option] = self.asked(question, default)
        else:
            self.known.pop(question.option, None)  # what builds on it must not be told of as a second fault

    def asked(self, question: Question, default: str) -> str:
        if question.explains:
            self.say(f"  {question.explains}")
        while True:
            said = self.typed(question, default)
            answer = "" if said == EMPTY else said or default
            try:
                return question.answer(self.known, answer)
            except Unusable as problem:
                self.say(f"  That cannot be used: {problem}")

    @staticmethod
    def typed(question: Question, default: str) -> str:
        if question.is_secret:
            return getpass(f"{question.asks}{' [the present one]' if default else ''} (nothing shows while you type): ")
        return input(f"{question.asks}{f' [{masked(default, ())}]' if default else ''}: ").strip()
