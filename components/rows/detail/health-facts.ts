import { duration, plural } from '../../../source/common/text.ts';
import type { BudgetGauge, DogHealth, GateRecord, RigRow, RoleHealth, TownView } from '../../../source/town/view.ts';
import type { GasTownWord } from '../glossary.ts';
import { budgetWords, dogWords, machineWords, roleId } from '../health-words.ts';
import type { KeyWords } from '../pane.ts';
import { shortTime } from '../short-times.ts';
import { healthStatus } from '../status.ts';
import { trendSpan, trendWords } from '../trend-words.ts';
import { type Around, aside, type Fact, head, known, meaning, since } from './facts.ts';

/** Facts of a row of the health pane; undefined for an id that is none of them. */
export const healthFacts = ({
  view,
  id,
  theme,
  width,
  keys,
}: Around & { readonly id: string; readonly width: number; readonly keys: KeyWords }): readonly Fact[] | undefined => {
  const { roles, dogs, budgets = [], machine } = view.health;
  const role = roles.find(row => id === roleId(row) || id === row.name);
  if (role) return roleFacts(role, { view, theme });
  const dog = dogs.find(({ name }) => id === `dog:${name}` || id === name);
  if (dog) return dogFacts(dog, { view, theme, keys });
  const budget = budgets.find(({ key }) => id === `budget:${key}`);
  if (budget) return budgetFacts(budget, keys);
  if (id === 'machine:' && machine)
    return [
      head('machine'),
      ...machineWords(machine)
        .split(', ')
        .map(line => ({ line })),
    ];
  if (id === 'trend:' && view.trends) return trendFacts(view.trends, { theme, width });
  const rig = view.rigs.find(row => row.id === id);
  return rig ? rigFacts(rig, view) : restFacts(id, { view, keys });
};

/** What lies under the town and around it. */
const restFacts = (id: string, { view, keys }: { view: TownView; keys: KeyWords }): readonly Fact[] | undefined => {
  const { host, ledger, limits = [] } = view.health;
  const limit = limits.find(({ agent }) => id === `limit:${agent}`);
  if (limit)
    return [
      head(`rate limit (${limit.agent})`),
      { label: 'until', value: shortTime(limit.until, view.at) },
      ...known('said', limit.message),
      { line: '' },
      aside('Its service turned sessions away: no new one is started for it before then, others go on.'),
    ];
  if (id === 'host:')
    return [
      head("agents' terminals (host)"),
      { label: 'sessions', value: host.reachable ? String(host.sessions) : 'unknown: it cannot be reached' },
      { line: '' },
      aside('A small process that holds the terminals of agents, so that they outlive this screen and the town.'),
    ];
  if (id === 'ledger:')
    return [
      head('memory (ledger)'),
      { label: 'changes', value: `${ledger.seq}, of which ${ledger.committedSeq} are in Git` },
      ...known('not taken', ledger.commitError),
      ...known('last commit', ledger.lastCommitAt === undefined ? undefined : since(view.at, ledger.lastCommitAt)),
      { line: '' },
      aside(
        'All that the town knows, as JSON in a Git repository. What is not in Git yet is on disk, and lost by no crash.',
      ),
    ];
  if (id !== 'line:') return undefined;
  return [
    head('line to you (SSH)'),
    { line: 'How long a byte takes to your terminal and back, and how many are written to it.' },
    aside(keys('{line} says it in a sentence; {lite} spares a slow one: less is drawn, and without borders.')),
  ];
};

const roleFacts = (role: RoleHealth, { view, theme }: Around): readonly Fact[] => [
  head(`${role.plain} (${role.name}${role.rig === undefined ? '' : ` of ${role.rig}`})`),
  { label: 'state', status: healthStatus(role.ok, theme), note: since(view.at, role.lastTickAt) },
  { label: 'last did', value: role.lastAction ?? 'nothing so far' },
  ...known('because', role.because),
  ...known('when', role.lastActionAt === undefined ? undefined : `${duration(view.at - role.lastActionAt)} ago`),
  ...(role.name in WORDS ? [{ line: '' }, meaning(WORDS[role.name]!)] : []),
];

const WORDS: Readonly<Record<string, GasTownWord>> = {
  mayor: 'mayor',
  polecat: 'polecat',
  refinery: 'refinery',
  witness: 'witness',
  deacon: 'deacon',
  dogs: 'dog',
};

const dogFacts = (dog: DogHealth, { view, theme, keys }: Around & { keys: KeyWords }): readonly Fact[] => [
  head(`${dog.plain} (${dog.name})`),
  { label: 'state', status: healthStatus(dog.ok, theme, 'failed'), note: since(view.at, dog.lastRunAt) },
  {
    label: 'every',
    value: dog.intervalMs > 0 ? duration(dog.intervalMs) : keys('off: only when it is told to ({run-dog})'),
  },
  ...known('took', dog.tookMs === undefined ? undefined : duration(dog.tookMs)),
  { label: 'now', value: dogWords(dog, { at: view.at, keys }) },
  { line: '' },
  meaning('dog'),
  aside(keys('{run-dog} runs it now; {switch-dog} switches it off, or on again.')),
];

const budgetFacts = (budget: BudgetGauge, keys: KeyWords): readonly Fact[] => [
  head(budget.name),
  { label: 'spent', value: budgetWords(budget, keys) },
  { line: '' },
  aside(
    `At 80 % you are asked; at all of it nothing new begins for it and its agents pause between two turns. gastown budget ${budget.key} <USD> sets another amount.`,
  ),
];

const trendFacts = (
  trends: NonNullable<TownView['trends']>,
  { theme, width }: { theme: Around['theme']; width: number },
): readonly Fact[] => [
  head(`The last ${trendSpan(trends)}`),
  ...trendWords(trends, { width: Math.max(10, width - TOTAL_COLUMNS), theme }).map(({ label, bars, total }) => ({
    label,
    value: `${bars}  ${total}`,
  })),
  { line: '' },
  aside(`Each bar is ${duration(trends.stepMs)}; the last one is not over.`),
];

/** Beside the bars stand their label and what they come to. */
const TOTAL_COLUMNS = 24;

const rigFacts = (rig: RigRow, view: TownView): readonly Fact[] => [
  head(`repository ${rig.id}`),
  { label: 'from', value: rig.origin },
  { label: 'branch', value: `${rig.branch}${rig.tip ? ` at ${rig.tip.slice(0, 9)}` : ''}` },
  ...known('for epic', rig.epic && `${rig.epic}  ${view.beads.get(rig.epic)?.title ?? ''}`),
  ...known('goes to', rig.of),
  { label: 'policy', value: `${rig.policy}${rig.paused ? ', merging is paused' : ''}` },
  { label: 'gates', value: rig.gates.join(', ') || 'none' },
  ...known('blocked', rig.blocked),
  ...known('failed', rig.error),
  ...(rig.gateRecords ?? []).flatMap(gateFacts),
  { line: '' },
  meaning('rig'),
];

const gateFacts = ({ gate, runs, flakes, usualMs, flakyTests, quarantined }: GateRecord): readonly Fact[] => [
  {
    label: 'gate',
    value: [
      gate,
      runs === 0 ? 'has not run yet' : `${plural(runs, 'run')}, ${flakes} flaky`,
      ...(usualMs === undefined ? [] : [`usually ${usualMs < 1_000 ? 'under 1s' : duration(usualMs)}`]),
    ].join('  '),
  },
  ...flakyTests.map(({ test, trees }) => ({
    label: 'flaky',
    value: `${test}  red and green on ${plural(trees, 'tree')}`,
  })),
  ...quarantined.map(({ test, until }) => ({
    label: 'quarantine',
    value: `${test}  does not count until ${until.slice(0, 16).replace('T', ' ')}`,
  })),
];
