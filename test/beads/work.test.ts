import { describe, expect, test } from 'vitest';
import { bench, type Json, NUX } from './support.ts';

const DAY_MS = 86_400_000;

describe('what is ready', () => {
  test('follows chains and diamonds: the last of what is waited for sets free, not the first', async () => {
    const { bd, make, ready } = await bench();
    const top = await make('Top');
    const left = await make('Left', '--deps', top);
    const right = await make('Right', '--deps', top);
    const bottom = await make('Bottom', '--deps', `${left},${right}`);
    expect(await ready()).toEqual([top]);
    await bd('close', top);
    expect((await ready()).sort()).toEqual([left, right].sort());
    await bd('close', left);
    expect(await ready()).toEqual([right]);
    await bd('close', right);
    expect(await ready()).toEqual([bottom]);
    await bd('reopen', right);
    expect(await ready()).toEqual([right]);
  });

  test('counts only edges that block, and children of what is blocked as blocked', async () => {
    const { make, ready, bd } = await bench();
    const other = await make('Other');
    const related = await make('Related', '--deps', `related:${other}`);
    const found = await make('Found', '--deps', `discovered-from:${other}`);
    const epic = await make('Epic', '-t', 'epic', '--deps', other);
    const child = await make('Child', '--parent', epic);
    expect((await ready()).sort()).toEqual([other, related, found].sort());
    await bd('close', other);
    expect(await ready()).toEqual(expect.arrayContaining([epic, child]));
  });

  test('waits for children that are still to come', async () => {
    const { make, ready, bd } = await bench();
    const spawner = await make('Spawner');
    const all = await make('All', '--waits-for', spawner);
    const any = await make('Any', '--waits-for', spawner, '--waits-for-gate', 'any-children');
    const [one, two] = [await make('One', '--parent', spawner), await make('Two', '--parent', spawner)];
    await bd('close', one);
    expect(await ready()).toContain(any);
    expect(await ready()).not.toContain(all);
    await bd('close', two);
    expect(await ready()).toContain(all);
  });

  test('leaves out what is begun, put off, pinned, short-lived or no work', async () => {
    const { make, ready, bd, pass } = await bench();
    const plain = await make('Plain');
    await make('Begun', '-s', 'in_progress');
    await make('Blocked by hand', '-s', 'blocked');
    const status = await make('Deferred', '-s', 'deferred');
    const until = await make('Until', '--defer', '+1d');
    await make('Pinned', '-s', 'pinned');
    const wisp = await make('Wisp', '--ephemeral');
    await make('Gate', '-t', 'gate');
    expect(await ready()).toEqual([plain]);
    expect((await ready('--include-deferred')).sort()).toEqual([plain, status, until].sort());
    expect((await ready('--include-ephemeral')).sort()).toEqual([plain, wisp].sort());
    pass(2 * DAY_MS);
    expect((await ready()).sort()).toEqual([plain, until].sort());
    await bd('update', status, '-s', 'open');
    expect(await ready()).toContain(status);
  });

  test('sorts by urgency, by age or by both, and cuts at the limit', async () => {
    const { make, ready, call } = await bench();
    const old = await make('Old', '-p', '3');
    const urgent = await make('Urgent', '-p', '0');
    const fresh = await make('Fresh', '-p', '3');
    expect(await ready()).toEqual([urgent, fresh, old]);
    expect(await ready('--sort', 'oldest')).toEqual([old, urgent, fresh]);
    expect(await ready('--sort', 'hybrid')).toEqual([urgent, old, fresh]);
    expect(await ready('-n', '1')).toEqual([urgent]);
    expect(await ready('-n', '0')).toHaveLength(3);
    expect((await call(['ready', '-n', '1'])).stderr).toBe('Showing 1 of 3 issues (use --limit 0 for all)\n');
    expect(await call(['ready', '--sort', 'random'])).toMatchObject({ exitCode: 1 });
    expect(await call(['ready', 'oldest'])).toMatchObject({ exitCode: 1 });
  });

  test('narrows down by label, assignee, type, priority, parent and metadata', async () => {
    const { make, ready, json } = await bench();
    const epic = await make('Epic', '-t', 'epic');
    const deep = await make('Deep', '--parent', await make('Child', '--parent', epic));
    const tagged = await make('Tagged', '-l', 'pool:a,x', '-a', 'alice', '--metadata', '{"gc.to":"agent","n":1}');
    expect(await ready('--label', 'pool:a,x')).toEqual([tagged]);
    expect(await ready('--label', 'pool:a,y')).toEqual([]);
    expect(await ready('--label-any', 'y,x')).toEqual([tagged]);
    expect(await ready('--label=pool:a', '--unassigned', '--limit=1')).toEqual([]);
    expect(await ready('--assignee', 'alice')).toEqual([tagged]);
    expect(await ready('--exclude-label', 'x', '-t', 'epic')).toEqual([epic]);
    expect(await ready('--parent', epic)).toEqual(expect.arrayContaining([deep]));
    expect(await ready('--parent', epic)).not.toContain(epic);
    expect(await ready('--metadata-field', 'gc.to=agent', '--metadata-field', 'n=1')).toEqual([tagged]);
    expect(await ready('--has-metadata-key', 'n')).toEqual([tagged]);
    expect(await json('list', '--ready', '--label', 'x')).toMatchObject([{ id: tagged }]);
  });

  test('says what blocks, and why, for people and programs', async () => {
    const { make, bd, json } = await bench();
    expect(await bd('ready')).toBe('No open issues\n');
    expect(await json('blocked')).toEqual([]);
    const first = await make('First');
    const second = await make('Second', '--deps', first);
    expect(await json('blocked')).toMatchObject([{ id: second, blocked_by_count: 1, blocked_by: [first] }]);
    expect(await bd('blocked')).toContain(`Blocked by 1: ${first}`);
    expect(await bd('ready', '--explain')).toMatch(new RegExp(`waits for nothing[\\s\\S]*waits for ${first}`));
    expect(await bd('ready')).toContain('Ready: 1 issue with no active blockers');
    expect(await bd('ready', '--plain')).toContain(`1. ○ ${first}`);
    await bd('close', first);
    expect(await json('blocked')).toEqual([]);
  });
});

describe('bd close', () => {
  test('ends an issue with a reason and prints it as an array', async () => {
    const { json, make, shown, bd } = await bench();
    const id = await make('Done soon');
    expect(await json('close', id, '-r', 'It works')).toMatchObject([
      { id, status: 'closed', close_reason: 'It works' },
    ]);
    expect(await shown(id)).toMatchObject({ closed_at: expect.any(String) });
    expect(await bd('close', id)).toContain('✓ Closed');
    expect(await bd('close', await make('Other'))).toMatch(/^✓ Closed bd-\w+ — Other: Closed\n$/);
  });

  test('refuses what waits for something open, unless forced, and says what it waits for', async () => {
    const { refused, make, bd, shown } = await bench();
    const first = await make('First');
    const second = await make('Second', '--deps', first);
    expect(await refused('close', second)).toContain(first);
    expect(await shown(second)).toMatchObject({ status: 'open' });
    expect(await refused('update', second, '--status', 'closed')).toContain(first);
    await bd('close', second, '--force');
    expect(await shown(second)).toMatchObject({ status: 'closed' });
  });

  test('leaves what somebody else has to them', async () => {
    const { call, make } = await bench();
    const id = await make('Of alice', '-a', 'alice');
    expect(await call(['close', id], { name: 'bob' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('assigned to alice'),
    });
    expect(await call(['close', id], { name: 'alice' })).toMatchObject({ exitCode: 0 });
    const other = await make('Of alice too', '-a', 'alice');
    expect(await call(['close', other, '-f'], { name: 'bob' })).toMatchObject({ exitCode: 0 });
  });

  test('takes one reason for all or one for each, and reasons from a file', async () => {
    const { json, make, refused, call } = await bench();
    const ids = [await make('A'), await make('B'), await make('C')];
    expect(await json('close', ids[0]!, ids[1]!, '-r', 'first', '-r', 'second')).toMatchObject([
      { close_reason: 'first' },
      { close_reason: 'second' },
    ]);
    expect(await refused('close', ids[2]!, '-r', 'a', '-r', 'b')).toContain('2 reasons for 1');
    const read = await call(['close', ids[2]!, '--reason-file', '-', '--json'], {
      input: { stdin: 'Because\n' },
      session: 'claude-7',
    });
    expect(JSON.parse(read.stdout)).toMatchObject([{ close_reason: 'Because', closed_by_session: 'claude-7' }]);
  });

  test('shows what can be begun now, and claims the next step when asked to', async () => {
    const { make, json, call } = await bench();
    const epic = await make('Epic', '-t', 'epic');
    const one = await make('One', '--parent', epic);
    const two = await make('Two', '--parent', epic, '--deps', one);
    expect(await json('close', one, '--suggest-next')).toMatchObject({
      closed: [{ id: one }],
      unblocked: [{ id: two }],
    });
    const other = await make('Urgent elsewhere', '-p', '0');
    await call(['update', two, '--claim'], { name: 'alice' });
    const three = await make('Three', '--parent', epic);
    const shownOnly = await call(['close', two, '--continue', '--no-auto', '--json'], { name: 'alice' });
    expect(JSON.parse(shownOnly.stdout)).toMatchObject({ next: { id: three } });
    const claimed = await call(['close', three, '--claim-next', '--json'], { name: 'alice' });
    expect(JSON.parse(claimed.stdout)).toMatchObject({ claimed: { id: other, assignee: 'alice' } });
  });

  test('closes what it can and says what it could not', async () => {
    const { call, make, shown } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    const answer = await call(['close', a, 'bd-none', b]);
    expect(answer).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('bd-none') });
    expect([(await shown(a)).status, (await shown(b)).status]).toEqual(['closed', 'closed']);
  });
});

describe('bd reopen', () => {
  test('opens again what was closed, and only that', async () => {
    const { bd, make, shown, refused } = await bench();
    const id = await make('Again');
    await bd('update', id, '-s', 'in_progress');
    expect(await refused('reopen', id)).toContain('not closed');
    await bd('close', id);
    expect(await bd('reopen', id, '-r', 'Came back')).toContain('↻ Reopened');
    const after = await shown(id);
    expect(after).toMatchObject({ status: 'open' });
    expect(after).not.toHaveProperty('closed_at');
  });
});

describe('bd delete', () => {
  test('only shows what it would delete until it is forced', async () => {
    const { bd, make, json, call } = await bench();
    const id = await make('Goes');
    const after = await make('After', '--deps', id, '-d', `See ${id}, not ${id}x.`);
    expect(await bd('delete', id)).toContain('Nothing was deleted yet');
    expect(await json('delete', id, '--dry-run', '--force')).toMatchObject({ would_delete: [id], dependents: [after] });
    expect(await json('list')).toHaveLength(2);
    expect(await json('delete', id, '--force')).toMatchObject({
      deleted: id,
      deleted_count: 1,
      dependencies_removed: 1,
    });
    expect(await call(['show', id])).toMatchObject({ exitCode: 1 });
    expect(await json('list', '--all')).toMatchObject([{ id: after, description: `See [deleted:${id}], not ${id}x.` }]);
    expect(await json('ready')).toMatchObject([{ id: after }]);
  });

  test('takes what depends on it along under --cascade, and ids from a file', async () => {
    const { make, json, call } = await bench();
    const top = await make('Top');
    const middle = await make('Middle', '--deps', top);
    await make('Bottom', '--deps', middle);
    const stays = await make('Stays');
    const answer = await call(['delete', '--from-file', 'ids', '--cascade', '-f', '--json'], {
      input: { files: { ids: `# old\n${top}\n` } },
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({ deleted_count: 3 });
    expect(await json('list', '--all')).toMatchObject([{ id: stays }]);
    expect(await call(['delete', 'bd-none', '-f'])).toMatchObject({ exitCode: 1 });
    expect(await call(['delete'])).toMatchObject({ exitCode: 1 });
  });
});

describe('bd list', () => {
  const titles = (found: readonly Json[]) => found.map(issue => issue.title);

  test('leaves out what is finished unless it is asked for', async () => {
    const { bd, make, json } = await bench();
    await bd('config', 'set', 'status.custom', 'shipped:done,in_review:active');
    await make('Open');
    await make('Shipped', '-s', 'shipped');
    await make('Review', '-s', 'in_review');
    await bd('close', await make('Closed'));
    expect(titles(await json('list')).sort()).toEqual(['Open', 'Review']);
    expect(await json('list', '--all')).toHaveLength(4);
    expect(await json('list', '--status', 'all')).toHaveLength(4);
    expect(titles(await json('list', '-s', 'closed,shipped')).sort()).toEqual(['Closed', 'Shipped']);
    expect(titles(await json('list', '--closed-after', '2026-01-01'))).toEqual(['Closed']);
  });

  test('filters by every field that it has a flag for', async () => {
    const { make, json, bd } = await bench();
    const epic = await make('Epic of parsers', '-t', 'epic', '-p', '1');
    const child = await make(
      'Write a PARSER',
      '--parent',
      epic,
      '-d',
      'With tests',
      '--notes',
      'TODO: speed',
      '-p',
      '3',
    );
    const bug = await make(
      'Crash',
      '-t',
      'bug',
      '-p',
      '0',
      '-a',
      'alice',
      '-l',
      'tech-debt,core',
      '--spec-id',
      'docs/a.md',
    );
    const due = await make('Late', '--due', '2026-11-20T00:00:00Z', '--external-ref', 'gh-12', '-s', 'pinned');
    const gate = await make('Gate', '-t', 'gate');
    const list = async (...argv: string[]) => (await json('list', ...argv)).map(issue => issue.id).sort();
    const every: [string[], string[]][] = [
      [
        ['--title', 'parser'],
        [epic, child],
      ],
      [['--title-contains', 'write'], [child]],
      [['--desc-contains', 'TESTS'], [child]],
      [['--notes-contains', 'todo'], [child]],
      [['--empty-description'], [epic, bug, due]],
      [['--type', 'bug'], [bug]],
      [
        ['--exclude-type', 'bug,epic'],
        [child, due],
      ],
      [['--priority', 'P0'], [bug]],
      [
        ['--priority-max', '1'],
        [bug, epic],
      ],
      [
        ['--priority-min', '2', '--priority-max', '3'],
        [child, due],
      ],
      [['--assignee', 'alice'], [bug]],
      [['--no-assignee', '--priority-max', '1'], [epic]],
      [['--label', 'core'], [bug]],
      [['--label-pattern', 'tech-*'], [bug]],
      [['--label-regex', 'tech-(debt|legacy)'], [bug]],
      [['--no-labels', '-t', 'epic'], [epic]],
      [
        ['--id', `${bug},${child}`],
        [bug, child],
      ],
      [['--parent', epic], [child]],
      [['--no-parent', '-p', '3'], []],
      [['--external-ref', 'gh-12'], [due]],
      [['--external-contains', 'GH-'], [due]],
      [['--spec', 'docs/'], [bug]],
      [['--overdue'], [due]],
      [['--due-before', '2026-11-21'], [due]],
      [['--pinned'], [due]],
      [['--no-pinned', '--priority-min', '2'], [child]],
      [['--created-before', '2026-11-01'], []],
      [['--created-after', '2026-11-01', '-t', 'bug'], [bug]],
      [['--include-gates', '-t', 'gate'], [gate]],
      [['-t', 'gate'], [gate]],
    ];
    for (const [argv, expected] of every) expect(await list(...argv), argv.join(' ')).toEqual([...expected].sort());
    expect(await bd('list', '--title', 'nothing like it')).toBe('No issues found.\n');
    expect(await json('list', '--title', 'nothing like it')).toEqual([]);
  });

  test('gives up on a pattern that would hold the town up', async () => {
    const { make, call } = await bench();
    await make('X', '-l', 'a'.repeat(40));
    const before = performance.now();
    for (const argv of [
      ['--label-regex', '^(a+)+$(?<!a)'],
      ['--label-pattern', `${'*a'.repeat(30)}b`],
    ]) {
      expect(await call(['list', ...argv])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('takes too long'),
      });
    }
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(await call(['list', '--label-regex', '('])).toMatchObject({ exitCode: 1 });
  });

  test('sorts by each field, in both directions', async () => {
    const { make, json, bd, refused } = await bench();
    const b = await make('bbb', '-p', '1', '-a', 'zoe', '--id', 'bd-10');
    const a = await make('AAA', '-p', '3', '-a', 'al', '--id', 'bd-9', '-t', 'bug');
    await bd('update', b, '--notes', 'later');
    const order = async (...argv: string[]) => (await json('list', ...argv)).map(issue => issue.id);
    expect(await order()).toEqual([b, a]);
    expect(await order('--reverse')).toEqual([a, b]);
    expect(await order('--sort', 'created')).toEqual([a, b]);
    expect(await order('--sort', 'updated')).toEqual([b, a]);
    expect(await order('--sort', 'id')).toEqual([a, b]);
    for (const field of ['title', 'type', 'assignee']) expect(await order('--sort', field)).toEqual([a, b]);
    expect(await refused('list', '--sort', 'colour')).toContain('invalid sort field');
  });

  test('shows children below their parents, and stops at the limit with a word about it', async () => {
    const { make, bd, call, json } = await bench();
    const epic = await make('Epic', '-t', 'epic');
    const child = await make('Child', '--parent', epic, '-d', 'What\nto do');
    expect(await bd('list')).toContain(
      `○ ${epic} ● P2 [epic] Epic\n└── ○ ${child} ● P2 Child\n\nTotal: 2 issues (2 open)`,
    );
    expect(await bd('list', '--flat')).not.toContain('└──');
    expect(await bd('list', '--long')).toContain('    What\n    to do');
    expect(await bd('list', '--format', 'digraph')).toBe(`${child} ${epic}\n`);
    expect(await bd('list', '--format', 'dot')).toContain(`"${child}" -> "${epic}"`);
    const cut = await call(['list', '-n', '1']);
    expect(cut.stderr).toContain('Showing 1 of 2');
    expect(await json('list', '-n', '1', '--offset', '1')).toHaveLength(1);
    expect(await call(['list', 'open'])).toMatchObject({ exitCode: 1 });
  });

  test('counts what an issue waits for, what waits for it, and its comments', async () => {
    const { make, json, act } = await bench();
    const first = await make('First');
    const second = await make('Second', '--deps', `${first},related:${await make('Other')}`);
    await act('bead.comment', { id: first, text: 'Hm' });
    const [one] = await json('list', '--id', first);
    expect(one).toMatchObject({ dependency_count: 0, dependent_count: 1, comment_count: 1 });
    expect(one).not.toHaveProperty('comments');
    expect(await json('list', '--id', second)).toMatchObject([{ dependency_count: 1, dependent_count: 0 }]);
    expect(await json('show', first)).toMatchObject([{ comments: [{ text: 'Hm', issue_id: first }] }]);
  });
});

describe('settings, help and mistakes', () => {
  test('keeps settings and uses the prefix for new ids', async () => {
    const { bd, make, json, refused } = await bench({ prefix: 'ct' });
    expect(await bd('config', 'get', 'issue_prefix')).toBe('ct\n');
    expect(await make('X')).toMatch(/^ct-/);
    expect(await bd('config', 'set', 'export.auto', 'false')).toBe('Set export.auto = false\n');
    expect(await bd('config', 'get', 'export.auto')).toBe('false\n');
    expect(await bd('config', 'get', 'jira.url')).toBe('jira.url (not set)\n');
    await bd('config', 'set-many', 'a.b=1', 'a.c=2=3');
    expect(await json('config', 'list')).toEqual({
      issue_prefix: 'ct',
      'export.auto': 'false',
      'a.b': '1',
      'a.c': '2=3',
    });
    await bd('config', 'unset', 'a.b');
    expect(await json('config', 'get', 'a.b')).toMatchObject({ key: 'a.b', value: '' });
    expect(await refused('config', 'set', 'only-a-key')).toContain('accepts 2');
    expect(await refused('config', 'set', 'status.custom', 'UPPER')).toContain('UPPER');
    expect(await refused('config', 'frobnicate')).toContain('unknown command "frobnicate" for "bd config"');
    await bd('config', 'set', 'types.custom', 'incident');
    expect(await make('Down', '-t', 'incident')).toMatch(/^ct-/);
  });

  test('sets the prefix of the town that is there on init', async () => {
    const { bd, make, refused } = await bench();
    expect(await bd('init', '--prefix', 'proj-', '--skip-hooks', '-q')).toBe('');
    expect(await make('X')).toMatch(/^proj-/);
    expect(await bd('init')).toContain('There is a town already');
    expect(await refused('init', '-p', 'no spaces')).toContain('invalid prefix');
  });

  test('helps with everything it can do', async () => {
    const { bd } = await bench();
    for (const spelled of [[], ['help'], ['--help'], ['-h']]) expect(await bd(...spelled)).toContain('Verbs:');
    for (const spelled of [
      ['help', 'create'],
      ['create', '--help'],
      ['create', '-h'],
      ['new', '--help'],
    ]) {
      expect(await bd(...spelled)).toMatch(/Usage:\n {2}bd create \[title\] \[flags\][\s\S]*--priority/);
    }
    expect(await bd('config')).toContain('bd config <verb>');
    expect(await bd('help', 'config', 'set')).toContain('bd config set <key> <value>');
    expect(await bd('version')).toMatch(/^bd version \d/);
  });

  test('ends with 1 on what it does not know, in words and in JSON', async () => {
    const { call, ledger } = await bench();
    for (const argv of [
      ['frobnicate'],
      ['list', '--frob'],
      ['create', 'x', '-Z'],
      ['help', 'frob'],
      ['--frob', 'list'],
    ]) {
      expect(await call(argv)).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/^Error: unknown/),
      });
    }
    const { stderr } = await call(['show', 'bd-none', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ schema_version: 1, error: expect.any(String), code: 'not_found' });
    expect(ledger.data.beads.size).toBe(0);
  });

  test('takes flags for every verb before it and behind it, and changes nothing under --readonly', async () => {
    const { call, bd, ledger } = await bench();
    expect(await bd('--json', '--actor', 'al', 'list')).toBe('[]\n');
    expect(await bd('list', '--no-color', '-v', '--sandbox', '--json')).toBe('[]\n');
    expect(await call(['--readonly', 'create', 'X'])).toMatchObject({ exitCode: 1 });
    expect(ledger.data.beads.size).toBe(0);
  });

  test('says which town it is about', async () => {
    const { json, make } = await bench({ prefix: 'ct' });
    await make('X');
    expect(await json('info')).toMatchObject({ issue_prefix: 'ct', issue_count: 1, database_path: expect.any(String) });
  });
});

describe('an agent at bd', () => {
  test('acts under its own name, in its own repository, and cannot take another one', async () => {
    const { call, act, make, ledger } = await bench();
    await act('rig.add', { id: 'rust', origin: '/x', branch: 'main', prefix: 'rs', gates: [] });
    await act('rig.add', { id: 'go', origin: '/y', branch: 'main', prefix: 'gg', gates: [] });
    const id = await make('Wanted');
    const agent = (...argv: string[]) => call(argv, { actor: NUX, name: 'somebody-else' });
    const made = await agent('create', 'Found', '--deps', `discovered-from:${id}`, '--silent');
    expect(made.stdout).toMatch(/^rs-/);
    expect(ledger.data.beads.get(made.stdout.trim())).toMatchObject({
      created_by: 'polecat rust/nux',
      town: { rig: 'rust' },
    });
    expect(await agent('update', id, '--claim')).toMatchObject({ exitCode: 0 });
    expect(ledger.data.beads.get(id)).toMatchObject({ assignee: 'rust/nux' });
    expect(await agent('update', id, '--claim', '--actor', 'rust/ace')).toMatchObject({ exitCode: 1 });
  });

  test('is refused without being told a way around', async () => {
    const { call, make } = await bench();
    const persons = await make('Of a person');
    const waiting = await make('Waits', '--deps', persons);
    const taken = await make('Taken', '-a', 'alice');
    for (const argv of [
      ['close', persons],
      ['close', taken],
      ['close', waiting],
      ['close', waiting, '--force'],
      ['update', persons, '-d', 'Easier'],
      ['update', persons, '-s', 'closed'],
      ['delete', persons, '--force'],
      ['config', 'set', 'issue_prefix', 'x'],
      ['init', '--prefix', 'x'],
      ['create', 'First', '--deps', `blocks:${persons}`],
    ]) {
      const answer = await call(argv, { actor: NUX });
      expect(answer, argv.join(' ')).toMatchObject({ exitCode: 1, stdout: '' });
      expect(answer.stderr, argv.join(' ')).not.toMatch(/--force|--actor|operator/);
    }
  });
});
