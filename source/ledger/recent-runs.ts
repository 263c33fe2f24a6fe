import { median } from '../common/median.ts';
import { derived } from '../common/table.ts';
import type { LedgerData, Verdict } from './schema.ts';

/** What is known of a rig's gates from what ran lately: kept up a run at a time, as verdicts are kept for ever. */
export interface RecentRuns {
  /** Share of the trees tested last that were both red and green. */
  flakyShare(rig: string): number;
  /** Median time of the gate's last passes; undefined while it has none. */
  usualMs(rig: string, gate: string): number | undefined;
  /** Rises with each run of a gate of the rig: what is made of all of them is good as long as it stands. */
  version(rig: string): number;
  /** What a gate said of a tree last, in whichever environment that was. */
  newest(where: { readonly rig: string; readonly gate: string; readonly tree: string }): Verdict | undefined;
  /** All verdicts of a rig. */
  verdicts(rig: string): readonly Verdict[];
}

/** Trees, and passes of a gate, that say how it is now: an older suite is another one. */
const RECENT = 50;

export const recentRunsOf = ({ verdicts }: Pick<LedgerData, 'verdicts'>): RecentRuns => recentRunsIn(verdicts);

interface OfRig {
  version: number;
  readonly verdicts: Map<string, Verdict>;
  /** By gate and tree: one for each environment, of which there are few. */
  readonly byTree: Map<string, Map<string, Verdict>>;
  /** Oldest first. */
  readonly trees: Recent[];
  readonly passes: Map<string, Recent[]>;
  readonly medians: Map<string, number | undefined>;
}

interface Recent {
  readonly id: string;
  readonly at: string;
  /** Of a tree: 1 when it was red and green. Of a pass: how long it took. */
  readonly value: number;
}

const recentRunsIn = derived<Verdict, RecentRuns>(() => {
  const rigs = new Map<string, OfRig>();
  const ofRig = (rig: string): OfRig => {
    const known = rigs.get(rig);
    if (known) return known;
    const fresh = {
      version: 0,
      verdicts: new Map(),
      byTree: new Map(),
      trees: [],
      passes: new Map(),
      medians: new Map(),
    };
    rigs.set(rig, fresh);
    return fresh;
  };

  return {
    value: {
      flakyShare: rig => {
        const { trees } = ofRig(rig);
        return trees.length === 0 ? 0 : trees.reduce((sum, { value }) => sum + value, 0) / trees.length;
      },
      usualMs: (rig, gate) => {
        const { passes, medians } = ofRig(rig);
        if (!medians.has(gate)) medians.set(gate, median((passes.get(gate) ?? []).map(({ value }) => value)));
        return medians.get(gate);
      },
      version: rig => ofRig(rig).version,
      newest: ({ rig, gate, tree }) =>
        [...(ofRig(rig).byTree.get(treeKey(gate, tree))?.values() ?? [])]
          .sort((a, b) => (lastRunAt(a) < lastRunAt(b) ? -1 : 1))
          .at(-1),
      verdicts: rig => [...ofRig(rig).verdicts.values()],
    },
    change(after, before) {
      const { id, rig, gate } = (after ?? before)!;
      const known = ofRig(rig);
      known.version++;
      if (before) known.byTree.get(treeKey(before.gate, before.tree))?.delete(id);
      if (after) {
        const key = treeKey(after.gate, after.tree);
        known.byTree.set(key, (known.byTree.get(key) ?? new Map()).set(id, after));
      }
      if (after) known.verdicts.set(id, after);
      else known.verdicts.delete(id);
      replace(known.trees, before?.id, after && treeOf(after));
      const passes = known.passes.get(gate) ?? [];
      known.passes.set(gate, passes);
      known.medians.delete(gate);
      replace(passes, before?.id, after && passOf(after));
    },
  };
});

const treeKey = (gate: string, tree: string): string => `${gate} ${tree}`;

const lastRunAt = ({ runs }: Verdict): string => runs.at(-1)?.at ?? '';

const treeOf = ({ id, runs }: Verdict): Recent => {
  const isMixed = runs.some(run => run.outcome === 'fail') && runs.some(run => run.outcome === 'pass');
  return { id, at: runs.at(-1)?.at ?? '', value: isMixed ? 1 : 0 };
};

const passOf = ({ id, runs }: Verdict): Recent | undefined => {
  const passed = runs.findLast(run => run.outcome === 'pass');
  return passed && { id, at: passed.at, value: passed.durationMs };
};

/** Keeps the last ones by time, each record once. */
const replace = (recent: Recent[], before: string | undefined, fresh: Recent | undefined): void => {
  const old = before === undefined ? -1 : recent.findIndex(({ id }) => id === before);
  if (old >= 0) recent.splice(old, 1);
  if (!fresh || (recent.length === RECENT && fresh.at < recent[0]!.at)) return;
  const later = recent.findLastIndex(one => one.at <= fresh.at);
  recent.splice(later + 1, 0, fresh);
  if (recent.length > RECENT) recent.shift();
};
