import path from 'node:path';
import { agentPresets } from '../agents/presets.ts';
import { GastownError } from '../common/errors.ts';
import { writeFileAtomic } from '../common/files.ts';
import { plural } from '../common/text.ts';
import { usdOf } from '../ledger/costs.ts';
import type { TownAccess } from '../town/access.ts';
import { readConfig } from '../town/config.ts';
import { townPaths } from '../town/paths.ts';
import type { KnownCost, ReportData } from '../town/report/changes.ts';
import { reportPage } from '../town/report/page.ts';
import { type Report, reportOf } from '../town/report/report.ts';
import { sinceOf } from './digest.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown report [--out FILE] [--since 30d]`: the page; under `--json` its numbers, and the page only where a file is named. */
export const report = (invocation: Invocation, _: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output, cwd } = invocation;
    if (output.json && options.out === '-')
      throw new GastownError('usage', 'Standard output cannot take both the page and JSON.', { hint: 'Name a file.' });
    const to = Date.now();
    const from = sinceOf(String(options.since), to);
    const paths = townPaths(town.dir);
    const { name, agents } = await readConfig(paths.config);
    const scripts = [...agentPresets(agents)].filter(([, { kind }]) => kind === 'shell').map(([agent]) => agent);
    const found = reportOf(await recordsOf(town), { town: name, from, to, scripts: new Set(scripts) });
    if (output.json) sayNumbers(output, found);
    if (output.json && options.out === undefined) return undefined;
    const page = reportPage(found);
    if (options.out === '-') {
      process.stdout.write(page);
      return undefined;
    }
    const file =
      options.out === undefined ? path.join(town.dir, 'report.html') : path.resolve(cwd, String(options.out));
    await write(file, page);
    output.say(`${plural(found.changes.length, 'landed change')} in ${file}`);
    return undefined;
  });

/** A report has titles of private work in it: for its owner alone, until they pass it on. */
const write = async (file: string, page: string): Promise<void> => {
  try {
    await writeFileAtomic(file, page);
  } catch (error) {
    throw new GastownError('usage', `${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? error}.`, {
      hint: 'Name a file in a folder that is there: gastown report --out report.html',
      cause: error,
    });
  }
};

const sayNumbers = (output: Invocation['output'], found: Report): void => {
  for (const { day, landed, sentBack, lead, cost } of found.days)
    output.record('day', { day, landed, sentBack, leadMs: lead, ...costFields(cost) });
  for (const { merge, bead, title, rig, agent, at, leadMs, workMs, cost, isTakenBack } of found.changes) {
    const times = { at: new Date(at).toISOString(), leadMs, ...(workMs !== undefined && { workMs }) };
    output.record('change', { id: merge, bead, title, rig, agent, ...times, isTakenBack, ...costFields(cost) });
  }
  for (const bounce of found.bounces) output.record('bounce', bounce);
  for (const { cost, session, ...row } of found.agents)
    output.record('agent', { ...row, sessionMs: session, ...costFields(cost) });
  output.record('report', {
    town: found.town,
    from: new Date(found.from).toISOString(),
    to: new Date(found.to).toISOString(),
    landed: found.changes.length,
    takenBack: found.takenBack,
    leadMs: found.lead,
    workMs: found.work,
    spent: costFields(found.spent),
    landedCost: costFields(found.landedCost),
  });
};

/** Without `costUsd` where nobody knows it: 0 would be a lie. */
const costFields = ({ known, nanos }: KnownCost) => ({
  costKnown: known,
  ...(known !== 'unknown' && { costUsd: usdOf(nanos) }),
});

const recordsOf = async (town: TownAccess): Promise<ReportData> => {
  const map = <T extends { id: string }>(records: readonly T[]) => new Map(records.map(record => [record.id, record]));
  return {
    beads: map(await town.records('beads')),
    merges: map(await town.records('merges')),
    sessions: map(await town.records('sessions')),
    costs: map(await town.records('costs')),
  };
};
