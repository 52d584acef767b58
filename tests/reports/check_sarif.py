"""Holds a SARIF log against the published schema, and against what a viewer relies on beyond it."""

import json
import sys

import jsonschema


def main(schema_path, log_path):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    with open(log_path, encoding="utf-8") as file:
        log = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(schema)
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(log)
    ]

    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    artifacts = run["artifacts"]
    fingerprints = set()
    for result in run["results"]:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            problems.append(f"ruleIndex of {result['ruleId']} points elsewhere")
        for location in result["locations"] + result.get("relatedLocations", []):
            file = location["physicalLocation"]["artifactLocation"]
            if artifacts[file["index"]]["location"]["uri"] != file["uri"]:
                problems.append(f"the index of {file['uri']} points elsewhere")
        fingerprints.add(result["partialFingerprints"]["mountguardResult/v1"])
    if len(fingerprints) != len(run["results"]):
        problems.append("two results have one fingerprint")

    for problem in problems:
        print("FAILED: SARIF:", problem, file=sys.stderr)
    print(f"SARIF: {len(run['results'])} results, {len(rules)} rules, valid by {schema['id' if 'id' in schema else '$id']}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
