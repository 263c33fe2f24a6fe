import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { answerBd } from '../../source/town/bd.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { createTown } from '../../source/town/create-town.ts';
import { examine } from '../../source/town/doctor.ts';
import { type HeldTown, holdTown } from '../../source/town/hold-town.ts';
import { answerOperator } from '../../source/town/requests.ts';
import { cleanEnv, workspace } from '../support/process.ts';

const fresh = async () => {
  const { dir, cleanUp } = workspace('live-export');
  onTestFinished(cleanUp);
  const env = cleanEnv(dir);
  const townDir = path.join(dir, 'town');
  await createTown(townDir, { name: 'Live', env });
  const file = path.join(dir, 'shown', '.beads', 'issues.jsonl');
  const open = async (): Promise<HeldTown> => {
    const town = await holdTown({ dir: townDir, env, purpose: 'test' });
    onTestFinished(() => town.close());
    return town;
  };
  return { dir, townDir, file, open };
};

const create = async ({ context }: HeldTown, title: string, fields: object = {}): Promise<string> => {
  const payload = { title, ...fields };
  return (await context.execute(OPERATOR, { type: 'bead.create', payload })).written[0]!.id;
};

const keep = ({ context }: HeldTown, file: string | null) =>
  answerOperator(context, { view: () => expect.fail('no view is needed') }, { verb: 'export.live', args: { file } });

const titles = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => (JSON.parse(line) as { title: string }).title)
    .sort();

it('follows every change soon after it, and is up to date when the town closes', async () => {
  const { file, open } = await fresh();
  const town = await open();
  await create(town, 'before');
  await keep(town, file);
  expect(titles(file)).toEqual(['before']);
  const id = await create(town, 'after');
  await create(town, 'fleeting', { ephemeral: true });
  await vi.waitFor(() => expect(titles(file)).toEqual(['after', 'before']), { timeout: 60_000 });
  await town.context.execute(OPERATOR, { type: 'bead.update', payload: { id, set: { title: 'last' } } });
  await town.close();
  expect(titles(file)).toEqual(['before', 'last']);
});

it('goes on after a restart, by a line in town.toml that leaves the others as they are', async () => {
  const { townDir, file, open } = await fresh();
  const config = path.join(townDir, 'town.toml');
  const before = `# mine\nname = "Live"\n\n[settings.mayor]\nmaxPolecats = 3 # few\n`;
  writeFileSync(config, before);
  const first = await open();
  await keep(first, file);
  await first.close();
  expect(readFileSync(config, 'utf8')).toBe(`export = ${JSON.stringify(file)}\n${before}`);
  const second = await open();
  expect(second.context.config.settings.mayor.maxPolecats).toBe(3);
  await create(second, 'later');
  // Closed at once, while the first export may still be on its way.
  await second.close();
  expect(titles(file)).toEqual(['later']);
  const third = await open();
  await keep(third, null);
  await create(third, 'unseen');
  await third.close();
  expect(readFileSync(config, 'utf8')).toBe(before);
  expect(titles(file)).toEqual(['later']);
});

it('never writes over issues that the town does not have', async () => {
  const { dir, townDir, open } = await fresh();
  const file = path.join(dir, 'issues.jsonl');
  const text = '{"id":"bd-1","title":"not imported yet"}\n';
  writeFileSync(file, text);
  const town = await open();
  await expect(keep(town, file)).rejects.toThrow(/holds issues that this town does not have, among them bd-1/);
  await create(town, 'x');
  await town.close();
  expect(readFileSync(file, 'utf8')).toBe(text);
  writeFileSync(path.join(townDir, 'town.toml'), `export = "../issues.jsonl"\n`);
  const again = await open();
  await vi.waitFor(() => expect(again.context.liveExport?.error).toMatch(/holds issues/));
  const findings = await examine(townDir, again.context.ledger);
  expect(findings.find(({ check }) => check === 'export')).toMatchObject({ ok: false });
  await again.close();
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('says so when the file cannot be written, and writes again once it can be', async () => {
  const { dir, open } = await fresh();
  const blocked = path.join(dir, 'blocked');
  writeFileSync(blocked, '');
  const file = path.join(blocked, 'issues.jsonl');
  const town = await open();
  await expect(keep(town, file)).rejects.toThrow(/ENOTDIR|EEXIST/);
  expect(town.context.liveExport?.file).toBeUndefined();
  const good = path.join(dir, 'good.jsonl');
  await keep(town, good);
  await rm(good);
  await create(town, 'x');
  await vi.waitFor(() => expect(existsSync(good)).toBe(true), { timeout: 60_000 });
  expect(town.context.liveExport?.error).toBeUndefined();
});

it('is set by bd too, with a path from where the caller stands', async () => {
  const { dir, townDir, open } = await fresh();
  const town = await open();
  await create(town, 'seen');
  const bd = (...argv: string[]) => answerBd(town.context, OPERATOR, { argv, cwd: dir });
  expect(await bd('export', '--live', 'out.jsonl')).toMatchObject({ exitCode: 0 });
  expect(titles(path.join(dir, 'out.jsonl'))).toEqual(['seen']);
  expect(readFileSync(path.join(townDir, 'town.toml'), 'utf8')).toContain(path.join(dir, 'out.jsonl'));
  await bd('create', 'made by bd');
  await vi.waitFor(() => expect(titles(path.join(dir, 'out.jsonl'))).toEqual(['made by bd', 'seen']), {
    timeout: 60_000,
  });
  expect(await bd('export', '--live=')).toMatchObject({ stdout: 'No file is kept up to date any more\n' });
  const agent = await answerBd(
    town.context,
    { role: 'polecat', name: 'rust/nux' },
    { argv: ['export', '--live', 'x'], cwd: dir },
  );
  expect(agent).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('for the operator') });
});
