import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import { BUDGET_SCOPES, budgetsOf } from '../ledger/budgets.ts';
import { COST_GROUPS, type CostGroup, type CostSum, costsBy, sumCosts, usdOf } from '../ledger/costs.ts';
import type { Bead, Cost, Town } from '../ledger/schema.ts';
import type { TownAccess } from '../town/access.ts';
import { readConfig } from '../town/config.ts';
import { dayOf } from '../town/meter/day.ts';
import { townPaths } from '../town/paths.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown costs [--by …]` */
export const costs = (invocation: Invocation, _: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const by = groupOf(options.by);
    const data = await recordsOf(town);
    const groups = [...costsBy(data, by)].sort(by === 'day' ? byKey : byCost);
    const all = sumCosts(data.costs.values());
    const today = sumCosts([...data.costs.values()].filter(({ day }) => day === dayOf(Date.now())));
    const landed = landedOf(data);
    for (const [key, sum] of groups) output.record('cost', { by, key, ...fields(sum) });
    output.record('costs', {
      ...fields(all),
      todayUsd: usdOf(today.nanos),
      landedChanges: landed.changes,
      landedUsd: usdOf(landed.sum.nanos),
      ...(landed.changes > 0 && { usdPerLandedChange: usdOf(Math.round(landed.sum.nanos / landed.changes)) }),
    });
    if (groups.length === 0) output.say('Nothing has been spent: no agent has asked a model yet.');
    else
      output.table(
        HEAD(by),
        groups.map(([key, sum]) => row(data, by, { key, sum })),
      );
    output.say(`Together ${money(all)}, ${money(today)} of it today.`);
    if (landed.changes > 0) {
      const each = { ...landed.sum, nanos: Math.round(landed.sum.nanos / landed.changes) };
      output.say(`${plural(landed.changes, 'landed change')} cost ${money(landed.sum)}, ${money(each)} each.`);
    }
    if (all.unpriced > 0) {
      output.say('Calls without a known price are in no sum; give one in town.toml: [prices."<model>"] input, output.');
    }
    return undefined;
  });

/** `gastown budget [scope] [usd]` */
export const budget = (invocation: Invocation, [scope, amount]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    if (scope !== undefined && amount !== undefined) return setBudget(invocation, town, { scope, amount });
    const { output } = invocation;
    const data = await recordsOf(town);
    const { settings } = await readConfig(townPaths(town.dir).config);
    const budgets = budgetsOf(data, { limits: settings.budgets, today: dayOf(Date.now()) }).filter(
      ({ key, scope: of }) => scope === undefined || key === scope || of === scope,
    );
    for (const { scope: of, key, limitNanos, spentNanos, unpriced } of budgets) {
      output.record('budget', { scope: of, key, limitUsd: usdOf(limitNanos), spentUsd: usdOf(spentNanos), unpriced });
    }
    if (budgets.length > 0) {
      output.table(
        ['BUDGET', 'SPENT', 'OF', ''],
        budgets.map(({ key, spentNanos, limitNanos }) => [
          key,
          usd(spentNanos),
          usd(limitNanos),
          limitNanos > 0 ? `${Math.floor((100 * spentNanos) / limitNanos)} %` : '',
        ]),
      );
    } else {
      output.say('No budget has anything spent of it.');
      output.say(`Set one: gastown budget <${BUDGET_SCOPES.join('|')}|id of a bead or convoy|day:<date>> <USD>`);
    }
    return undefined;
  });

const setBudget = async (
  { output }: Invocation,
  town: TownAccess,
  { scope, amount }: { scope: string; amount: string },
): Promise<undefined> => {
  const value = amount.replace(/^\$/, '');
  const amountUsd = value === 'none' ? null : Number(value);
  if (value.trim() === '' || Number.isNaN(amountUsd) || (amountUsd !== null && amountUsd < 0)) {
    throw new GastownError('usage', `"${amount}" is no amount.`, { hint: 'In USD, as in: gastown budget day 50' });
  }
  await town.dispatch({ type: 'budget.set', payload: { scope, usd: amountUsd } });
  output.record('budget', { key: scope, limitUsd: amountUsd });
  output.say(amountUsd === null ? `No budget of its own for ${scope} any more.` : `${scope}: $${amountUsd.toFixed(2)}`);
  return undefined;
};

interface Records {
  readonly costs: ReadonlyMap<string, Cost>;
  readonly beads: ReadonlyMap<string, Bead>;
  readonly town: ReadonlyMap<string, Town>;
}

const recordsOf = async (town: TownAccess): Promise<Records> => {
  const map = <T extends { id: string }>(records: readonly T[]) => new Map(records.map(record => [record.id, record]));
  return {
    costs: map(await town.records('costs')),
    beads: map(await town.records('beads')),
    town: map(await town.records('town')),
  };
};

const groupOf = (by: unknown): CostGroup => {
  const group = COST_GROUPS.find(one => one === by);
  if (group) return group;
  throw new GastownError('usage', `Costs are not told apart by "${String(by)}".`, {
    hint: `By ${COST_GROUPS.join(', ')}.`,
  });
};

const landedOf = (data: Records): { changes: number; sum: CostSum } => {
  const changes = costsBy(data, 'change');
  return { changes: changes.size, sum: sumCosts(changes.values()) };
};

const fields = ({ nanos, calls, unpriced, usage }: CostSum) => ({ costUsd: usdOf(nanos), calls, unpriced, usage });

const byCost = (a: [string, CostSum], b: [string, CostSum]): number => b[1].nanos - a[1].nanos || byKey(a, b);
const byKey = ([a]: [string, CostSum], [b]: [string, CostSum]): number => (a < b ? -1 : a > b ? 1 : 0);

const HEAD = (by: CostGroup): string[] => [by.toUpperCase(), 'COST', 'CALLS', 'IN', 'FROM CACHE', 'OUT', ''];

const row = (data: Records, by: CostGroup, { key, sum }: { key: string; sum: CostSum }): string[] => [
  by === 'change' ? key.slice(0, 12) : key,
  money(sum),
  String(sum.calls),
  String(sum.usage.uncachedIn + sum.usage.cacheWrite),
  String(sum.usage.cacheRead),
  String(sum.usage.out),
  by === 'bead' ? (data.beads.get(key)?.title ?? '') : '',
];

/** `$0.42`, `$0.42 + 3 unpriced`, or `unpriced` where no price is known at all: never $0.00 for what cost something. */
const money = ({ nanos, unpriced }: CostSum): string => {
  if (unpriced === 0) return usd(nanos);
  return nanos === 0 ? `${unpriced} unpriced` : `${usd(nanos)} + ${unpriced} unpriced`;
};

const usd = (nanos: number): string => `$${usdOf(nanos).toFixed(2)}`;
