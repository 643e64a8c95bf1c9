/** The style of the page that ./page.ts makes. */
export const PAGE_STYLE = `
:root {
  --bg: #f6f7f9;
  --card: #fff;
  --ink: #1c2530;
  --dim: #67737f;
  --line: #d9dfe6;
  --cpe: #0b6bcb;
  --acs: #0d8a5f;
  --fault: #c62f3b;
  --quirk: #a86400;
  --breach: #8b3fc2;
  --hit: #fff3bf;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #12161b;
    --card: #1a2027;
    --ink: #e4e9ee;
    --dim: #94a1ae;
    --line: #2e3742;
    --cpe: #62aef5;
    --acs: #4cc79a;
    --fault: #ff7b85;
    --quirk: #e8ae4d;
    --breach: #c99bf0;
    --hit: #4a3f12;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  background: var(--bg);
  color: var(--ink);
  font:
    14px / 1.45 system-ui,
    -apple-system,
    "Segoe UI",
    "DejaVu Sans",
    sans-serif;
}
header {
  position: sticky;
  top: 0;
  z-index: 3;
  display: flex;
  gap: 18px;
  align-items: center;
  padding: 10px 20px;
  background: var(--card);
  border-bottom: 1px solid var(--line);
}
header h1 {
  font-size: 16px;
  margin: 0;
  white-space: nowrap;
}
header .sum {
  color: var(--dim);
  flex: 1;
}
input {
  font: inherit;
  color: inherit;
  background: var(--bg);
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 6px 12px;
  width: 300px;
}
main {
  display: grid;
  grid-template-columns: 310px minmax(0, 1fr);
  align-items: start;
}
nav {
  position: sticky;
  top: 51px;
  max-height: calc(100vh - 51px);
  overflow: auto;
  padding: 14px;
}
nav button {
  display: block;
  width: 100%;
  text-align: left;
  font: inherit;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 10px;
  padding: 9px 12px;
  margin: 0 0 8px;
  cursor: pointer;
}
nav button:hover {
  border-color: var(--cpe);
}
nav button.on {
  border-color: var(--cpe);
  box-shadow: inset 3px 0 0 var(--cpe);
}
nav b {
  display: block;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
nav small {
  color: var(--dim);
  display: block;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
#story {
  padding: 14px 20px 60px 6px;
}
.note {
  background: var(--card);
  border-left: 3px solid var(--fault);
  padding: 8px 12px;
  margin: 0 0 12px;
  border-radius: 6px;
}
.session {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 12px;
  margin: 0 0 18px;
  padding: 14px 18px 16px;
}
.session h2 {
  font-size: 15px;
  margin: 0 0 2px;
}
.session .about {
  color: var(--dim);
  margin: 0 0 10px;
}
.ends {
  display: grid;
  grid-template-columns: 112px minmax(0, 1fr);
  position: sticky;
  top: 51px;
  background: var(--card);
  z-index: 2;
  padding-top: 4px;
}
.ends div {
  display: flex;
  justify-content: space-between;
}
.ends span {
  border: 1px solid var(--line);
  border-radius: 7px;
  padding: 3px 12px;
  font-weight: 600;
  background: var(--bg);
}
.ends span:first-child {
  color: var(--cpe);
}
.ends span:last-child {
  color: var(--acs);
}
.m {
  display: grid;
  grid-template-columns: 112px minmax(0, 1fr);
  cursor: pointer;
}
.m:hover .lane {
  background: color-mix(in srgb, var(--cpe) 6%, transparent);
}
.m time {
  font: 12px / 1 var(--mono);
  color: var(--dim);
  padding-top: 22px;
}
.m time i {
  display: block;
  font-style: normal;
  opacity: 0.75;
  padding-top: 4px;
}
.lane {
  position: relative;
  margin: 0 34px;
  border-left: 2px solid var(--line);
  border-right: 2px solid var(--line);
  padding: 7px 18px 13px;
  min-height: 46px;
}
.lane .arrow {
  position: absolute;
  left: 0;
  right: 0;
  bottom: 6px;
  height: 2px;
  background: var(--c);
}
.lane .arrow:after {
  content: "";
  position: absolute;
  top: -4px;
  border: 5px solid transparent;
}
.cpe {
  --c: var(--cpe);
}
.acs {
  --c: var(--acs);
}
.cpe .arrow:after {
  right: -1px;
  border-right: 0;
  border-left: 9px solid var(--c);
}
.acs .arrow:after {
  left: -1px;
  border-left: 0;
  border-right: 9px solid var(--c);
}
.acs .label {
  text-align: right;
}
.label {
  overflow-wrap: anywhere;
}
.label b {
  color: var(--c);
}
.label .t {
  color: var(--dim);
  margin: 0 6px;
}
.faulty {
  --c: var(--fault);
}
.faulty .label b:before {
  content: "\\26a0  ";
}
.mark {
  display: inline-block;
  font: 11px / 1.5 var(--mono);
  border: 1px solid currentColor;
  border-radius: 20px;
  padding: 0 7px;
  margin: 0 2px;
}
.q {
  color: var(--quirk);
}
.b {
  color: var(--breach);
}
.f {
  color: var(--fault);
}
.open {
  margin: 0 0 12px 112px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--bg);
  padding: 10px 14px;
  cursor: auto;
}
.open h3 {
  font-size: 12px;
  text-transform: uppercase;
  letter-spacing: 0.06em;
  color: var(--dim);
  margin: 10px 0 4px;
}
.open h3:first-child {
  margin-top: 0;
}
.open ul {
  margin: 0;
  padding-left: 18px;
}
pre {
  font: 12px / 1.5 var(--mono);
  margin: 0;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  max-height: 460px;
  overflow: auto;
}
.tree {
  font: 12px / 1.55 var(--mono);
}
.tree dl {
  margin: 0;
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 0 12px;
}
.tree dt {
  color: var(--dim);
}
.tree dd {
  margin: 0;
  overflow-wrap: anywhere;
}
.tree table {
  border-collapse: collapse;
}
.tree th {
  color: var(--dim);
  font-weight: 400;
  text-align: left;
}
.tree th,
.tree td {
  padding: 0 14px 0 0;
  vertical-align: top;
  overflow-wrap: break-word;
}
.tree dd dl {
  grid-column: 1 / -1;
  border-left: 1px solid var(--line);
  padding-left: 12px;
  margin-left: 2px;
}
mark {
  background: var(--hit);
  color: inherit;
  border-radius: 3px;
}
.none {
  color: var(--dim);
  padding: 30px;
  text-align: center;
}
@media (max-width: 900px) {
  main {
    grid-template-columns: 1fr;
  }
  nav {
    position: static;
    max-height: 220px;
  }
  #story {
    padding: 10px;
  }
  header {
    flex-wrap: wrap;
  }
  .ends {
    top: 0;
  }
}
`;
