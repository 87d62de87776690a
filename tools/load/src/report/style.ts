/** The page's own style: light or dark as the reader's system is, one column, plots as wide as it. */
export const style = `
:root { --ground: #fbfbfa; --panel: #fff; --ink: #1d2126; --faint: #5d6672; --rule: #dfe2e6; --met: #17703a; --missed: #b3261e;
  --c0: #1f6feb; --c1: #b35900; --c2: #8e2fb8; --c3: #6b7480; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --panel: #1c2026; --ink: #e6e9ed; --faint: #9aa4b0; --rule: #333a43;
  --met: #5fd08a; --missed: #ff8a80; --c0: #6cb0ff; --c1: #f0a45d; --c2: #d79bff; --c3: #98a2ae; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0; color: var(--faint); }
.verdict { font-weight: 600; margin-top: .75rem; }
.met, p.met { color: var(--met); }
.missed, p.missed { color: var(--missed); }
.warning { border-left: 3px solid var(--missed); padding: .25rem .75rem; margin-top: .75rem; color: var(--ink); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
.cards div { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: .75rem 1rem; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
small { display: block; font-size: .8rem; font-weight: 400; color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; color: var(--faint); }
figure { margin: 1rem 0; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: .75rem 1rem .25rem; }
figcaption { font-weight: 600; font-size: .95rem; }
figcaption small { display: inline; margin: 0 .75rem 0 .35rem; }
figcaption span { font-weight: 400; font-size: .85rem; margin-right: .9rem; white-space: nowrap; }
figcaption i { display: inline-block; width: .9rem; height: 3px; margin-right: .35rem; vertical-align: middle; background: currentColor; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linejoin: round; }
.bar { fill: var(--c0); }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
`;
