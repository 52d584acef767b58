"""Reads a JUnit report with junitparser and holds its counts against the JSON report of the same run."""

import json
import sys

from junitparser import JUnitXml


def main(xml_path, json_path):
    report = JUnitXml.fromfile(xml_path)
    with open(json_path, encoding="utf-8") as file:
        summary = json.load(file)["summary"]
    cases = [case for suite in report for case in suite]
    outcomes = [type(problem).__name__ for case in cases for problem in case.result]
    counted = {name: outcomes.count(name) for name in ("Failure", "Error", "Skipped")}
    expected = {
        "Failure": summary["deny"],
        "Error": summary["errors"],
        "Skipped": summary["excepted"] + summary["skipped"],
    }
    print(f"junitparser: {len(list(report))} suites, {len(cases)} cases, {counted}")
    if counted != expected or report.failures != summary["deny"] or report.errors != summary["errors"]:
        print(f"FAILED: JUnit: expected {expected}", file=sys.stderr)
        return 1
    names = [(case.classname, case.name) for case in cases]
    if len(set(names)) != len(names):
        print("FAILED: JUnit: two cases have one name", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
