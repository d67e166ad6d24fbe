"""What a measure reports: one line a figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value and its goal; without `goal` it is told for information and cannot be missed."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def __str__(self) -> str:
        if self.goal is None:
            return f"{self.name}: {self.value:,.2f} {self.unit}".rstrip()
        sign = "≤" if self.at_most else "≥"
        verdict = "met" if self.met else "missed"
        return f"{self.name}: {self.value:,.2f} {self.unit} (goal {sign} {self.goal:,.2f}) {verdict}".replace("  ", " ")
