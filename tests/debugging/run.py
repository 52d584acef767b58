#!/usr/bin/env python3
"""Runs every command of docs/debugging.md: run.py MOUNTGUARD DOCUMENT

A console block stands behind a comment that names the node it is tried on, a function of symptoms.sh:

    <!-- node: not_shared -->
    ```console
    $ mountguard node doctor /srv/data
    what it prints
    ```

The blocks of one section (##) that name the same node are run on one, one after the other. Numbers
count as equal, and a line "..." stands for any lines. MOUNTGUARD_UPDATE_GOLDEN=1 rewrites what does
not match. 77 means that this machine does not let namespaces be made.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "==== command ===="
UNSHARE = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc",
           "--kill-child"]


class Block:
    def __init__(self, section, node, first_line):
        self.section = section
        self.node = node
        self.first_line = first_line  # index of the line behind the fence
        self.commands = []  # (text, expected lines)
        self.outputs = []

    def add(self, line):
        if line.startswith("$ "):
            self.commands.append([line[2:], []])
        elif self.commands and self.commands[-1][0].endswith("\\"):
            self.commands[-1][0] += "\n" + line
        elif self.commands:
            self.commands[-1][1].append(line)
        else:
            sys.exit(f"line {self.first_line + 1}: a console block begins with a command")


def read(lines):
    blocks, section, node, block = [], "", None, None
    for number, line in enumerate(lines):
        if block is not None:
            if line == "```":
                block = None
            else:
                block.add(line)
            continue
        if line.startswith("## "):
            section = line
        named = re.fullmatch(r"<!-- node: (\w+) -->", line)
        if named:
            node = named[1]
        elif line == "```console":
            if node is None:
                sys.exit(f"line {number + 1}: a console block without the node that it is run on")
            block = Block(section, node, number + 1)
            blocks.append(block)
            node = None
        elif line.startswith("```sh") or line.startswith("```bash"):
            sys.exit(f"line {number + 1}: commands stand in console blocks, which are run")
    return blocks


def run(mountguard, blocks):
    script = ["set -euo pipefail", f". {HERE}/symptoms.sh", blocks[0].node, "set +eu"]
    for block in blocks:
        for text, _ in block.commands:
            script += [f"echo '{MARK}'", "{ " + text + "\n} 2>&1"]
    environment = dict(os.environ, MOUNTGUARD=mountguard, MANIFESTS=HERE + "/manifests")
    done = subprocess.run(UNSHARE + ["bash", "-c", "\n".join(script)], env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    head, *outputs = done.stdout.split(MARK + "\n")
    if head.strip() or len(outputs) != sum(len(block.commands) for block in blocks):
        sys.exit(f"{blocks[0].node}: the node could not be made:\n{done.stdout}")
    for block in blocks:
        for _ in block.commands:
            block.outputs.append([line.rstrip() for line in outputs.pop(0).splitlines()])


def matches(expected, got):
    pattern = []
    for line in expected:
        if line.strip() == "...":
            pattern.append(r"(?:.*\n)*?")
        else:
            escaped = re.escape(re.sub(r"\d+", "0", line.rstrip()))
            pattern.append(re.sub(r"(\\ )+", " +", escaped) + "\n")
    text = "".join(re.sub(r"\d+", "0", line) + "\n" for line in got)
    return re.fullmatch("".join(pattern), text) is not None


def main():
    mountguard, document = os.path.abspath(sys.argv[1]), sys.argv[2]
    probe = subprocess.run(UNSHARE + ["true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print("skipped: no namespaces here:", probe.stderr.strip())
        sys.exit(77)
    with open(document, encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks = read(lines)
    groups = {}
    for block in blocks:
        groups.setdefault((block.section, block.node), []).append(block)
    for group in groups.values():
        run(mountguard, group)
    wrong = 0
    for block in reversed(blocks):  # so that places of earlier ones stay
        if all(matches(want, got) for (_, want), got in zip(block.commands, block.outputs)):
            continue
        wrong += 1
        shown = []
        for (text, _), got in zip(block.commands, block.outputs):
            shown += ["$ " + text.split("\n")[0]] + text.split("\n")[1:] + got
        if os.environ.get("MOUNTGUARD_UPDATE_GOLDEN"):
            end = lines.index("```", block.first_line)
            lines[block.first_line:end] = shown
        else:
            print(f"{document}:{block.first_line + 1}: on node {block.node} it is:")
            print("\n".join("  " + line for line in shown))
    if wrong and os.environ.get("MOUNTGUARD_UPDATE_GOLDEN"):
        with open(document, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        wrong = 0
    commands = sum(len(block.commands) for block in blocks)
    print(f"{commands} commands of {document} on {len(groups)} nodes, {wrong} blocks differ")
    sys.exit(1 if wrong or not commands else 0)


main()
