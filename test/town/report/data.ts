import { nanosOf } from '../../../source/ledger/costs.ts';
import type { Cost, Merge, Session } from '../../../source/ledger/schema.ts';
import type { ReportData } from '../../../source/town/report/changes.ts';
import { bead, merge, session } from '../../roles/world.ts';

// Days are those of the machine; these stories are told in UTC.
process.env.TZ = 'UTC';

/** Markup, an attribute's end, a script and escape codes, as an agent might put them into a title. */
export const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script></title> & 'x' \u001B[31m`;

export const FROM = Date.parse('2026-11-01T12:00:00.000Z');
export const TO = Date.parse('2026-11-07T12:00:00.000Z');
const HOUR = 3_600_000;

const cost = (of: string, usd: number, unpriced = 0): Cost => ({
  id: `${of}.m`,
  rev: 1,
  session: of,
  bead: of.replace(/^s-/, ''),
  polecat: 'app/fern',
  rig: 'app',
  agent: 'claude',
  model: 'm',
  day: '2026-11-03',
  source: 'meter',
  calls: 2 + unpriced,
  usage: { uncachedIn: 10, cacheRead: 0, cacheWrite: 0, out: 5, reasoning: 0 },
  nanos: nanosOf(usd),
  unpriced,
  at: '2026-11-03T12:00:00.000Z',
});

interface Story {
  readonly id: string;
  readonly agent: string;
  /** Hours after FROM. */
  readonly asked: number;
  readonly begun: number;
  readonly ended: number;
  readonly state?: Merge['state'];
  readonly cause?: NonNullable<Merge['cause']>['kind'];
  readonly title?: string;
  readonly outcome?: Session['outcome'];
  readonly usd?: number;
  readonly unpriced?: number;
  readonly revertedBy?: string;
}

const after = (hours: number): string => new Date(FROM + hours * HOUR).toISOString();

const recordsOf = ({ id, agent, asked, begun, ended, state = 'landed', ...more }: Story) => ({
  bead: bead(id, { created_at: after(asked), ...(more.title && { title: more.title }) }),
  session: session(`s-${id}`, {
    bead: id,
    agent,
    status: 'ended',
    outcome: more.outcome ?? 'done',
    startedAt: after(begun),
    endedAt: after(ended),
  }),
  merge: merge(`mr-${id}`, {
    bead: id,
    session: `s-${id}`,
    state,
    createdAt: after(ended),
    since: after(ended),
    ...(more.title && { title: more.title }),
    ...(more.cause && { cause: { kind: more.cause, summary: 'why', at: after(ended) } }),
    ...(more.revertedBy && { revertedBy: more.revertedBy }),
  }),
  cost: more.usd === undefined ? undefined : cost(`s-${id}`, more.usd, more.unpriced),
});

/** Six days: what landed cost 1.50, at least 0.40, an unknown sum, and nothing; three came back; one landed before them. */
export const reportData = (): ReportData => {
  const records = [
    { id: 'early', agent: 'shell', asked: -60, begun: -50, ended: -40 },
    { id: 'known', agent: 'claude', asked: 1, begun: 2, ended: 5, usd: 1.5, title: HOSTILE },
    { id: 'least', agent: 'claude', asked: 1, begun: 2, ended: 4, usd: 0.4, unpriced: 1 },
    { id: 'unknown', agent: 'own<b>agent', asked: 40, begun: 49, ended: 50, revertedBy: 'mr-back' },
    { id: 'script', agent: 'shell', asked: 50, begun: 50, ended: 51 },
    { id: 'red', agent: 'claude', asked: 10, begun: 11, ended: 52, state: 'bounced', cause: 'red', usd: 0.1 },
    { id: 'red2', agent: 'shell', asked: 10, begun: 11, ended: 52, state: 'bounced', cause: 'red' },
    {
      id: 'no',
      agent: 'shell',
      asked: 10,
      begun: 11,
      ended: 52,
      state: 'rejected',
      cause: 'rejected',
      outcome: 'died',
    },
  ].map(story => recordsOf(story as Story));
  const map = <T extends { id: string }>(list: readonly T[]) => new Map(list.map(record => [record.id, record]));
  const back = merge('mr-back', { bead: 'unknown', state: 'landed', since: after(60), reverts: 'mr-unknown' });
  return {
    beads: map(records.map(record => record.bead)),
    merges: map([...records.map(record => record.merge), back]),
    sessions: map(records.map(record => record.session)),
    costs: map(records.flatMap(record => record.cost ?? [])),
  };
};
