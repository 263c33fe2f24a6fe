import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textVersion } from '../../source/common/text-version.ts';
import { inTurn } from '../support/in-turn.ts';
import { cleanEnv, workspace } from '../support/process.ts';

/** What a person types about notes, designs, memories, mail and escalations, with the real program and no town running. */
const work = workspace('lasting');
const town = work.town(path.join(work.dir, 'town'));
const type = (...args: string[]) => inTurn(args, { home: work.home, env: { GASTOWN_TOWN: town } });
const json = async (...args: string[]) =>
  (await type(...args, '--json')).stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>);
let bead: string;

beforeAll(async () => {
  execFileSync('git', ['init', '-q', '-b', 'main', 'repo'], { cwd: work.dir, env: cleanEnv(work.home) });
  const commit = ['-c', 'user.name=T', '-c', 'user.email=t@t.invalid', 'commit', '-q', '--allow-empty', '-m', 'first'];
  execFileSync('git', commit, { cwd: path.join(work.dir, 'repo'), env: cleanEnv(work.home) });
  await type('init', town);
  await type('rig', 'add', 'repo', path.join(work.dir, 'repo'), '--no-gates');
  bead = String((await json('create', 'Lexer'))[0]!.id);
});
afterAll(() => work.cleanUp());

describe('gastown note', () => {
  test('adds, and shows what is there', async () => {
    expect(await type('note', bead)).toMatchObject({ code: 0, stdout: `There are no notes on ${bead} yet.\n` });
    expect(await type('note', bead, 'Mind', 'the BOM')).toMatchObject({ code: 0, stdout: `Noted on ${bead}.\n` });
    await type('note', bead, '--add', 'Second');
    expect((await type('note', bead)).stdout).toMatch(/^\[\S+Z operator\] Mind the BOM\n\n\[\S+Z operator\] Second\n$/);
    expect((await type('history', bead)).stdout).toMatch(/added a note$|added a note:/m);
  });
});

describe('gastown design', () => {
  test('shows the version, replaces the one that was seen, and keeps the earlier one', async () => {
    const file = path.join(work.dir, 'design.md');
    writeFileSync(file, 'One pass.');
    expect(await type('design', bead, '--file', file)).toMatchObject({ code: 0 });
    const seen = textVersion('One pass.');
    expect((await type('design', bead)).stdout).toBe(`Version ${seen}\n\nOne pass.\n`);
    const late = await type('design', bead, '--set', 'Two passes.');
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.stderr).toMatch(new RegExp(`at version ${seen}, not none.\noperator wrote it at`));
    expect(await json('design', bead, '--set', 'Two passes.', '--base', seen)).toMatchObject([
      { type: 'design', id: bead, kind: 'bead', design: 'Two passes.', version: textVersion('Two passes.') },
    ]);
    expect((await type('history', bead)).stdout).toContain('design: One pass. → Two passes.');
  });
});

describe('gastown remember', () => {
  test('is found by recall, listed, rewritten, and forgotten', async () => {
    const said = await json('remember', 'The CI has no network', '--key', 'ci', '--type', 'reference', '--rig', 'repo');
    expect(said).toMatchObject([{ type: 'memory', id: 'ci', kind: 'reference', rig: 'repo', by: 'operator' }]);
    await type('remember', 'Tabs, please');
    expect((await type('recall', 'NETWORK')).stdout).toMatch(
      /^KEY .*\nci +reference +repo +operator +The CI has no network\n$/,
    );
    expect(await json('memories')).toHaveLength(2);
    expect(await json('memories', '--type', 'project')).toMatchObject([{ text: 'Tabs, please' }]);
    await type('remember', 'The CI has a proxy', '--key', 'ci');
    expect(await json('recall', 'proxy')).toMatchObject([{ id: 'ci', kind: 'reference' }]);
    expect(await type('forget', 'ci')).toMatchObject({ code: 0 });
    expect((await type('recall', 'proxy')).stdout).toBe('Nothing is remembered about "proxy".\n');
    expect((await type('history', 'ci')).stdout).toContain('The CI has a proxy');
  });
});

describe('gastown mail', () => {
  test('is sent, shown the most urgent first, read, and answered in its thread', async () => {
    expect((await type('mail')).stdout).toBe('No mail.\n');
    const [first] = await json('mail', 'send', 'operator', '-s', 'Slow', '-m', 'Take your time', '--priority', 'low');
    expect(first).toMatchObject({ type: 'mail', kind: 'notification', from: 'operator', priority: 'low' });
    await type('mail', 'send', 'operator', '-s', 'Fast', '--priority', 'urgent', '--type', 'task');
    expect((await json('mail', 'inbox')).map(({ subject }) => subject)).toEqual(['Fast', 'Slow']);
    const read = await type('mail', 'read', String(first!.id));
    expect(read.stdout).toContain('Slow\n\nTake your time\n');
    expect((await json('mail')).map(({ subject }) => subject)).toEqual(['Fast']);
    expect(await json('mail', '--all')).toHaveLength(2);
    expect(await json('mail', 'reply', String(first!.id), '-m', 'Done')).toMatchObject([
      { kind: 'reply', subject: 'Re: Slow', thread: first!.id, replyTo: first!.id },
    ]);
  });
});

describe('gastown escalations', () => {
  test('are listed, and an empty list is no error', async () => {
    expect(await type('escalations')).toMatchObject({ code: 0, stdout: 'Nothing is escalated.\n' });
  });
});

describe('what makes no sense is refused with a clear message', () => {
  test.each([
    [['note', 'gt-none', 'x'], 'There is no bead and no plan "gt-none"', 1],
    [['note', 'BEAD', 'x', '--add', 'y'], 'There are several texts', 2],
    [['note', 'BEAD', '-f', '/nowhere/x'], '/nowhere/x cannot be read (ENOENT)', 2],
    [['note', 'BEAD', '  '], 'The text is empty', 2],
    [['note', 'BEAD', 'API_TOKEN=abcdef123456'], 'seems to hold a value for "api_token"', 1],
    [['design', 'BEAD', '--set'], "option '--set <text>' argument missing", 2],
    [['design', 'gt-none'], 'There is no bead and no plan', 1],
    [['remember', ' '], 'the text is empty', 2],
    [['remember', 'x', '--type', 'secret'], '--type wants one of feedback, project, user, reference', 2],
    [['remember', 'x', '--rig', 'nowhere'], 'There is no rig "nowhere"', 1],
    [['remember', 'password=hunter2secret'], 'This memory seems to hold', 1],
    [['forget', 'nothing'], 'Nothing is remembered as "nothing"', 1],
    [['mail', 'burn'], "too many arguments for 'mail'", 2],
    [['mail', 'send', 'operator'], "required option '-s, --subject <subject>' not specified", 2],
    [['mail', 'send', 'nobody', '-s', 'x'], 'Nobody here is called nobody', 1],
    [['mail', 'send', 'operator', '-s', 'x', '--priority', 'asap'], '--priority wants one of low', 2],
    [['mail', 'read', 'm-none'], 'There is no mail "m-none"', 1],
    [['escalations', 'ack', 'e-none'], 'There is no escalation "e-none"', 1],
    [['escalations', 'close', 'e-none'], 'There is no escalation "e-none"', 1],
    [['escalations', 'show', 'e-none'], 'There is no escalation "e-none"', 1],
    [['nudge', 'nobody', 'hello'], 'There is no polecat "nobody"', 1],
    [['nudge', 'nobody', 'hello', '--mode', 'loud'], '--mode wants one of wait-idle, queue, now', 2],
  ])('%j', async (args, message, code) => {
    const said = await type(...args.map(word => (word === 'BEAD' ? bead : word)));
    expect(said.stderr).toContain(message);
    expect(said).toMatchObject({ code, stdout: '' });
  });
});
