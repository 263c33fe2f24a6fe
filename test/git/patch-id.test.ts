import { describe, expect, test } from 'vitest';
import { makeRig, makeWork } from './repositories.ts';

const FILES = { 'a.py': 'if x:\n    y()\nz()\n', 'b.txt': '1\n' };

/** Patch ids of two pieces of work on one base. */
const idsOf = async (one: string, other: string): Promise<(string | undefined)[]> => {
  const rig = await makeRig(FILES);
  const ids: (string | undefined)[] = [];
  for (const [name, script] of Object.entries({ one, other })) {
    const head = await makeWork(rig, { base: rig.tip, name, script });
    ids.push(await rig.landing.patchId(rig.tip, head));
  }
  return ids;
};

describe('a patch id', () => {
  test('is the same for the same change in one commit and in several', async () => {
    const [one, other] = await idsOf(
      'echo same >> b.txt; echo new > n.txt',
      'echo same >> b.txt; git commit -qam first; echo new > n.txt',
    );
    expect(one).toMatch(/^[0-9a-f]{40}$/);
    expect(other).toBe(one);
  });

  const different: [string, string, string][] = [
    ['white space', "sed -i 's/^z/    z/' a.py", "sed -i 's/^z/  z/' a.py"],
    ['bytes of a binary file', "printf '\\0\\1' > bin", "printf '\\0\\2' > bin"],
    ['a mode', 'chmod +x b.txt', 'chmod +x a.py'],
    ['names', 'echo x > n.txt', 'echo x > m.txt'],
  ];
  test.each(different)('is another one where only %s differs', async (_, one, other) => {
    const ids = await idsOf(one, other);
    expect(ids[0]).toMatch(/^[0-9a-f]{40}$/);
    expect(ids[1]).toMatch(/^[0-9a-f]{40}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });
});
