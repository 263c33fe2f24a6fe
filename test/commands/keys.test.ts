import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keys } from '../../source/commands/keys.ts';
import { createOutput } from '../../source/commands/output.ts';
import { townPaths } from '../../source/town/paths.ts';

let town: string;
beforeEach(() => {
  town = mkdtempSync(path.join(os.tmpdir(), 'gastown-keys-'));
  mkdirSync(townPaths(town).ledger, { recursive: true });
});
afterEach(() => rm(town, { recursive: true, force: true }));

const run = async (config: string, options: { check?: boolean; json?: boolean } = {}) => {
  writeFileSync(townPaths(town).config, config);
  let printed = '';
  const output = createOutput({
    json: options.json === true,
    write: text => {
      printed += text;
    },
  });
  const code = await keys({ output, town, cwd: town, env: {} }, [], { check: options.check });
  return { code, printed };
};

test('the table is printed with the town’s own keys in it', async () => {
  const { code, printed } = await run('[keys]\nundo = "u"\nsling = ["s", "Ctrl-g"]\nfreeze = false\n');
  expect(code).toBe(0);
  expect(printed).toMatch(/^u +undo +global/m);
  expect(printed).toMatch(/^s Ctrl-g +sling +plan/m);
  expect(printed).toMatch(/^– +freeze/m);
});

test('--check says what is wrong with both names, and ends with 1', async () => {
  const { code, printed } = await run('[keys]\nundo = "a"\nattach = "none"\nsling = "x"\ndiff = "x"\n', {
    check: true,
  });
  expect(code).toBe(1);
  expect(printed.split('\n')).toEqual([
    '✗ x is both diff and sling in plan. Give sling another key, or none: sling = []',
    '· x is sling in plan, and actions elsewhere.',
    '',
  ]);
  expect(await run('[keys]\nundo = "u"\n', { check: true })).toEqual({
    code: 0,
    printed: 'Every key means one thing where it is pressed, and every place has a way out.\n',
  });
});

test('in JSON a problem is a record of its own', async () => {
  const { printed } = await run('[keys]\nnothing = "a"\n', { json: true });
  expect(JSON.parse(printed.split('\n')[0]!)).toMatchObject({ type: 'key_problem', command: 'nothing' });
});

test('a line that is no key at all is refused with the file', async () => {
  await expect(run('[keys]\nundo = 5\n')).rejects.toThrow(/town\.toml: keys\.undo/);
});
