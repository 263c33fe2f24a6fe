import { safeLine } from '../../source/common/text.ts';
import {
  FLAKE_RATE_MAX,
  FLAKY_FROM_TREES,
  type FlakyTest,
  type GateHistory,
  gateHistories,
  isMixed,
  isTooFlaky,
  RUNS,
} from '../../source/ledger/gate-history.ts';
import type { Rig } from '../../source/ledger/schema.ts';
import { activeRigs, isStopped } from '../facts.ts';
import type { Action, Decide, WorldView } from '../role.ts';
import { act } from './due.ts';

/** Label of the bead that asks for a flaky test to be repaired. */
export const FLAKY_TEST = 'flaky-test';
/** Beads a rig may have open for flaky tests: a suite that is flaky as a whole is one piece of work. */
const MAX_OPEN = 5;

/**
 * Makes a bead of each test that was red and green on the same work more than once, and tells a person of a gate that is so
 * too often. Whether a test goes into quarantine is theirs to say.
 */
export const flakes: Decide = view => {
  if (isStopped(view)) return [];
  const mixed = new Set<string>();
  for (const verdict of view.ledger.verdicts.values()) if (isFlaked(verdict)) mixed.add(verdict.rig);
  return activeRigs(view.ledger)
    .filter(rig => mixed.has(rig.id))
    .flatMap(rig => {
      const histories = gateHistories(view.ledger, { rig, now: view.now });
      return [...report(view, rig, histories), ...warn(view, rig, histories)];
    });
};

/** Also when what was red did not count. */
const isFlaked = (verdict: Parameters<typeof isMixed>[0]): boolean =>
  verdict.runs.length > 1 && (isMixed(verdict) || verdict.runs.some(run => run.tests?.excused !== undefined));

const report = (view: WorldView, rig: Rig, histories: readonly GateHistory[]): Action[] => {
  const flaky = histories.flatMap(({ flakyTests }) => flakyTests.filter(({ trees }) => trees >= FLAKY_FROM_TREES));
  if (flaky.length === 0) return [];
  const beads = [...view.ledger.beads.values()].filter(
    bead => bead.town.rig === rig.id && bead.labels?.includes(FLAKY_TEST),
  );
  const isOver = (status: string): boolean => status === 'closed' || status === 'tombstone';
  const room = MAX_OPEN - beads.filter(({ status }) => !isOver(status)).length;
  const news = flaky.filter(({ gate, test, lastAt }) => {
    const known = beads.filter(bead => bead.title === titleOf(gate, test));
    return known.every(bead => isOver(bead.status) && (bead.closed_at ?? bead.updated_at) < lastAt);
  });
  return news.slice(0, Math.max(0, room)).map(test => bead(rig, test));
};

const titleOf = (gate: string, test: string): string => `Flaky test in gate ${gate}: ${safeLine(test)}`.slice(0, 500);

const bead = (rig: Rig, { gate, test, trees, lastAt }: FlakyTest): Action => {
  const because = `${safeLine(test)} was red and green on the same work, on ${trees} trees`;
  return act.command(
    'bead.create',
    {
      title: titleOf(gate, test),
      description: [
        `The test \`${safeLine(test).replaceAll('`', "'")}\` of gate \`${gate}\` failed and did not fail on the same tree, on ${trees} trees; the last time at ${lastAt}.`,
        'Find what it depends on besides the code (time, order, network, shared files) and remove that.',
        'Until then a person can keep it from holding up work: `gastown quarantine list` names the command.',
      ].join('\n\n'),
      priority: 2,
      issue_type: 'bug',
      labels: [FLAKY_TEST],
      rig: rig.id,
    },
    { key: `flaky:${rig.id}:${gate}:${test}`, subject: rig.id, because },
  );
};

/** One at a time, and none for flakes that were told of already. */
const warn = (view: WorldView, rig: Rig, histories: readonly GateHistory[]): Action[] =>
  histories.filter(isTooFlaky).flatMap(({ gate, flakes: count, runs, lastFlakeAt }) => {
    const key = `flaky-gate:${rig.id}:${gate}`;
    for (const known of view.ledger.escalations.values())
      if (known.key === key && (!known.closedAt || (lastFlakeAt ?? '') <= known.closedAt)) return [];
    const title = `Gate ${gate} of ${rig.id} was red on good work in ${count} of its last ${runs} runs`;
    const body = `More than ${FLAKE_RATE_MAX * 100} % over ${RUNS} runs: work waits for runs that say nothing. gastown gates and gastown quarantine list show which tests.`;
    return [
      act.command(
        'escalation.open',
        { key, subject: rig.id, title, body, severity: 'medium' },
        { key: `escalate:${key}`, subject: rig.id, because: title },
      ),
    ];
  });
