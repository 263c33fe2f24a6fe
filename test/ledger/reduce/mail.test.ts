import { describe, expect, it } from 'vitest';
import { assertAllowed } from '../../../source/ledger/capabilities.ts';
import type { CommandType } from '../../../source/ledger/commands.ts';
import { COMMAND_TYPES } from '../../../source/ledger/commands.ts';
import { emptyData } from '../../../source/ledger/schema.ts';
import { polecat, TOWN } from '../helpers.ts';
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

  it('with a secret in it is refused, for history keeps it', () => {
    const world = town();
    for (const text of [{ subject: 'DB_PASSWORD=hunter2secret' }, { subject: 's', body: 'pwd=hunter2secret' }])
      expect(world.refusal('mail.send', { to: 'mayor', ...text })).toMatch(/^invalid: This message seems to hold/);
    expect(world.data.mail.size).toBe(0);
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

describe('a reply', () => {
  const letter = (world: ReturnType<typeof town>) => {
    world.working(world.slung());
    return world.id('mail.send', { to: NUX, subject: 'Which port?', priority: 'urgent', type: 'task' });
  };

  it('goes back to the sender, into the same thread, and acknowledges what it answers', () => {
    const world = town();
    const asked = letter(world);
    const first = world.id('mail.send', { replyTo: asked, body: '8080' }, polecat(NUX));
    expect(world.data.mail.get(first)).toMatchObject({
      from: NUX,
      to: 'operator',
      subject: 'Re: Which port?',
      type: 'reply',
      thread: asked,
      replyTo: asked,
    });
    expect(world.data.mail.get(asked)).toMatchObject({ readAt: expect.any(String), priority: 'urgent' });
    const second = world.id('mail.send', { replyTo: first, body: 'Thanks', type: 'notification' });
    expect(world.data.mail.get(second)).toMatchObject({
      to: NUX,
      subject: 'Re: Which port?',
      thread: asked,
      type: 'notification',
    });
  });

  it('to a letter of one’s own goes to the same reader, and leaves it unread', () => {
    const world = town();
    const asked = letter(world);
    const more = world.id('mail.send', { replyTo: asked, subject: 'And which host?' });
    expect(world.data.mail.get(more)).toMatchObject({ to: NUX, subject: 'And which host?' });
    expect(world.data.mail.get(asked)!.readAt).toBeUndefined();
  });

  it('needs a letter that is the writer’s, and a new letter a recipient and a subject', () => {
    const world = town();
    const asked = letter(world);
    expect(world.refusal('mail.send', { replyTo: asked }, polecat('rust/ace'))).toMatch(/^forbidden: .* has no mail/);
    expect(world.refusal('mail.send', { replyTo: 'm-none' })).toBe('not_found: There is no mail m-none.');
    expect(world.refusal('mail.send', { to: 'mayor' })).toBe('invalid: A message wants a subject.');
    expect(world.refusal('mail.send', { subject: 's' })).toBe('invalid: A message wants a recipient.');
  });
});

describe('capabilities', () => {
  const allowed = (role: string) =>
    COMMAND_TYPES.filter(type => {
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
        'bead.design',
        'bead.note',
        'convoy.design',
        'convoy.note',
        'escalation.open',
        'mail.read',
        'mail.send',
        'memory.forget',
        'memory.remember',
        'question.ask',
        'session.report',
      ].sort(),
    );
  });

  it('leave no command without somebody who may give it, and approval to the person alone', () => {
    const roles = ['operator', 'mayor', 'polecat', 'witness', 'refinery', 'deacon', 'dog', 'town'];
    const holders = (type: CommandType) => roles.filter(role => allowed(role).includes(type));
    for (const type of COMMAND_TYPES) expect(holders(type), type).not.toEqual([]);
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
