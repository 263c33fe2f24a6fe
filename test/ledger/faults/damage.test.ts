import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordPath } from '../../../source/ledger/paths.ts';
import { openLedger } from '../../../source/ledger/store.ts';
import { writeConfig } from '../../../source/town/config.ts';
import { createTown } from '../../../source/town/create-town.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { LONG } from '../../support/long.ts';
import { gastown } from '../../support/process.ts';
import { act, command, temporaryFolder } from '../helpers.ts';

/** Enough for a pack: fewer objects become loose files. */
const BEADS = 60;

interface Town {
  readonly dir: string;
  readonly git: string;
  readonly beads: readonly string[];
}

const git = (town: Town, ...args: string[]): string =>
  execFileSync('git', ['--git-dir', town.git, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** A town of some beads in a pack, one of them changed by a later commit of loose objects, and a backup. */
const makeTown = async (): Promise<Town> => {
  const dir = path.join(await temporaryFolder(), 'town');
  await createTown(dir, { name: 'Sick', env: process.env });
  await writeConfig(townPaths(dir).config, { name: 'Sick' });
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const beads = await Promise.all(
    Array.from({ length: BEADS }, (_, n) => act(ledger, 'bead.create', { title: `bead ${n}` })),
  );
  await ledger.flush();
  await ledger.execute(command('bead.update', { id: beads[0]!, set: { title: 'newer' } }));
  await ledger.close();
  const town = { dir, git: path.join(dir, 'ledger.git'), beads };
  await mkdir(path.join(dir, 'backups'), { recursive: true });
  git(town, 'bundle', 'create', '--quiet', path.join(dir, 'backups', 'ledger-1.bundle'), '--all');
  return town;
};

const objectFile = (town: Town, name: string): string => {
  const sha = git(town, 'rev-parse', name);
  return path.join(town.git, 'objects', sha.slice(0, 2), sha.slice(2));
};

const spoil = async (file: string): Promise<void> => {
  chmodSync(file, 0o644);
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 0xff;
  await writeFile(file, bytes);
};

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** What a person sees who types `gastown doctor`. */
const doctor = async (town: Town): Promise<{ wrong: Finding[]; text: string }> => {
  const options = { home: path.dirname(town.dir), env: { GASTOWN_TOWN: town.dir } };
  const said = await gastown(['doctor'], options);
  const json = await gastown(['doctor', '--json'], options);
  expect(said.code, said.stderr).toBe(1);
  expect(said.stdout + said.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  expect(json.code).toBe(1);
  const findings = json.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Finding & { type: string });
  return { wrong: findings.filter(({ ok }) => !ok), text: said.stdout };
};

/** Types the commands that a hint ends with. */
const follow = (hint: string | undefined): void => {
  const commands = /: ((?:mv|rm|git) .*)$/.exec(hint ?? '')?.[1];
  expect(commands, hint).toBeDefined();
  execFileSync('sh', ['-eu', '-c', commands!], { stdio: 'ignore' });
};

const opens = async (town: Town): Promise<string[]> => {
  const ledger = await openLedger({ dir: town.dir });
  const ids = [...ledger.data.beads.keys()];
  expect(ledger.quarantined).toEqual([]);
  await act(ledger, 'bead.create', { title: 'it goes on' });
  await ledger.flush();
  await ledger.close();
  return ids;
};

describe('gastown doctor names', () => {
  it('a damaged record, shown from an older version, while everything else takes changes', async () => {
    const town = await makeTown();
    const [id, other] = town.beads;
    await spoil(objectFile(town, `main:${recordPath('beads', id!)}`));
    const { wrong } = await doctor(town);
    expect(wrong.map(({ check }) => check)).toEqual(expect.arrayContaining(['ledger', `record ${id}`]));
    const named = wrong.find(({ check }) => check === `record ${id}`)!;
    expect(named.message).toContain(recordPath('beads', id!));
    expect(named.message).toMatch(/the version of commit [0-9a-f]{12} is shown/);
    expect(named.hint).toContain('ledger-1.bundle');
    const ledger = await openLedger({ dir: town.dir });
    expect(ledger.data.beads.get(id!)!.title).toBe('bead 0');
    await act(ledger, 'bead.comment', { id: other!, text: 'fine' });
    await ledger.close();
  });

  it('a damaged newest commit, and how to go back to the newest backup', async () => {
    const town = await makeTown();
    await spoil(objectFile(town, 'main'));
    const { wrong, text } = await doctor(town);
    expect(wrong.map(({ check }) => check)).toEqual(['opening', 'branch', 'objects']);
    expect(text).toContain('cannot be read');
    follow(wrong.find(({ check }) => check === 'objects')!.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it('a damaged pack', async () => {
    const town = await makeTown();
    const packs = path.join(town.git, 'objects', 'pack');
    const [pack] = (await readdir(packs)).filter(name => name.endsWith('.pack'));
    await spoil(path.join(packs, pack!));
    const { wrong } = await doctor(town);
    expect(wrong.map(({ message }) => message).join('\n')).toContain(pack!.slice(0, 20));
    follow(wrong.find(({ hint }) => hint?.includes('git clone'))!.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it.runIf(LONG)('a lost pack', async () => {
    const town = await makeTown();
    await rm(path.join(town.git, 'objects', 'pack'), { recursive: true });
    const { wrong } = await doctor(town);
    expect(wrong.map(({ check }) => check)).toContain('opening');
    follow(wrong.find(({ hint }) => hint?.includes('git clone'))!.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it.each([
    ['lost', (file: string) => rm(file)],
    ['emptied', (file: string) => writeFile(file, '')],
  ])('a branch that was %s, with the commit it stood at', async (_, damage) => {
    const town = await makeTown();
    const head = git(town, 'rev-parse', 'main');
    await damage(path.join(town.git, 'refs', 'heads', 'main'));
    const { wrong } = await doctor(town);
    const named = wrong.find(({ check }) => check === 'branch')!;
    expect(named.hint).toContain(head);
    follow(named.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it.runIf(LONG)('garbage in meta.json', async () => {
    const town = await makeTown();
    const head = git(town, 'rev-parse', 'main');
    execFileSync('git', ['--git-dir', town.git, 'fast-import', '--quiet'], {
      input: `commit refs/heads/main\ncommitter x <x@x> 1 +0000\ndata 1\nx\nfrom ${head}\nM 100644 inline meta.json\ndata 1\n{\n`,
    });
    const { wrong } = await doctor(town);
    expect(wrong.find(({ check }) => check === 'opening')!.message).toContain('meta.json');
    expect(wrong.find(({ check }) => check === 'branch')!.message).toContain(git(town, 'rev-parse', 'main'));
    follow(wrong.find(({ check }) => check === 'branch')!.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it('a journal damaged in the middle, with file and bytes, and goes on without it when told to', async () => {
    const town = await makeTown();
    const ledger = await openLedger({ dir: town.dir, commitEveryMs: 60_000 });
    for (const title of ['a', 'b', 'c']) await act(ledger, 'bead.create', { title });
    const [name] = await readdir(path.join(town.dir, 'journal'));
    const file = path.join(town.dir, 'journal', name!);
    const bytes = await readFile(file);
    bytes[20]! ^= 0xff;
    await writeFile(file, bytes);
    const { wrong } = await doctor(town);
    const named = wrong.find(({ check }) => check === `journal ${name}`)!;
    expect(named.message).toMatch(new RegExp(`${name} is damaged from byte 0 to byte \\d+`));
    await ledger.close();
    await writeFile(file, bytes);
    git(town, 'update-ref', 'refs/heads/main', 'main^');
    follow((await doctor(town)).wrong.find(({ check }) => check === `journal ${name}`)!.hint);
    expect(await opens(town)).toHaveLength(BEADS);
  });

  it('more damage than single records can have, rather than open with holes', async () => {
    const town = await makeTown();
    const ledger = await openLedger({ dir: town.dir, commitEveryMs: 60_000 });
    await Promise.all(Array.from({ length: 60 }, (_, n) => act(ledger, 'bead.create', { title: `more ${n}` })));
    await ledger.close();
    const broken = git(town, 'ls-tree', '-r', '--name-only', 'main')
      .split('\n')
      .filter(name => name.startsWith('beads/'))
      .map(name => `M 100644 inline ${name}\ndata 1\n{\n`);
    execFileSync('git', ['--git-dir', town.git, 'fast-import', '--quiet'], {
      input: `commit refs/heads/main\ncommitter x <x@x> 1 +0000\ndata 1\nx\nfrom ${git(town, 'rev-parse', 'main')}\n${broken.join('')}`,
    });
    const { wrong } = await doctor(town);
    expect(wrong[0]!.message).toContain('More than 100 records');
  });
});
