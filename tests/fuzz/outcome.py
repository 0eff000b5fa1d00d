"""What Schemathesis has asked, and what it has found."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from schemathesis.engine.recorder import ScenarioRecorder


@dataclass
class Outcome:
    """What was asked, how it was answered, and what was wrong with that."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    findings: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def routes(self) -> set[str]:
        """Those that were called."""
        return {route for route, _ in self.statuses}

    @property
    def reached(self) -> set[str]:
        """Those that have done what they are there for, at least once."""
        return {route for route, status in self.statuses if status < 300}

    def take(self, phase: str, recorder: ScenarioRecorder, elapsed_s: float) -> None:
        """What came of one route in one phase, or of several one after the other."""
        self.seconds[f"{phase} {recorder.label}"] += elapsed_s
        for case_id, each in recorder.interactions.items():
            if each.response is not None:
                route = recorder.cases[case_id].value.operation.label
                self.statuses[route, each.response.status_code] += 1
        for case_id, checks in recorder.checks.items():
            for failed in (check.failure_info for check in checks if check.failure_info):
                answer = recorder.interactions[failed.failure.case_id or case_id].response
                said = answer.content[:1000] if answer else b""
                name = (recorder.label, type(failed.failure).__name__, str(said)[:300])
                self.findings.setdefault(
                    name, f"{phase}: {failed.failure}\n{failed.code_sample[:2000]}\n{said}"
                )

    def told(self) -> str:
        """Every finding, with how to see it again."""
        return "\n\n".join(f"{route}: {text}" for (route, _, _), text in sorted(self.findings.items()))
