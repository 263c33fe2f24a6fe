import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'vitest';
import type { Merge } from '../../source/ledger/schema.ts';
import { outcomeOf } from '../../source/ledger/verdict.ts';
import { data } from '../town/harness.ts';
import type { Stage } from './stage.ts';

/**
 * What must hold after whatever happened (DESIGN §8), read from Git and the ledger, never from what the Refinery says of
 * itself. Git's answers come from the target's own repository, which sees the town's objects beside its own.
 */
export const expectInvariants = (stage: Stage): void => {
  for (const rig of data(stage.town).rigs.values()) {
    const target = readTarget(stage, rig);
    expectTested(target);
    expectAsAsked(target);
    expectNothingOverwritten(target);
    expectNothingLost(target);
    expectFairlyRejected(target);
    expectNothingForgotten(target);
  }
  expectClosedByLanding(stage);
};

interface Target {
  readonly stage: Stage;
  readonly rig: { readonly id: string; readonly gates: readonly { readonly name: string }[] };
  readonly merges: readonly Merge[];
  /** First-parent line, oldest first; the first is where the town began. */
  readonly line: readonly string[];
  git(...args: string[]): string;
}

const readTarget = (stage: Stage, rig: { id: string; origin: string; branch: string; gates: { name: string }[] }) => {
  const landing = path.join(stage.town.town, 'rigs', rig.id, 'landing.git');
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: rig.origin,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH!,
        HOME: '/nonexistent',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(landing, 'objects'),
      },
    }).trim();
  return {
    stage,
    rig,
    merges: [...data(stage.town).merges.values()].filter(merge => merge.rig === rig.id),
    line: git('rev-list', '--first-parent', '--reverse', `refs/heads/${rig.branch}`).split('\n'),
    git,
  } satisfies Target;
};

/** I1, I2, I4: every tree the town put there was green under every gate, or was approved at this very head by a person. */
const expectTested = ({ stage, rig, merges, line, git }: Target): void => {
  const { verdicts, approvals } = data(stage.town);
  for (const commit of line.slice(1)) {
    if (stage.pushed.includes(commit)) continue;
    const tree = git('rev-parse', `${commit}^{tree}`);
    const isGreen = (gate: string) =>
      [...verdicts.values()].some(one => one.tree === tree && one.gate === gate && outcomeOf(one.runs) === 'pass');
    const approved = merges
      .filter(merge => merge.landedSha === commit)
      .every(merge => [...approvals.values()].some(one => one.merge === merge.id && one.head === merge.head));
    const gates = data(stage.town).rigs.get(rig.id)!.gates;
    if (gates.length === 0) expect(approved, `${commit} was approved`).toBe(true);
    // Gates may have changed since: then some set of them was green.
    else
      expect(
        gates.every(({ name }) => isGreen(name)) || stage.history.some(event => event.type === 'rig.update'),
        `every gate is green on the tree of ${commit}`,
      ).toBe(true);
    if (data(stage.town).rigs.get(rig.id)!.policy === 'all')
      expect(approved, `${commit} was approved at its head`).toBe(true);
  }
};

/** I2: a landing brings what its branches changed, no other path, and where only one of them touched a path, exactly that. */
const expectAsAsked = ({ stage, merges, line, git }: Target): void => {
  for (const [at, commit] of line.entries()) {
    const landed = merges.filter(merge => merge.landedSha === commit);
    if (at === 0 || landed.length === 0 || stage.pushed.includes(commit)) continue;
    const before = line[at - 1]!;
    const asked = landed.map(merge => changes(git, git('merge-base', merge.base, merge.head), merge.head));
    const came = changes(git, before, commit);
    for (const [file, blob] of came) {
      const by = asked.filter(one => one.has(file));
      expect(by.length, `${file} of ${commit} was asked for`).toBeGreaterThan(0);
      if (by.length === 1 && by[0]!.get(file)!.before === blob.before)
        expect(blob.after, `${file} of ${commit} is what its branch says`).toBe(by[0]!.get(file)!.after);
    }
    for (const one of asked)
      for (const [file, { after }] of one)
        if (asked.filter(other => other.has(file)).length === 1 && !came.has(file))
          expect(blobAt(git, before, file), `${file} of ${commit} was there already`).toBe(after);
  }
};

type Changes = Map<string, { before: string; after: string }>;

const changes = (git: Target['git'], from: string, to: string): Changes =>
  new Map(
    git('diff-tree', '-r', '--no-renames', from, to)
      .split('\n')
      .filter(Boolean)
      .map(entry => {
        const [about, file] = entry.split('\t') as [string, string];
        const [, , before, after] = about.split(' ') as [string, string, string, string];
        return [file, { before, after }];
      }),
  );

const blobAt = (git: Target['git'], commit: string, file: string): string =>
  git('ls-tree', commit, '--', file).split(/\s/)[2] ?? '0'.repeat(40);

/** I3: what others put on the target is there; its line holds nothing but that and landings, each once. */
const expectNothingOverwritten = ({ stage, merges, line, git }: Target): void => {
  const all = new Set(git('rev-list', line.at(-1)!).split('\n'));
  if (merges.length > 0) for (const commit of stage.pushed) expect(all, `${commit} is still there`).toContain(commit);
  const landings = merges.filter(merge => merge.state === 'landed').map(merge => merge.landedSha!);
  for (const commit of landings) expect(all, 'what landed is there').toContain(commit);
  const known = new Set([...landings, ...stage.pushed]);
  // Under a commit pushed by others may lie more of theirs.
  for (const commit of line.slice(1))
    expect(known.has(commit) || stage.pushed.length > 0, `${commit} is a landing on record`).toBe(true);
};

/** I5, and each once: unlanded work is kept under its ref, landed work is in the target's history, and never in two landings. */
const expectNothingLost = ({ stage, merges, line, git }: Target): void => {
  const all = new Set(git('rev-list', line.at(-1)!).split('\n'));
  const landing = path.join(stage.town.town, 'rigs', merges[0]?.rig ?? 'app', 'landing.git');
  for (const merge of merges) {
    if (merge.state === 'landed') expect(all, `${merge.id} is on the target`).toContain(merge.head);
    else
      expect(
        git('--git-dir', landing, 'rev-parse', '--verify', '--quiet', merge.ref),
        `the ref of ${merge.id} is kept`,
      ).toBe(merge.head);
    const times = stage.history.filter(
      event => event.type === 'merge.landed' && event.written.some(one => one.kind === 'merges' && one.id === merge.id),
    ).length;
    // Taking it back and that being taken back write to it, too.
    const more = merges.filter(other => other.reverts === merge.id && other.state === 'landed').length;
    expect(times, `${merge.id} landed at most once`).toBe(merge.state === 'landed' ? 1 + more : 0);
  }
};

/** I6: what came back as red failed twice by itself, on a target that passes the same gate. */
const expectFairlyRejected = ({ stage, merges, line, git }: Target): void => {
  const runsOf = (tree: string, gate: string) =>
    [...data(stage.town).verdicts.values()]
      .filter(one => one.tree === tree && one.gate === gate)
      .flatMap(one => one.runs);
  for (const { id, head, state, cause } of merges) {
    if (state !== 'bounced' || cause?.kind !== 'red') continue;
    const gate = cause.gate!;
    const alone = line.filter(
      tip =>
        outcomeOf(runsOf(git('rev-parse', `${tip}^{tree}`), gate)) === 'pass' &&
        mergedTree(git, tip, head) === cause.tree,
    );
    expect(alone.length, `${id} was tested alone on a green target`).toBeGreaterThan(0);
    // Alone on any of the targets that it was tested on: the last of them need not have seen both.
    const trees = new Set(line.map(tip => mergedTree(git, tip, head)));
    const reds = [...trees].flatMap(tree => (tree ? runsOf(tree, gate).filter(run => run.outcome === 'fail') : []));
    expect(reds.length, `${id} failed twice alone`).toBeGreaterThanOrEqual(2);
  }
};

/** Where the two collide there is none. */
const mergedTree = (git: Target['git'], tip: string, head: string): string | undefined => {
  try {
    return git('merge-tree', '--write-tree', tip, head);
  } catch {
    return undefined;
  }
};

/** I7: nothing is under way in an idle town, and whatever still waits says what for. */
const expectNothingForgotten = ({ stage, rig, merges }: Target): void => {
  const rows = stage.town.running.handle.getView().merges;
  const { town } = stage.town.running.handle.getView();
  for (const merge of merges) {
    expect(['testing', 'landing'], `${merge.id} is at rest`).not.toContain(merge.state);
    if (merge.state !== 'queued') continue;
    const why = rows.find(row => row.id === merge.id)!.why;
    const waits = merge.held || town.estop || data(stage.town).town.get('town')!.mergePaused[rig.id];
    expect(waits || /approval|origin|target cannot/.test(why), `${merge.id} waits for something: ${why}`).toBeTruthy();
  }
};

/** I8: a bead counts as landed by a landing of the Refinery alone, and then it does. */
const expectClosedByLanding = (stage: Stage): void => {
  const { beads, merges } = data(stage.town);
  for (const event of stage.history)
    if (event.type === 'merge.landed') expect(event.actor, 'only the Refinery lands').toMatch(/^refinery/);
  for (const bead of beads.values()) {
    const landed = [...merges.values()].filter(
      merge => merge.bead === bead.id && merge.state === 'landed' && !merge.reverts && !merge.revertedBy,
    );
    expect(landed.length, `${bead.id} landed at most once`).toBeLessThanOrEqual(1);
    if (landed.length === 1 || bead.town.landed_sha !== undefined) {
      expect(bead.status, `${bead.id} is closed`).toBe('closed');
      expect(bead.town.landed_sha).toBe(landed[0]?.landedSha);
    }
  }
};
