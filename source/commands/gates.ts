import { GastownError } from '../common/errors.ts';
import { duration, plural, safeLine } from '../common/text.ts';
import { FLAKE_RATE_MAX, FLAKY_FROM_TREES, gateHistories, isTooFlaky, RUNS } from '../ledger/gate-history.ts';
import type { Rig } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** Days a test stays in quarantine unless said otherwise. */
const QUARANTINE_DAYS = 7;
const DAY_MS = 24 * 3_600_000;

/** `gastown gates [rig]`: what each gate has done lately. */
export const gates = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const rows = (await historiesOf(town, name)).flatMap(({ rig, histories }) =>
      histories.map(history => ({ rig: rig.id, ...history, isTooFlaky: isTooFlaky(history) })),
    );
    for (const row of rows) output.record('gate', row);
    if (rows.length === 0) {
      output.say('No gates, so every merge needs a person. Add one with: gastown rig set <rig> --gate test="npm test"');
      return undefined;
    }
    output.table(
      ['RIG', 'GATE', 'RUNS', 'PASSED', 'FLAKY', 'USUALLY', 'QUARANTINED'],
      rows.map(row => [
        row.rig,
        row.gate,
        String(row.runs),
        percent(row.passed, row.runs),
        `${percent(row.flakes, row.runs)}${row.isTooFlaky ? ' (too often)' : ''}`,
        row.medianMs === undefined ? '' : duration(row.medianMs),
        row.quarantined.length === 0 ? '' : plural(row.quarantined.length, 'test'),
      ]),
    );
    if (rows.some(row => row.isTooFlaky))
      output.say(
        `More than ${FLAKE_RATE_MAX * 100} % of ${RUNS} runs were red on work that is green: gastown quarantine list names tests.`,
      );
    return undefined;
  });

/** `gastown quarantine` and `gastown quarantine list`: what is in it, and what might go into it. */
export const list = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const now = Date.now();
    const all = (await historiesOf(town, name)).flatMap(({ rig, histories }) =>
      histories.map(history => ({ rig: rig.id, ...history })),
    );
    const kept = all.flatMap(({ rig, quarantined }) => quarantined.map(one => ({ rig, ...one })));
    const suggested = all.flatMap(({ rig, flakyTests, quarantined }) =>
      flakyTests
        .filter(({ test, trees }) => trees >= FLAKY_FROM_TREES && !quarantined.some(one => one.test === test))
        .map(one => ({ rig, ...one })),
    );
    for (const one of kept) output.record('quarantine', one);
    for (const one of suggested) output.record('suggestion', one);
    if (output.json) return undefined;
    if (kept.length === 0) output.say('No test is in quarantine.');
    else
      output.table(
        ['RIG', 'GATE', 'ENDS IN', 'BY', 'TEST'],
        kept.map(one => [one.rig, one.gate, duration(Date.parse(one.until) - now), one.by, one.test]),
      );
    for (const { rig, gate, test, trees } of suggested) {
      output.say(`Flaky on ${plural(trees, 'tree')}: ${safeLine(test)}`);
      output.say(`    gastown quarantine add ${rig} ${gate} ${quoted(safeLine(test))}`);
    }
    return undefined;
  });

/** `gastown quarantine add <rig> <gate> <test>` */
export const add = (
  invocation: Invocation,
  [rig, gate, test]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const days = Number(options.days ?? QUARANTINE_DAYS);
    if (!(days > 0))
      throw new GastownError('usage', '--days wants a number of days.', { hint: 'For example --days 3' });
    const until = new Date(Date.now() + days * DAY_MS).toISOString();
    const reason = options.message as string | undefined;
    const key = { rig: rig!, gate: gate!, test: test! };
    await town.dispatch({ type: 'quarantine.add', payload: { ...key, until, ...(reason && { reason }) } });
    invocation.output.record('quarantine', { ...key, until, ...(reason && { reason }) });
    invocation.output.say(
      `${safeLine(test!)} is in quarantine for ${duration(days * DAY_MS)}: it runs, and does not count.`,
    );
    return undefined;
  });

/** `gastown quarantine remove <rig> <gate> <test>` */
export const remove = (invocation: Invocation, [rig, gate, test]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const key = { rig: rig!, gate: gate!, test: test! };
    await town.dispatch({ type: 'quarantine.remove', payload: key });
    invocation.output.record('removed', key);
    invocation.output.say(`${safeLine(test!)} counts again.`);
    return undefined;
  });

const historiesOf = async (town: TownAccess, name: string | undefined) => {
  const rigs = (await town.records('rigs')).filter(rig => !rig.removedAt && (name === undefined || rig.id === name));
  if (name !== undefined && rigs.length === 0)
    throw new GastownError('not_found', `There is no rig "${name}".`, { hint: 'gastown rig list names them.' });
  const verdicts = new Map((await town.records('verdicts')).map(verdict => [verdict.id, verdict]));
  const now = Date.now();
  return rigs.map((rig: Rig) => ({ rig, histories: gateHistories({ verdicts }, { rig, now }) }));
};

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`);

/** As a shell reads it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
