import { describe, expect, test } from 'vitest';
import { bench, type Json } from './support.ts';

describe('bd create', () => {
  test('prints what it made, for people, for programs, and only the id for scripts', async () => {
    const { bd, call } = await bench();
    expect(await bd('create', 'Say hello', '-p', '1')).toMatch(
      /^✓ Created issue: bd-[0-9a-z]{3} — Say hello\n {2}Priority: P1\n {2}Status: open\n$/,
    );
    const made = JSON.parse(await bd('create', 'In JSON', '--json')) as Json;
    expect(made).toMatchObject({
      schema_version: 1,
      title: 'In JSON',
      status: 'open',
      priority: 2,
      issue_type: 'task',
    });
    expect(made.created_at).toMatch(/^2026-11-23T12:00:\d\d\.\d{3}Z$/);
    expect(made).not.toHaveProperty('rev');
    expect(made).not.toHaveProperty('town');
    expect(await bd('create', 'Quietly', '--silent')).toMatch(/^bd-[0-9a-z]{3}\n$/);
    expect(await bd('q', 'Quick', '-p1')).toMatch(/^bd-[0-9a-z]{3}\n$/);
    expect(await bd('create', 'Nobody reads this', '-q')).toBe('');
    expect((await call(['q', 'Quick', '-q'])).stdout).toMatch(/^bd-/);
  });

  test('keeps every field that it is given', async () => {
    const { make, shown } = await bench();
    const other = await make('Other');
    const id = await make(
      ...['--title', 'Everything', '-t', 'feat', '-p', 'P0', '-d', 'What', '--design', 'How', '--acceptance', 'When'],
      ...['--notes', 'By the way', '-a', 'alice', '-l', 'a,b', '-l', 'c', '--external-ref', 'gh-9', '--spec-id', 's/1'],
      ...['-e', '90', '--due', '2026-12-01T00:00:00Z', '--defer', '2026-11-30T00:00:00Z'],
      ...['--metadata', '{"team":"core","n":1}', '--deps', `discovered-from:${other}`],
    );
    expect(await shown(id)).toMatchObject({
      title: 'Everything',
      issue_type: 'feature',
      priority: 0,
      description: 'What',
      design: 'How',
      acceptance_criteria: 'When',
      notes: 'By the way',
      assignee: 'alice',
      labels: ['a', 'b', 'c'],
      external_ref: 'gh-9',
      spec_id: 's/1',
      estimated_minutes: 90,
      due_at: '2026-12-01T00:00:00.000Z',
      defer_until: '2026-11-30T00:00:00.000Z',
      metadata: { team: 'core', n: 1 },
      dependencies: [{ id: other, title: 'Other', dependency_type: 'discovered-from' }],
    });
  });

  test('numbers children below their parent and gives them its labels unless told not to', async () => {
    const { make, shown } = await bench();
    const epic = await make('Epic', '-t', 'epic', '-l', 'backend');
    const first = await make('One', '--parent', epic, '-l', 'x');
    const second = await make('Two', '--parent', epic, '--no-inherit-labels');
    expect([first, second]).toEqual([`${epic}.1`, `${epic}.2`]);
    expect(await shown(first)).toMatchObject({ parent: epic, labels: ['x', 'backend'] });
    expect(await shown(second)).not.toHaveProperty('labels');
    expect((await shown(epic)).dependents).toMatchObject([
      { id: first, dependency_type: 'parent-child' },
      { id: second, dependency_type: 'parent-child' },
    ]);
  });

  test('turns a dependency around for blocks:id, and means waiting by every other spelling', async () => {
    const { make, shown, ready } = await bench();
    const before = await make('Before');
    for (const spelled of [before, `depends-on:${before}`, `blocked-by:${before}`]) {
      const id = await make('After', '--deps', spelled);
      expect((await shown(id)).dependencies).toMatchObject([{ id: before, dependency_type: 'blocks' }]);
    }
    const later = await make('Later');
    const sooner = await make('Sooner', '--deps', `blocks:${later}`);
    expect((await shown(later)).dependencies).toMatchObject([{ id: sooner }]);
    expect(await ready()).toEqual(expect.arrayContaining([before, sooner]));
    expect(await ready()).toHaveLength(2);
  });

  test('asks for files and stdin instead of reading them itself, and changes nothing until it has them', async () => {
    const { call, ledger } = await bench();
    const argv = ['create', 'From outside', '--body-file', 'body.md', '--design-file', '-'];
    expect(await call(argv)).toMatchObject({ needs: [{ kind: 'file', path: 'body.md' }], stdout: '' });
    const files = { 'body.md': 'The body\n' };
    expect(await call(argv, { input: { files } })).toMatchObject({ needs: [{ kind: 'stdin' }] });
    expect(ledger.data.beads.size).toBe(0);
    const { stdout } = await call([...argv, '--json'], { input: { files, stdin: 'The design' } });
    expect(JSON.parse(stdout)).toMatchObject({ description: 'The body\n', design: 'The design' });
    for (const spelled of [['-d', '-'], ['--stdin'], ['--body-file=-']]) {
      const read = await call(['create', 'X', ...spelled, '--json'], { input: { stdin: 'piped' } });
      expect(JSON.parse(read.stdout)).toMatchObject({ description: 'piped' });
    }
  });

  test('makes many from a Markdown file, or none where one of them is wrong', async () => {
    const { call, ledger, make } = await bench();
    const first = await make('There already');
    const plan = [
      '# Not an issue',
      '## Parse the input',
      'Read it line by line.',
      '```',
      '## not a title',
      '```',
      '### Priority',
      '1',
      '### Type',
      'feature',
      '### Labels',
      'parser, core',
      '### Acceptance Criteria',
      'Tests pass',
      '### Dependencies',
      `- blocked-by:${first}`,
      '## Print it',
    ].join('\n');
    const made = await call(['create', '-f', 'plan.md', '--json'], { input: { files: { 'plan.md': plan } } });
    expect(JSON.parse(made.stdout)).toMatchObject([
      {
        title: 'Parse the input',
        description: 'Read it line by line.\n```\n## not a title\n```',
        priority: 1,
        issue_type: 'feature',
        labels: ['parser', 'core'],
        acceptance_criteria: 'Tests pass',
        dependencies: [{ depends_on_id: first, type: 'blocks' }],
      },
      { title: 'Print it', priority: 2 },
    ]);
    const wrong = `${plan}\n### Priority\nhigh\n`;
    const before = ledger.data.beads.size;
    const refusal = await call(['create', '-f', 'p.md'], { input: { files: { 'p.md': wrong } } });
    expect(refusal).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('in "Print it": invalid priority') });
    expect(ledger.data.beads.size).toBe(before);
    const empty = await call(['create', '-f', 'e.md'], { input: { files: { 'e.md': 'Nothing here' } } });
    expect(empty.stderr).toContain('no issues found');
  });

  test('makes a graph from JSON with its hierarchy and dependencies, or nothing where the plan makes no sense', async () => {
    const { call, make, shown, ready, ledger } = await bench();
    const there = await make('There already');
    const graph = (plan: unknown) =>
      call(['create', '--graph', 'g.json', '--json'], { input: { files: { 'g.json': JSON.stringify(plan) } } });
    const made = await graph({
      nodes: [
        { key: 'b', title: 'Second', parent_key: 'root', labels: ['x'], metadata: { team: 'core' } },
        { key: 'root', title: 'Root', type: 'epic', priority: 1 },
        { key: 'a', title: 'First', parent_key: 'root' },
      ],
      edges: [
        { from_key: 'b', to_key: 'a' },
        { from_key: 'a', to_id: there, type: 'discovered-from' },
      ],
    });
    const { ids } = JSON.parse(made.stdout) as { ids: Record<string, string> };
    expect(await shown(ids.b!)).toMatchObject({
      parent: ids.root,
      labels: ['x'],
      metadata: { team: 'core' },
      dependencies: expect.arrayContaining([expect.objectContaining({ id: ids.a, dependency_type: 'blocks' })]),
    });
    expect((await ready()).sort()).toEqual([there, ids.root!, ids.a!].sort());
    const before = ledger.data.beads.size;
    const node = (key: string, more: object = {}) => ({ key, title: key, ...more });
    for (const plan of [
      { nodes: [] },
      { nodes: [{ title: 'No key' }] },
      { nodes: [node('a'), node('a')] },
      { nodes: [node('a', { parent: 'b' }), node('b')] },
      { nodes: [node('a', { parent_key: 'none' })] },
      { nodes: [node('a')], edges: [{ from_key: 'a', to_key: 'none' }] },
      { nodes: [node('a')], edges: [{ from_key: 'a', to_id: 'bd-none' }] },
      {
        nodes: [node('a'), node('b')],
        edges: [
          { from_key: 'a', to_key: 'b' },
          { from_key: 'b', to_key: 'a' },
        ],
      },
      { nodes: [node('r'), node('a', { parent_key: 'r' })], edges: [{ from_key: 'a', to_key: 'r' }] },
      'no plan',
    ]) {
      expect(await graph(plan), JSON.stringify(plan)).toMatchObject({ exitCode: 1, stdout: '' });
    }
    expect(ledger.data.beads.size).toBe(before);
  });

  test('says what it would do and does nothing under --dry-run', async () => {
    const { bd, ledger } = await bench();
    expect(await bd('create', 'Perhaps', '-l', 'x', '--dry-run')).toMatch(/DRY RUN.*\n.*\n {2}Title: Perhaps/);
    expect(ledger.data.beads.size).toBe(0);
  });

  test.each([
    [[], 'title required'],
    [['   '], 'title required'],
    [['two', 'words'], 'at most 1 title'],
    [['one', '--title', 'other'], 'different titles'],
    [['x', '-p', 'high'], 'invalid priority "high"'],
    [['x', '-p', '5'], 'invalid priority "5"'],
    [['x', '-t', 'wish'], 'invalid issue type "wish"'],
    [['x', '-s', 'nearly'], 'invalid status "nearly"'],
    [['x', '--deps', 'bd-none'], 'no issue found matching "bd-none"'],
    [['x', '--deps', 'blocks:'], 'invalid dependency'],
    [['x', '--parent', 'bd-none'], 'no issue found'],
    [['x', '--metadata', '{'], 'invalid JSON in --metadata'],
    [['x', '--due', 'soonish'], 'invalid date or time'],
    [['x', '-e', '-5'], 'non-negative'],
    [['x', '--id', 'other-1'], 'prefix mismatch'],
    [['x', '--rig', 'none'], 'none'],
    [['x', '-d', 'a', '--stdin'], 'given twice'],
    [['x'.repeat(501)], 'title'],
  ])('refuses %j and makes nothing', async (argv, message) => {
    const { refused, ledger } = await bench();
    expect(await refused('create', ...argv)).toContain(message);
    expect(ledger.data.beads.size).toBe(0);
  });

  test('takes an id of its own, once, and a foreign prefix only when forced', async () => {
    const { make, refused } = await bench();
    expect(await make('Mine', '--id', 'bd-42')).toBe('bd-42');
    expect(await refused('create', 'Again', '--id', 'bd-42')).toContain('bd-42');
    expect(await make('Foreign', '--id', 'other-1', '--force')).toBe('other-1');
    expect(await refused('create', 'Odd', '--id', 'bd-../x')).toContain('cannot be the id');
  });
});

describe('bd show', () => {
  test('shows what belongs together on one page', async () => {
    const { bd, make } = await bench();
    const epic = await make('Epic', '-t', 'epic');
    const id = await make('Task', '--parent', epic, '-d', 'Long\ntext', '--design', 'Drawn', '-a', 'alice');
    await make('After', '--deps', id);
    const page = await bd('show', id);
    for (const part of [
      'Task   [● P2 · OPEN]',
      'Assignee: alice',
      'DESCRIPTION\nLong\ntext',
      'DESIGN',
      'PARENT',
      'BLOCKS',
    ]) {
      expect(page).toContain(part);
    }
    expect(await bd('show', epic)).toContain('CHILDREN');
    expect(await bd('show', id, '--short')).toBe(`○ ${id} ● P2 Task @alice\n`);
  });

  test('answers an array also for one, finds short forms, and says which of several there are not', async () => {
    const { call, make, json } = await bench();
    const id = await make('Only', '--id', 'bd-abc');
    await make('Child', '--parent', id);
    expect(await json('show', id)).toMatchObject([{ id: 'bd-abc' }]);
    for (const short of ['abc', 'ab', 'bd-a', 'bd-abc.1', 'abc.1']) {
      expect(await json('show', short)).toHaveLength(1);
    }
    await make('Alike', '--id', 'bd-abd');
    expect(await call(['show', 'ab'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ambiguous') });
    const some = await call(['show', 'bd-abd', 'bd-none', '--json']);
    expect(some).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no issue found matching "bd-none"') });
    expect(JSON.parse(some.stdout)).toMatchObject([{ id: 'bd-abd' }]);
    expect(await call(['show', 'bd-none'])).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await call(['show'])).toMatchObject({ exitCode: 1 });
  });

  test('lets no title steer the terminal, and keeps its bytes in JSON', async () => {
    const { bd, make, json } = await bench();
    const id = await make('Evil \u001b[31m\u202ered\u009b2J\nnext line');
    expect(await bd('show', id)).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(await bd('list')).toContain('Evil [31mred2J next line');
    expect(await bd('list', '--json')).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(await json('show', id)).toMatchObject([{ title: 'Evil \u001b[31m\u202ered\u009b2J\nnext line' }]);
  });

  test('shows what is under way for the caller', async () => {
    const { call, make, bd } = await bench();
    const id = await make('Mine');
    expect(await call(['show', '--current'])).toMatchObject({ exitCode: 1 });
    await bd('update', id, '--claim', '--actor', 'alice');
    expect((await call(['show', '--current', '--short'], { name: 'alice' })).stdout).toContain(id);
  });
});

describe('bd update', () => {
  test('changes each field and takes away what is set to nothing', async () => {
    const { bd, make, shown } = await bench();
    const id = await make('Old', '-d', 'Old', '-a', 'alice', '--due', '+1d', '--external-ref', 'gh-1');
    await bd(
      ...['update', id, '--title', 'New', '-p', '0', '-t', 'bug', '-d', 'New text', '--design', 'D', '--notes', 'N'],
      ...['--acceptance', 'A', '-s', 'in_progress', '-e', '5', '--spec-id', 'S', '--defer', '2026-12-01T00:00:00Z'],
    );
    expect(await shown(id)).toMatchObject({
      title: 'New',
      priority: 0,
      issue_type: 'bug',
      description: 'New text',
      design: 'D',
      notes: 'N',
      acceptance_criteria: 'A',
      status: 'in_progress',
      estimated_minutes: 5,
      spec_id: 'S',
      defer_until: '2026-12-01T00:00:00.000Z',
      started_at: expect.any(String),
    });
    await bd('update', id, '-a', '', '--due', '', '--defer', '', '--external-ref', '', '-d', '');
    const after = await shown(id);
    for (const field of ['assignee', 'due_at', 'defer_until', 'external_ref', 'description']) {
      expect(after).not.toHaveProperty(field);
    }
  });

  test('adds, removes and replaces labels, notes and single keys of metadata', async () => {
    const { bd, make, shown } = await bench();
    const id = await make('Tagged', '-l', 'a,b');
    await bd('update', id, '--add-label', 'c,d', '--add-label', 'e', '--remove-label', 'a');
    expect((await shown(id)).labels).toEqual(['b', 'c', 'd', 'e']);
    await bd('update', id, '--set-labels', 'x');
    expect((await shown(id)).labels).toEqual(['x']);
    await bd('update', id, '--notes', 'One');
    await bd('update', id, '--append-notes', 'Two');
    expect((await shown(id)).notes).toMatch(/^One\n+Two$/);
    await bd('update', id, '--set-metadata', 'gc.routed_to=agent-1', '--set-metadata', 'from=mayor');
    await bd('update', id, '--unset-metadata', 'from');
    expect((await shown(id)).metadata).toEqual({ 'gc.routed_to': 'agent-1' });
    await bd('update', id, '--metadata', '{"all":["new"]}');
    expect((await shown(id)).metadata).toEqual({ all: ['new'] });
  });

  test('moves an issue below another parent and out of it', async () => {
    const { bd, make, shown, refused } = await bench();
    const [a, b] = [await make('A', '-t', 'epic'), await make('B', '-t', 'epic')];
    const id = await make('Child', '--parent', a);
    await bd('update', id, '--parent', b);
    expect(await shown(id)).toMatchObject({ parent: b });
    expect(await refused('update', b, '--parent', id)).toContain('circle');
    await bd('update', id, '--parent', '');
    expect(await shown(id)).not.toHaveProperty('parent');
  });

  test('changes several at once, and what is refused for one does not keep the others back', async () => {
    const { call, make, json } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    expect(await json('update', a, b, '-p', '0')).toMatchObject([{ priority: 0 }, { priority: 0 }]);
    const mixed = await call(['update', a, 'bd-none', b, '-p', '3']);
    expect(mixed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('bd-none') });
    expect(await json('list', '--priority', '3')).toHaveLength(2);
  });

  test('keeps a description where an empty one is read by mistake', async () => {
    const { call, make, shown } = await bench();
    const id = await make('Described', '-d', 'Keep me');
    expect(await call(['update', id, '-d', '-'], { input: { stdin: '' } })).toMatchObject({ exitCode: 1 });
    expect(await shown(id)).toMatchObject({ description: 'Keep me' });
    await call(['update', id, '--stdin', '--allow-empty-description'], { input: { stdin: '' } });
    expect(await shown(id)).not.toHaveProperty('description');
  });

  test('knows the statuses of Beads and of the town, and no others', async () => {
    const { bd, make, refused, shown } = await bench();
    const id = await make('Going on');
    for (const status of ['in_progress', 'blocked', 'deferred', 'open', 'closed', 'open']) {
      await bd('update', id, '--status', status);
      expect(await shown(id)).toMatchObject({ status });
    }
    for (const status of ['in_review', 'done', 'OPEN', 'tombstone', 'hooked', '']) {
      expect(await refused('update', id, '--status', status)).toContain('invalid status');
    }
    await bd('config', 'set', 'status.custom', 'in_review:active,qa:wip');
    await bd('update', id, '--status', 'in_review');
    expect(await shown(id)).toMatchObject({ status: 'in_review' });
  });

  test('wants an id and something to change', async () => {
    const { make, refused } = await bench();
    const id = await make('X');
    expect(await refused('update')).toMatch(/no updates|no issue ID/);
    expect(await refused('update', id)).toContain('no updates specified');
    expect(await refused('update', id, '--title', ' ')).toContain('title cannot be empty');
    expect(await refused('update', id, '--metadata', '{}', '--set-metadata', 'a=b')).toContain('cannot combine');
    expect(await refused('update', id, '--set-metadata', 'novalue')).toContain('key=value');
  });
});

describe('claiming', () => {
  test('takes an issue once, says who has it, and is harmless to repeat', async () => {
    const { call, make, shown } = await bench();
    const id = await make('Wanted');
    expect(await call(['update', id, '--claim'], { name: 'alice' })).toMatchObject({ exitCode: 0 });
    expect(await shown(id)).toMatchObject({ assignee: 'alice', status: 'in_progress', started_at: expect.any(String) });
    expect(await call(['update', id, '--claim'], { name: 'bob' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('already claimed by alice'),
    });
    expect(await call(['update', id, '--claim', '--actor', 'alice'], { name: 'bob' })).toMatchObject({ exitCode: 0 });
    expect(await shown(id)).toMatchObject({ assignee: 'alice' });
  });

  test('gives the first ready issue that is free, each to one', async () => {
    const { call, make } = await bench();
    const low = await make('Low', '-p', '3');
    const high = await make('High', '-p', '1');
    await make('Blocked', '-p', '0', '--deps', high);
    const claim = async (name: string) =>
      JSON.parse((await call(['ready', '--claim', '--json'], { name })).stdout) as Json[];
    expect(await claim('alice')).toMatchObject([{ id: high, assignee: 'alice' }]);
    expect(await claim('bob')).toMatchObject([{ id: low, assignee: 'bob' }]);
    expect(await claim('carol')).toEqual([]);
  });
});
