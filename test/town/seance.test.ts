import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../source/common/files.ts';
import { openAccess } from '../../source/town/access.ts';
import { townPaths } from '../../source/town/paths.ts';
import { gastown } from '../support/process.ts';
import { type Bench, bench, cleanUpAll, landed, operator, script, sessionsOf, until } from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('seance');
});
afterAll(cleanUpAll);

const SECOND = '[ "$GASTOWN_ATTEMPT" != 1 ]';

describe('sessions of scripts', () => {
  let bead: string;
  beforeAll(async () => {
    bead = await town.sling(
      'Two sessions',
      script(
        `${SECOND} || { echo "first words"; gt handoff -m "the left half is done"; exit 0; }`,
        `gt seance > '${town.notes}/list'`,
        `gt seance -s 1 > '${town.notes}/tail'`,
        `gt seance no-such-bead > '${town.notes}/foreign' 2>&1 || true`,
        `gt prime > '${town.notes}/prime'`,
        'echo both > both.txt',
      ),
    );
    await landed(town, bead);
  });

  test('are listed with agent, time, outcome and last words, for a person and for the agent that goes on', async () => {
    const access = await openAccess({ dir: town.town, env: town.env });
    const rows = await access.seance(bead);
    await access.close();
    expect(rows).toMatchObject([
      { n: 1, agent: 'shell', outcome: 'handoff', lastWords: 'the left half is done' },
      { n: 2, agent: 'shell', outcome: 'done' },
    ]);
    const [first] = sessionsOf(town, bead);
    expect(town.note('list')).toMatch(
      new RegExp(`^1 {2}${first!.id} {2}shell {2}\\S+ {2}handoff {2}the left half is done$`),
    );
    expect(town.note('tail')).toContain('first words');
    expect(town.note('foreign')).toContain('There is no bead no-such-bead in app.');
  });

  test('hand over by a note that the next session is told, on the same hook', () => {
    const [first, second] = sessionsOf(town, bead);
    expect(first).toMatchObject({ outcome: 'handoff', note: 'the left half is done' });
    expect(second).toMatchObject({ bead: first!.bead, polecat: first!.polecat, outcome: 'done' });
    expect(town.note('prime')).toContain('the left half is done');
  });

  test('cannot be asked: the end of their log is shown, and why', async () => {
    const access = await openAccess({ dir: town.town, env: town.env });
    const answer = await access.ask({ bead, which: '1', question: 'Why the left half?' });
    await expect(access.ask({ bead, which: '7', question: 'Who?' })).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('1 to 2'),
    });
    await access.close();
    expect(answer).toMatchObject({ kind: 'tail', why: 'shell is a script, which nobody can ask' });
    expect(answer.kind === 'tail' && answer.lines.join('\n')).toContain('first words');
  });

  test('are listed and asked by the command, as text and as JSON', async () => {
    const { home, run } = { home: town.env.HOME!, run: ['--town', town.town] };
    const listed = await gastown(['seance', bead, ...run], { home });
    expect(listed.stdout).toMatch(/handoff +the left half is done/);
    const json = await gastown(['seance', bead, '1', 'Why', 'left?', '--json', ...run], { home });
    expect(JSON.parse(json.stdout.trim().split('\n').at(-1)!)).toMatchObject({ type: 'answer', kind: 'tail' });
    expect((await gastown(['seance', bead, '1', ...run], { home })).stdout).toContain('first words');
    expect((await gastown(['seance', 'none', ...run], { home })).stderr).toContain('There is no bead "none".');
  });
});

/** Speaks as much of Claude Code's protocol as a question needs, and tells what it was started with. */
const DOUBLE = `#!/usr/bin/env node
import fs from 'node:fs';
import readline from 'node:readline';
const said = value => process.stdout.write(JSON.stringify(value) + '\\n');
const at = process.argv.indexOf('--resume');
const resumed = at < 0 ? '' : process.argv[at + 1];
const memory = process.env.HOME + '/remembered';
const tried = file => { try { fs.writeFileSync(file, 'x'); return 'wrote'; } catch (error) { return error.code; } };
for await (const line of readline.createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'control_request') {
    said({ type: 'control_response', response: { subtype: 'success', request_id: message.request_id, response: {} } });
    said({ type: 'system', subtype: 'init', session_id: resumed || process.argv[process.argv.indexOf('--session-id') + 1], model: 'double' });
  }
  if (message.type !== 'user') continue;
  const question = String(message.message.content);
  said({ type: 'system', subtype: 'session_state_changed', state: 'running' });
  if (question.includes('die')) process.exit(4);
  const text = resumed === ''
    ? (fs.writeFileSync(memory, 'blue'), 'I chose blue.')
    : [resumed, fs.readFileSync(memory, 'utf8'), tried('planted.txt'), tried(memory), process.env.GASTOWN_TOKEN ? 'token' : 'no token'].join(' | ');
  said({ type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text }] } });
  if (resumed === '') {
    const { execSync } = await import('node:child_process');
    execSync('echo blue > colour.txt && git add . && git commit -qm Colour && gt done -m "chose a colour"', { stdio: 'ignore' });
  }
  said({ type: 'result', subtype: 'success', is_error: false, session_id: resumed || 'c-1', result: text, usage: { input_tokens: 10, output_tokens: 5 }, total_cost_usd: 0.5, modelUsage: {} });
  said({ type: 'system', subtype: 'session_state_changed', state: 'idle' });
}
`;

describe('a session of an agent that can go on with a conversation', () => {
  let agents: Bench;
  let bead: string;
  beforeAll(async () => {
    agents = await bench('seance-agent', { started: false });
    const folder = path.join(agents.dir, 'double');
    mkdirSync(folder);
    const program = path.join(folder, 'claude.mjs');
    writeFileSync(program, DOUBLE, { mode: 0o755 });
    const config = townPaths(agents.town).config;
    await writeFileAtomic(
      config,
      `${readFileSync(config, 'utf8')}\n[agents.claude]\nkind = "claude"\ncommand = "${program}"\nbilling = "login"\n`,
    );
    await agents.start();
    const receipt = await operator(agents, {
      type: 'bead.create',
      payload: { title: 'Choose a colour', rig: 'app', agent: 'claude', dispatch: true },
    });
    bead = receipt.written.find(({ kind }) => kind === 'beads')!.id;
    await landed(agents, bead);
  });

  const ask = async (question: string) => {
    const access = await openAccess({ dir: agents.town, env: agents.env });
    try {
      return await access.ask({ bead, which: '1', question });
    } finally {
      await access.close();
    }
  };

  test('answers from its conversation, changes nothing, and stays as it ended', async () => {
    const [before] = sessionsOf(agents, bead);
    const answer = await ask('Which colour, and why?');
    const { checkout, conversation } = before!;
    expect(answer).toMatchObject({ kind: 'answer', session: before!.id });
    const [resumed, remembered, planted, , token] = answer.kind === 'answer' ? answer.text.split(' | ') : [];
    expect([resumed, remembered, token]).toEqual([conversation, 'blue', 'no token']);
    if (before!.sandbox?.on) expect(planted).toBe('EROFS');
    expect(readdirSync(checkout)).not.toContain('planted.txt');
    // It worked on a copy of its home, and nothing of that is left.
    const home = townPaths(agents.town).home(before!.polecat);
    expect(readFileSync(path.join(home, 'remembered'), 'utf8')).toBe('blue');
    expect(readdirSync(path.join(agents.town, 'run', 'seances'))).toEqual([]);
    expect(sessionsOf(agents, bead)).toEqual([before]);
    expect(execFileSync('git', ['-C', agents.origin, 'show', 'main:colour.txt'], { encoding: 'utf8' })).toBe('blue\n');
  });

  test('that ends without an answer is read instead', async () => {
    const answer = await ask('Will you die?');
    expect(answer).toMatchObject({ kind: 'tail', why: 'It ended without an answer' });
    expect(answer.kind === 'tail' && answer.lines.join('\n')).toContain('I chose blue.');
  });

  test('is not asked while it runs: it is told directly', async () => {
    const receipt = await operator(agents, {
      type: 'bead.create',
      payload: { title: 'Wait', description: script('sleep 60'), rig: 'app', agent: 'shell', dispatch: true },
    });
    const other = receipt.written.find(({ kind }) => kind === 'beads')!.id;
    await until(agents, 'it runs', () => sessionsOf(agents, other)[0]?.status === 'running');
    const access = await openAccess({ dir: agents.town, env: agents.env });
    const refused = access.ask({ bead: other, which: '1', question: 'How far are you?' });
    await expect(refused).rejects.toMatchObject({ code: 'conflict', hint: expect.stringContaining('gastown nudge') });
    await access.close();
  });
});
