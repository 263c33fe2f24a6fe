import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkSandbox } from '../../source/agents/sandbox-check.ts';
import { townPaths } from '../../source/town/paths.ts';
import { showConvoy } from '../../source/town/plan/shown.ts';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  fileOnMain,
  landed,
  operator,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** A town in which the agent `planner` runs this script, as a CLI with a model would run its tools. */
const planning = async (name: string, ...lines: string[]): Promise<Bench> => {
  const town = await bench(name, { started: false });
  const file = path.join(town.dir, 'planner.sh');
  writeFileSync(file, ['set -eu', ...lines].join('\n'));
  appendFileSync(
    townPaths(town.town).config,
    `\n[mayor]\nagent = "planner"\n\n[agents.planner]\ncommand = "sh '${file}' '${town.notes}'"\n`,
  );
  await town.start();
  return town;
};

/** Writes a plan of beads for the shell agent into a file, and hands it in. */
const PLAN = `# Two files

### Design

First one, then the other.

## Write one {#one}
priority: 0
touches: one.txt
labels: files

${script('echo one > one.txt')}

### Accepted when

one.txt says one.

## Write two {#two}
needs: one

${script('cat one.txt > two.txt')}
`;
const propose = (plan: string): string[] => [
  `cat > "$TMPDIR/plan.md" <<'PLAN'`,
  plan,
  'PLAN',
  'gt propose -f "$TMPDIR/plan.md"',
];

const ask = async (town: Bench, goal: string, more: { agent?: string; rig?: string } = {}) => {
  const { ok, message, subject } = await town.running.handle.dispatch({
    type: 'mayor.plan',
    payload: { goal, ...more },
  });
  expect(ok, message).toBe(true);
  return subject!;
};
const planOf = (town: Bench, bead: string) => [...data(town).convoys.values()].find(one => one.proposal?.bead === bead);
const rowOf = (town: Bench, kind: string) => attention(town).find(row => row.kind === kind);

describe.concurrent('a goal', () => {
  test('becomes a plan that an agent proposes, and lands after a person approved it, not before', async () => {
    const town = await planning(
      'mayor',
      'cp "$GASTOWN_PRIME" "$1/prime"',
      '{ echo "a note of my own" > notepad.txt && git add . && git commit -qm "Not for anybody" && echo > "$1/wrote"; } || true',
      ...propose(PLAN),
      'gt done -m "Two steps"',
    );
    const bead = await ask(town, 'Have two files');
    await landed(town, bead);
    // Whoever plans only looks at the repository, where a sandbox can hold them to it.
    expect(town.hasNote('wrote')).toBe(!(await checkSandbox(process.env)).works);
    const plan = planOf(town, bead)!;
    expect(beadOf(town, bead).close_reason).toBe(`Proposed ${plan.id}, "Two files": Two steps`);
    expect(plan).toMatchObject({
      status: 'proposed',
      createdBy: 'mayor',
      title: 'Two files',
      goal: 'Have two files',
      design: 'First one, then the other.',
    });
    const [one, two] = plan.beads.map(id => beadOf(town, id));
    expect(one).toMatchObject({
      priority: 0,
      labels: ['files'],
      acceptance_criteria: 'one.txt says one.',
      town: { touches: ['one.txt'] },
    });
    expect(two!.dependencies).toMatchObject([{ depends_on_id: one!.id, type: 'blocks' }]);
    expect(rowOf(town, 'plan')).toMatchObject({ subject: plan.id, detail: expect.stringContaining('First one') });

    await quiet(town);
    expect([one!.id, two!.id].map(id => beadOf(town, id).status)).toEqual(['open', 'open']);
    expect(data(town).merges.size).toBe(0);

    await town.running.handle.dispatch({
      type: 'attention.answer',
      payload: { key: rowOf(town, 'plan')!.key, answer: 'yes' },
    });
    await landed(town, two!.id);
    expect(fileOnMain(town, 'two.txt')).toBe('one');
    expect(() => fileOnMain(town, 'notepad.txt')).toThrow();
    await until(town, 'the plan has landed', () => planOf(town, bead)!.status === 'landed');
  });

  test('is planned by an agent that is told what is wrong with its plan, and puts it right', async () => {
    const town = await planning(
      'mayor-corrects',
      `if gt done -m early 2> "$1/early"; then exit 9; fi`,
      `printf '# Goal\\n\\n## One {#one}\\nneeds: tow\\n\\nDo it.\\n' > "$TMPDIR/plan.md"`,
      `if gt propose -f "$TMPDIR/plan.md" 2> "$1/refused"; then exit 9; fi`,
      `sed -i '/^needs/d' "$TMPDIR/plan.md"`,
      'gt propose -f - < "$TMPDIR/plan.md" > "$1/proposed"',
      'gt plan > "$1/plan"',
    );
    const twin = (
      await operator(town, { type: 'bead.create', payload: { title: 'Something that is there', rig: 'app' } })
    ).written[0]!.id;
    const bead = await ask(town, 'Have one');
    await landed(town, bead);
    expect(town.note('early')).toContain('No plan was proposed yet');
    expect(town.note('refused')).toMatch(
      /plan:4: expected the key of a bead of this plan, found `tow`.*\n.*call gt propose again/,
    );
    expect(town.note('proposed')).toContain('Proposed as');
    expect(town.note('proposed')).not.toContain(twin);
    expect(town.note('plan')).toContain('## One {#');
    // Without a script, where scripts are the usual work, it is for the agent that can read.
    expect(beadOf(town, planOf(town, bead)!.beads[0]!).town.agent).toBe('planner');
  });

  test('is planned again where the agent thinks better of it: the same plan, edited, and duplicates are named', async () => {
    const town = await planning(
      'mayor-again',
      ...propose('# Goal\n\n## Rename the parser {#a}\n\nDo it.\n\n## Other {#b}\n\nDo it too.'),
      ...propose('# Goal, better\n\n## Rename the parser module {#a}\n\nDo it well.').slice(0, -1),
      'gt propose -f "$TMPDIR/plan.md" > "$1/again"',
      'gt done',
    );
    const { written } = await operator(town, {
      type: 'bead.create',
      payload: { title: 'Rename the parser modules', rig: 'app' },
    });
    const bead = await ask(town, 'Better names');
    await landed(town, bead);
    const plan = planOf(town, bead)!;
    expect([...data(town).convoys.values()]).toHaveLength(1);
    expect(plan).toMatchObject({ title: 'Goal, better', beads: [expect.any(String)] });
    expect(beadOf(town, plan.beads[0]!)).toMatchObject({ title: 'Rename the parser module', rev: 2 });
    expect(town.note('again')).toContain(`Proposed again as ${plan.id}`);
    expect(town.note('again')).toContain(`may be the same as ${written[0]!.id}`);
    expect(rowOf(town, 'plan')!.detail).toContain(written[0]!.id);
  });

  test('is asked about: the answer comes back as the result of the question', async () => {
    const town = await planning(
      'mayor-asks',
      'answer=$(gt ask "Which colour?" --choice red --choice "light blue" -m "For the title.")',
      'printf "%s" "$answer" > "$1/answer"',
      ...propose('# Goal\n\n## Paint it {#a}\n\nDo it.'),
    );
    const bead = await ask(town, 'Paint the title');
    const row = await until(town, 'the question is there', () => rowOf(town, 'question'));
    const { session } = data(town).polecats.get(beadOf(town, bead).assignee!)!;
    expect(row).toMatchObject({
      key: expect.stringContaining(`ask:${session}:e-`),
      subject: bead,
      title: 'Which colour?',
      detail: expect.stringContaining('For the title.'),
      options: [
        { id: '1', label: 'red', kind: 'choice' },
        { id: '2', label: 'light blue', kind: 'choice' },
        { id: 'answer', kind: 'answer' },
      ],
    });
    await until(
      town,
      'it counts as waiting',
      () => data(town).polecats.get(beadOf(town, bead).assignee!)!.state === 'waiting',
    );
    const choose = (payload: { key: string; option: string; text?: string }) =>
      town.running.handle.dispatch({ type: 'attention.choose', payload });
    expect(await choose({ key: row.key, option: '7' })).toMatchObject({ ok: false });
    expect(await choose({ key: row.key, option: '2', text: 'not too light' })).toMatchObject({ ok: true });
    await landed(town, bead);
    expect(town.note('answer')).toBe('Answer: light blue: not too light');
    expect(await choose({ key: row.key, option: '1' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('settled'),
    });
  });

  test('is asked about: an answer that nobody waits for any more comes as a message', async () => {
    const town = await planning(
      'mayor-asks-late',
      // Its shell tool gives up long before the person answers.
      'gt ask "Which colour?" & asking=$!',
      'while [ ! -e "$1/late" ]; do sleep 0.05; done; kill $asking; wait $asking || true',
      'echo "I wait"; echo asked > "$1/asked"',
      'read -r line; printf "%s" "$line" > "$1/message"',
      'gt prime > "$1/prime"',
      'gt done --no-change -m "Nothing to paint"',
    );
    const bead = await ask(town, 'Paint the title');
    await until(town, 'the question is there', () => rowOf(town, 'question'));
    town.leave('late');
    await until(town, 'it stopped waiting', () => town.hasNote('asked'));
    const [question] = [...data(town).escalations.values()];
    await operator(town, { type: 'question.answer', payload: { id: question!.id, answer: 'green' } });
    await landed(town, bead);
    expect(town.note('message')).toContain('Answer to your question "Which colour?": green');
    expect(town.note('prime')).toContain('green');
    expect(beadOf(town, bead).close_reason).toBe('Nothing to plan: Nothing to paint');
  });

  test('goes to a fresh session where the first one ends without a plan, and is given up after as many as any work', async () => {
    const town = await planning('mayor-silent', 'echo "I thought about it."');
    const bead = await ask(town, 'Have one');
    await until(town, 'it is parked', () => beadOf(town, bead).town.parked);
    expect(sessionsOf(town, bead).length).toBeGreaterThan(1);
    expect(beadOf(town, bead).town.cause).toMatchObject({
      kind: 'no_change',
      summary: expect.stringContaining('gt propose'),
    });
    expect([...data(town).convoys.values()]).toEqual([]);
  });
});

describe.concurrent('who plans', () => {
  test('is refused in words where nobody can: no agent is installed, or a script runner is named', async () => {
    const town = await bench('mayor-nobody');
    const plan = (payload: { goal: string; agent?: string; rig?: string }) =>
      town.running.handle.dispatch({ type: 'mayor.plan', payload });
    expect(await plan({ goal: ' ' })).toMatchObject({ ok: false, message: expect.stringContaining('wants a goal') });
    expect(await plan({ goal: 'Go', agent: 'shell' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('cannot plan'),
    });
    expect(await plan({ goal: 'Go', agent: 'nobody' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('There is no agent'),
    });
    expect(await plan({ goal: 'Go', rig: 'web' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('There is no rig "web"'),
    });
    expect(data(town).beads.size).toBe(0);
  });

  test('works on a goal once, however often it is asked for', async () => {
    const town = await planning('mayor-once', 'while [ ! -e "$1/go" ]; do sleep 0.1; done; gt done --no-change');
    const bead = await ask(town, 'Have one');
    expect(await ask(town, 'Have one')).toBe(bead);
    town.leave('go');
    await landed(town, bead);
    expect(await ask(town, 'Have one')).not.toBe(bead);
  });

  test('may not be another session: a worker proposes nothing', async () => {
    const town = await bench('mayor-worker');
    const id = await town.sling(
      'Work',
      script(
        ...propose('# Goal\n\n## A\n\nDo it.').slice(0, -1),
        `gt propose -f "$TMPDIR/plan.md" 2> '${town.notes}/refused' || true`,
        'gt done --no-change',
      ),
    );
    await landed(town, id);
    expect(town.note('refused')).toContain('is to be done, not planned');
    expect(data(town).convoys.size).toBe(0);
  });
});

describe('a proposed plan', () => {
  test('is shown as Markdown, and what a person changes in it is what the agent can no longer write over', async () => {
    const town = await planning(
      'mayor-edited',
      ...propose('# Goal\n\n## Paint it {#a}\n\nDo it.'),
      'while [ ! -e "$1/edited" ]; do sleep 0.1; done',
      `if gt propose -f "$TMPDIR/plan.md" 2> "$1/refused"; then exit 9; fi`,
      'base=$(gt plan | sed -n "1s/.*version //p")',
      'gt propose -f "$TMPDIR/plan.md" --base "$base" && gt done',
    );
    const bead = await ask(town, 'Paint');
    const plan = await until(town, 'it is proposed', () => planOf(town, bead));
    const { version } = showConvoy(data(town), plan.id);
    await operator(town, {
      type: 'plan.edit',
      payload: { id: plan.id, base: version, title: 'Goal', beads: [{ key: plan.beads[0]!, title: 'Paint it green' }] },
    });
    town.leave('edited');
    await landed(town, bead);
    expect(town.note('refused')).toContain('is not the one that you have seen');
    expect(beadOf(town, plan.beads[0]!).title).toBe('Paint it');
  });
});
