import { setTimeout as sleep } from 'node:timers/promises';
import { DOG_NAMES } from '../../roles/role.ts';
import { EXIT, GastownError } from '../common/errors.ts';
import { duration, plural } from '../common/text.ts';
import { KINDS } from '../ledger/kinds.ts';
import type { GuardFinding, Merge } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import type { AttentionRow, LogSource, MergeRow, PolecatRow } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** Between two looks at a log that is followed. */
const FOLLOW_MS = 300;
/** Width of the summary where standard output is no terminal. */
const SUMMARY_COLUMNS = 80;

/** `gastown status` */
export const status = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const view = await town.view();
    const { town: info, counts, rigs } = view;
    output.record('status', { ...info, running: town.running, counts, rigs });
    if (output.json) return undefined;
    output.say(`${info.path}: ${town.running ? 'running' : 'not running'}`);
    if (info.estop) output.say(`EMERGENCY STOP: ${info.estopReason ?? ''} (gastown thaw ends it)`);
    if (info.unattended) output.say(info.unattended);
    if (info.dispatchPaused) output.say(`Dispatch is paused: ${info.dispatchPaused}`);
    if (info.banner) output.say(info.banner);
    const { renderSummary } = await import('../../components/panes/summary-table.tsx');
    output.say(renderSummary(view, process.stdout.columns || SUMMARY_COLUMNS));
    if (counts.attention > 0) output.say(`${plural(counts.attention, 'thing')} for you: gastown attention`);
    const mail = (await town.records('mail')).filter(({ to, readAt }) => to === 'operator' && !readAt).length;
    if (mail > 0) output.say(`${plural(mail, 'unread message')}: gastown mail`);
    for (const rig of rigs)
      output.say(`rig      ${rig.id}: ${rig.branch} of ${rig.origin}${rig.paused ? ' (queue paused)' : ''}`);
    return undefined;
  });

/** `gastown polecats` */
export const polecats = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const rows = (await town.view()).polecats;
    const records = new Map((await town.records('polecats')).map(record => [record.id, record]));
    for (const row of rows)
      invocation.output.record('polecat', {
        ...records.get(row.id),
        live: row.live,
        evidence: row.evidence,
        ...(row.memoryBytes !== undefined && { memoryBytes: row.memoryBytes }),
        ...(row.unsandboxed !== undefined && { unsandboxed: row.unsandboxed }),
      });
    if (rows.length === 0) invocation.output.say('No workers yet; the first comes with the first slung bead.');
    else
      invocation.output.table(
        ['POLECAT', 'STATE', 'FOR', 'BEAD', 'SANDBOX', 'DOES', 'KNOWN FROM'],
        rows.map(row => [
          row.id,
          row.state,
          duration(Date.now() - row.since),
          row.bead ? `${row.bead} ${row.beadTitle}` : '',
          row.session === undefined ? '' : (row.unsandboxed && `no: ${row.unsandboxed}`) || 'yes',
          activityWords(row),
          row.evidence,
        ]),
      );
    return undefined;
  });

/** `waiting 12s (screen, likely)`: what its agent does, and how that is known. */
const activityWords = ({ activity }: PolecatRow): string => {
  if (!activity) return '';
  const { state, since, source, confidence } = activity;
  return `${state} ${duration(Date.now() - since)} (${source}${confidence === 'sure' ? '' : `, ${confidence}`})`;
};

/** `gastown merges` */
export const merges = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const rows = (await town.view()).merges;
    const records = new Map((await town.records('merges')).map(record => [record.id, record]));
    for (const row of rows)
      invocation.output.record('merge', {
        ...records.get(row.id),
        why: row.why,
        needsApproval: row.needsApproval,
        ...(row.forecast && { forecast: row.forecast }),
        ...(row.findings && { findings: row.findings }),
        ...(row.confirmWord !== undefined && { confirmWord: row.confirmWord }),
      });
    const anyPr = rows.some(row => row.pr);
    if (rows.length === 0) invocation.output.say('The merge queue is empty.');
    else
      invocation.output.table(
        ['MERGE', 'STATE', 'HEAD', ...(anyPr ? ['PR'] : []), 'TITLE', 'WHY'],
        rows.map(row => [
          row.id,
          row.state,
          row.head.slice(0, 9),
          ...(anyPr ? [row.pr ? `#${row.pr.number}` : ''] : []),
          row.title,
          row.why,
        ]),
      );
    return undefined;
  });

/** `gastown convoys` */
export const convoys = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const rows = (await town.view()).convoys;
    const records = new Map((await town.records('convoys')).map(record => [record.id, record]));
    for (const { id, closed, estimate } of rows)
      invocation.output.record('convoy', { ...records.get(id), closed, ...(estimate && { estimate }) });
    if (rows.length === 0)
      invocation.output.say(
        'No plans yet. Have one made with: gastown plan propose "<goal>", or import one: gastown plan import <file.md>',
      );
    else
      invocation.output.table(
        ['CONVOY', 'STATE', 'DONE', 'TITLE', 'TO GO'],
        rows.map(row => [
          row.id,
          row.status,
          `${row.closed}/${row.beads.length}`,
          row.title,
          [row.estimate?.words, row.estimate?.basis].filter(Boolean).join(', '),
        ]),
      );
    return undefined;
  });

/** `gastown attention`: exit 3 when something waits for a person. */
export const attention = (invocation: Invocation): Promise<number> =>
  withTown(invocation, async town => {
    const view = await town.view();
    const rows = view.attention;
    for (const row of rows) {
      invocation.output.record('attention', row);
      const raised = row.climbs ? `, raised ${plural(row.climbs, 'level')}` : '';
      const waits = `${row.severity}, ${duration(Date.now() - row.since)}${raised}`;
      invocation.output.say(`${row.subject}  ${row.title}  (${waits})`);
      if (row.detail) invocation.output.say(`    ${row.detail.replaceAll('\n', '\n    ')}`);
      if (row.kind === 'approval') invocation.output.say(`    ${approveCommand(row, view.merges)}`);
      const answers = ANSWERS[row.kind]?.(row.subject);
      if (answers) invocation.output.say(`    ${answers}`);
      if (row.options) {
        for (const { id, label } of row.options) invocation.output.say(`    ${id}: ${label}`);
        if (row.options.length === 0)
          invocation.output.say('    Only its terminal takes an answer: attach to it on the screen (a).');
        else
          invocation.output.say(`    gastown answer ${row.key.slice(row.key.indexOf(':', 4) + 1)} <choice or words>`);
      }
    }
    if (rows.length === 0) invocation.output.say('Nothing waits for you.');
    return rows.length === 0 ? EXIT.done : EXIT.needsPerson;
  });

/** The commands that answer what waits, where they need nothing but its id. */
const ANSWERS: Partial<Record<AttentionRow['kind'], (id: string) => string>> = {
  plan: id => `gastown plan show ${id} · plan edit · plan approve · plan cancel`,
  held: id => `gastown release ${id} · gastown reject ${id} -m "<why>"`,
  parked: id => `gastown sling ${id} (tries it again) · gastown bd close ${id}`,
  escalation: id => `gastown escalations ack ${id} (seen) · escalations close ${id} (done)`,
};

/** Whole, with the word where one is wanted. */
const approveCommand = ({ subject, head }: AttentionRow, merges: readonly MergeRow[]): string => {
  const word = merges.find(({ id }) => id === subject)?.confirmWord;
  return `gastown approve ${subject} --head ${head!.slice(0, 12)}${word === undefined ? '' : ` --word ${word}`}`;
};

/** `gastown why <id>` */
export const why = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    if (!(DOG_NAMES as readonly string[]).includes(id!)) await requireRecord(town, id!);
    const lines = await town.why(id!);
    const findings = findingsOf(await town.records('merges'), id!);
    invocation.output.record('why', { id, lines, ...(findings && { findings }) });
    for (const line of lines) invocation.output.say(line);
    if (lines.length === 0) invocation.output.say('Nothing was decided about it yet.');
    return undefined;
  });

/** What the guards saw in a request, or in the newest one of a bead; undefined where they did not look. */
const findingsOf = (merges: readonly Merge[], id: string): readonly GuardFinding[] | undefined =>
  merges
    .filter(merge => merge.id === id || merge.bead === id)
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .at(-1)?.guards?.findings;

/** `gastown log [polecat]` */
export const log = (
  invocation: Invocation,
  [polecat]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const pattern = patternOf(options.grep as string | undefined);
    const wanted = Number(options.lines);
    if (!Number.isInteger(wanted) || wanted < 1)
      throw new GastownError('usage', `--lines wants a positive number, found "${String(options.lines)}".`);
    const source = await logSource(town, {
      polecat,
      gate: options.gate as string | undefined,
      raw: options.raw === true,
    });
    let shown: readonly string[] = [];
    do {
      const lines = await town.log(source, wanted);
      for (const line of newLines(shown, lines)) {
        if (pattern && !pattern.test(line)) continue;
        invocation.output.record('line', { text: line });
        invocation.output.say(line);
      }
      shown = lines;
      if (options.follow) await sleep(FOLLOW_MS);
    } while (options.follow);
    return undefined;
  });

/** What stands in `now` behind the longest end of `before` that `now` begins with or holds. */
export const newLines = (before: readonly string[], now: readonly string[]): readonly string[] => {
  for (let start = 0; start < before.length; start++) {
    const kept = before.length - start;
    if (kept <= now.length && before.slice(start).every((line, index) => line === now[index])) return now.slice(kept);
  }
  return now;
};

const logSource = async (
  town: TownAccess,
  { polecat, gate, raw }: { polecat: string | undefined; gate: string | undefined; raw: boolean },
): Promise<LogSource> => {
  if (gate !== undefined) return { kind: 'gate', rig: gate };
  if (polecat === undefined) return { kind: 'feed' };
  const all = await town.records('polecats');
  const found = all.find(record => record.id === polecat) ?? all.find(record => record.name === polecat);
  if (!found)
    throw new GastownError('not_found', `There is no polecat "${polecat}".`, { hint: 'gastown polecats lists them.' });
  if (!found.session) throw new GastownError('not_found', `${found.id} has not had a session yet.`);
  return { kind: 'session', session: found.session, ...(raw && { raw }) };
};

const patternOf = (text?: string): RegExp | undefined => {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new GastownError('usage', `--grep: ${(error as Error).message}`, { cause: error });
  }
};

const requireRecord = async (town: TownAccess, id: string): Promise<void> => {
  for (const kind of KINDS) if ((await town.records(kind)).some(record => record.id === id)) return;
  throw new GastownError('not_found', `There is no record "${id}".`, {
    hint: 'gastown status, merges, polecats and convoys show ids.',
  });
};
