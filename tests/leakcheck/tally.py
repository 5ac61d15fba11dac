"""What is counted of a run: statements, what became of them, and how much hides behind refusals."""

import re
from collections import Counter

# Of the statements that use protected columns as output or not at all.
ALLOWED_SHARE_MIN = 0.90
_EXAMPLES_MAX = 5
_TOKEN = re.compile(r"\[(POSTERN-[A-Z-]+)\]\s*(.*)", re.DOTALL)


class Tally:
    """Counts of one worker, which add up."""

    def __init__(self):
        self.counts = Counter()
        self.refusals = Counter()
        self.examples = {}

    def take(self, step, error, is_accepted):
        """Counts one step; `is_accepted` says whether the server takes a statement that was refused."""
        self.counts["statements"] += 1
        self.counts[f"sent {step.send}"] += 1
        self.counts[f"uses {step.uses}"] += 1
        outcome, reason = _outcome(error)
        self.counts[f"{step.uses}: {outcome}"] += 1
        if step.uses not in ("none", "output") or step.provoked:
            return
        if outcome == "refused" and not is_accepted(step.sql):
            self.counts["invalid, not counted"] += 1
            return
        self.counts["countable"] += 1
        if outcome == "refused":
            self.refusals[reason] += 1
            examples = self.examples.setdefault(reason, [])
            if len(examples) < _EXAMPLES_MAX:
                examples.append([step.sql.decode(errors="replace")[:1000], error[1]])
        else:
            self.counts["countable and allowed"] += 1

    def add(self, other):
        self.counts.update(other.counts)
        self.refusals.update(other.refusals)
        for reason, examples in other.examples.items():
            self.examples.setdefault(reason, []).extend(examples)

    @property
    def allowed_share(self):
        countable = self.counts["countable"]
        return self.counts["countable and allowed"] / countable if countable else 1.0


def _outcome(error):
    """What became of a statement, and for a refusal its reason without names."""
    if error is None:
        return "answered", ""
    code, text = error
    found = _TOKEN.search(text)
    if not found:
        return f"server error {code}", ""
    if found[1] == "POSTERN-PROTECTED":
        return "failed behind the mask", ""
    reason = re.sub(r"`[^`]*`|'[^']*'|\b[\w$]+(\.[\w$]+)+|\d+", "…", found[2])
    return "refused", f"{found[1]} {reason[:110]}"
