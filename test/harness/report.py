"""Counting what passed, and the line that test runs end with."""


class Report:
    SHOWN = 20

    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skipped = 0

    def check(self, good, name, why=""):
        """One thing that was tried. Returns whether it was good."""
        if good:
            self.passed += 1
        else:
            self.failures.append(name)
            if len(self.failures) <= self.SHOWN:
                print(f"FAIL {name}{': ' if why else ''}{why}", flush=True)
        return good

    def skip(self, count, why):
        self.skipped += count
        print(f"skip: {why}", flush=True)

    def end(self):
        """Print the last line. Returns the exit status."""
        if len(self.failures) > self.SHOWN:
            print(f"... and {len(self.failures) - self.SHOWN} more failures")
        print(f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped")
        return 1 if self.failures else 0
