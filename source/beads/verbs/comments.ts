import { GastownError } from '../../common/errors.ts';
import type { Bead, Comment } from '../../ledger/schema.ts';
import type { Flag } from '../arguments.ts';
import { atLeast } from '../counts.ts';
import { findBead } from '../ids.ts';
import { shortTime } from '../rows.ts';
import type { Call, Output, Verb } from '../verb.ts';

const FLAGS: readonly Flag[] = [
  { name: 'file', short: 'f', kind: 'text', help: 'Read the text from a file (- for stdin)' },
  { name: 'stdin', kind: 'switch', help: 'Read the text from stdin' },
  { name: 'author', short: 'a', kind: 'text', help: 'Who says it (default: you)' },
];

const addVerb: Verb = {
  name: 'add',
  summary: 'Add a comment',
  usage: '<id> <text...> [flags]',
  flags: FLAGS,
  writes: true,
  run: add,
};

const commentsVerb: Verb = {
  name: 'comments',
  summary: 'Comments of an issue, and add: a new one',
  usage: '<id> [flags]',
  flags: [{ name: 'local-time', kind: 'switch', help: 'Accepted for compatibility: times are in UTC' }],
  verbs: [addVerb],
  run(call) {
    const [given, ...more] = atLeast(call, 1, 'bd comments <id>');
    if (more.length > 0 || given === 'list') {
      throw new GastownError('usage', '"bd comments" takes a single issue id and lists its comments', {
        hint: 'To add one: bd comments add <id> <text>.',
      });
    }
    const bead = findBead(call.data, given!);
    const comments = bead.comments ?? [];
    if (comments.length === 0) return { text: `No comments on ${bead.id}`, json: [] };
    return {
      text: [`Comments on ${bead.id}:`, ...comments.flatMap(rowsOf)].join('\n'),
      json: comments.map(comment => issueComment(bead, comment)),
    };
  },
};

const commentVerb: Verb = { ...addVerb, name: 'comment', summary: 'Add a comment to an issue' };

export const commentVerbs: readonly Verb[] = [commentsVerb, commentVerb];

async function add(call: Call): Promise<Output> {
  const [given, ...words] = atLeast(call, 1, 'bd comment <id> <text...>');
  const { id } = findBead(call.data, given!);
  const text = textOf(call, words);
  const author = call.args.text('author') ?? (call.isAgent ? undefined : call.name);
  await call.execute({ type: 'bead.comment', payload: { id, text, ...(author && { author }) } });
  const bead = call.data.beads.get(id)!;
  return { text: `Comment added to ${id}`, json: issueComment(bead, bead.comments!.at(-1)!) };
}

const textOf = (call: Call, words: readonly string[]): string => {
  const { args } = call;
  const file = args.text('file');
  const sources = [words.length > 0, file !== undefined, args.on('stdin')].filter(Boolean);
  if (sources.length > 1)
    throw new GastownError('usage', 'the comment is given twice', { hint: 'As words, --file or --stdin.' });
  const text =
    file !== undefined
      ? file === '-'
        ? call.stdin()
        : call.file(file)
      : args.on('stdin')
        ? call.stdin()
        : words.join(' ');
  if (text.trim() !== '') return text.trimEnd();
  throw new GastownError('usage', 'comment text is missing', { hint: 'bd comment <id> "text", or --file.' });
};

const rowsOf = ({ author, created_at, text }: Comment): string[] => [
  '',
  `[${author}] at ${shortTime(created_at)}`,
  ...text.split('\n').map(line => `  ${line}`),
];

const issueComment = ({ id }: Bead, { as_written: _asWritten, ...comment }: Comment): object => ({
  ...comment,
  issue_id: id,
});
