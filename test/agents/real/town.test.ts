import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AgentCli } from '../../../source/agents/cli.ts';
import { askSession } from '../../../source/town/seance/ask.ts';
import {
  attention,
  beadOf,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  landed,
  operator,
  sessionsOf,
  until,
} from '../../town/harness.ts';
import { DUMMY_KEY } from './preset.ts';
import { type AgentTown, agentTown, clisHere } from './town.ts';

afterEach(cleanUpAll);

const LIMIT_MS = 90_000;
const { here, missing } = clisHere();
for (const { title, install } of missing) console.warn(`${title} was not run: it is not in the cache (${install}).`);

/** Makes a file, commits it and reports. */
const command = (name: string): string =>
  `echo made > ${name}.txt && git add ${name}.txt && git commit -qm "Make ${name}" && gt done -m "made ${name}"`;
const work = (name: string): string => `[[sh: ${command(name)}]] [[say: done]]`;
/** The same in commands without redirections: those Codex can hold against the rules that let them out of its sandbox. */
const plainWork = (name: string): string =>
  `[[write: ${name}.txt :: made]] [[sh: git add ${name}.txt && git commit -qm "Make ${name}" && gt done -m "made ${name}"]] [[say: done]]`;
const isSpentTitle = (title: string): boolean => /budget.* is spent$/.test(title);

/** Codex asks where its model says that a command needs more than its own sandbox gives. */
const dangerous = (cli: AgentCli, cmd: string): string =>
  cli.name === 'codex'
    ? `[[tool: exec_command ${JSON.stringify({ cmd, sandbox_permissions: 'require_escalated', justification: 'It is needed.' })}]]`
    : `[[sh: ${cmd}]]`;

const town = async (cli: AgentCli, name: string, options: Partial<Parameters<typeof agentTown>[1]> = {}) => {
  const made = await agentTown(`real-${cli.name}-${name}`, { clis: [cli], ...options });
  onTestFinished(() => made.model.close());
  return made;
};

const sling = async (made: AgentTown, cli: AgentCli, title: string, script: string): Promise<string> => {
  const receipt = await operator(made, {
    type: 'bead.create',
    payload: { title, description: script, rig: 'app', agent: cli.name, dispatch: true },
  });
  return receipt.written.find(({ kind }) => kind === 'beads')!.id;
};

const session = (made: AgentTown, bead: string) => sessionsOf(made, bead).at(-1);
const conversation = (made: AgentTown, bead: string) =>
  made.running.town.context.world.conversations.get(session(made, bead)?.id ?? '');
/** All that the model was told, by anybody. */
const told = (made: AgentTown): string =>
  made.model.requests.flatMap(({ heard }) => heard.map(({ text }) => text)).join('\n');

describe.each(here.map(cli => [cli.name, cli] as const))('%s in a town', (_, cli) => {
  test('takes a goal to a landed change: a plan, its approval, work, report, gate', async () => {
    const plan = `# Make it\n\n## Make the planned thing\nagent: ${cli.name}\n\n${work('planned')}\n`;
    const made = await town(cli, 'goal', { files: { 'plan.md': plan } });
    const goal = 'Make it. [[sh: gt propose -f plan.md && gt done -m planned]] [[say: planned]]';
    const asked = await made.running.handle.dispatch({ type: 'mayor.plan', payload: { goal, agent: cli.name } });
    expect(asked).toMatchObject({ ok: true });
    const convoy = await until(made, 'a plan is proposed', () => [...data(made).convoys.values()][0], LIMIT_MS);
    expect(convoy.status).toBe('proposed');
    const bead = convoy.beads[0]!;
    expect(sessionsOf(made, bead)).toEqual([]);
    await operator(made, { type: 'convoy.approve', payload: { id: convoy.id } });
    await landed(made, bead, LIMIT_MS);
    expect(fileOnMain(made, 'planned.txt')).toBe('made');
    expectSound(made);
    // Its calls went by the meter, which alone knows the key, and each is priced.
    expect(made.model.requests.every(({ key }) => key.includes(DUMMY_KEY))).toBe(true);
    await until(made, 'what it cost is known', () =>
      [...data(made).costs.values()].some(({ session: of }) => of === session(made, bead)!.id),
    );
  });

  test('asks before what is dangerous, and goes on when it is allowed', async () => {
    const made = await town(cli, 'ask', { permissions: 'ask' });
    const bead = await sling(
      made,
      cli,
      'Fetch',
      `${dangerous(cli, 'curl -s http://127.0.0.1:9/ || true')} ${plainWork('asked')}`,
    );
    const row = await until(made, 'it asks', () => attention(made).find(({ key }) => key.startsWith('ask:')), LIMIT_MS);
    expect(JSON.stringify(row)).toContain('curl -s http://127.0.0.1:9/');
    expect(beadOf(made, bead).status).toBe('in_progress');
    const allow = row.options!.find(({ kind }) => kind === 'allow')!;
    const choose = () =>
      made.running.handle.dispatch({ type: 'attention.choose', payload: { key: row.key, option: allow.id } });
    expect(await choose()).toMatchObject({ ok: true });
    expect(await choose()).toMatchObject({ ok: false });
    // Some ask again for a command that is several in one.
    await until(
      made,
      'it lands',
      () => {
        const next = attention(made).find(({ key }) => key.startsWith('ask:') && key !== row.key);
        const leave = next?.options?.find(({ kind }) => kind === 'allow');
        if (next && leave)
          void made.running.handle.dispatch({ type: 'attention.choose', payload: { key: next.key, option: leave.id } });
        return beadOf(made, bead).status === 'closed';
      },
      LIMIT_MS,
    );
  });

  test('is interrupted, reminded to report, and goes on', async () => {
    const made = await town(cli, 'interrupt');
    const bead = await sling(
      made,
      cli,
      'Wait',
      `[[sh: test -e waiting.txt || { touch waiting.txt; sleep 200; }]] ${work('interrupted')}`,
    );
    await until(made, 'it waits', () => conversation(made, bead)?.doing.includes('sleep 200'), LIMIT_MS);
    await made.running.town.context.wire(session(made, bead)!.id)!.act({ type: 'interrupt' });
    await landed(made, bead, LIMIT_MS);
    expect(sessionsOf(made, bead)).toHaveLength(1);
  });

  test('is turned away by its model’s service, and goes on when that has passed', async () => {
    const made = await town(cli, 'limits');
    const bead = await sling(made, cli, 'Be patient', `[[fail: 529 x1]] ${work('patient')}`);
    await landed(made, bead, LIMIT_MS);
    expect(made.model.requests.filter(({ status }) => status === 529)).toHaveLength(1);
  });

  test('is turned away for having asked too often, and goes on when its service says', async () => {
    const made = await town(cli, 'rates');
    made.model.script('busy', [{ fail: 429, times: 2, retryAfterS: 1 }, { run: command('calm') }, { say: 'done' }]);
    const bead = await sling(made, cli, 'Be calm', 'SCRIPT:busy');
    await landed(made, bead, LIMIT_MS);
    expect(made.model.requests.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  test('hears half of an answer, and goes on', async () => {
    const made = await town(cli, 'cut');
    // By name, so that it happens once: Gemini CLI forgets the whole turn, and a fresh session has to do it.
    made.model.script('half', [{ cut: 1 }, { run: command('heard') }, { say: 'done' }]);
    const bead = await sling(made, cli, 'Listen', 'SCRIPT:half');
    await landed(made, bead, LIMIT_MS);
  });

  test('reports by the town’s own tools, where it takes tools over MCP', async context => {
    if (!cli.can.mcp) return context.skip();
    const made = await town(cli, 'mcp');
    const steps = [
      '[[sh: echo made > tooled.txt && git add tooled.txt && git commit -qm "Make tooled"]]',
      '[[tool: gastown.done {"summary":"made by a tool"}]] [[say: done]]',
    ];
    const bead = await sling(made, cli, 'Use tools', steps.join(' '));
    await landed(made, bead, LIMIT_MS);
    expect(session(made, bead)?.reported?.summary).toBe('made by a tool');
    expect(fileOnMain(made, 'tooled.txt')).toBe('made');
  });

  test('works on while the town is away, which then knows it again', async () => {
    const made = await town(cli, 'away');
    const bead = await sling(made, cli, 'Work on', `[[sh: echo draft > draft.txt; sleep 5]] ${work('alone')}`);
    await until(made, 'it works', () => conversation(made, bead)?.doing.includes('sleep 5'), LIMIT_MS);
    await made.stop();
    await made.start();
    await landed(made, bead, LIMIT_MS);
    expect(sessionsOf(made, bead)).toHaveLength(1);
  });

  test('overruns the budget of its bead: it is paused, and goes on once a person raises it', async () => {
    const made = await town(cli, 'budget', { settings: { budgets: { bead: 0.5 } } });
    const costly = { in: 2_000_000, out: 10 };
    made.model.script('spend', [{ usage: costly }, { run: 'echo first > first.txt' }, { say: 'So far so good.' }]);
    const bead = await sling(made, cli, 'Spend', 'SCRIPT:spend');
    const row = await until(
      made,
      'it is spent',
      () => attention(made).find(({ title }) => isSpentTitle(title)),
      LIMIT_MS,
    );
    await until(made, 'it is paused', () => session(made, bead)?.status === 'ended', LIMIT_MS);
    expect(session(made, bead)).toMatchObject({ outcome: 'stopped' });
    expect(beadOf(made, bead).status).not.toBe('closed');
    made.model.script('spend', [{ run: command('paid') }, { say: 'done' }]);
    const raised = { type: 'attention.answer', payload: { key: row.key, answer: 'yes' } } as const;
    expect(await made.running.handle.dispatch(raised)).toMatchObject({ ok: true });
    await landed(made, bead, LIMIT_MS);
    expect(fileOnMain(made, 'paid.txt')).toBe('made');
  });

  test('is killed in the middle of its turn, and a new session goes on with its conversation', async () => {
    const made = await town(cli, 'kill');
    const bead = await sling(made, cli, 'Survive', `[[sh: echo draft > draft.txt; sleep 6]] ${work('survivor')}`);
    await until(made, 'it works', () => conversation(made, bead)?.doing.includes('sleep 6'), LIMIT_MS);
    const before = conversation(made, bead)!.id;
    process.kill(-session(made, bead)!.pid!, 'SIGKILL');
    await landed(made, bead, LIMIT_MS);
    const [first, second] = sessionsOf(made, bead);
    expect(first).toMatchObject({ outcome: 'died', signal: 9, conversation: before });
    // Gemini CLI loses a conversation that is loaded in the same minute in which it began.
    if (cli.name === 'gemini') return;
    // Copilot writes a conversation down seconds later: what was killed before begins anew, with the whole task.
    const isKept = cli.name !== 'copilot';
    expect(second).toMatchObject({ outcome: 'done', ...(isKept && { conversation: before }) });
  });

  test('whose model hangs is ended by the ladder, and a person is told', async () => {
    const made = await town(cli, 'hang', {
      settings: { witness: { stallAfterMs: 4_000, ladderStepMs: 1_000, maxRespawns: 1, idleAfterMs: 1_500 } },
    });
    const bead = await sling(made, cli, 'Hang', '[[hang]] [[say: never]]');
    await until(made, 'it is parked', () => beadOf(made, bead).town.parked, 3 * LIMIT_MS);
    // A CLI that can be interrupted while it waits is idle then, and is reminded in vain.
    expect(['stalled', 'failed']).toContain(session(made, bead)?.outcome);
    await until(made, 'a person is told', () => attention(made).find(({ subject }) => subject === bead));
  });

  test('hands over: a fresh conversation goes on with the note, on the same hook', async () => {
    const made = await town(cli, 'handoff');
    const second = 'echo made > second.txt && git add second.txt && git commit -qm Second && gt done -m made';
    const half = `[ "$GASTOWN_ATTEMPT" != 1 ] || exec gt handoff -m 'the left half is done'; ${second}`;
    const bead = await sling(made, cli, 'Halves', `[[sh: ${half}]] [[say: done]]`);
    await landed(made, bead, LIMIT_MS);
    const [first, next] = sessionsOf(made, bead);
    expect(first).toMatchObject({ outcome: 'handoff', note: 'the left half is done' });
    expect(next).toMatchObject({ outcome: 'done', polecat: first!.polecat });
    expect(next!.conversation).not.toBe(first!.conversation);
    expect(told(made)).toContain('the left half is done');
  });

  test.runIf(cli.can.resume && cli.wired)('answers a question about its work when it is over', async () => {
    const made = await town(cli, 'seance');
    const bead = await sling(made, cli, 'Choose', `[[sh: echo chosen]] ${work('blue')}`);
    await landed(made, bead, LIMIT_MS);
    const before = sessionsOf(made, bead);
    const asking = { bead, which: '1', question: 'Why blue? [[sh: touch planted.txt]] [[say: for the sea]]' };
    const answer = await askSession(made.running.town.context, asking);
    expect(answer, JSON.stringify(answer)).toMatchObject({
      kind: 'answer',
      text: expect.stringContaining('for the sea'),
    });
    expect(existsSync(path.join(before[0]!.checkout, 'planted.txt'))).toBe(false);
    expect(sessionsOf(made, bead)).toEqual(before);
    // It was the same conversation: the model was told of the work again.
    if (cli.name === 'gemini') return; // As below: it loses a conversation of the same minute.
    const last = made.model.requests
      .at(-1)!
      .heard.map(({ text }) => text)
      .join('\n');
    expect(last).toContain('Make blue');
    expect(last).toContain('Why blue?');
  });

  test('tries a force push: the guard refuses, the remote is as it was, and the work lands', async () => {
    const made = await town(cli, 'guard');
    const bead = await sling(made, cli, 'Push', `[[sh: git push --force origin HEAD:main]] ${work('guarded')}`);
    await landed(made, bead, LIMIT_MS);
    // Gemini CLI refuses by its own policy, which it does not explain to the model.
    expect(told(made)).toMatch(
      cli.name === 'gemini' ? /denied by policy/ : /A forced push takes commits of others away\./,
    );
    expectSound(made);
  });
});

test.runIf(here.length === 0)('no agent CLI is in the cache: nothing was run', () => {
  expect(missing.length).toBeGreaterThan(0);
});
