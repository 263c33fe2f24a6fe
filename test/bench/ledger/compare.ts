import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import { simpleGit } from 'simple-git';
import { canonicalJson } from '../../../source/common/json.ts';
import { seeded } from '../../simulation/random.ts';
import { beadNumber, beadRecords } from './towns.ts';

const WRITERS = 100;

export interface Compared {
  readonly done: number;
  readonly seconds: number;
  readonly ackMs: readonly number[];
}

/** The same records in one JSON file, written by lowdb's stock adapter after each change. No fsync: less is promised. */
export const lowdb = async (dir: string, options: { beads: number; changes: number }): Promise<Compared> => {
  const low = new Low<{ beads: Record<string, { priority: number }> }>(new JSONFile(path.join(dir, 'db.json')), {
    beads: {},
  });
  for (const bead of beadRecords(options.beads)) low.data.beads[bead.id] = bead;
  await low.write();
  const random = seeded(1);
  return byWriters(options.changes, async () => {
    low.data.beads[beadNumber(Math.floor(random.between(0, options.beads)))]!.priority = Math.floor(
      random.between(0, 5),
    );
    await low.write();
  });
};

/** One file a record and one commit a change, as simple-git makes it; one at a time, for two at once fail on index.lock. */
export const commitEach = async (dir: string, options: { beads: number; changes: number }): Promise<Compared> => {
  const git = simpleGit(dir);
  await git.init();
  await git.addConfig('user.name', 'bench');
  await git.addConfig('user.email', 'bench@invalid');
  const fileOf = (id: string) => path.join('beads', id.slice(-2), `${id}.json`);
  const records = new Map(beadRecords(options.beads).map(bead => [bead.id, bead]));
  for (const [id, record] of records) {
    await mkdir(path.join(dir, path.dirname(fileOf(id))), { recursive: true });
    await writeFile(path.join(dir, fileOf(id)), canonicalJson(record));
  }
  await git.add('.').commit('begin');
  const random = seeded(1);
  let turn: Promise<unknown> = Promise.resolve();
  return byWriters(options.changes, () => {
    const id = beadNumber(Math.floor(random.between(0, options.beads)));
    const mine = turn.then(async () => {
      const record = {
        ...records.get(id)!,
        priority: Math.floor(random.between(0, 5)),
        updated_at: new Date().toISOString(),
      };
      records.set(id, record);
      await writeFile(path.join(dir, fileOf(id)), canonicalJson(record));
      await git.add(fileOf(id)).commit(`update ${id}`);
    });
    turn = mine;
    return mine;
  });
};

/** Every writer asks, waits for its answer, and asks again. */
const byWriters = async (changes: number, change: () => Promise<void>): Promise<Compared> => {
  const ackMs: number[] = [];
  let left = changes;
  const start = performance.now();
  const writer = async () => {
    while (left-- > 0) {
      const since = performance.now();
      await change();
      ackMs.push(performance.now() - since);
      await sleep(0);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return { done: ackMs.length, seconds: (performance.now() - start) / 1_000, ackMs };
};
