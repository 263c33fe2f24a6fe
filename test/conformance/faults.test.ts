import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../source/ledger/schema.ts';
import { REFINERY } from '../../source/town/effects/queue.ts';
import { townPaths } from '../../source/town/paths.ts';
import {
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  gitIn,
  landed,
  processesIn,
  script,
  sessionsOf,
  until,
} from '../town/harness.ts';
import { drain, expectStates, git, scenario, waitingGate } from './stage.ts';

afterAll(cleanUpAll);

/** Faults that touch merging and have no test elsewhere: see README.md. */
describe.concurrent('faults', () => {
  scenario('fault-stale-locks', 'what a killed Git left in our own repositories stops nothing', async stage => {
    await stage.queue('a');
    const { town } = stage.town;
    await stage.town.stop();
    const landing = path.join(town, 'rigs/app/landing.git');
    const left = [
      ...['index.lock', 'config.lock', 'packed-refs.lock', 'refs/gastown/merges/mr-1.lock', 'objects/pack/tmp_pack_x'],
    ].flatMap(file => [path.join(landing, file), path.join(town, 'ledger.git', file)]);
    for (const file of left) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    await stage.reopen();
    await drain(stage);
    expectStates(stage, { a: 'landed' });
  });

  scenario(
    'fault-origin-locked',
    'a lock that somebody holds in the origin is waited for and left alone',
    async stage => {
      await stage.queue('a');
      const lock = path.join(stage.town.origin, 'refs/heads/main.lock');
      writeFileSync(lock, '');
      await stage.resume();
      await stage.until('it is tried', () => stage.history.some(event => event.type === 'merge.landing'));
      await sleep(LOCKED_MS);
      expect(existsSync(lock), 'it is not ours to remove').toBe(true);
      expect(stage.files()).toEqual([]);
      rmSync(lock);
      await stage.until('it landed', () => stage.of('a').state === 'landed');
    },
  );

  scenario(
    'fault-gate-forks-and-floods',
    'what a gate leaves running ends with it, and what it prints stays within bounds',
    async stage => {
      await stage.queue('a');
      await drain(stage);
      expectStates(stage, { a: 'landed' });
      await stage.until('what it left running has ended', () => processesIn(stage.town.town).length === 0);
      for (const verdict of data(stage.town).verdicts.values())
        for (const { output } of verdict.runs) expect(output?.length ?? 0).toBeLessThanOrEqual(LIMITS.evidenceChars);
      expect(statSync(townPaths(stage.town.town).gateLog('app')).size).toBeLessThan(LOG_BYTES_MAX);
    },
    {
      gates: [
        gate(
          '(setsid sleep 300 > /dev/null 2>&1 &) ; head -c 20000000 /dev/zero | tr "\\0" x; printf "\\033[2J"; exit 0',
        ),
      ],
    },
  );

  scenario(
    'fault-wrong-base',
    'a landing that would take back what others landed is stopped before it',
    async stage => {
      await stage.queue('a');
      const tip = stage.push({ 'keep.txt': 'by hand\n' });
      await stage.until('the guards have looked', () => stage.of('a').guards);
      const { id, head } = stage.of('a');
      const { context } = stage.town.running.town;
      const landing = await context.landing('app');
      await landing.refresh();
      // Green as tested, and built without what came onto the target since: as GitHub's queue did on 2026-04-23.
      const tree = await landing.treeOf(head);
      const wrong = gitIn(landing.dir, 'commit-tree', tree, '-p', tip, '-p', head, '-m', 'Merge');
      const run = { outcome: 'pass', at: new Date().toISOString(), durationMs: 1_000, exitCode: 0 } as const;
      await Promise.all([
        stage.resume(),
        context.execute(REFINERY, { type: 'merge.group', payload: { ids: [id], group: 'g1' } }),
        context.execute(REFINERY, {
          type: 'gate.record',
          payload: { rig: 'app', tree, gate: 'test', environment: 'e', run },
        }),
        context.execute(REFINERY, { type: 'merge.landing', payload: { ids: [id], old: tip, new: wrong, tree } }),
      ]);
      await stage.until('it is held', () => stage.of('a').held);
      await stage.idle();
      expect(git(stage.town.origin, ['rev-parse', 'main'])).toBe(tip);
      expect([...data(stage.town).escalations.values()]).toMatchObject([
        { severity: 'high', subject: id, body: expect.stringContaining('keep.txt') },
      ]);
      await stage.operator({ type: 'merge.release', payload: { id } });
      await stage.idle();
      expect(stage.files()).toEqual(['a.txt', 'keep.txt']);
    },
  );

  test('fault-branch-rewritten: what an agent does to its branch after it handed in changes nothing', async () => {
    const town = await bench('rewritten', { gates: ({ notes }) => [gate(waitingGate(notes))] });
    const id = await town.sling('Work', script('echo work > work.txt'));
    await until(town, 'the gate runs', () => town.hasNote('testing'));
    const { checkout } = sessionsOf(town, id)[0]!;
    writeFileSync(path.join(checkout, 'work.txt'), 'something else\n');
    gitIn(checkout, 'add', '.');
    gitIn(checkout, 'commit', '--quiet', '--amend', '-m', 'Rewritten');
    gitIn(checkout, 'reset', '--quiet', '--hard', 'HEAD');
    town.leave('go');
    await landed(town, id);
    expect(fileOnMain(town, 'work.txt')).toBe('work');
    expectSound(town);
  });
});

/** Longer than a first try takes. */
const LOCKED_MS = 500;
/** One log of a gate, however much it prints. */
const LOG_BYTES_MAX = 12_000_000;
