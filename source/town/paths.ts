import path from 'node:path';

/** Where everything of a town lives. Only paths below `dir` are ever written or removed by it. */
export interface TownPaths {
  readonly dir: string;
  readonly config: string;
  readonly ledger: string;
  /** Agents' `gt`. */
  readonly bin: string;
  /** Reports made while no town ran. */
  readonly inbox: string;
  readonly backups: string;
  /** Checkouts that were taken away though something may still be in them. */
  readonly trash: string;
  /** Mode 0600: whoever can read it acts as the operator. Never handed to an agent. */
  readonly operatorToken: string;
  readonly townLog: string;
  /** Last runs of the Dogs: ephemeral, never in the ledger. */
  readonly dogs: string;
  /** When a person last had the screen before them: ephemeral, never in the ledger. */
  readonly lastSeen: string;
  /** Since when nobody is at the screen, and what was spent by then: ephemeral, never in the ledger. */
  readonly absence: string;
  /** What a person chose at the screen and typed there: mode 0600, never in the ledger. */
  readonly screen: string;
  /** Waiting nudges, and how often mail was shown: ephemeral, never in the ledger. */
  readonly post: string;
  /** What the meter and the town's book-keeping keep: no key is in it. */
  readonly meter: string;
  /** Process groups of gates under way, so that a restart can end what a crash left behind. */
  readonly gateGroups: string;
  rig(rig: string): string;
  landing(rig: string): string;
  slots(rig: string): string;
  checkouts(rig: string): string;
  checkout(polecat: string): string;
  /** Private HOME and TMPDIR of a polecat. */
  home(polecat: string): string;
  sessionLog(session: string): string;
  sessionFiles(session: string): string;
  /** What a structured session said and did, for people: a line of JSON each. */
  transcript(session: string): string;
  gateLog(rig: string): string;
  /** What a person said was read wrongly: screens with the state that was made of them. */
  readonly wrong: string;
}

export const townPaths = (dir: string): TownPaths => {
  const rig = (id: string) => path.join(dir, 'rigs', id);
  const split = (polecat: string): [string, string] => {
    const at = polecat.indexOf('/');
    return [polecat.slice(0, at), polecat.slice(at + 1)];
  };
  return {
    dir,
    config: path.join(dir, 'town.toml'),
    ledger: path.join(dir, 'ledger.git'),
    bin: path.join(dir, 'bin'),
    inbox: path.join(dir, 'inbox'),
    backups: path.join(dir, 'backups'),
    trash: path.join(dir, 'trash'),
    operatorToken: path.join(dir, 'operator.token'),
    townLog: path.join(dir, 'logs', 'town.log'),
    dogs: path.join(dir, 'run', 'dogs.json'),
    lastSeen: path.join(dir, 'run', 'last-seen'),
    absence: path.join(dir, 'run', 'absence.json'),
    screen: path.join(dir, 'screen.json'),
    post: path.join(dir, 'run', 'post.json'),
    meter: path.join(dir, 'run', 'meter'),
    gateGroups: path.join(dir, 'run', 'gates.json'),
    rig,
    landing: id => path.join(rig(id), 'landing.git'),
    slots: id => path.join(rig(id), 'slots'),
    checkouts: id => path.join(rig(id), 'checkouts'),
    checkout: polecat => path.join(rig(split(polecat)[0]), 'checkouts', split(polecat)[1]),
    home: polecat => path.join(rig(split(polecat)[0]), 'homes', split(polecat)[1]),
    sessionLog: session => path.join(dir, 'logs', 'sessions', `${session}.log`),
    sessionFiles: session => path.join(dir, 'run', 'sessions', session),
    transcript: session => path.join(dir, 'logs', 'sessions', `${session}.transcript.jsonl`),
    gateLog: id => path.join(dir, 'logs', 'gates', `${id}.log`),
    wrong: path.join(dir, 'logs', 'wrong'),
  };
};
