import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Write } from '../../../source/ledger/frames.ts';
import { openRepository } from '../../../source/ledger/repository.ts';
import { type Bead, SCHEMAS } from '../../../source/ledger/schema.ts';
import { type Random, seeded } from '../../simulation/random.ts';

const AT = Date.parse('2026-11-01T00:00:00.000Z');
/** Records a commit while a town is made. */
const CHUNK = 5_000;
/** Share of beads that are done, as in a town that has been used for months. */
const CLOSED = 0.5;

/** A folder that `use` may fill; it is gone afterwards. */
export const withFolder = async <T>(use: (dir: string) => Promise<T>): Promise<T> => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-bench-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

export const beadNumber = (number: number): string => `gt-${number.toString(36).padStart(5, '0')}`;

/** Makes the ledger of a town with so many beads of about 650 bytes each, a rig, and nothing else. */
export const makeTown = async (dir: string, beads: number): Promise<void> => {
  const random = seeded(beads);
  const repository = await openRepository(dir);
  await repository.load({ isNew: true });
  let seq = 0;
  for (let from = 0; from < beads; from += CHUNK) {
    const writes: Write[] = Array.from({ length: Math.min(CHUNK, beads - from) }, (_, n) => {
      const record = beadRecord(from + n, random);
      return { kind: 'beads', id: record.id, record };
    });
    if (from === 0) writes.unshift(...townWrites());
    const entry = {
      seq: ++seq,
      at: new Date(AT).toISOString(),
      type: 'plan.import' as const,
      actor: { role: 'operator' as const, name: 'operator' },
      payload: {},
      writes,
    };
    await repository.commit({ entries: [entry], operations: [] });
  }
  await repository.close();
};

export const townBytes = (dir: string): number =>
  Number(execFileSync('du', ['-sb', path.join(dir, 'ledger.git')], { encoding: 'utf8' }).split('\t')[0]);

/** The beads of a town with so many. */
export const beadRecords = (beads: number): Bead[] => {
  const random = seeded(beads);
  return Array.from({ length: beads }, (_, number) => beadRecord(number, random));
};

const townWrites = (): Write[] => [
  { kind: 'town', id: 'town', record: SCHEMAS.town.parse({ id: 'town', rev: 1, name: 'Bench', createdAt: iso(0) }) },
  {
    kind: 'rigs',
    id: 'rust',
    record: SCHEMAS.rigs.parse({
      id: 'rust',
      rev: 1,
      origin: '/src',
      branch: 'main',
      prefix: 'gt',
      gates: [],
      createdAt: iso(0),
    }),
  },
];

const beadRecord = (number: number, random: Random): Bead => {
  const id = beadNumber(number);
  const closed = random.chance(CLOSED);
  const before = number > 0 && random.chance(0.2) ? beadNumber(Math.floor(random.between(0, number))) : undefined;
  return SCHEMAS.beads.parse({
    id,
    rev: 1,
    title: `Make the thing numbered ${number} do what it should`,
    description: 'It stops half-way when the input is empty, and says nothing about it. '.repeat(3),
    status: closed ? 'closed' : 'open',
    priority: Math.floor(random.between(0, 5)),
    issue_type: 'task',
    created_at: iso(number),
    created_by: 'operator',
    updated_at: iso(number),
    ...(closed && { closed_at: iso(number), close_reason: 'done' }),
    labels: ['bench', `area-${number % 20}`],
    ...(before && { dependencies: [{ issue_id: id, depends_on_id: before, type: 'blocks', created_at: iso(number) }] }),
    town: { rig: 'rust', attempts: closed ? 1 : 0 },
  });
};

/** One a second. */
const iso = (number: number): string => new Date(AT + number * 1_000).toISOString();
