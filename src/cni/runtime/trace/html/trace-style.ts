/** The page's style: no fonts or pictures from anywhere, light or dark as the reader has it. */
export const TRACE_STYLE = `
:root { color-scheme: light dark; --bg: #fbfaf8; --ink: #23262b; --soft: #667; --line: #d9d6d0;
  --card: #fff; --code: #f4f2ee; --host: #eaf1fb; --host-line: #b9cdea; --pod: #eaf6ec;
  --pod-line: #b4d9bb; --new: #b25e00; --add: #1c7c3c; --del: #b3261e; --change: #8a6100;
  --bar: #4d7fc4; --bar-inset: #9db8dd; --link: #275fa8; }
@media (prefers-color-scheme: dark) { :root { --bg: #16181c; --ink: #e6e6e3; --soft: #9aa; --line: #34383f;
  --card: #1e2126; --code: #24282e; --host: #1a2433; --host-line: #35507a; --pod: #18291c;
  --pod-line: #35633f; --new: #f0a552; --add: #6fcf8b; --del: #f28b82; --change: #e0b64a;
  --bar: #5b8fd6; --bar-inset: #35507a; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 80px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.2rem; margin: 44px 0 6px; padding-top: 14px; border-top: 1px solid var(--line); }
h2 .number { color: var(--soft); font-weight: 500; margin-right: .4em; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 6px 0 12px; max-width: 46rem; } .soft { color: var(--soft); }
code, pre, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85rem; }
code { background: var(--code); border-radius: 4px; padding: 1px 4px; overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 8px; padding: 12px 14px; margin: 6px 0 10px; overflow-x: auto;
  line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere; }
.verdict { display: inline-block; border-radius: 99px; padding: 1px 10px; font-size: .85rem; font-weight: 600; color: #fff; }
.verdict.good { background: #1c7c3c; } .verdict.bad { background: #b3261e; }
.figure { margin: 18px 0 8px; overflow-x: auto; }
svg.picture { width: 100%; height: auto; display: block; font-family: system-ui, sans-serif; }
svg.narrow { display: none; margin: 0 auto; }
@media (min-width: 1260px) { .figure { margin-inline: -80px; } svg.wide { margin: 0 auto; } }
@media (max-width: 900px) { svg.wide { display: none; } svg.narrow { display: block; } }
.panel rect { stroke-width: 1.2; } .panel.host rect { fill: var(--host); stroke: var(--host-line); }
.panel.pod rect { fill: var(--pod); stroke: var(--pod-line); }
.panel text { font-size: 14px; font-weight: 700; fill: var(--ink); }
.panel .note { font-size: 12px; font-weight: 400; fill: var(--soft); }
.link rect { fill: var(--card); stroke: var(--line); stroke-width: 1.2; }
.link.new rect { stroke: var(--new); stroke-width: 1.8; } .link.down rect { stroke-dasharray: 4 3; }
.link text { font-size: 12px; fill: var(--ink); } .link .name { font-size: 14px; font-weight: 700; }
.link .small { fill: var(--soft); } .link .badge { fill: var(--new); font-weight: 700; font-size: 11px; }
.link .address { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 11.5px; font-weight: 600; }
.line { fill: none; stroke: var(--soft); stroke-width: 1.8; } .line.veth-pair { stroke: var(--link); stroke-width: 3.2; }
.line.parent { stroke-dasharray: 6 4; } .line.forwarding { stroke-dasharray: 2 5; stroke-linecap: round; }
.label { font-size: 11px; fill: var(--soft); }
.label.between { paint-order: stroke; stroke: var(--bg); stroke-width: 6px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin: 12px 0; min-width: 0; }
.card.inset { margin: 10px 0 10px 18px; border-left: 3px solid var(--bar-inset); }
.card header { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; justify-content: space-between; }
.time { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
details { margin: 6px 0; } summary { cursor: pointer; color: var(--link); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: baseline; padding: 4px 10px 4px 0; }
.files td, .files th { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 4.5em; }
.files .chosen { font-weight: 600; } .files .malformed { color: var(--del); }
.timeline th { font-weight: 500; white-space: nowrap; width: 1%; } .timeline .ms { text-align: right; white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums; color: var(--soft); }
.timeline .inset th { padding-left: 20px; font-weight: 400; color: var(--soft); }
.timeline .bar { display: inline-block; height: 11px; border-radius: 3px; background: var(--bar); vertical-align: middle; }
.timeline .inset .bar { background: var(--bar-inset); } .timeline .failed .bar { background: var(--del); }
ul.changes { list-style: none; margin: 6px 0; padding: 0; }
ul.changes li { display: grid; grid-template-columns: 16px 7.8em minmax(0, 1fr); padding: 2px 0; align-items: baseline; overflow-wrap: anywhere; }
ul.changes .was { grid-column: 3; }
@media (max-width: 760px) { ul.changes li { grid-template-columns: 16px minmax(0, 1fr); padding-bottom: 6px; }
  ul.changes li > .mono { grid-column: 2; } }
.changes .sign { font-weight: 700; }
.changes .added .sign { color: var(--add); } .changes .removed .sign { color: var(--del); } .changes .changed .sign { color: var(--change); }
.changes .subject { color: var(--soft); }
.changes .where { font-weight: 700; } .changes .host { color: var(--link); } .changes .pod { color: var(--add); }
.was { color: var(--soft); } .error { border-left: 4px solid var(--del); }
footer { margin-top: 60px; color: var(--soft); font-size: .85rem; border-top: 1px solid var(--line); padding-top: 12px; }
@media print { details > *:not(summary) { display: block; } }
`;
