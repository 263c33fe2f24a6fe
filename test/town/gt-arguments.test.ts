import { describe, expect, test } from 'vitest';
import { parseGt } from '../../source/town/gt-arguments.ts';

describe('gt understands', () => {
  test.each([
    [['guard', 'claude'], { verb: 'guard', args: { cli: 'claude' } }],
    [['note', 'the', 'lexer'], { verb: 'note', args: { text: 'the lexer' } }],
    [['note'], { verb: 'note', args: {} }],
    [['note', '--convoy', '-m', 'x'], { verb: 'note', args: { convoy: true, text: 'x' } }],
    [['note', '-'], { verb: 'note', args: {}, textFrom: '-' }],
    [['note', '--', '-x', '--json'], { verb: 'note', args: { text: '-x --json' } }],
    [['design', '-f', 'd.md', '--base', 'none'], { verb: 'design', args: { base: 'none' }, textFrom: 'd.md' }],
    [['design', '-f', '-'], { verb: 'design', args: {}, textFrom: '-' }],
    [
      ['remember', 'x', '--key', 'k', '--type', 'user', '--rig', 'app'],
      { verb: 'remember', args: { text: 'x', key: 'k', type: 'user', rig: 'app' } },
    ],
    [['recall', 'two', 'words'], { verb: 'recall', args: { query: 'two words' } }],
    [['mail'], { verb: 'mail.inbox', args: {} }],
    [['mail', '--json'], { verb: 'mail.inbox', args: {} }],
    [['mail', 'inbox', '--all'], { verb: 'mail.inbox', args: { all: true } }],
    [['mail', 'read', 'm-1', 'm-2'], { verb: 'mail.read', args: { ids: ['m-1', 'm-2'] } }],
    [['mail', 'reply', 'm-1', '-m', 'yes'], { verb: 'mail.reply', args: { id: 'm-1', body: 'yes' } }],
    [
      ['mail', 'send', 'mayor', '-s', 'S', '--priority', 'urgent'],
      { verb: 'mail.send', args: { to: 'mayor', subject: 'S', priority: 'urgent' } },
    ],
    [
      ['escalate', 'No', 'disk', '-k', 'blocked'],
      { verb: 'escalate', args: { title: 'No disk', category: 'blocked' } },
    ],
    [['failed', 'it', 'broke'], { verb: 'failed', args: { summary: 'it broke' } }],
    [['failed', '-m', 'said', 'words'], { verb: 'failed', args: { summary: 'said' } }],
  ])('%j', (argv, call) => expect(parseGt(argv)).toEqual(call));
});

describe('gt refuses with a clear message', () => {
  test.each([
    [['toString'], 'gt knows no "toString".'],
    [['mail', 'burn'], 'gt mail knows inbox, read, ack, send, reply, found "burn".'],
    [['note', '--force'], 'gt note: unknown flag --force.'],
    [['note', 'x', '-f', 'y'], 'gt note takes a text or a file, not both.'],
    [['design', '--base'], '--base wants a value.'],
    [['prime', 'now'], 'gt prime takes no words, found "now".'],
    [['mail', 'send', 'a', 'b'], 'gt mail send takes one word, found "b" too.'],
  ])('%j', (argv, message) => {
    expect(() => parseGt(argv)).toThrowError(expect.objectContaining({ code: 'usage', message }));
  });
});
