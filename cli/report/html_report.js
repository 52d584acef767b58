'use strict';
// Filters and keys. Without it the report is all there, only not filtered.
(() => {
  const form = document.querySelector('.filters');
  const entries = [...document.querySelectorAll('.entry')];
  const files = [...document.querySelectorAll('.file')];
  const none = document.querySelector('.none');
  if (!form || entries.length === 0) return;

  const shown = () => entries.filter((entry) => !entry.hidden);

  const filter = () => {
    const wanted = new FormData(form);
    const standings = wanted.getAll('standing');
    const rule = wanted.get('rule');
    const file = wanted.get('file');
    for (const entry of entries) {
      entry.hidden = !standings.includes(entry.dataset.standing) ||
          (rule !== '' && entry.dataset.rule !== rule) ||
          (file !== '' && entry.dataset.file !== file);
    }
    for (const section of files) {
      section.hidden = !section.querySelector('.entry:not([hidden])');
    }
    const count = shown().length;
    none.hidden = count > 0;
    form.querySelector('output').value = `${count} of ${entries.length} shown`;
  };

  const step = (by) => {
    const list = shown();
    const at = list.indexOf(document.activeElement.closest('.entry'));
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by;
    list[next]?.focus();
  };

  form.hidden = false;
  form.addEventListener('change', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  // The fields have their first values only once the event is over.
  form.addEventListener('reset', () => setTimeout(filter));
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'j') step(1);
    if (event.key === 'k') step(-1);
    if (event.key === 'f') {
      form.querySelector('input').focus();
      form.scrollIntoView({block: 'nearest'});
    }
  });
  filter();
})();
