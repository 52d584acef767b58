'use strict';
// Shows what has to do with the part of a diagram that has the focus or the mouse. Without it the
// page is all there, only nothing lights up.
(() => {
  for (const section of document.querySelectorAll('.pod')) {
    const diagram = section.querySelector('figure .diagram');
    if (!diagram) continue;
    const details = section.querySelector('.details');
    const hint = details.textContent;
    const nodes = [...diagram.querySelectorAll('.node')];
    const lines = [...diagram.querySelectorAll('.line')];
    const sentences = [...section.querySelectorAll('.edges li')];

    const clear = () => {
      diagram.classList.remove('lit');
      for (const part of section.querySelectorAll('.active')) part.classList.remove('active');
      details.textContent = hint;
    };

    // A container stands for its mounts, which follow it.
    const idsOf = (node) => {
      const ids = [node.dataset.node];
      if (!node.classList.contains('container')) return ids;
      for (let at = nodes.indexOf(node) + 1; nodes[at]?.classList.contains('mount'); ++at) {
        ids.push(nodes[at].dataset.node);
      }
      return ids;
    };

    const light = (node) => {
      clear();
      const ids = new Set(idsOf(node));
      const ends = new Set(ids);
      for (const line of lines) {
        if (!ids.has(line.dataset.from) && !ids.has(line.dataset.to)) continue;
        line.classList.add('active');
        ends.add(line.dataset.from).add(line.dataset.to);
      }
      for (const other of nodes) {
        const owner = idsOf(other).some((id) => ends.has(id));
        if (owner) other.classList.add('active');
      }
      let count = 0;
      for (const sentence of sentences) {
        if (!sentence.dataset.parties.split(' ').some((id) => ids.has(id))) continue;
        sentence.classList.add('active');
        ++count;
      }
      const name = node.getAttribute('aria-label');
      details.textContent = `${name}: ${count} of ${sentences.length} sentences below are about it`;
      diagram.classList.add('lit');
    };

    for (const node of nodes) {
      node.addEventListener('focus', () => light(node));
      node.addEventListener('mouseenter', () => light(node));
      node.addEventListener('blur', clear);
      node.addEventListener('mouseleave', clear);
    }
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') document.activeElement.blur();
  });
})();
