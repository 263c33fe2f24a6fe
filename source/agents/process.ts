import fs from 'node:fs';

/** What /proc tells of one process. */
export interface ProcessStat {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
  /** Own CPU time and that of children it has waited for, in clock ticks. */
  readonly cpuTicks: number;
  /** Resident memory, what it shares with others included. */
  readonly residentBytes: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
}

/** The process's figures, or undefined when there is no such process (or no /proc). */
export const readProcessStat = (pid: number): ProcessStat | undefined => {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name is in parentheses and may itself hold spaces and parentheses: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): number => Number(fields[index]);
  return {
    pid,
    group: field(2),
    session: field(3),
    cpuTicks: field(11) + field(12) + field(13) + field(14),
    residentBytes: field(21) * pageBytes(),
    startTime: field(19),
  };
};

/** Pages are 4 KB to 64 KB, and nothing that is asked here says which: what this process holds, in bytes and in pages, does. */
const pageBytes = (): number => {
  knownPageBytes ??= measurePage();
  return knownPageBytes;
};
let knownPageBytes: number | undefined;

const measurePage = (): number => {
  const pages = Number(fs.readFileSync('/proc/self/statm', 'latin1').split(' ')[1]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
};

/** When the process began, in clock ticks after boot: with its pid it names one process for good (until reboot). Undefined when there is none, or no /proc. */
export const processStartTime = (pid: number): number | undefined => readProcessStat(pid)?.startTime;

/** True while the very process that was recorded still exists. Where the system has no /proc, the pid alone decides. */
export const isSameProcess = (pid: number, startTime: number): boolean => {
  if (fs.existsSync('/proc/self/stat')) return processStartTime(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Changes with every boot of the machine, so that pids and start times of an earlier one are never believed. */
export const bootId = (): string => {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
};

/** Every process whose terminal session is one of `sessions`, in slices, so that a machine with thousands of processes never stalls the caller. */
export const processesOfSessions = async (sessions: ReadonlySet<number>): Promise<ProcessStat[]> => {
  const found: ProcessStat[] = [];
  let seen = 0;
  for (const pid of allPids()) {
    const stat = readProcessStat(pid);
    if (stat && sessions.has(stat.session)) found.push(stat);
    seen += 1;
    if (seen % PROCESSES_A_SLICE === 0) await new Promise(resolve => setImmediate(resolve));
  }
  return found;
};

/** The same for one session, at once. */
export const processesOfSession = (session: number): ProcessStat[] =>
  allPids()
    .map(readProcessStat)
    .filter(stat => stat !== undefined && stat.session === session) as ProcessStat[];

/** Sends a signal to a process, or to a group by its negative number. One that has ended meanwhile is no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/**
 * Kills what is left of a terminal session whose first process was `leader`. The number of a session is not given out
 * again while any process bears it; a process that bears the leader's pid but began at another time means that nothing
 * of the session was left and the number is someone else's: then nothing is touched.
 */
export const endRemains = (leader: { pid: number; startTime: number }): void => {
  const members = processesOfSession(leader.pid);
  if (members.some(member => member.pid === leader.pid && member.startTime !== leader.startTime)) return;
  for (const member of members) {
    if (member.startTime >= leader.startTime) signalProcess(member.pid, 'SIGKILL');
  }
};

/** Reading one takes about 10 µs: a slice is about 1 ms. */
const PROCESSES_A_SLICE = 100;

const allPids = (): number[] => {
  try {
    return fs
      .readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
};
