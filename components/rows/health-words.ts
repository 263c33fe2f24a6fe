import { duration, plural } from '../../source/common/text.ts';
import type { BudgetGauge, DogHealth, HealthView, RigRow, RoleHealth } from '../../source/town/view.ts';
import { memorySize } from './memory.ts';
import type { KeyWords } from './pane.ts';

/** Names a role among the rows; each rig's Witness by its rig. */
export const roleId = ({ name, rig }: RoleHealth): string => `role:${name}${rig === undefined ? '' : `:${rig}`}`;

/** `$3.20 of $10.00 (32 %)`, and what that means. */
export const budgetWords = ({ spentUsd, limitUsd, unpriced, state }: BudgetGauge, keys: KeyWords): string => {
  const share = limitUsd > 0 ? ` (${Math.floor((100 * spentUsd) / limitUsd)} %)` : '';
  const more = unpriced > 0 ? ` + ${unpriced} unpriced` : '';
  return `$${spentUsd.toFixed(2)}${more} of $${limitUsd.toFixed(2)}${share}${keys(BUDGET_STATES[state])}`;
};

const BUDGET_STATES: Readonly<Record<BudgetGauge['state'], string>> = {
  ok: '',
  asks: ': nearly spent ({attention})',
  stopped: ': spent, its agents pause ({attention})',
};

/** How its last run went, and when it runs next. */
export const dogWords = (dog: DogHealth, { at, keys }: { at: number; keys: KeyWords }): string => {
  if (dog.running) return `runs now; the last time: ${dog.note}`;
  if (dog.offBy !== undefined) return `off, by ${dog.offBy} (${keys('{switch-dog}')} switches it on): ${dog.note}`;
  if (dog.intervalMs === 0) return `off in the config: ${dog.note}`;
  return dog.nextRunAt === undefined ? dog.note : `${dog.note}; next in ${duration(Math.max(0, dog.nextRunAt - at))}`;
};

/** What is known of how far its gates can be trusted; empty where there is nothing to say against them. */
export const gateTrust = ({ gateRecords = [] }: RigRow): string =>
  gateRecords
    .flatMap(({ gate, runs, flakes, quarantined }) => [
      ...(flakes > 0 ? [`${gate} flaky in ${flakes} of ${plural(runs, 'run')}`] : []),
      ...(quarantined.length > 0 ? [`${plural(quarantined.length, 'test')} of ${gate} in quarantine`] : []),
    ])
    .join(', ');

/** Disk, memory, load, what is left of terminals and descriptors, and how late the town's own loop is. */
export const machineWords = (machine: NonNullable<HealthView['machine']>): string =>
  [
    `disk ${gigabytes(machine.freeDiskBytes)} free`,
    `memory ${memorySize(machine.freeMemoryBytes)} of ${memorySize(machine.totalMemoryBytes)} free`,
    `load ${machine.load1.toFixed(2)} on ${plural(machine.cores, 'core')}`,
    `lag ${Math.round(machine.loopLagMs)} ms`,
    ...(machine.ptys ? [`terminals ${machine.ptys.used} of ${machine.ptys.max}`] : []),
    ...(machine.files ? [`descriptors ${machine.files.used} of ${machine.files.max}`] : []),
    ...(machine.hostFiles ? [`terminal host ${machine.hostFiles.used} of ${machine.hostFiles.max}`] : []),
  ].join(', ');

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
