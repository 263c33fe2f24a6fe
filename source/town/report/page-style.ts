import { Markup } from './html.ts';

/** Colours by the reader's own choice of light or dark; on a narrow screen, tables below plots. */
export const STYLE = new Markup(`
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --quiet: #57606a; --rule: #d0d7de; --plain: #0969da; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --quiet: #9198a1; --rule: #30363d; --plain: #4493f8; --good: #3fb950; --bad: #f85149; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
h1 { margin: 32px 0 0; font-size: 28px; overflow-wrap: anywhere; }
h2 { margin: 40px 0 4px; font-size: 20px; }
p { color: var(--quiet); margin: 4px 0 12px; }
footer { margin-top: 48px; }
footer p { border-top: 1px solid var(--rule); padding-top: 12px; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0; }
.facts dt { color: var(--quiet); font-size: 14px; }
.facts dd { margin: 0; font-size: 22px; font-weight: 600; }
.facts small { display: block; color: var(--quiet); font-size: 13px; font-weight: 400; }
.beside { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 24px; align-items: start; }
.below { grid-template-columns: minmax(0, 1fr); gap: 8px; }
.below figure { max-width: 720px; }
figure { margin: 0; }
@media (max-width: 860px) { .beside { grid-template-columns: minmax(0, 1fr); } }
.scroll { max-height: 260px; overflow: auto; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--quiet); }
svg .unknown { fill: var(--text); font-weight: 600; font-size: 15px; }
svg .plain { fill: var(--plain); }
svg .faint { fill: var(--plain); fill-opacity: 0.25; }
svg .good { fill: var(--good); }
svg .bad { fill: var(--bad); }
svg .rule { stroke: var(--rule); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { text-align: left; color: var(--quiet); padding-bottom: 4px; }
th, td { text-align: left; vertical-align: top; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--rule); }
td { overflow-wrap: anywhere; min-width: 8em; }
td.number { min-width: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: 0.9em; }
`);
