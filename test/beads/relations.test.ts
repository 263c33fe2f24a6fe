import { describe, expect, test } from 'vitest';
import { bench, type Json, NUX } from './support.ts';

describe('bd dep', () => {
  test('adds, lists and removes, in words and in JSON', async () => {
    const { bd, json, make } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    expect(await bd('dep', 'add', a, b)).toBe(`✓ Added dependency: ${a} (A) depends on ${b} (B) (blocks)\n`);
    expect(await json('dep', 'add', a, b, '--metadata', '{"x":1}')).toEqual({
      status: 'added',
      issue_id: a,
      depends_on_id: b,
      type: 'blocks',
    });
    expect(await json('dep', 'list', a)).toMatchObject([{ id: b, title: 'B', dependency_type: 'blocks' }]);
    expect(await json('dep', 'list', b, '--direction', 'up', '-t', 'blocks')).toMatchObject([{ id: a }]);
    expect(await json('dep', 'list', b, '--direction=up', '-t', 'related')).toEqual([]);
    expect(await json('dep', 'list', a, b)).toMatchObject([{ issue_id: a, depends_on_id: b, metadata: { x: 1 } }]);
    expect(await bd('dep', 'list', b)).toBe(`${b} has no dependencies\n`);
    expect(await json('dep', 'rm', a, b)).toEqual({ status: 'removed', issue_id: a, depends_on_id: b });
    expect(await bd('dep', 'list', a)).toBe(`${a} has no dependencies\n`);
  });

  test('takes the blocker by flag, and the other way round', async () => {
    const { json, make } = await bench();
    const [a, b, c] = [await make('A'), await make('B'), await make('C')];
    await json('dep', 'add', a, '--blocked-by', b);
    await json('dep', 'add', a, '--depends-on', c, '--type', 'related');
    expect(await json('dep', 'list', a)).toMatchObject([{ id: b }, { id: c, dependency_type: 'related' }]);
    expect(await json('dep', c, '--blocks', b)).toEqual({
      status: 'added',
      blocker_id: c,
      blocked_id: b,
      type: 'blocks',
    });
  });

  test('refuses itself, circles, another type, what is not there, and broken external references', async () => {
    const { make, refused, bd } = await bench();
    const [a, b, c] = [await make('A'), await make('B'), await make('C')];
    await bd('dep', 'add', a, b);
    await bd('dep', 'add', b, c);
    expect(await refused('dep', 'add', a, a)).toContain('cannot depend on itself');
    expect(await refused('dep', 'add', c, a)).toContain(`circle: ${c} → ${a} → ${b} → ${c}`);
    expect(await refused('dep', 'add', a, b, '-t', 'related')).toContain(`already depends on ${b} (blocks)`);
    expect(await refused('dep', 'add', a, 'bd-nope')).toContain('no issue found matching');
    expect(await refused('dep', 'add', a, 'external:lib')).toContain('expected external:<project>:<capability>');
    expect(await refused('dep', 'add', a)).toContain('accepts 2 arg(s), received 1');
    expect(await refused('dep', 'rm', a, c)).toContain(`does not depend on ${c}`);
    expect(await refused('dep', 'list', a, '--direction', 'sideways')).toContain('--direction');
  });

  test('adds many from a file, or none', async () => {
    const { make, call, json } = await bench();
    const [a, b, c] = [await make('A'), await make('B'), await make('C')];
    const file = (...edges: object[]) => ({
      input: { files: { deps: edges.map(edge => JSON.stringify(edge)).join('\n') } },
    });
    const argv = ['dep', 'add', '--file', 'deps'];
    const bad = await call(argv, file({ from: a, to: b }, { from: b, to: a }));
    expect([bad.exitCode, bad.stderr]).toEqual([1, expect.stringContaining('circle')]);
    expect(await json('dep', 'list', a)).toEqual([]);
    const good = await call(
      [...argv, '--json'],
      file({ from: a, to: b }, { issue_id: b, depends_on_id: c, type: 'tracks' }),
    );
    expect(JSON.parse(good.stdout)).toMatchObject({ status: 'added', count: 2 });
    expect(await json('dep', 'list', b)).toMatchObject([{ id: c, dependency_type: 'tracks' }]);
    const broken = await call(argv, { input: { files: { deps: `{"from":"${a}","to":"${c}"}\n{` } } });
    expect(broken.stderr).toContain('line 2: it is no JSON');
  });

  test('shows the tree down, up and both ways, each issue once, cut at a depth', async () => {
    const { bd, json, make } = await bench();
    const [top, left, right, low] = [await make('Top'), await make('Left'), await make('Right'), await make('Low')];
    for (const [from, to] of [
      [top, left],
      [top, right],
      [left, low],
      [right, low],
      [low, 'external:lib:v1'],
    ]) {
      await bd('dep', 'add', from!, to!);
    }
    expect(await bd('dep', 'tree', top)).toBe(
      [
        `Dependency tree for ${top}:`,
        '',
        `${top}: Top [P2] (open)`,
        `└── ${left}: Left [P2] (open)`,
        `    └── ${low}: Low [P2] (open)`,
        '        └── external:lib:v1 (external)',
        `└── ${right}: Right [P2] (open)`,
        `    └── ${low} (shown above)`,
        '',
      ].join('\n'),
    );
    expect(await json('dep', 'tree', low, '--direction=up')).toMatchObject([
      { id: low, depth: 0, parent_id: '' },
      { id: left, depth: 1, parent_id: low },
      { id: top, depth: 2, parent_id: left },
      { id: right, depth: 1, parent_id: low },
      { id: top, depth: 2, parent_id: right },
    ]);
    expect(await json('dep', 'tree', top, '--max-depth', '1')).toMatchObject([
      {},
      { id: left, truncated: true },
      { id: right },
    ]);
    expect(await bd('dep', 'tree', left, '--direction', 'both')).toContain(`Full dependency graph for ${left}`);
    expect(await bd('dep', 'tree', top, '--format', 'mermaid')).toContain(`  ${top} --> ${left}`);
    await bd('close', low, '--force');
    expect(await json('dep', 'tree', top, '--status', 'closed')).toMatchObject([
      { id: top },
      { id: left },
      { id: low },
      { id: right },
      { id: low },
    ]);
  });

  test('finds circles, which only an import can bring', async () => {
    const { bd, json, call, make } = await bench();
    await make('Apart');
    expect(await bd('dep', 'cycles')).toBe('✓ No dependency cycles detected\n');
    const edge = (from: string, to: string) => ({ issue_id: from, depends_on_id: to, type: 'blocks' });
    const lines = [
      { id: 'bd-x', title: 'X', dependencies: [edge('bd-x', 'bd-y')] },
      { id: 'bd-y', title: 'Y', dependencies: [edge('bd-y', 'bd-z')] },
      { id: 'bd-z', title: 'Z', dependencies: [edge('bd-z', 'bd-x')] },
    ];
    await call(['import', '-'], { input: { stdin: lines.map(one => JSON.stringify(one)).join('\n') } });
    const cycles = await json<Json[][]>('dep', 'cycles');
    expect(cycles.map(cycle => cycle.map(({ id }) => id))).toEqual([['bd-x', 'bd-y', 'bd-z']]);
    expect(await json('ready')).toMatchObject([{ title: 'Apart' }]);
  });

  test('relates two issues both ways', async () => {
    const { bd, json, make } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    expect(await json('dep', 'relate', a, b)).toEqual({ id1: a, id2: b, related: true });
    expect(await json('dep', 'list', b)).toMatchObject([{ id: a, dependency_type: 'relates-to' }]);
    await bd('unrelate', a, b);
    expect(await json('dep', 'list', b)).toEqual([]);
  });

  test('is not for an agent on beads that are not its own', async () => {
    const { call, make } = await bench();
    const [a, b] = [await make('A'), await make('B')];
    const answer = await call(['dep', 'add', a, b], { actor: NUX });
    expect([answer.exitCode, answer.stderr]).toEqual([1, expect.stringContaining('polecat rust/nux')]);
    const file = { input: { stdin: `{"from":"${a}","to":"${b}"}` }, actor: NUX };
    expect((await call(['dep', 'add', '--file', '-'], file)).exitCode).toBe(1);
    expect((await call(['gate', 'create', '--blocks', a], { actor: NUX })).exitCode).toBe(1);
  });
});

describe('an issue that ends for another', () => {
  test('is closed with the relation, in the words of bd', async () => {
    const { bd, json, make, shown, refused } = await bench();
    const [a, b, c] = [await make('A'), await make('B'), await make('C')];
    expect(await bd('duplicate', a, '--of', b)).toBe(`✓ Marked ${a} as duplicate of ${b} (closed)\n`);
    expect(await json('supersede', c, '--with', b)).toEqual({ superseded: c, replacement: b, status: 'closed' });
    expect(await shown(a)).toMatchObject({
      status: 'closed',
      dependencies: [{ id: b, dependency_type: 'duplicates' }],
    });
    expect(await refused('duplicate', b)).toContain('required flag "--of" not set');
    expect(await refused('supersede', b, '--with', b)).toContain('cannot stand for itself');
  });

  test('is found by its text, and merged into the one that others hang on', async () => {
    const { json, make, bd, shown } = await bench();
    const [first, second] = [await make('Same', '-d', 'text'), await make('Same', '-d', 'text')];
    const child = await make('Child', '--parent', second);
    await make('Same', '-d', 'other');
    expect(await json('duplicates')).toMatchObject({
      duplicate_groups: 1,
      groups: [{ title: 'Same', suggested_target: second, suggested_sources: [first] }],
    });
    expect(await bd('duplicates', '--auto-merge', '--dry-run')).toContain('Dry run - would merge 1 group(s)');
    expect(await json('duplicates', '--auto-merge')).toMatchObject({
      merge_results: [{ closed: [first], errors: [] }],
    });
    expect(await shown(first)).toMatchObject({ status: 'closed', close_reason: `duplicate of ${second}` });
    expect(await shown(child)).toMatchObject({ parent: second });
    expect(await bd('duplicates')).toBe('No duplicates found!\n');
  });
});

describe('bd gate', () => {
  test('holds an issue up until it is resolved by hand', async () => {
    const { bd, json, make, ready, refused } = await bench();
    const work = await make('Work');
    const gate = await json<Json>('gate', 'create', '--blocks', work, '--reason', 'Design review');
    const id = String(gate.id);
    expect(gate).toMatchObject({ issue_type: 'gate', await_type: 'human', title: 'Gate: human', status: 'open' });
    expect(await ready()).toEqual([]);
    expect(await refused('close', work)).toContain(`depends on ${id}`);
    expect(await json('gate', 'list', work)).toMatchObject([{ id }]);
    expect(await bd('gate', 'show', id)).toContain('Await Type: human');
    expect(await refused('gate', 'show', work)).toContain('is not a gate issue (type=task)');
    await bd('gate', 'add-waiter', id, 'mayor');
    expect(await json('gate', 'show', id)).toMatchObject({ waiters: ['mayor'] });
    expect(await bd('gate', 'resolve', id, '-r', 'looks good')).toBe(`✓ Gate resolved: ${id}\n  Reason: looks good\n`);
    expect(await ready()).toEqual([work]);
    expect(await bd('gate', 'list')).toBe('No gates found.\n');
    expect(await json('gate', 'list', '--all')).toMatchObject([{ id, close_reason: 'looks good' }]);
  });

  test('of a timer or a bead opens by itself at a check, and by hand only by force', async () => {
    const { bd, json, make, ready, refused, pass } = await bench();
    const [work, other, last] = [await make('Work'), await make('Other'), await make('Last')];
    const timer = String(
      (await json<Json>('gate', 'create', '--blocks', work, '-t', 'timer', '--timeout', '1h30m')).id,
    );
    const bead = String((await json<Json>('gate', 'create', '--blocks', work, '-t', 'bead', '--await-id', other)).id);
    const forced = String((await json<Json>('gate', 'create', '--blocks', last, '-t', 'bead', '--await-id', work)).id);
    expect(await bd('gate', 'show', timer)).toContain('Timeout: 1h30m0s');
    expect(await refused('gate', 'resolve', timer)).toContain('the timer has');
    expect(await refused('close', bead)).toContain(`${other} is open`);
    expect(await json('gate', 'check')).toMatchObject({ checked: 3, resolved: 0, pending: 3, unknown: 0 });
    await bd('close', other);
    pass(90 * 60_000);
    expect(await json('gate', 'check', '--dry-run')).toMatchObject({ resolved: 2, dry_run: true });
    expect(await bd('gate', 'check', '--type', 'bead')).toContain(`✓ ${bead}: resolved - ${other} is closed`);
    expect(await bd('gate', 'check')).toContain(`✓ ${timer}: resolved - its time has passed`);
    expect(await ready()).toEqual([work]);
    await bd('gate', 'resolve', forced, '--force');
    expect((await ready()).sort()).toEqual([work, last].sort());
  });

  test('of GitHub is unknown, which is said and changes nothing', async () => {
    const { bd, json, make, ready } = await bench();
    const work = await make('Work');
    const { id } = await json<Json>('gate', 'create', '--blocks', work, '-t', 'gh:pr', '--await-id', '42');
    expect(await bd('gate', 'check', '--type=gh')).toContain(`? ${id}: unknown - gh:pr is known to GitHub only`);
    expect(await json('gate', 'check')).toMatchObject({ checked: 1, resolved: 0, unknown: 1 });
    expect(await ready()).toEqual([]);
    expect(await bd('gate', 'check', '--type', 'timer')).toBe("No open gates of type 'timer' found.\n");
  });

  test.each([
    [['--blocks', 'bd-none'], 'no issue found'],
    [['--type', 'human'], '"--blocks" not set'],
    [['--blocks', 'ID', '--type', 'moon'], 'invalid gate type'],
    [['--blocks', 'ID', '--type', 'timer'], 'needs --timeout'],
    [['--blocks', 'ID', '--type', 'timer', '--timeout', 'soon'], 'invalid timeout'],
    [['--blocks', 'ID', '--type', 'bead'], 'needs --await-id'],
    [['--blocks', 'ID', '--type', 'bead', '--await-id', 'bd-none'], 'no issue found'],
  ])('is not made from %j', async (flags, message) => {
    const { refused, make, json } = await bench();
    const work = await make('Work');
    expect(await refused('gate', 'create', ...flags.map(word => (word === 'ID' ? work : word)))).toContain(message);
    expect(await json('gate', 'list', '--all')).toEqual([]);
  });
});

describe('bd epic', () => {
  test('says how far epics are and closes those that are done', async () => {
    const { bd, json, make, shown } = await bench();
    const [epic, empty] = [await make('Epic', '-t', 'epic'), await make('Empty', '-t', 'epic')];
    const [one, two] = [await make('One', '--parent', epic), await make('Two', '--parent', epic)];
    await bd('close', one);
    expect(await bd('epic', 'status')).toContain(`○ ${epic} Epic\n   Progress: 1/2 children closed (50%)`);
    expect(await bd('epic', 'close-eligible')).toBe('No epics eligible for closure\n');
    await bd('close', two);
    expect(await json('epic', 'status', '--eligible-only')).toMatchObject([
      { epic: { id: epic }, total_children: 2, closed_children: 2, eligible_for_close: true },
    ]);
    expect(await bd('epic', 'close-eligible', '--dry-run')).toContain('Would close 1 epic(s)');
    expect(await json('epic', 'close-eligible')).toEqual({
      closed: [epic],
      count: 1,
      reason: 'All children completed',
    });
    expect(await shown(empty)).toMatchObject({ status: 'open' });
    expect(await json('children', epic)).toMatchObject([{ id: one }, { id: two }]);
    expect(await bd('children', one)).toBe(`No children found for ${one}\n`);
  });
});
