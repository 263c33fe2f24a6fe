import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONG } from '../../support/long.ts';
import { temporaryFolder } from '../helpers.ts';
import { type FileFault, watchFiles } from './faulty-files.ts';
import { assertClear, assertKept, live, makeTemplate } from './ordeal.ts';
import { printedSeed } from './seed.ts';

const CODES = ['EIO', 'ENOSPC', 'EMFILE', 'EACCES'] as const;
const EACH = ['open', 'readdir', 'write', 'datasync', 'sync', 'close', 'rm'];
/** Towns tried at a time: most of it is waiting for Git. */
const AT_ONCE = 6;
/** The short form tries one call in that many, from a random one on. */
const STRIDE = LONG ? 1 : 6;
const LIMIT_MS = LONG ? 3_600_000 : 180_000;

describe('a file-system call that fails', () => {
  it.each([
    { lasting: false, isNew: false, words: 'once' },
    { lasting: true, isNew: false, words: 'from then on' },
    ...(LONG ? [{ lasting: false, isNew: true, words: 'once in a new town' }] : []),
  ])(
    '$words, whichever it is, costs nothing acknowledged and forges nothing',
    { timeout: LIMIT_MS },
    async ({ lasting, isNew, words }) => {
      const random = printedSeed(`failing calls, ${words}`);
      const template = isNew ? await temporaryFolder() : await makeTemplate();
      const home = await temporaryFolder();
      const seen = new Set<string>();

      /** False when the life had fewer calls than that. */
      const suffer = async (fault: FileFault): Promise<boolean> => {
        const dir = path.join(home, `${fault.at}-${fault.code}`);
        await cp(template, dir, { recursive: true });
        const watch = watchFiles(dir, fault);
        const tale = await live(dir);
        watch.fault = undefined;
        for (const call of watch.failed) seen.add(call.split(' ')[0]!);
        const story = `call ${fault.at}, ${fault.code}: ${watch.failed.slice(0, 3).join(', ')}`;
        await told(story, async () => {
          assertClear(tale);
          if (!lasting) expect(tale.refusedBatches).toBeLessThanOrEqual(1);
          await assertKept(dir, tale, { mayRemain: lasting, isNew, isQuick: !LONG && fault.at % AT_ONCE !== 0 });
        });
        await rm(dir, { recursive: true });
        return watch.failed.length > 0;
      };

      let isOver = false;
      let calls = 0;
      for (let from = Math.floor(random.between(1, STRIDE + 1)); !isOver; from += AT_ONCE * STRIDE) {
        const ats = Array.from({ length: AT_ONCE }, (_, n) => from + n * STRIDE);
        for (const code of LONG ? CODES : [random.pick(CODES)]) {
          const fired = await Promise.all(ats.map(at => suffer({ at, code, lasting })));
          isOver = fired.includes(false);
          if (code === CODES[0] || !LONG) calls += fired.filter(Boolean).length;
        }
      }
      // The short form meets some of each life's calls, whichever these are.
      if (LONG) expect([...seen]).toEqual(expect.arrayContaining(EACH));
      else expect(seen.size).toBeGreaterThan(2);
      console.log(`${words}: ${calls} calls`);
    },
  );
});

const told = async (story: string, check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    throw new Error(`${story}\n${(error as Error).message}`, { cause: error });
  }
};
