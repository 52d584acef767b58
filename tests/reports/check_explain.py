"""Opens the html page of `explain` in headless Chromium, light, dark and as narrow as a phone, and goes through its
diagram by keyboard alone."""

import sys

from check_html import check_in_both_schemes, contrast_script

LIT = "return [...document.querySelectorAll('.diagram .active')].map(e => e.dataset.node || e.dataset.from + '>' + e.dataset.to)"
FOCUSED = "return document.activeElement.dataset?.node || ''"
SVG_CONTRAST = """
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => rgb(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let lowest = 21;
  for (const text of document.querySelectorAll('.pod .diagram text')) {
    const group = text.closest('.mount') ? text.closest('.mount').previousElementSibling : text.closest('.node');
    let owner = group; while (owner && !owner.querySelector('.box')) owner = owner.previousElementSibling;
    const [a, b] = [light(getComputedStyle(text).fill), light(getComputedStyle(owner.querySelector('.box')).fill)].sort((x, y) => y - x);
    lowest = Math.min(lowest, (a + 0.05) / (b + 0.05));
  }
  return lowest"""
OVERFLOW = """
  return [...document.querySelectorAll('.pod .diagram .node')].filter(node => {
    const box = (node.querySelector('.box') || node.querySelector('.row')).getBBox();
    return [...node.querySelectorAll(':scope > text')].some(text => {
      const t = text.getBBox(); return t.x < box.x || t.x + t.width > box.x + box.width; });
  }).map(node => node.getAttribute('aria-label'))"""


def check_keyboard(browser, check):
    nodes = browser.run("return [...document.querySelectorAll('.diagram .node[tabindex]')].map(e => e.dataset.node)")
    check("the diagrams have nodes", len(nodes) > 8)
    seen = []
    for _ in range(len(nodes)):
        browser.press("Tab")
        if at := browser.run(FOCUSED):
            seen.append(at)
    first = [node for node in nodes if node.startswith("pod0_")]
    check(f"Tab goes through the first diagram in its order: {seen}", seen[: len(first)] == first)

    browser.run("document.querySelector('[data-node=pod0_volume0]').focus()")
    lit = browser.run(LIT)
    check(f"a volume lights the host and its mounts: {lit}", {"pod0_host", "pod0_volume0", "pod0_host>pod0_volume0"} <= set(lit))
    check("what has nothing to do with it stays dark", "pod0_volume1" not in lit)
    check("its sentences are marked", browser.run("return document.querySelectorAll('.edges li.active').length") > 2)
    check("the page says so", "sentences below are about it" in browser.run("return document.querySelector('.details').textContent"))
    browser.run("document.querySelector('[data-node=pod0_container1]').focus()")
    lit = browser.run(LIT)
    check(f"a container stands for its mounts: {lit}", {"pod0_mount1", "pod0_mount2", "pod0_volume0", "pod0_volume1"} <= set(lit))
    browser.press("\ue00c")  # Escape
    check("Escape takes it away", browser.run(LIT) == [] and browser.run(FOCUSED) == "")


def check_page(browser, check):
    check("no label is wider than its box", browser.run(OVERFLOW) == [])
    check("nothing was loaded", browser.run("return performance.getEntriesByType('resource').length") == 0)
    check("every id is there once", browser.run(
        "const ids = [...document.querySelectorAll('[data-node]')].map(e => e.dataset.node); return new Set(ids).size === ids.length"))
    check("every line has both its ends", browser.run(
        """const ids = new Set([...document.querySelectorAll('[data-node]')].map(e => e.dataset.node));
           return [...document.querySelectorAll('[data-from]')].every(l => ids.has(l.dataset.from) && ids.has(l.dataset.to))"""))
    check("every sentence has its parties", browser.run(
        """const ids = new Set([...document.querySelectorAll('[data-node]')].map(e => e.dataset.node));
           return [...document.querySelectorAll('.edges li')].every(l => l.dataset.parties.trim().split(' ').every(id => ids.has(id)))"""))
    browser.ask("POST", "/window/rect", {"width": 500, "height": 900})
    check("a narrow window does not scroll sideways", browser.run("return document.documentElement.scrollWidth <= innerWidth"))


def main(path):
    def check_light(browser, check):
        check_keyboard(browser, check)
        check_page(browser, check)

    contrasts = {"words": contrast_script(), "drawing": SVG_CONTRAST}
    failures = check_in_both_schemes(path, "explain", contrasts, check_light)
    print(*failures, sep="\n", end="\n" if failures else "", file=sys.stderr)
    print("Chromium: explain's diagram by keyboard, light and dark, labels in their boxes, an empty console")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
