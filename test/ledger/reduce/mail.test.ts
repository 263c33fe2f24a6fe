import { describe, expect, it } from 'vitest';
import { assertAllowed } from '../../../source/ledger/capabilities.ts';
import type { CommandType } from '../../../source/ledger/commands.ts';
import { commandSchemas } from '../../../source/ledger/commands.ts';
import { emptyData } from '../../../source/ledger/schema.ts';
import { DEACON, polecat, TOWN } from '../helpers.ts';
import { town } from '../world.ts';

const NUX = 'rust/nux';

describe('mail', () => {
  it('goes to a role, a whole id, or a name that only one has', () => {
    const world = town();
    world.working(world.slung());
    expect(world.data.mail.get(world.id('mail.send', { to: 'nux', subject: 's' }))).toMatchObject({
      from: 'operator',
      to: NUX,
      body: '',
    });
    expect(
      world.data.mail.get(world.id('mail.send', { to: 'mayor', subject: 's', body: 'b' }, polecat(NUX))),
    ).toMatchObject({ from: NUX, to: 'mayor' });
    expect(world.refusal('mail.send', { to: 'nobody', subject: 's' })).toBe('not_found: Nobody here is called nobody.');
  });

  it('is delivered and read once, and only by its owner', () => {
    const world = town();
    world.working(world.slung());
    const id = world.id('mail.send', { to: NUX, subject: 's' });
    world.do('mail.deliver', { ids: [id] }, TOWN);
    expect(world.refusal('mail.read', { ids: [id] }, polecat('rust/ace'))).toBe(
      `forbidden: polecat rust/ace has no mail ${id}.`,
    );
    world.do('mail.read', { ids: [id] }, polecat(NUX));
    expect(world.data.mail.get(id)).toMatchObject({
      rev: 3,
      deliveredAt: expect.any(String),
      readAt: expect.any(String),
    });
    expect(world.do('mail.read', { ids: [id] }, polecat(NUX))).toEqual([]);
  });
});

describe('an escalation', () => {
  it('with a key is open once, and may be opened again after it was closed', () => {
    const world = town();
    const open = () => world.do('escalation.open', { severity: 'low', title: 't', subject: 'rust', key: 'k' }, DEACON);
    const [first] = open();
    expect(open()).toEqual([]);
    world.do('escalation.close', { id: first!.id });
    expect(open()).not.toEqual([]);
    expect(world.why('rust').at(-1)).toMatch(/^deacon escalation\.open/);
  });

  it('climbs to the top and no further, until somebody looks after it', () => {
    const world = town();
    const id = world.id('escalation.open', { severity: 'high', title: 't' }, polecat(NUX));
    world.do('escalation.climb', { id }, DEACON);
    world.do('escalation.climb', { id }, DEACON);
    expect(world.data.escalations.get(id)).toMatchObject({
      severity: 'critical',
      climbs: 2,
      climbedAt: expect.any(String),
      by: `polecat ${NUX}`,
    });
    world.do('escalation.acknowledge', { id });
    expect(world.refusal('escalation.climb', { id }, DEACON)).toMatch(/^conflict: .* is acknowledged/);
  });
});

describe('a memory', () => {
  it('is kept, rewritten by its owner, and forgotten without being lost from history', () => {
    const world = town();
    world.do('memory.remember', { id: 'style', text: 'tabs' }, polecat(NUX));
    world.do('memory.remember', { id: 'style', text: 'spaces' }, polecat(NUX));
    expect(world.refusal('memory.remember', { id: 'style', text: 'x' }, polecat('rust/ace'))).toMatch(/^forbidden/);
    expect(world.data.memories.get('style')).toMatchObject({ rev: 2, text: 'spaces' });
    world.do('memory.forget', { id: 'style' });
    expect(world.data.memories.get('style')).toMatchObject({ rev: 3, text: '', forgottenAt: expect.any(String) });
  });
});

describe('capabilities', () => {
  const types = Object.keys(commandSchemas) as CommandType[];
  const allowed = (role: string) =>
    types.filter(type => {
      try {
        assertAllowed(emptyData(), {
          type,
          payload: { assignee: 'x', ids: [], set: {}, dependency: {} },
          actor: { role: role as 'polecat', name: 'x' },
        });
        return true;
      } catch {
        return false;
      }
    });

  it('give an agent nothing but to report, ask, file, write and remember, and its own beads (agent-rights.test.ts)', () => {
    expect(allowed('polecat').sort()).toEqual(
      [
        'bead.claim',
        'bead.comment',
        'bead.create',
        'bead.update',
        'bead.close',
        'bead.reopen',
        'bead.duplicate',
        'bead.supersede',
        'dep.add',
        'dep.remove',
        'dep.relate',
        'escalation.open',
        'mail.read',
        'mail.send',
        'memory.remember',
        'session.report',
      ].sort(),
    );
  });

  it('leave no command without somebody who may give it, and approval to the person alone', () => {
    const roles = ['operator', 'mayor', 'polecat', 'witness', 'refinery', 'deacon', 'dog', 'town'];
    const holders = (type: CommandType) => roles.filter(role => allowed(role).includes(type));
    for (const type of types) expect(holders(type), type).not.toEqual([]);
    expect(holders('merge.approve')).toEqual(['operator']);
    expect(holders('merge.landed')).toEqual(['refinery', 'town']);
    expect(holders('work.done')).toEqual(['town']);
  });

  it('refuse an agent without telling it a way around', () => {
    const world = town();
    const attempts = [
      () => world.do('bead.create', { title: 'x', dispatch: true }, polecat(NUX)),
      () => world.do('bead.claim', { id: world.slung(), assignee: 'rust/ace' }, polecat(NUX)),
      () => world.do('bead.close', { id: world.slung(), force: true }, polecat(NUX)),
      () => world.do('rig.update', { id: 'rust', gates: [] }, polecat(NUX)),
    ];
    for (const attempt of attempts) {
      let failure: { code?: string; message?: string; hint?: string } = {};
      try {
        attempt();
      } catch (error) {
        failure = error as typeof failure;
      }
      expect(failure.code).toBe('forbidden');
      expect(`${failure.message} ${failure.hint}`).not.toMatch(/--|force|operator|token|town\.toml/i);
    }
  });
});
