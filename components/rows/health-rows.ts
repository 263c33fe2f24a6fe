import { duration, plural } from '../../source/common/text.ts';
import type { BudgetGauge, DogHealth, HealthView, RigRow, RoleHealth, Trends } from '../../source/town/view.ts';
import { type LineView, lineFacts } from '../line/pace.ts';
import type { Theme } from '../theme.ts';
import type { Piece } from './compose.ts';
import { gauge } from './gauge.ts';
import { budgetWords, dogWords, gateTrust, machineWords, roleId } from './health-words.ts';
import { type Line, listPane } from './list-pane.ts';
import type { KeyWords } from './pane.ts';
import { healthStatus, type Status, statusPiece } from './status.ts';
import { trendSpan, trendWords } from './trend-words.ts';

const STATUS_COLUMNS = 9;
const NAME_COLUMNS = 38;
/** Where the names would leave no room for what happened, they get less. */
const NAME_SHARE = 0.4;

const GAUGE_COLUMNS = 10;
/** Of each of the three lines of small bars: as far as their words leave room, which say by themselves what they are. */
const TREND_COLUMNS = { least: 3, named: 5, most: 18 } as const;
const TREND_WORDS_COLUMNS = 42;
/** From this width an age says that it is one. */
const AGO_FROM_COLUMNS = 72;

/** Roles with their last action and why, how the last hours went, what may be spent, the machine, dogs with their last run, rigs, the agents' host, the ledger, the line to the person. */
export const healthRows = listPane({
  name: 'Health (watchers, jobs, money, machine)',
  empty: 'Nothing is known yet: the first look comes within seconds.',
  lines: ({ view, theme, width, keys, line }) => {
    const { health, at, trends } = view;
    const nameColumns = Math.min(NAME_COLUMNS, Math.floor(width * NAME_SHARE));
    const facts: readonly Fact[] = [
      ...health.roles.map(role => roleFact(role, { at, theme })),
      ...(trends ? [trendFact(trends, { theme, room: width - STATUS_COLUMNS, nameColumns })] : []),
      ...(health.budgets ?? []).map(budget => budgetFact(budget, { theme, keys })),
      ...(health.machine ? [machineFact(health.machine, { paused: view.town.dispatchPaused, theme })] : []),
      ...health.dogs.map(dog => dogFact(dog, { at, theme, keys })),
      ...view.rigs.map(rig => rigFact(rig, theme)),
      ...(health.limits ?? []).map(limit => limitFact(limit, { at, theme })),
      hostFact(health.host, theme),
      ledgerFact(health.ledger, { at, theme }),
      lineFact(line, theme),
    ];
    const ages = facts.map(({ age }) => (age === undefined ? '' : ageWords(age, width)));
    const ageColumns = Math.max(...ages.map(words => words.length));
    return facts.map((fact, at) => factLine(fact, { nameColumns, age: ages[at]!, ageColumns, theme }));
  },
});

interface Fact {
  /** Prefixed by kind except for rigs, which commands find by their own id. */
  readonly id: string;
  readonly record: object;
  readonly status: Status;
  readonly name: string;
  readonly text: string;
  /** In front of the text: a gauge. */
  readonly lead?: readonly Piece[];
  /** Ms since it happened. */
  readonly age?: number;
}

const factLine = (
  { id, record, status, name, text, lead = [] }: Fact,
  { nameColumns, age, ageColumns, theme }: { nameColumns: number; age: string; ageColumns: number; theme: Theme },
): Line => ({
  id,
  record,
  depends: `${age} ${ageColumns} ${text}`,
  pieces: (): readonly Piece[] => [
    statusPiece(status, STATUS_COLUMNS),
    ...(name === '' ? [] : [{ text: name, width: nameColumns }, { text: ' ' }]),
    ...lead,
    { text, flex: 1 },
    ...(age === '' ? [] : [{ text: '  ' }, { text: age, style: theme.dim, width: ageColumns, right: true }]),
  ],
});

const ageWords = (ageMs: number, width: number): string =>
  width < AGO_FROM_COLUMNS ? duration(ageMs) : `${duration(ageMs)} ago`;

interface Now {
  readonly at: number;
  readonly theme: Theme;
}

const roleFact = (role: RoleHealth, { at, theme }: Now): Fact => ({
  id: roleId(role),
  record: role,
  status: healthStatus(role.ok, theme),
  name: `${role.plain} (${role.name}${role.rig === undefined ? '' : ` of ${role.rig}`})`,
  text: role.lastAction ? `${role.lastAction}${role.because ? `: ${role.because}` : ''}` : 'nothing to do so far',
  // A role ticks every second: the age of that is news only once it is late.
  ...ageOf(at, role.ok ? role.lastActionAt : role.lastTickAt),
});

const ageOf = (at: number, then: number | undefined): Pick<Fact, 'age'> =>
  then === undefined ? {} : { age: at - then };

const trendFact = (
  trends: Trends,
  { theme, room, nameColumns }: { theme: Theme; room: number; nameColumns: number },
): Fact => {
  const isNamed = room - nameColumns >= TREND_WORDS_COLUMNS + 3 * TREND_COLUMNS.named;
  return {
    id: 'trend:',
    record: trends,
    status: { glyph: theme.glyph.on, word: trendSpan(trends), style: theme.info },
    name: isNamed ? 'cost, landings, tokens' : '',
    text: trendWords(trends, { width: trendColumns(room - (isNamed ? nameColumns : 0)), theme })
      .map(({ label, bars, total }) => `${label} ${bars} ${total}`)
      .join('  '),
  };
};

const trendColumns = (room: number): number =>
  Math.max(TREND_COLUMNS.least, Math.min(TREND_COLUMNS.most, Math.floor((room - TREND_WORDS_COLUMNS) / 3)));

const budgetFact = (budget: BudgetGauge, { theme, keys }: { theme: Theme; keys: KeyWords }): Fact => ({
  id: `budget:${budget.key}`,
  record: budget,
  status: BUDGET_STATUSES[budget.state](theme),
  name: budget.name.replace(/^the /, ''),
  lead: [
    ...gauge(budget.limitUsd > 0 ? budget.spentUsd / budget.limitUsd : 1, {
      columns: GAUGE_COLUMNS,
      style: BUDGET_STATUSES[budget.state](theme).style,
      theme,
    }),
    { text: ' ' },
  ],
  text: budgetWords(budget, keys),
});

const BUDGET_STATUSES: Readonly<Record<BudgetGauge['state'], (theme: Theme) => Status>> = {
  ok: theme => healthStatus(true, theme),
  asks: theme => ({ glyph: theme.glyph.waiting, word: 'asks', style: theme.warn }),
  stopped: theme => healthStatus(false, theme, 'spent'),
};

const dogFact = (dog: DogHealth, { at, theme, keys }: Now & { keys: KeyWords }): Fact => ({
  id: `dog:${dog.name}`,
  record: dog,
  status: dogStatus(dog, theme),
  name: `${dog.plain} (${dog.name})`,
  text: dogWords(dog, { at, keys }),
  ...ageOf(at, dog.lastRunAt),
});

const dogStatus = (dog: DogHealth, theme: Theme): Status => {
  if (dog.running) return { glyph: theme.glyph.on, word: 'runs', style: theme.info };
  if (dog.ok && (dog.offBy !== undefined || dog.intervalMs === 0))
    return { glyph: theme.glyph.off, word: 'off', style: theme.dim };
  return healthStatus(dog.ok, theme, 'failed');
};

const rigFact = (rig: RigRow, theme: Theme): Fact => ({
  id: rig.id,
  record: rig,
  status: healthStatus(!rig.error && !rig.blocked, theme, rig.error ? 'failed' : 'blocked'),
  name: `${rig.of === undefined ? 'repository' : 'integration branch'} (${rig.id})`,
  text: rig.error ?? rig.blocked ?? rigWords(rig),
});

const rigWords = (rig: RigRow): string =>
  [
    rig.branch,
    ...(rig.of === undefined ? [] : [`for ${rig.epic}, goes to ${rig.of}`]),
    rig.paused ? 'merging is paused' : `policy ${rig.policy}`,
    rig.gates.length === 0 ? 'no gates' : `gates ${rig.gates.join(', ')}`,
    gateTrust(rig),
  ]
    .filter(Boolean)
    .join(', ');

/** What is short on it pauses dispatch: then that comes first. */
const machineFact = (
  machine: NonNullable<HealthView['machine']>,
  { paused, theme }: { paused: string | undefined; theme: Theme },
): Fact => ({
  id: 'machine:',
  record: machine,
  status: healthStatus(paused === undefined, theme, 'paused'),
  name: 'machine',
  text: paused === undefined ? machineWords(machine) : `nothing new is started: ${paused}. ${machineWords(machine)}`,
});

/** What lies between the screen and the person: a slow one is spared, and is no fault of the town's. */
const lineFact = (line: LineView | undefined, theme: Theme): Fact => ({
  id: 'line:',
  record: line ?? UNMEASURED,
  status: line?.slow
    ? { glyph: theme.glyph.waiting, word: 'slow', style: theme.warn }
    : line?.roundTripMs === undefined
      ? { glyph: theme.glyph.off, word: 'unseen', style: theme.dim }
      : healthStatus(true, theme),
  name: 'line to you (SSH)',
  text: lineFacts(line),
});

const UNMEASURED = {};

const limitFact = (limit: NonNullable<HealthView['limits']>[number], { at, theme }: Now): Fact => ({
  id: `limit:${limit.agent}`,
  record: limit,
  status: healthStatus(false, theme, 'blocked'),
  name: `rate limit (${limit.agent})`,
  text: `no new session for ${duration(Math.max(0, limit.until - at))}${limit.message ? `: ${limit.message}` : ''}`,
});

const hostFact = (host: HealthView['host'], theme: Theme): Fact => ({
  id: 'host:',
  record: host,
  status: healthStatus(host.reachable, theme, 'away'),
  name: "agents' terminals (host)",
  text: host.reachable ? plural(host.sessions, 'session') : 'cannot be reached: agents may run on unseen',
});

const ledgerFact = (ledger: HealthView['ledger'], { at, theme }: Now): Fact => {
  const pending = ledger.seq - ledger.committedSeq;
  return {
    id: 'ledger:',
    record: ledger,
    status: healthStatus(ledger.commitError === undefined, theme, 'failed'),
    name: 'memory (ledger)',
    text:
      pending > 0
        ? `${pendingWords(pending)}${ledger.commitError ? `: ${ledger.commitError}` : ''}`
        : 'everything is in Git',
    ...ageOf(at, ledger.lastCommitAt),
  };
};

const pendingWords = (pending: number): string => `${plural(pending, 'change')} on disk and not yet in Git`;
