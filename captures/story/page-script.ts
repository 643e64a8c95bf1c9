/** The script of the page of ./page.ts. All texts are set as text, never as markup. */
export const PAGE_SCRIPT = `
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const el = (name, cls, text) => {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
};
const host = (end) => end.slice(0, end.lastIndexOf(':')) || end;
const groups = new Map();
for (const s of data.sessions) groups.set('s' + s.number, { key: 's' + s.number, session: s, records: [] });
data.records.forEach((r, i) => {
  r.index = i;
  let key = 's' + r.session;
  if (r.session === undefined) {
    const pair = [host(r.from), host(r.to)].sort().join(' and ');
    key = r.protocol + ' ' + pair;
  }
  if (!groups.has(key)) groups.set(key, { key, records: [] });
  groups.get(key).records.push(r);
});
const list = [...groups.values()].filter((g) => g.records.length > 0);
const textOf = (r) =>
  [
    r.what,
    r.telling,
    r.from,
    r.to,
    r.device,
    r.raw,
    ...r.quirks.map((q) => q.id),
    ...r.breaches.map((b) => b.id),
    JSON.stringify(r.decoded),
  ]
    .join('\\n')
    .toLowerCase();
let chosen,
  query = '';
const opened = new Set();
const story = document.getElementById('story'),
  nav = document.querySelector('nav');
function lit(parent, text) {
  const at = query === '' ? -1 : text.toLowerCase().indexOf(query);
  if (at < 0) {
    parent.append(text);
    return parent;
  }
  parent.append(
    text.slice(0, at),
    el('mark', '', text.slice(at, at + query.length)),
    text.slice(at + query.length),
  );
  return parent;
}
function tree(value) {
  if (value === null || typeof value !== 'object') return lit(el('span'), String(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return el('span', '', Array.isArray(value) ? '(none)' : '');
  if (
    Array.isArray(value) &&
    value.every(
      (v) =>
        v !== null &&
        typeof v === 'object' &&
        !Array.isArray(v) &&
        Object.values(v).every((x) => typeof x !== 'object'),
    )
  ) {
    const keys = [...new Set(value.flatMap((v) => Object.keys(v)))],
      table = el('table'),
      head = el('tr');
    for (const k of keys) head.append(el('th', '', k));
    table.append(head);
    for (const v of value.slice(0, 2000)) {
      const tr = el('tr');
      for (const k of keys) tr.append(lit(el('td'), String(v[k] ?? '')));
      table.append(tr);
    }
    return table;
  }
  const dl = el('dl');
  for (const [k, v] of entries.slice(0, 2000)) {
    dl.append(el('dt', '', k));
    const dd = el('dd');
    dd.append(tree(v));
    dl.append(dd);
  }
  return dl;
}
function details(r) {
  const box = el('div', 'open');
  const marks = [...r.breaches.map((m) => ['b', m]), ...r.quirks.map((m) => ['q', m])];
  if (r.fault) {
    box.append(el('h3', '', 'Fault'), el('div', 'f', r.fault.code + ' ' + r.fault.text));
  }
  if (marks.length) {
    box.append(el('h3', '', 'Quirks and breaches'));
    const ul = el('ul');
    for (const [cls, m] of marks) {
      const li = el('li');
      li.append(el('span', 'mark ' + cls, m.id), ' ' + m.title + (m.detail ? ' (' + m.detail + ')' : ''));
      ul.append(li);
    }
    box.append(ul);
  }
  if (r.decoded !== undefined) {
    const t = el('div', 'tree');
    t.append(tree(r.decoded));
    box.append(el('h3', '', 'Decoded'), t);
  }
  if (r.raw) {
    box.append(el('h3', '', 'On the wire'), lit(el('pre'), r.raw));
  }
  box.append(el('h3', '', 'Way'), el('div', '', r.from + ' \\u2192 ' + r.to + ', ' + r.time));
  return box;
}
function row(g, r, before) {
  const left = g.session ? g.session.cpe : host(g.records[0].from);
  const side = host(r.from) === left ? 'cpe' : 'acs';
  const m = el('div', 'm ' + side + (r.fault ? ' faulty' : ''));
  m.id = 'm' + r.index;
  const time = el('time', '', r.time.slice(11, 23));
  const ms = before ? Date.parse(r.time) - Date.parse(before.time) : 0;
  if (ms > 0) time.append(el('i', '', '+' + (ms < 10000 ? ms + ' ms' : Math.round(ms / 1000) + ' s')));
  const lane = el('div', 'lane'),
    label = el('div', 'label');
  label.append(
    lit(el('b'), r.what),
    lit(el('span', 't'), r.telling.length > 260 ? r.telling.slice(0, 260) + '\\u2026' : r.telling),
  );
  for (const b of r.breaches) {
    const x = el('span', 'mark b', b.id);
    x.title = b.title;
    label.append(x);
  }
  for (const q of r.quirks) {
    const x = el('span', 'mark q', q.id);
    x.title = q.title;
    label.append(x);
  }
  lane.append(label, el('div', 'arrow'));
  m.append(time, lane);
  m.addEventListener('click', () => {
    opened.has(r.index) ? opened.delete(r.index) : opened.add(r.index);
    location.replace('#m' + r.index);
    show();
  });
  return m;
}
const MAX_SHOWN = 3000;
function show() {
  story.replaceChildren();
  for (const n of data.notes) story.append(el('div', 'note', n));
  let shown = 0;
  for (const g of list) {
    if (query === '' && chosen !== undefined && g.key !== chosen) continue;
    const records =
      query === '' ? g.records : g.records.filter((r) => (r.text ??= textOf(r)).includes(query));
    if (records.length === 0 || shown > MAX_SHOWN) continue;
    const s = g.session,
      box = el('section', 'session');
    box.append(
      el('h2', '', s ? 'Session ' + s.number + ': ' + (s.device ?? 'device not in the capture') : g.key),
    );
    if (s)
      box.append(
        el(
          'p',
          'about',
          [
            s.events.join(', '),
            s.firmware && 'firmware ' + s.firmware,
            s.posts + ' POSTs',
            s.connections + ' connection(s)',
            s.state,
          ]
            .filter(Boolean)
            .join(' \\u00b7 '),
        ),
      );
    const ends = el('div', 'ends'),
      names = el('div'),
      r0 = g.records[0];
    names.append(
      el('span', '', s ? 'CPE ' + s.cpe : host(r0.from)),
      el('span', '', s ? 'ACS ' + s.acs : host(r0.to)),
    );
    ends.append(el('div'), names);
    box.append(ends);
    let before;
    for (const r of records) {
      if (++shown > MAX_SHOWN) break;
      box.append(row(g, r, before));
      before = r;
      if (opened.has(r.index)) box.append(details(r));
    }
    story.append(box);
  }
  if (shown === 0) story.append(el('p', 'none', 'Nothing found.'));
  for (const b of nav.children) b.classList.toggle('on', b.dataset.key === chosen);
}
function entry(key, title, ...lines) {
  const b = el('button');
  b.dataset.key = key;
  b.append(el('b', '', title));
  for (const l of lines) b.append(l instanceof Node ? l : el('small', '', l));
  b.addEventListener('click', () => {
    chosen = chosen === key ? undefined : key;
    query = '';
    search.value = '';
    show();
    scrollTo(0, 0);
  });
  nav.append(b);
}
for (const g of list) {
  const s = g.session,
    marks = el('small');
  const faults = g.records.filter((r) => r.fault).length,
    breaches = g.records.reduce((n, r) => n + r.breaches.length, 0);
  const quirks = new Set(g.records.flatMap((r) => r.quirks.map((q) => q.id))).size;
  if (faults) marks.append(el('span', 'mark f', faults + ' fault' + (faults > 1 ? 's' : '')));
  if (breaches) marks.append(el('span', 'mark b', breaches + ' breach' + (breaches > 1 ? 'es' : '')));
  if (quirks) marks.append(el('span', 'mark q', quirks + ' quirk' + (quirks > 1 ? 's' : '')));
  const when = g.records[0].time.slice(0, 19).replace('T', ' ');
  if (s)
    entry(
      g.key,
      s.number + ' \\u00b7 ' + (s.device?.split('-').pop() ?? 'unknown device'),
      s.device ?? '',
      s.events.join(', ') || 'no Inform',
      when,
      marks,
    );
  else
    entry(g.key, g.key, g.records.length + (g.records.length === 1 ? ' message' : ' messages'), when, marks);
}
const search = document.querySelector('input');
search.addEventListener('input', () => {
  query = search.value.trim().toLowerCase();
  show();
});
addEventListener('keydown', (e) => {
  if (e.key === '/' && document.activeElement !== search) {
    e.preventDefault();
    search.focus();
  }
});
const at = /^#m(\\d+)$/.exec(location.hash);
if (at) opened.add(Number(at[1]));
show();
if (at) document.getElementById('m' + at[1])?.scrollIntoView({ block: 'center' });
`;
