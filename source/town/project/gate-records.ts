import { safeLine } from '../../common/text.ts';
import { type GateHistory, gateHistories, quarantineOf } from '../../ledger/gate-history.ts';
import { recentRunsOf } from '../../ledger/recent-runs.ts';
import type { LedgerData, Rig } from '../../ledger/schema.ts';
import type { GateRecord } from '../view.ts';

/** Flaky tests that a screen names: `gastown gates` has them all. */
const TESTS_SHOWN = 5;

/** Histories by rig, made anew only after a run of one of its gates. */
export const createGateRecords = (): ((
  data: LedgerData,
  at: { rig: Rig; now: number },
) => readonly GateRecord[] | undefined) => {
  const known = new Map<string, { version: number; gates: Rig['gates']; histories: readonly GateHistory[] }>();
  return (data, { rig, now }) => {
    if (rig.gates.length === 0) return undefined;
    const runs = recentRunsOf(data);
    const version = runs.version(rig.id);
    const before = known.get(rig.id);
    const isSame = before?.version === version && before.gates === rig.gates;
    const histories = isSame ? before.histories : historiesOf(runs.verdicts(rig.id), { rig, now });
    known.set(rig.id, { version, gates: rig.gates, histories });
    return histories.map(history => recordOf(history, { rig, now }));
  };
};

const historiesOf = (
  verdicts: ReturnType<ReturnType<typeof recentRunsOf>['verdicts']>,
  at: { rig: Rig; now: number },
): readonly GateHistory[] => gateHistories({ verdicts: new Map(verdicts.map(one => [one.id, one])) }, at);

const recordOf = (
  { gate, runs, flakes, medianMs, flakyTests }: GateHistory,
  { rig, now }: { rig: Rig; now: number },
): GateRecord => ({
  gate,
  runs,
  flakes,
  ...(medianMs !== undefined && { usualMs: medianMs }),
  flakyTests: flakyTests.slice(0, TESTS_SHOWN).map(({ test, trees }) => ({ test: safeLine(test), trees })),
  // A quarantine ends by time alone.
  quarantined: quarantineOf(rig, gate, now).map(({ test, until }) => ({ test: safeLine(test), until })),
});
