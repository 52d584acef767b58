"""Opens an html report in headless Chromium and uses it by keyboard alone, through chromedriver's WebDriver
protocol. Needs nothing but Python's own library."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

ESCAPES = {"Tab": "\ue004", "Space": " ", "Home": "\ue011", "End": "\ue010", "Down": "\ue015", "Enter": "\ue007"}


class Browser:
    """A Chromium that chromedriver on a free port drives; both end with it."""

    def __init__(self, *arguments):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                break
        else:
            raise RuntimeError("chromedriver did not start")
        self.url = f"http://127.0.0.1:{found[1]}/session"
        options = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", *arguments]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium has none for root
        wanted = {"goog:chromeOptions": {"args": options}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = None
        self.session = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def ask(self, method, path, body=None):
        url = self.url + (f"/{self.session}{path}" if self.session else path)
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, path):
        self.ask("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def press(self, *keys):
        actions = []
        for key in keys:
            value = ESCAPES.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def console(self):
        return self.ask("POST", "/se/log", {"type": "browser"})

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", "", None)
        except (urllib.error.URLError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait()


SHOWN = "return [...document.querySelectorAll('.entry:not([hidden])')].map(e => e.dataset.standing)"
FOCUSED = "const a = document.activeElement; return a.value || a.name || a.id || a.className || a.tagName"


def check_filters(browser, check):
    everything = browser.run(SHOWN)
    check("all entries are shown at first", len(everything) > 10)
    check("the filters are there", browser.run("return !document.querySelector('.filters').hidden"))
    browser.press("f")
    check("f goes to the filters", browser.run(FOCUSED) == "error")
    browser.press("Space")
    check("space takes the errors away", "error" not in browser.run(SHOWN))
    browser.press("Tab", "Space")
    check("tab and space take the denials away, too", not {"error", "deny"} & set(browser.run(SHOWN)))
    check("the count says so", browser.run("return document.querySelector('output').value").startswith(f"{len(browser.run(SHOWN))} of"))
    for _ in range(5):  # past the other four kinds to the choice of a rule
        browser.press("Tab")
    check("tab comes to the rules", browser.run("return document.activeElement.name") == "rule")
    browser.press("d", "u")
    check(
        "typing chooses a rule",
        browser.run("return [...document.querySelectorAll('.entry:not([hidden])')].map(e => e.dataset.rule)") == ["duplicate-key"],
    )
    browser.press("Tab", "Tab", "Enter")
    time.sleep(0.1)
    check("enter on the button shows all", browser.run(SHOWN) == everything)
    browser.press("j", "j", "k")
    check("j and k go from entry to entry", browser.run("return document.activeElement.id") == "entry-1")


def check_page(browser, check):
    check(
        "the caret stands under the value",
        browser.run(
            """return [...document.querySelectorAll('pre')].every(pre => {
                 const mark = pre.querySelector('mark').getBoundingClientRect();
                 const range = document.createRange();
                 range.selectNodeContents(pre.querySelector('.caret').lastChild);
                 return Math.abs(range.getBoundingClientRect().left - mark.left) < 1;
               })"""
        ),
    )
    check("every link of a rule has its target", browser.run(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].every(a => document.getElementById(decodeURIComponent(a.hash.slice(1))))"))
    check("nothing was loaded", browser.run("return performance.getEntriesByType('resource').length") == 0)
    check("every field has a label", browser.run("return [...document.querySelectorAll('input, select')].every(f => f.labels.length > 0)"))
    browser.ask("POST", "/window/rect", {"width": 500, "height": 900})
    check("a narrow window does not scroll sideways", browser.run("return document.documentElement.scrollWidth <= innerWidth"))


def contrast_script():
    """The lowest contrast (WCAG 2) of any text against the nearest background that is not transparent."""
    return """
      const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
      const light = c => rgb(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
          if (c.startsWith('rgb(')) return c; } return 'rgb(255, 255, 255)'; };
      let lowest = 21;
      for (const e of document.querySelectorAll('h1, h2, p, a, dt, dd, .badge, .number, mark, .caret, label, output')) {
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
        lowest = Math.min(lowest, (a + 0.05) / (b + 0.05));
      }
      return lowest"""


def check_in_both_schemes(path, page, check_contrast, check_light):
    """Opens the page light and dark; both must be readable and leave the console empty. Returns what fails."""
    failures = []

    def check(what, holds):
        if not holds:
            failures.append(f"FAILED: {page}: {what}")

    for scheme, argument in (("light", "--blink-settings=preferredColorScheme=1"), ("dark", "--blink-settings=preferredColorScheme=0")):
        browser = Browser(argument)
        try:
            browser.open(path)
            check(f"{scheme} is {scheme}", browser.run("return matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark"))
            for name, script in check_contrast.items():
                contrast = browser.run(script)
                check(f"{scheme}: contrast of the {name} is {contrast:.1f}, not 4.5 or more", contrast >= 4.5)
            if scheme == "light":
                check_light(browser, check)
            errors = [entry["message"] for entry in browser.console()]
            check(f"{scheme}: the console has {errors}", not errors)
        finally:
            browser.close()
    return failures


def main(path):
    def check_light(browser, check):
        check_filters(browser, check)
        check_page(browser, check)

    failures = check_in_both_schemes(path, "html", {"words": contrast_script()}, check_light)
    print(*failures, sep="\n", end="\n" if failures else "", file=sys.stderr)
    print("Chromium: filters by keyboard, focus, carets, contrast in light and dark, an empty console")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
