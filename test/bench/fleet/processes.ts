import { readdirSync, readFileSync } from 'node:fs';

/** What a group of processes uses, shared pages counted once. */
export interface Used {
  readonly processes: number;
  readonly pssBytes: number;
}

/** Clock ticks a second in /proc: the same on every Linux that Node runs on. */
const TICKS = 100;
const KIB = 1024;

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
}

const statOf = (pid: number): Stat | undefined => {
  const text = textOf(`/proc/${pid}/stat`);
  // The name of the program stands in brackets and may hold anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!fields) return undefined;
  const ms = (at: number): number => (Number(fields[at]) * 1000) / TICKS;
  return { parent: Number(fields[1]), cpuMs: ms(11) + ms(12) };
};

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** CPU time of one process, in ms. Zero when it is gone. */
export const cpuOf = (pid: number | undefined): number => (pid === undefined ? 0 : (statOf(pid)?.cpuMs ?? 0));

/** All processes below one, of any depth. */
export const descendantsOf = (pid: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const todo = [pid];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const below = children.get(next) ?? [];
    found.push(...below);
    todo.push(...below);
  }
  return found;
};

export const usedBy = (pids: readonly number[]): Used => {
  const sizes = pids.flatMap(pid => {
    const match = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '');
    return match ? [Number(match[1]) * KIB] : [];
  });
  return { processes: sizes.length, pssBytes: sizes.reduce((sum, size) => sum + size, 0) };
};

/** What a new process could get. */
export const availableBytes = (): number =>
  Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * KIB;
