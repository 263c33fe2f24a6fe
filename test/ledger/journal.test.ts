import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, encodeFrame, scanFrames } from '../../source/ledger/frames.ts';
import { openJournal, readJournal } from '../../source/ledger/journal.ts';
import { OPERATOR, temporaryFolder } from './helpers.ts';

const entry = (seq: number, text = `bead ${seq}`): Entry => ({
  seq,
  at: '2026-11-23T12:00:00.000Z',
  type: 'memory.remember',
  actor: OPERATOR,
  payload: { text },
  writes: [
    {
      kind: 'memories',
      id: `m-${seq}`,
      record: { id: `m-${seq}`, rev: 1, text, by: 'x', at: '2026-11-23T12:00:00.000Z' },
    },
  ],
});

const ENTRIES = [entry(1), entry(2, 'ünï\u001b[0m'), entry(3)];
const BYTES = Buffer.concat(ENTRIES.map(encodeFrame));
const ENDS = ENTRIES.map((_, n) => Buffer.concat(ENTRIES.slice(0, n + 1).map(encodeFrame)).length);

/** Through files only some: that every one of them is found is shown on the frames. Prime to 8, so that all places in a byte come up. */
const FLIP_STEP_BITS = 13;

const journalWith = async (files: Record<string, Buffer>): Promise<string> => {
  const folder = path.join(await temporaryFolder(), 'journal');
  await mkdir(folder);
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes);
  return folder;
};

describe('frames', () => {
  it('come back as they were, whatever text is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), texts => {
        const entries = texts.map((text, n) => entry(n + 1, text.toWellFormed()));
        const scan = scanFrames(Buffer.concat(entries.map(encodeFrame)));
        expect(scan.entries).toEqual(entries);
        expect(scan.nextGoodAt).toBeUndefined();
      }),
    );
  });

  it('cut at any byte give back every whole one before it', () => {
    for (let length = 0; length <= BYTES.length; length++) {
      const scan = scanFrames(BYTES.subarray(0, length));
      const whole = ENDS.filter(end => end <= length);
      expect(scan.entries).toEqual(ENTRIES.slice(0, whole.length));
      expect(scan.goodBytes).toBe(whole.at(-1) ?? 0);
      expect(scan.nextGoodAt).toBeUndefined();
    }
  });

  it('with any single bit flipped never give back changed data', () => {
    for (let bit = 0; bit < BYTES.length * 8; bit++) {
      const flipped = Buffer.from(BYTES);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const damaged = ENDS.findIndex(end => bit >> 3 < end);
      const scan = scanFrames(flipped);
      expect(scan.entries).toEqual(ENTRIES.slice(0, damaged));
      expect(scan.nextGoodAt).toBe(damaged === ENTRIES.length - 1 ? undefined : ENDS[damaged]);
    }
  });

  it('end at zeros, which a power loss leaves behind', () => {
    const scan = scanFrames(Buffer.concat([BYTES, Buffer.alloc(4_096)]));
    expect(scan).toMatchObject({ goodBytes: BYTES.length, entries: ENTRIES });
    expect(scan.nextGoodAt).toBeUndefined();
  });
});

describe('readJournal', () => {
  it('cuts a torn tail off the file and reads the same again', async () => {
    const folder = await journalWith({ '1.wal': BYTES.subarray(0, BYTES.length - 3) });
    const first = await readJournal(folder);
    expect(first).toMatchObject({ entries: ENTRIES.slice(0, 2), cutBytes: BYTES.length - 3 - ENDS[1]! });
    expect(await readFile(path.join(folder, '1.wal'))).toEqual(BYTES.subarray(0, ENDS[1]));
    expect(await readJournal(folder)).toMatchObject({ entries: ENTRIES.slice(0, 2), cutBytes: 0 });
  });

  it('cut off at any byte gives back every whole entry before it, also in the second of two segments', async () => {
    const [first, second] = [BYTES.subarray(0, ENDS[0]), BYTES.subarray(ENDS[0])];
    const folder = await journalWith({});
    for (let length = 0; length <= BYTES.length; length++) {
      await writeFile(path.join(folder, '1.wal'), first.subarray(0, Math.min(length, first.length)));
      await writeFile(path.join(folder, '2.wal'), second.subarray(0, Math.max(0, length - first.length)));
      const whole = ENDS.filter(end => end <= length);
      expect(await readJournal(folder)).toMatchObject({
        entries: ENTRIES.slice(0, whole.length),
        cutBytes: length - (whole.at(-1) ?? 0),
      });
    }
  });

  it('with any single bit flipped is refused, or cut where the flipped entry is the last', async () => {
    const folder = await journalWith({});
    const file = path.join(folder, '1.wal');
    for (let bit = 0; bit < BYTES.length * 8; bit += FLIP_STEP_BITS) {
      const flipped = Buffer.from(BYTES);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(file, flipped);
      const read = await readJournal(folder).catch(error => error.code);
      if (bit >> 3 < ENDS[1]!) expect(read).toBe('ledger_corrupt');
      else expect(read.entries).toEqual(ENTRIES.slice(0, 2));
    }
  });

  it('stops at damage before good entries, naming file and offset, with a copy kept and nothing changed', async () => {
    const damaged = Buffer.from(BYTES);
    damaged[ENDS[0]! + 20]! ^= 0xff;
    const folder = await journalWith({ '1.wal': damaged });
    const file = path.join(folder, '1.wal');
    const failure = await readJournal(folder).catch(error => error);
    expect(failure).toMatchObject({ code: 'ledger_corrupt' });
    expect(failure.message).toContain(`${file} is damaged at byte ${ENDS[0]}`);
    expect(failure.hint).toContain(`${file}.damaged`);
    expect(await readFile(`${file}.damaged`)).toEqual(damaged);
    expect(await readFile(file)).toEqual(damaged);
    await expect(readJournal(folder)).rejects.toMatchObject({ code: 'ledger_corrupt' });
  });

  it('stops where entries are missing between two segments', async () => {
    const folder = await journalWith({ '1.wal': encodeFrame(entry(1)), '3.wal': encodeFrame(entry(3)) });
    await expect(readJournal(folder)).rejects.toThrow(/entry 2 is missing before entry 3/);
  });

  it('takes a torn tail in an earlier segment for what it is when the next one goes on without a gap', async () => {
    const torn = Buffer.concat([encodeFrame(entry(1)), encodeFrame(entry(2)).subarray(0, 30)]);
    const folder = await journalWith({ '1.wal': torn, '2.wal': encodeFrame(entry(2)), '10.wal': Buffer.alloc(0) });
    expect((await readJournal(folder)).entries).toEqual([entry(1), entry(2)]);
  });

  it('reads segments by number, not by name, and nothing else', async () => {
    const folder = await journalWith({
      '9.wal': encodeFrame(entry(9)),
      '10.wal': encodeFrame(entry(10)),
      '9.wal.damaged': Buffer.from('x'),
      'notes.txt': Buffer.from('x'),
    });
    expect((await readJournal(folder)).entries.map(({ seq }) => seq)).toEqual([9, 10]);
  });
});

describe('openJournal', () => {
  const append = (journal: ReturnType<typeof openJournal>, ...seqs: number[]) =>
    journal.append(seqs.map(seq => entry(seq)));

  it('drops a segment only when everything in it is committed', async () => {
    const folder = await journalWith({});
    const journal = openJournal(folder, []);
    await append(journal, 1, 2);
    await journal.rotate();
    await append(journal, 3);
    await journal.drop(1);
    expect((await readdir(folder)).sort()).toEqual(['1.wal', '3.wal']);
    await journal.drop(2);
    expect(await readdir(folder)).toEqual(['3.wal']);
    await append(journal, 4);
    await journal.drop(3);
    expect((await readJournal(folder)).entries.map(({ seq }) => seq)).toEqual([3, 4]);
    await journal.drop(4);
    expect(await readdir(folder)).toEqual([]);
    await append(journal, 5);
    await journal.close();
    expect((await readJournal(folder)).entries.map(({ seq }) => seq)).toEqual([5]);
  });

  it('goes on after recovered segments and drops them with the rest', async () => {
    const folder = await journalWith({ '1.wal': BYTES });
    const journal = openJournal(folder, (await readJournal(folder)).segments);
    await append(journal, 4);
    await journal.drop(2);
    expect((await readJournal(folder)).entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    await journal.drop(3);
    expect(await readdir(folder)).toEqual(['4.wal']);
    await journal.close();
  });

  it('goes on in the old segment where no new one can be made', async () => {
    const folder = await journalWith({});
    const journal = openJournal(folder, []);
    await append(journal, 1);
    // A folder stands where the file would be.
    await mkdir(path.join(folder, '2.wal'));
    await journal.rotate();
    await append(journal, 2);
    await journal.close();
    expect(scanFrames(await readFile(path.join(folder, '1.wal'))).entries).toEqual([entry(1), entry(2)]);
  });

  it('writes while a new segment is being made, and leaves no empty one behind', async () => {
    const folder = await journalWith({});
    const journal = openJournal(folder, []);
    await append(journal, 1);
    const rotated = journal.rotate();
    await Promise.all([append(journal, 2), append(journal, 3), rotated]);
    await append(journal, 4);
    await journal.rotate();
    expect((await readJournal(folder)).entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    await journal.drop(4);
    expect(await readdir(folder)).toEqual([]);
    await append(journal, 5);
    await journal.rotate();
    await journal.close();
    expect(await readdir(folder)).toEqual(['5.wal']);
  });

  it('refuses what it cannot write and goes on by itself afterwards', async () => {
    const folder = await journalWith({});
    const journal = openJournal(folder, []);
    await mkdir(path.join(folder, '1.wal'));
    await expect(append(journal, 1)).rejects.toThrow();
    await rm(path.join(folder, '1.wal'), { recursive: true });
    await append(journal, 1);
    await journal.close();
    expect((await readJournal(folder)).entries).toEqual([entry(1)]);
  });
});
