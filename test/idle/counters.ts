import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used and started so far, as the kernel counts it: nothing is sampled, so nothing is missed. */
export interface Counters {
  /** CPU time, in ms. */
  readonly cpuMs: number;
  /**
   * Page faults of children that have ended. None ends without having had some, so a number that stands still says
   * that no child has come and gone.
   */
  readonly childFaults: number;
  readonly children: readonly number[];
}

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;

export const countersOf = (pid: number): Counters => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in brackets and may hold anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return {
    cpuMs: ((fields[11]! + fields[12]!) * 1_000) / TICKS,
    childFaults: fields[8]! + fields[10]!,
    children: childrenOf(pid),
  };
};

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    .filter(Boolean)
    .map(Number)
    .sort((a, b) => a - b);
