import { plural } from '../../common/text.ts';
import { dayOf } from '../meter/day.ts';
import { html, type Markup } from './html.ts';
import { STYLE } from './page-style.ts';
import type { Report } from './report.ts';
import { agentsSection, bouncesSection, costsSection, landingsSection, leadSection } from './sections.ts';
import { money, perChange, spread } from './words.ts';

/** The report as one page that needs nothing else: no network, no script, plots as SVG with a table beside each. */
export const reportPage = (report: Report): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${report.town}: ${span(report)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>What ${report.town} did</h1>
<p>${span(report)}. A change is one piece of work that landed on its branch after its checks had passed.</p>
${headline(report)}
${landingsSection(report)}
${leadSection(report)}
${bouncesSection(report)}
${costsSection(report)}
${agentsSection(report)}
</main>
<footer><p>Written by <code>gastown report</code> on ${new Date(report.to).toISOString()} from the town’s own records, by no model.</p></footer>
</body>
</html>
`.text;

const span = ({ from, to }: Report): string => `${dayOf(from)} to ${dayOf(to)}`;

const headline = (report: Report): Markup => {
  const { changes, lead, takenBack } = report;
  const sentBack = report.bounces.reduce((sum, { count }) => sum + count, 0);
  const facts: [name: string, value: string, note: string][] = [
    ['landed', plural(changes.length, 'change'), takenBack > 0 ? `${takenBack} taken back later` : ''],
    ['from asked for to landed', spread(lead).value, spread(lead).note],
    ['sent back', plural(sentBack, 'time'), ''],
    ['spent', money(report.spent), 'whether it landed or not'],
    ['a landed change', perChange(report.landedCost, changes.length), ''],
  ];
  return html`<dl class="facts">${facts.map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`;
};
