"""What the workers told, put together: progress while they run, and the closing figures."""

import json
from collections import Counter, defaultdict

import findings
from tally import ALLOWED_SHARE_MIN, Tally

_TOLD_FINDINGS_MAX = 40
_REFUSALS_TOLD = 25


class Report:
    """The outcome of a run over all workers."""

    def __init__(self, folder, wanted):
        self._folder = folder
        self._wanted = wanted
        self._tallies = defaultdict(Tally)  # by kind of server
        self._seconds = Counter()
        self._running = {}
        self._found = defaultdict(list)
        self._times = Counter()
        self._alarms = Counter()
        self._slow = []
        self._stuck = []
        self._ended = []
        self._unreadable = set()
        self._broken = []
        self._reached = Counter()

    def take(self, job, kind, what):
        match kind:
            case "broken":
                self.broken(f"{job.kind}: {what}")
            case "unprotected":
                self._unprotected(job, what)
            case "finding":
                self._finding(job, what)
            case "progress":
                place, tally, found = what
                self._running[job.kind, job.number] = (place, tally, found)
            case "phase":
                self._running.pop((job.kind, job.number), None)
                self._phase(job, *what)

    def broken(self, text):
        self._broken.append(text)
        print(f"leakcheck: broken: {text}")

    def _unprotected(self, job, outcome):
        kinds = Counter(finding["kind"] for finding in outcome.found)
        if not kinds["canary"]:
            self.broken(f"{job.kind}: nothing was found although the policy protected nothing")
        print(f"leakcheck: {job.kind}: unprotected, and {sum(outcome.times.values())} statements leak, as they must")

    def _finding(self, job, finding):
        found = self._found[job.kind]
        found.append(finding)
        path = findings.write(self._folder, finding, len(found))
        if len(found) <= _TOLD_FINDINGS_MAX:
            print(f"\nleakcheck: {findings.told(finding)}\n  REPLAY={path}")

    def _phase(self, job, place, outcome):
        if not outcome.is_in_step:
            self.broken(f"{job.kind}, {_named(place)}: the two worlds are not in step at the end")
        self._tallies[job.kind].add(outcome.tally)
        self._seconds[job.kind] = max(self._seconds[job.kind], 0) + outcome.seconds / job.workers
        self._times[job.kind] += sum(outcome.times.values())
        self._reached.update(outcome.reached)
        self._stuck += [(job.kind, *stuck) for stuck in outcome.stuck]
        self._ended += [(job.kind, cause) for cause in outcome.ended]
        self._slow += [(job.kind, *slow) for slow in outcome.slow]
        self._unreadable |= {f"{job.kind} {place['schema']}: {name}" for name in outcome.unreadable}
        for event, count in outcome.alarms.items():
            self._alarms[f"{job.kind}, {_named(place)}: {event}"] += count
        print(f"leakcheck: {job.kind}, {_named(place)}: {_figures(outcome.tally, outcome.seconds)}")

    def progress(self):
        lines = []
        for (kind, number), (place, tally, found) in sorted(self._running.items()):
            done = self._tallies[kind].counts["statements"] + tally.counts["statements"]
            lines.append(
                f"… {kind} {number}, {_named(place)}: {done} of {self._wanted} statements, {found} leaks"
            )
        return "\n".join(lines) or "… setting up"

    def is_good(self):
        return not (
            self._broken
            or sum(self._times.values())
            or self._guard_alarms()
            or self._unreadable
            or any(tally.allowed_share < ALLOWED_SHARE_MIN for tally in self._tallies.values())
        )

    def _guard_alarms(self, kind=""):
        alarms = self._alarms.items()
        return sum(count for event, count in alarms if event.startswith(kind) and ": guard_role" in event)

    def summary(self):
        lines = [""]
        for event, count in sorted(self._alarms.items()):
            lines.append(f"security event x{count} {event}")
        for kind, sql, a, b in self._slow:
            lines.append(f"slow {kind}: {a:.3f} s in A, {b:.3f} s in B: {sql[:300]}")
        for kind, case, *sessions in self._stuck:
            lines.append(f"locks were still held at {kind} after case {case}: {'; '.join(sessions)[:600]}")
        lines += [f"a fault of {kind} itself, which ended: {cause[:600]}" for kind, cause in self._ended]
        lines += [f"cannot be read: {name}" for name in sorted(self._unreadable)]
        for kind, tally in sorted(self._tallies.items()):
            lines.append(f"{kind}, refusals of what uses protected columns as output or not at all:")
            for reason, count in tally.refusals.most_common(_REFUSALS_TOLD):
                lines.append(f"  {count:6} {reason}")
                lines.append(f"         {tally.examples[reason][0][0][:200]}")
            for name, count in sorted(tally.counts.items()):
                lines.append(f"  {count:8} {name}")
        self._write()
        for kind, tally in sorted(self._tallies.items()):
            lines.append(
                f"leakcheck: {kind}: {_figures(tally, self._seconds[kind])},"
                f" leaks {self._times[kind]} (of {len(self._found[kind])} sorts), guard alarms {self._guard_alarms(kind)}"
            )
        lines += [f"leakcheck: broken: {text.splitlines()[-1]}" for text in self._broken]
        return "\n".join(lines)

    def _write(self):
        self._folder.mkdir(parents=True, exist_ok=True)
        figures = {
            kind: {
                "counts": tally.counts,
                "refusals": dict(tally.refusals.most_common()),
                "examples": tally.examples,
            }
            for kind, tally in self._tallies.items()
        }
        (self._folder / "figures.json").write_text(json.dumps(figures, indent=1))
        (self._folder / "reached.json").write_text(json.dumps(dict(self._reached.most_common()), indent=1))


def _named(place):
    return f"{place['schema']} {'with' if place['guard'] else 'without'} guard role"


def _figures(tally, seconds):
    statements = tally.counts["statements"]
    return (
        f"{statements} statements, {statements / max(seconds, 0.001):.0f} a second,"
        f" allowed {tally.allowed_share:.1%} of {tally.counts['countable']}"
    )
