import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../components/keymap.ts';
import { runCommand } from '../../components/reducer.ts';
import { type HelpDialog, type MenuDialog, modeOf, type PaneId } from '../../components/state.ts';
import { IDS, play } from './play.ts';
import { attentionRow, NOON, smallView } from './small-view.ts';

describe('moving', () => {
  test.each<[string, string]>([
    ['j', 'gt-1'],
    ['G', 'gt-5'],
    ['ctrl-d', 'gt-5'],
    ['k', 'cv-1'],
  ])('%s in the plan selects %s', (key, id) => {
    expect(play().press(key).state.selected.plan?.id).toBe(id);
  });

  test('selection stays on its row when the list is sorted anew, and takes the row in its place when it goes', () => {
    const game = play().press('j', 'j');
    game.setIds('plan', ['gt-2', 'cv-1', 'gt-1', 'gt-3']).press('j');
    expect(game.state.selected.plan?.id).toBe('cv-1');
    game.setIds('plan', ['gt-2', 'gt-1', 'gt-3']).press('j');
    expect(game.state.selected.plan?.id).toBe('gt-3');
  });

  test('numbers, Tab and h l go through the panes and around', () => {
    const game = play();
    expect(game.press('2').state.focus).toBe('polecats');
    expect(game.press('tab').state.focus).toBe('refinery');
    expect(game.press('shift-tab', 'h').state.focus).toBe('plan');
    expect(game.press('left').state.focus).toBe('detail');
    expect(game.press('right').state.focus).toBe('plan');
  });

  test('Enter folds a convoy, and explains everything else', () => {
    const game = play().press('enter');
    expect([...game.state.folded]).toEqual(['cv-1']);
    expect([...game.press('enter').state.folded]).toEqual([]);
    game.press('j', 'enter');
    expect(game.dialog).toMatchObject({ kind: 'viewer', view: 'why', subject: 'gt-1' });
  });

  test('zoom goes as far as the screen has steps, says so at either end, and a smaller screen has fewer', () => {
    const game = play();
    game.press('_');
    expect(game.flash).toContain('+ gives the focused one more room');
    game.press('+', '+', '+');
    expect(game.state.zoom).toBe(2);
    expect(game.flash).toContain('_ gives the others room');
    const small = play(smallView(), { zooms: 2 });
    small.press('+', '+');
    expect(small.state.zoom).toBe(1);
    small.send({ type: 'key', name: '_' });
    expect(small.state.zoom).toBe(0);
  });

  test('Esc steps back through filter, zoom and focus, and never further', () => {
    const game = play().press('/').type('abc').press('enter', '+', '5', 'esc');
    expect(game.state).toMatchObject({ focus: 'log', zoom: 0 });
    expect(game.press('esc').state.focus).toBe('plan');
    expect(game.state.filter.plan).toBe('abc');
    expect(game.press('esc').state.filter.plan).toBe('');
    const before = game.state;
    expect(game.press('esc', 'esc').state).toEqual(before);
  });
});

test('t in the log of a session changes between what was said and its terminal', () => {
  const game = play().at('polecats', 'web/nux').press('l', 't');
  expect(game.state.log).toMatchObject({ source: { session: 'session-nux', raw: true }, name: 'nux (terminal)' });
  expect(game.press('t').state.log).toMatchObject({ source: { session: 'session-nux' }, name: 'nux' });
  expect(game.press('f', 't').flash).toContain('Only a session has a terminal');
});

describe('acting', () => {
  test.each<[PaneId, string, string, object]>([
    ['plan', 'gt-1', 's', { type: 'bead.sling', payload: { id: 'gt-1' } }],
    ['plan', 'gt-2', 'S', { type: 'convoy.sling', payload: { id: 'cv-1' } }],
    ['plan', 'cv-1', 'S', { type: 'convoy.sling', payload: { id: 'cv-1' } }],
    ['plan', 'gt-5', 'r', { type: 'bead.sling', payload: { id: 'gt-5' } }],
    ['refinery', 'mr-3', 'r', { type: 'merge.retry', payload: { id: 'mr-3' } }],
    ['refinery', 'mr-1', 'm', { type: 'merge.order', payload: { id: 'mr-1', order: -Math.floor(NOON / 1_000) } }],
    ['health', 'reaper', 'r', { type: 'dog.run', payload: { dog: 'reaper' } }],
  ])('in %s on %s, %s asks the town for it', (pane, id, key, intent) => {
    expect(play().at(pane, id).press(key).intents()).toEqual([intent]);
  });

  test.each<[PaneId, string, string, RegExp]>([
    ['plan', 'cv-1', 's', /S slings all of it/],
    ['plan', 'gt-3', 's', /merge queue/],
    ['plan', 'gt-4', 's', /on the hook of web\/nux/],
    ['plan', 'gt-3', 'S', /no convoy/],
    ['plan', 'gt-1', 'a', /s slings a bead/],
    ['plan', 'gt-1', 'd', /no finished work/],
    ['plan', 'gt-1', 'r', /not parked/],
    ['polecats', 'web/slit', 'a', /it is idle/],
    ['polecats', 'web/slit', 'o', /not listening/],
    ['polecats', 'web/slit', 'D', /nothing to stop/],
    ['polecats', 'web/slit', 'l', /has not had a session yet/],
    ['refinery', 'mr-3', 'J', /no longer in the queue/],
    ['refinery', 'mr-1', 'r', /only bounced/],
    ['health', 'mayor', 'r', /only dogs/],
    ['log', '', 'n', /Search first/],
  ])('in %s on %s, %s is refused with the reason', (pane, id, key, reason) => {
    const game = play().at(pane, id).press(key);
    expect(game.intents()).toEqual([]);
    expect(game.flash).toMatch(reason);
    expect(game.state.flash?.kind).toBe('error');
  });

  test('J and K give explicit places to all that change theirs, in one step to take back', () => {
    expect(play().at('refinery', 'mr-2').press('K').intents()).toEqual([
      { type: 'merge.order', payload: { id: 'mr-2', order: -2, others: [{ id: 'mr-1', order: -1 }] } },
    ]);
    expect(play().at('refinery', 'mr-1').press('K').intents()).toEqual([]);
    expect(play().at('refinery', 'mr-1').press('J').intents()).toEqual([
      { type: 'merge.order', payload: { id: 'mr-1', order: -1, others: [{ id: 'mr-2', order: -2 }] } },
    ]);
  });

  test('stopping asks first, with Cancel where it starts', () => {
    const game = play().at('polecats', 'web/nux').press('D');
    expect(game.dialog).toMatchObject({ kind: 'confirm', title: 'Stop nux?', index: 0 });
    expect(game.press('enter').intents()).toEqual([]);
    game.press('D').wait(400).press('tab', 'enter');
    expect(game.intents()).toEqual([
      { type: 'polecat.stop', payload: { polecat: 'web/nux', requeue: false, ready: true } },
    ]);
    expect(game.dialog).toBeUndefined();
  });

  test('a confirmation typed ahead is ignored', () => {
    const game = play().at('polecats', 'web/nux').press('D', 'y');
    expect(game.intents()).toEqual([]);
    expect(game.dialog?.kind).toBe('confirm');
    expect(game.wait(400).press('y').intents()).toHaveLength(1);
  });

  test('attaching is asked of the terminal, with the session', () => {
    expect(play().at('plan', 'gt-4').press('a').effects).toEqual([
      { type: 'attach', session: 'session-nux', name: 'nux' },
    ]);
  });

  test('a read-only screen changes nothing and says so', () => {
    const changing = COMMANDS.filter(command => 'changes' in command && command.changes);
    expect(changing.length).toBeGreaterThan(20);
    for (const command of changing) {
      const game = play(smallView(), { readOnly: 'only looks' });
      const { state, effects } = runCommand(game.at('plan', 'gt-1').state, command.id, game.context());
      expect([command.id, effects, state.flash?.text]).toEqual([command.id, [], 'only looks']);
    }
    const game = play(smallView(), { readOnly: 'only looks' }).press('space').wait(400).press('y');
    expect(game.intents()).toEqual([]);
    expect(game.flash).toBe('only looks');
  });
});

describe('deciding', () => {
  test('Space shows the first question, then the next, and around', () => {
    const game = play().press('space');
    expect(game.dialog).toMatchObject({ kind: 'decide', key: 'approve mr-1' });
    expect(modeOf(game.state)).toBe('DECIDE');
    expect(game.press('space').dialog).toMatchObject({ key: 'parked gt-5' });
    expect(game.press('space').dialog).toMatchObject({ key: 'approve mr-1' });
    expect(game.state.dialogs).toHaveLength(1);
  });

  test('an answer goes to the question that is shown, once', () => {
    const game = play().press('space').wait(300).press('y', 'y');
    expect(game.intents()).toEqual([{ type: 'attention.answer', payload: { key: 'approve mr-1', answer: 'yes' } }]);
    game.send({ type: 'outcome', ok: true, message: 'landed', dialog: game.dialog!.serial });
    expect(game.dialog).toBeUndefined();
    expect(game.flash).toBe('landed');
  });

  test('y and n typed before the question can have been read do nothing', () => {
    const game = play().press('space', 'y').wait(299).press('y', 'n');
    expect(game.intents()).toEqual([]);
    expect(game.flash).toMatch(/before this could be read/);
    expect(game.wait(1).press('y').intents()).toHaveLength(1);
    const next = play().press('space').wait(5_000).press('space', 'y');
    expect(next.intents()).toEqual([]);
  });

  test('a question that changed meanwhile takes no answer', () => {
    const game = play()
      .press('space')
      .wait(400)
      .look(smallView({ attention: [attentionRow('approve mr-1 at another head')] }))
      .press('y');
    expect(game.intents()).toEqual([]);
    expect(game.flash).toMatch(/settled or has changed/);
  });

  test('a refused answer leaves the question open for another', () => {
    const game = play().press('space').wait(400).press('y');
    game.send({ type: 'outcome', ok: false, message: 'The head moved.', dialog: game.dialog!.serial });
    expect(game.dialog).toMatchObject({ kind: 'decide', sent: false });
    expect(game.press('y').intents()).toHaveLength(2);
  });

  test('sending work back asks for a note, which goes with it', () => {
    const game = play().press('space').wait(400).press('n').type('wrong file').press('enter');
    expect(game.intents()).toEqual([
      { type: 'attention.answer', payload: { key: 'approve mr-1', answer: 'no', note: 'wrong file' } },
    ]);
    const answered = game.effects.find(effect => effect.type === 'dispatch');
    game.send({ type: 'outcome', ok: true, message: 'sent back', dialog: answered!.dialog!, draft: answered!.draft! });
    expect(game.dialog).toBeUndefined();
    expect(game.state.drafts).toEqual({});
  });

  test('other questions take no for an answer at once, and a missing meaning is refused', () => {
    expect(play().press('space', 'space').wait(400).press('n').intents()).toHaveLength(1);
    const { no: _, ...silent } = attentionRow('q', { kind: 'escalation' });
    const game = play(smallView({ attention: [silent] }))
      .press('space')
      .wait(400)
      .press('n');
    expect(game.intents()).toEqual([]);
    expect(game.flash).toMatch(/means nothing/);
  });

  test.each<[string, object]>([
    ['d', { kind: 'review', merge: 'mr-1' }],
    ['enter', { kind: 'review', merge: 'mr-1' }],
    ['i', { kind: 'viewer', view: 'why', subject: 'mr-1' }],
    ['e', { kind: 'form', purpose: { form: 'edit', bead: 'gt-3' } }],
    ['o', { kind: 'form', purpose: { form: 'prompt', polecat: 'web/nux' } }],
  ])('%s opens what belongs to the question, over it', (key, dialog) => {
    const game = play().press('space').wait(400).press(key);
    expect(game.dialog).toMatchObject(dialog);
    expect(game.press('esc').dialog?.kind).toBe('decide');
  });

  test('with nothing waiting, Space in the log says so', () => {
    expect(play(smallView({ attention: [] })).press('5', 'space').flash).toBe('Nothing waits for you.');
  });
});

describe('typing', () => {
  const body = 'Run it:\n```sh\necho hi\n```';

  test('a new bead is created without being slung, and a fenced sh block is for the shell agent', () => {
    const game = play().press('n').type('Say hi').press('enter').send({ type: 'paste', text: body }).press('ctrl-d');
    expect(game.intents()).toEqual([
      {
        type: 'bead.create',
        payload: { title: 'Say hi', description: body, agent: 'shell', rig: 'web', dispatch: false },
      },
    ]);
    expect(game.effects[0]).toMatchObject({ hint: 's slings it.', selectNew: true });
  });

  test('Enter goes to the next field, makes a line in a long one, and sends from the last', () => {
    const game = play().press('n').type('T').press('enter').type('a').press('enter').type('b').press('tab');
    expect(game.dialog).toMatchObject({ active: 2 });
    expect(game.press('enter').intents()).toMatchObject([{ payload: { title: 'T', description: 'a\nb' } }]);
  });

  test('keys that are commands elsewhere are text here', () => {
    const game = play().press('n').type('qjk:?');
    expect(game.dialog).toMatchObject({ kind: 'form' });
    expect(game.state.dialogs).toHaveLength(1);
    expect(modeOf(game.state)).toBe('TYPING');
  });

  test('Esc keeps what was typed, a refusal too, and success forgets it', () => {
    const game = play().press('n').type('half').press('esc', 'n');
    expect(game.dialog).toMatchObject({ fields: [{ editor: { text: 'half' } }, {}, {}] });
    game.press('ctrl-d').send({ type: 'outcome', ok: false, message: 'disk full', draft: 'bead' });
    expect(game.press('n').dialog).toMatchObject({ fields: [{ editor: { text: 'half' } }, {}, {}] });
    game.press('ctrl-d').send({ type: 'outcome', ok: true, message: 'made', draft: 'bead' });
    expect(game.press('n').dialog).toMatchObject({ fields: [{ editor: { text: '' } }, {}, {}] });
  });

  test('a form that lacks something stays and says what', () => {
    const game = play().press('n').press('ctrl-d');
    expect(game.flash).toMatch(/title/);
    expect(game.dialog?.kind).toBe('form');
    game.type('x').press('shift-tab', 'ctrl-u').type('nowhere').press('ctrl-d');
    expect(game.flash).toMatch(/no rig “nowhere”; there is web/);
  });

  test('arrows choose among known values', () => {
    const rigs = ['api', 'web'].map(id => ({ ...smallView().rigs[0]!, id }));
    const game = play(smallView({ rigs })).at('plan', 'gt-1').press('n', 'shift-tab', 'down');
    expect(game.dialog).toMatchObject({ fields: [{}, {}, { editor: { text: 'api' } }] });
  });

  test('a plan goes to the reader of plans, and a prompt to its polecat', () => {
    const plan = play().press('N').send({ type: 'paste', text: '# Faster' }).press('ctrl-d');
    expect(plan.effects).toEqual([
      { type: 'plan', text: '# Faster', rig: 'web', draft: 'plan', hint: 'Space shows it for approval.' },
    ]);
    const prompt = play().at('polecats', 'web/nux').press('o').type('go on').press('ctrl-d');
    expect(prompt.intents()).toEqual([{ type: 'polecat.prompt', payload: { polecat: 'web/nux', text: 'go on' } }]);
  });

  test('editing a bead changes its title and removes an emptied description', () => {
    const game = play().at('plan', 'gt-4').press('e', 'ctrl-u').type('New').press('tab', 'ctrl-u', 'ctrl-d');
    expect(game.intents()).toEqual([
      { type: 'bead.update', payload: { id: 'gt-4', set: { title: 'New', description: null } } },
    ]);
  });

  test('a filter applies while it is typed; Esc goes back to what it was', () => {
    const game = play().press('/').type('ab');
    expect(game.state.filter.plan).toBe('ab');
    game.press('enter', '/').type('c');
    expect(game.state.filter.plan).toBe('abc');
    expect(game.press('esc').state.filter.plan).toBe('ab');
  });

  test('a paste where keys are commands runs nothing', () => {
    const game = play().send({ type: 'paste', text: 'qyDs\r\u0003' });
    expect(game.dialog).toBeUndefined();
    expect(game.effects).toEqual([]);
    expect(game.flash).toMatch(/paste is ignored/i);
  });
});

describe('finding commands', () => {
  test('in a town without a bead the keys that need one name the key that writes one', () => {
    const game = play(smallView({ convoys: [], beads: new Map(), loose: [] })).setIds('plan', []);
    for (const key of ['s', 'p', 'C', 'e', 'E']) expect(game.press(key).flash).toMatch(/n writes one\.$/);
  });

  test('the palette completes and runs a command by its name', () => {
    const game = play().at('plan', 'gt-1').press(':').type('sli').press('tab');
    expect(game.dialog).toMatchObject({ kind: 'palette', editor: { text: 'sling' } });
    game.press('enter');
    expect(game.intents()).toEqual([{ type: 'bead.sling', payload: { id: 'gt-1' } }]);
  });

  test('the palette reaches commands of other panes and those without a key', () => {
    expect(play().at('refinery', 'mr-1').press(':').type('hold').press('enter').intents()).toEqual([
      { type: 'merge.hold', payload: { id: 'mr-1' } },
    ]);
    expect(play().press(':').type('no such thing').press('enter').flash).toMatch(/no command/);
    const estop = play().press(':').type('estop').press('enter').wait(400).press('y');
    expect(estop.intents()).toMatchObject([{ type: 'town.estop' }]);
  });

  test('help lists what works here, and Enter runs the chosen one', () => {
    const game = play().at('plan', 'gt-1').press('?');
    expect(game.dialog).toMatchObject({ kind: 'help', index: 0 });
    expect((game.dialog as HelpDialog).entries[0]).toBe('sling');
    expect(game.press('enter').intents()).toEqual([]);
    expect(game.wait(300).press('enter').intents()).toEqual([{ type: 'bead.sling', payload: { id: 'gt-1' } }]);
  });

  test('the action menu offers what acts on the selected row', () => {
    const game = play().at('refinery', 'mr-2').press('x');
    const { entries } = game.dialog as MenuDialog;
    expect(entries).toEqual(expect.arrayContaining(['diff', 'earlier', 'hold', 'land-now']));
    expect(entries).not.toContain('sling');
    game.press(...Array.from({ length: entries.indexOf('earlier') }, () => 'j'), 'enter');
    expect([game.intents(), game.flash]).toEqual([[], expect.stringContaining('before this could be read')]);
    game.wait(400).press('enter');
    expect(game.intents()).toMatchObject([{ type: 'merge.order', payload: { id: 'mr-2', order: -2 } }]);
  });
});

describe('reading', () => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);

  const reading = () =>
    play()
      .at('polecats', 'web/nux')
      .press('l')
      .send({ type: 'lines', source: { kind: 'session', session: 'session-nux' }, lines });

  test('l shows the log of the selected polecat, followed', () => {
    expect(reading().state).toMatchObject({ focus: 'log', log: { name: 'nux', follow: true, lines } });
    expect(play().at('refinery', 'mr-1').press('l').state.log.source).toEqual({ kind: 'gate', rig: 'web' });
  });

  test('any move up stops following; what comes then is counted, not shown; G follows again', () => {
    const game = reading().press('k');
    expect(game.state.log).toMatchObject({ follow: false, top: 39 });
    game.send({ type: 'lines', source: game.state.log.source, lines: [...lines.slice(5), 'new 1', 'new 2'] });
    expect(game.state.log).toMatchObject({ lines, unseen: 2 });
    game.press('G');
    expect(game.state.log).toMatchObject({ follow: true, unseen: 0 });
    expect(game.state.log.lines.at(-1)).toBe('new 2');
  });

  test('F toggles following where it stands', () => {
    expect(reading().press('F').state.log).toMatchObject({ follow: false, top: 40 });
    expect(reading().press('F', 'F').state.log.follow).toBe(true);
  });

  test('search goes from match to match and around', () => {
    const game = reading().press('/').type('line 4').press('enter');
    expect(game.state.log, 'Enter goes to the newest of a log that is followed').toMatchObject({ match: 49 });
    expect(game.press('g', 'n').state.log).toMatchObject({ match: 4, follow: false });
    expect(game.press('g', '/', 'enter').state.log, 'else to the next in sight').toMatchObject({ match: 4 });
    expect(game.press('n').state.log.match).toBe(40);
    expect(game.press('N', 'N').state.log.match).toBe(49);
    expect(game.press('/', 'ctrl-u').type('zzz').press('enter').flash).toMatch(/No line/);
  });

  test('lines of another log are not shown', () => {
    expect(reading().send({ type: 'lines', source: { kind: 'feed' }, lines: ['x'] }).state.log.lines).toBe(lines);
  });

  test('a viewer fills when its answer comes, and only its own', () => {
    const game = play().at('plan', 'gt-1').press('i');
    expect(game.effects).toMatchObject([{ type: 'load', subject: 'gt-1' }]);
    const { serial } = game.dialog!;
    game.send({ type: 'loaded', serial: serial + 1, lines: ['wrong'] });
    expect(game.dialog).not.toHaveProperty('lines');
    game.send({ type: 'loaded', serial, lines: lines.concat(lines) }).press('G');
    expect(game.dialog).toMatchObject({ scroll: 90 });
    expect(game.press('q').dialog).toBeUndefined();
  });
});

describe('leaving', () => {
  test('Enter leaves and keeps the agents running, Esc stays', () => {
    expect(play().press('q', 'enter').effects).toEqual([{ type: 'quit', how: 'leave' }]);
    expect(play().press('ctrl-c', 'ctrl-c').effects).toEqual([{ type: 'quit', how: 'leave' }]);
    const stayed = play().press('q', 'esc');
    expect([stayed.effects, stayed.dialog]).toEqual([[], undefined]);
  });

  test('stopping the town takes a choice that was not typed ahead', () => {
    expect(play().press('q', 'j', 'enter').effects).toEqual([]);
    expect(play().press('q').wait(400).press('j', 'enter').effects).toEqual([{ type: 'quit', how: 'stop' }]);
    expect(play().press('q', 'G', 'enter').dialog).toBeUndefined();
  });

  test('Ctrl-Z and Ctrl-L work from anywhere', () => {
    expect(play().press('n', 'ctrl-z', 'ctrl-l').effects).toEqual([{ type: 'suspend' }, { type: 'redraw' }]);
  });
});

describe('the flash line', () => {
  test('good news ends by itself, an error stays until it was seen and a key is pressed', () => {
    const game = play().send({ type: 'outcome', ok: true, message: 'done' });
    const at = game.state.flash!.at;
    expect(game.send({ type: 'flashEnded', at: at - 1 }).flash).toBe('done');
    expect(game.send({ type: 'flashEnded', at }).flash).toBeUndefined();
    game.send({ type: 'outcome', ok: false, message: 'broken' }).send({ type: 'flashEnded', at: game.state.flash!.at });
    expect(game.flash).toBe('broken');
    expect(game.press('j', 'k').flash).toBe('broken');
    expect(game.wait(1_000).press('j').flash).toBeUndefined();
  });

  test('nothing takes the place of an error that came just now: good news stand before it, waiting is not told', () => {
    const game = play();
    game.send({ type: 'outcome', ok: false, message: 'broken' }).press('n').type('A title').press('ctrl-d');
    expect(game.flash).toBe('broken');
    game.send({ type: 'outcome', ok: true, message: 'done.' });
    expect(game.state.flash).toMatchObject({ text: 'done. Before that: broken', kind: 'error' });
    game.wait(1_000).send({ type: 'outcome', ok: true, message: 'again.' });
    expect(game.flash).toBe('again.');
  });
});

test('every command of the table does something, or says why it cannot, from every pane', () => {
  for (const command of COMMANDS)
    for (const pane of ['plan', 'polecats', 'refinery', 'health', 'log', 'detail'] as const) {
      const game = play().at(pane, IDS[pane][0] ?? '');
      const before = game.state;
      const { state, effects } = runCommand(before, command.id, game.context());
      expect(state.dialogs.length).toBeLessThanOrEqual(1);
      expect(Array.isArray(effects)).toBe(true);
    }
});
