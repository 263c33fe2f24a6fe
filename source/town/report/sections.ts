import { duration, plural } from '../../common/text.ts';
import { usdOf } from '../../ledger/costs.ts';
import type { Cause } from '../../ledger/schema.ts';
import type { KnownCost } from './changes.ts';
import { html, type Markup } from './html.ts';
import { type Bar, barPlot, rowPlot } from './plots.ts';
import type { Report } from './report.ts';
import { money, perChange, spread } from './words.ts';

/** Dearest changes that are named: whoever wants more asks `gastown costs --by change`. */
const DEAREST = 10;

export const landingsSection = ({ days, changes }: Report): Markup =>
  section('Landed each day', 'How many changes reached their branch.', {
    plot: barPlot(
      {
        id: 'landed',
        title: 'Changes landed each day',
        description: `${plural(changes.length, 'change')} on ${plural(days.length, 'day')}.`,
      },
      days.map(({ day, landed }) => ({ label: shortDay(day), value: landed, words: `${landed} landed` })),
    ),
    table: table(
      'Days on which something landed or was sent back',
      ['Day', '#Landed', '#Sent back'],
      days
        .filter(({ landed, sentBack }) => landed + sentBack > 0)
        .map(({ day, landed, sentBack }) => [day, String(landed), String(sentBack)]),
    ),
  });

const MINUTE = 60_000;
const LEAD_BINS: readonly (readonly [label: string, belowMs: number])[] = [
  ['< 5 min', 5 * MINUTE],
  ['5–15 min', 15 * MINUTE],
  ['15–60 min', 60 * MINUTE],
  ['1–4 h', 240 * MINUTE],
  ['4–24 h', 1_440 * MINUTE],
  ['1–3 days', 4_320 * MINUTE],
  ['longer', Number.POSITIVE_INFINITY],
];

export const leadSection = ({ changes, lead, work, days }: Report): Markup => {
  const bars = LEAD_BINS.map(([label, below], index): Bar => {
    const from = LEAD_BINS[index - 1]?.[1] ?? 0;
    const count = changes.filter(({ leadMs }) => leadMs >= from && leadMs < below).length;
    return { label, value: count, words: plural(count, 'change') };
  });
  const half = spread(lead);
  return section(
    'Lead time',
    'From the moment that somebody asked for a change to the moment that it landed, waiting included.',
    {
      plot: barPlot(
        {
          id: 'lead',
          title: 'Changes by lead time',
          description: `Half of them within ${half.value}, ${half.note}.`,
        },
        bars,
      ),
      table: table(
        'Half of the changes, and nine of ten, were not slower',
        ['', '#Half', '#Nine of ten'],
        [
          ['from asked for', ...halves(lead)],
          ['from first at work', ...halves(work)],
          ...days.filter(({ landed }) => landed > 0).map(({ day, lead: own }) => [day, ...halves(own)]),
        ],
      ),
    },
  );
};

const halves = ({ p50, p90 }: Report['lead']): string[] => [
  p50 === undefined ? '–' : duration(p50),
  p90 === undefined ? '–' : duration(p90),
];

const CAUSES: Readonly<Record<Cause['kind'], string>> = {
  conflict: 'conflict with other work',
  red: 'a check failed',
  guard: 'a guard stopped it',
  could_not_run: 'a check could not run',
  rejected: 'turned down by a person',
  died: 'its worker died',
  failed: 'its worker failed',
  stalled: 'its worker stalled',
  no_change: 'nothing was changed',
  target_red: 'the branch itself is broken',
};

export const bouncesSection = ({ bounces }: Report): Markup =>
  section(
    'Sent back, by cause',
    'Work that was not let in. What was put into the queue again counts as what became of it.',
    {
      plot: rowPlot(
        { id: 'bounces', title: 'Work sent back, by cause', description: causesInWords(bounces) },
        bounces.map(({ cause, count }) => ({
          label: CAUSES[cause],
          parts: [{ value: count, look: 'bad', words: plural(count, 'time') }],
        })),
      ),
      table: table(
        'Times that work was sent back',
        ['Cause', '#Times'],
        bounces.map(({ cause, count }) => [CAUSES[cause], String(count)]),
      ),
    },
  );

const causesInWords = (bounces: Report['bounces']): string =>
  bounces.length === 0
    ? 'Nothing was sent back.'
    : `${bounces.map(({ cause, count }) => `${CAUSES[cause]}: ${count}`).join(', ')}.`;

export const costsSection = ({ days, changes, landedCost }: Report): Markup => {
  const landing = days.filter(({ landed }) => landed > 0);
  const dearest = changes
    .filter(({ cost }) => cost.nanos > 0)
    .sort((a, b) => b.cost.nanos - a.cost.nanos)
    .slice(0, DEAREST);
  return html`${section(
    'Cost of a landed change',
    'All sessions of a change together, on the day that it landed. A question mark: nobody knows; hatched: at least so much, as calls without a known price or a count are in no sum.',
    {
      plot: barPlot(
        {
          id: 'cost',
          title: 'Cost of a landed change, by day',
          description: `${perChange(landedCost, changes.length)} for each of ${plural(changes.length, 'change')}.`,
        },
        landing.map(({ day, landed, cost }) => costBar(shortDay(day), cost, landed)),
        value => `$${value}`,
      ),
      table: table(
        'By day of landing',
        ['Day', '#Changes', '#Each', '#Together'],
        landing.map(({ day, landed, cost }) => [day, String(landed), perChange(cost, landed), money(cost)]),
      ),
    },
  )}${
    dearest.length === 0
      ? html``
      : html`<div class="scroll" role="region" tabindex="0" aria-label="The dearest changes">${table(
          'The dearest changes',
          ['Change', 'Title', 'Agent', '#Cost'],
          dearest.map(({ bead, title, agent, cost }) => [bead, title, agent, money(cost)]),
        )}</div>`
  }`;
};

const costBar = (label: string, cost: KnownCost, landed: number): Bar => ({
  label,
  words: perChange(cost, landed),
  ...(cost.known !== 'unknown' && { value: usdOf(cost.nanos / landed) }),
  ...(cost.known === 'partly' && { isLeast: true }),
});

export const agentsSection = ({ agents }: Report): Markup =>
  section('Agents', 'Which agent the work was handed in by, and what its sessions took.', {
    plot: rowPlot(
      {
        id: 'agents',
        title: 'Landed and sent back, by agent',
        description:
          agents.length === 0
            ? 'No agent was at work.'
            : `${agents.map(({ agent, landed, sentBack }) => `${agent}: ${landed} landed, ${sentBack} sent back`).join('; ')}.`,
      },
      agents.map(({ agent, landed, sentBack }) => ({
        label: agent,
        parts: [
          { value: landed, look: 'good', words: `${landed} landed` },
          { value: sentBack, look: 'bad', words: `${sentBack} sent back` },
        ],
      })),
    ),
    table: table(
      'Of each bar, the first part has landed (green), the second was sent back (red)',
      ['Agent', '#Landed', '#Sent back', '#Sessions', '#Ended badly', '#Half within', '#A landed change'],
      agents.map(row => [
        row.agent,
        String(row.landed),
        String(row.sentBack),
        String(row.sessions),
        String(row.badEnds),
        halves(row.session)[0]!,
        row.landed > 0 ? perChange(row.cost, row.landed) : money(row.cost),
      ]),
    ),
    isWide: true,
  });

interface Shown {
  readonly plot: Markup;
  readonly table: Markup;
  /** Too wide to stand beside the plot. */
  readonly isWide?: boolean;
}

const section = (title: string, about: string, { plot, table: numbers, isWide }: Shown): Markup =>
  html`<section><h2>${title}</h2><p>${about}</p><div class="${isWide ? 'beside below' : 'beside'}"><figure>${plot}</figure><div class="scroll" role="region" tabindex="0" aria-label="${title}: numbers">${numbers}</div></div></section>`;

/** A head that begins with `#` is one of numbers. */
const table = (caption: string, head: readonly string[], rows: readonly (readonly string[])[]): Markup => {
  const isNumber = head.map(name => name.startsWith('#'));
  const cell = (text: string, index: number): Markup => {
    if (index === 0) return html`<th scope="row">${text}</th>`;
    return isNumber[index] ? html`<td class="number">${text}</td>` : html`<td>${text}</td>`;
  };
  return html`<table><caption>${caption}</caption><thead><tr>${head.map((name, index) =>
    isNumber[index] ? html`<th scope="col" class="number">${name.slice(1)}</th>` : html`<th scope="col">${name}</th>`,
  )}</tr></thead><tbody>${
    rows.length === 0
      ? html`<tr><td colspan="${head.length}">Nothing yet.</td></tr>`
      : rows.map(row => html`<tr>${row.map(cell)}</tr>`)
  }</tbody></table>`;
};

const shortDay = (day: string): string => day.slice(5);
