import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { privateDirectory, runDirectory } from '../../source/agents/run-directory.ts';
import { temporary } from './support.ts';

const refused = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));

test('is one short private folder for a town, by whatever path the town is named', () => {
  const dir = temporary();
  const env = { GASTOWN_RUNTIME_DIR: path.join(dir, 'run') };
  const town = path.join(dir, 'a town with quite a long name');
  fs.mkdirSync(town);
  fs.symlinkSync(town, path.join(dir, 'link'));
  const found = runDirectory(town, env);
  expect(runDirectory(path.join(dir, 'link'), env)).toBe(found);
  expect(runDirectory(dir, env)).not.toBe(found);
  expect(path.dirname(found)).toBe(env.GASTOWN_RUNTIME_DIR);
  expect(fs.statSync(found).mode & 0o777).toBe(0o700);
});

test('lies below /tmp without a wish, so that every login of a user finds the same', () => {
  const dir = temporary();
  const found = runDirectory(dir, { XDG_RUNTIME_DIR: '/run/user/1' });
  expect(found).toMatch(new RegExp(`^/tmp/gastown-${process.getuid!()}/[0-9a-f]{16}$`));
  fs.rmSync(found, { recursive: true });
});

test('refuses a link, a file, a folder that others may enter and a path too long for a socket', () => {
  const dir = temporary();
  fs.mkdirSync(path.join(dir, 'real'), { mode: 0o700 });
  fs.symlinkSync(path.join(dir, 'real'), path.join(dir, 'link'));
  fs.writeFileSync(path.join(dir, 'file'), '');
  fs.mkdirSync(path.join(dir, 'open'));
  fs.chmodSync(path.join(dir, 'open'), 0o755);
  for (const name of ['link', 'file', 'open']) refused(() => privateDirectory(path.join(dir, name)), 'forbidden');
  refused(() => privateDirectory(path.join(dir, 'no', 'such')), 'disk');
  refused(() => runDirectory(dir, { GASTOWN_RUNTIME_DIR: path.join(dir, 'x'.repeat(100)) }), 'invalid');
});

test.runIf(process.getuid?.() === 0)('refuses a folder of another user', () => {
  const dir = path.join(temporary(), 'theirs');
  fs.mkdirSync(dir, { mode: 0o700 });
  fs.chownSync(dir, 12_345, 12_345);
  refused(() => privateDirectory(dir), 'forbidden');
});
