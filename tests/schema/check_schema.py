"""Holds policies and suites against what `mountguard policy schema` writes, with a real validator.

Every good one must be valid, and every fixture of an error that a loader tells must be refused: by the schema, by
the YAML reader before it, or it stands below with the reason why only a loader can tell.

Usage: check_schema.py SCHEMA SOURCE_DIR
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

BEYOND_A_SCHEMA = {
    "policy/errors/duplicate-exception-name.yaml": "a schema cannot compare the names of several elements",
    "policy/errors/duplicate-rule-name.yaml": "a schema cannot compare the names of several elements",
    "policy/errors/duplicate-key.yaml": "of a key that stands twice a schema sees one value; editors' YAML readers tell it",
    "policy/errors/empty-file.yaml": "without a document there is nothing to hold against a schema",
    "suites/errors/duplicate-case-name.yaml": "a schema cannot compare the names of several elements",
    "suites/errors/duplicate-key.yaml": "of a key that stands twice a schema sees one value; editors' YAML readers tell it",
    "suites/errors/empty-file.yaml": "without a document there is nothing to hold against a schema",
    "suites/errors/not-a-suite.yaml": "a MountPolicy, which the schema takes as well",
}


class CoreReader(yaml.SafeLoader):
    """Reads YAML with the types of YAML 1.2's core schema, as editors do: a date is a text, and << a key."""


CoreReader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[.][0-9]+|[0-9]+[.][0-9]*)$", list("-+.0123456789")),
]:
    CoreReader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def documents(text):
    return [document for document in yaml.load_all(text, CoreReader) if document is not None]


def problems(validator, document):
    """What a validator says of a document, the reasons inside of anyOf included."""
    return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}" for e in validator.iter_errors(document)]


def good_texts(source):
    """Every policy and every suite that a loader takes, with where it stands."""
    testdata = source / "tests/testdata"
    for folder in [source / "deploy/policies", testdata / "policy/warnings", testdata / "cli/policies",
                   testdata / "suites/production"]:
        for path in sorted(folder.rglob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            if "kind: MountPolicy" in text:
                yield str(path.relative_to(source)), text
    for page in sorted((source / "docs").rglob("*.md")):
        blocks = re.findall(r"^```yaml.*?\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
        for number, block in enumerate(blocks):
            if "kind: MountPolicy" in block:
                yield f"{page.relative_to(source)}, block {number}", block


def refusal(validator, path):
    """Why a file is refused, or None where it is not."""
    try:
        texts = documents(path.read_text(encoding="utf-8"))
        found = [problem for document in texts for problem in problems(validator, document)]
        return found[0] if found else None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        return f"no YAML: {type(error).__name__}"


def main(schema_path, source):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    source = pathlib.Path(source)
    failures, good = [], 0
    for name, text in good_texts(source):
        good += 1
        for document in documents(text):
            failures += [f"{name} is refused: {problem}" for problem in problems(validator, document)]

    refused, left = 0, set(BEYOND_A_SCHEMA)
    for folder in ["policy/errors", "suites/errors"]:
        for path in sorted((source / "tests/testdata" / folder).glob("*.yaml")):
            name = f"{folder}/{path.name}"
            why = refusal(validator, path)
            if why is not None:
                refused += 1
                if name in BEYOND_A_SCHEMA:
                    failures.append(f"{name} is refused after all ({why}): take it off the list")
            elif name not in BEYOND_A_SCHEMA:
                failures.append(f"{name} is taken, and the loader refuses it")
            left.discard(name)
    failures += [f"{name} is listed, and there is no such file" for name in sorted(left)]

    for failure in failures:
        print("FAILED: schema:", failure, file=sys.stderr)
    for name, reason in sorted(BEYOND_A_SCHEMA.items()):
        print(f"beyond a schema: {name}: {reason}")
    print(f"schema: {good} policies and suites are taken, {refused} wrong ones refused, "
          f"{len(BEYOND_A_SCHEMA)} are left to the loader")
    return 1 if failures or good < 20 or refused < 50 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
