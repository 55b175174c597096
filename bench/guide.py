"""The work of the benchmark: a guide of ten steps that every bot serves, and how a person walks it.

The peers build their texts and keyboards from here; the product serves the same words from `house/`.
"""

N = 10
TYPED = 5
BODY = (
    "Put the left hand on the wooden handle and turn it slowly clockwise until you hear a click. "
    "Then check the <i>blue</i> lamp: if it blinks twice, go on; if not, go one step back and try again. "
    "You can ask for help at any time."
)
TITLES = ["Unpack", "Check", "Mount", "Connect", "Your name", "Calibrate", "Test", "Adjust", "Review", "Finish"]
TEXTS = [f"Step {k}/{N}\n\n<b>{title}</b>, {{name}}\n\n{BODY}" for k, title in enumerate(TITLES, 1)]
DONE = "Done. Thank you, {name}!"

SCRIPT = ["start"] + ["Next"] * 3 + ["Back"] + ["Next"] * 2 + ["type"] + ["Next"] * 5
"""What a person does: sends /start, taps a button with this label, or types a name."""

EXPECT = [1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 9, 10, 0]
"""The step that must be shown after each of these; 0 is the end, whose text names no step."""


def buttons(k: int) -> list[list[tuple[str, str]]]:
    """The keyboard of step `k`: rows of (label, callback data)."""
    if k == 1:
        return [[("Next", "next"), ("Help", "help")]]
    if k == TYPED:
        return [[("Back", "back"), ("Help", "help")]]
    return [[("Back", "back"), ("Next", "next")], [("Help", "help")]]
