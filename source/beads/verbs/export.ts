import { GastownError } from '../../common/errors.ts';
import { safeText } from '../../common/text.ts';
import { exportIssues } from '../../ledger/interchange/write.ts';
import type { Bead } from '../../ledger/schema.ts';
import type { Call, Verb } from '../verb.ts';
import { noWords } from './list.ts';

export const exportVerb: Verb = {
  name: 'export',
  summary: "Write issues in Beads' form, one JSON object a line",
  usage: '[flags]',
  details:
    'Fields come out as they were written where they came from, unless they have changed since. What only the town knows is\nunder metadata.gastown. Deleted issues are there as tombstones, so that no copy brings them back.',
  flags: [
    { name: 'output', short: 'o', kind: 'text', help: 'The file (default: standard output)' },
    { name: 'all', kind: 'switch', help: 'Also gates, agents, roles, messages, templates and memories' },
    { name: 'include-infra', kind: 'switch', help: 'Also agents, roles and messages' },
    { name: 'include-memories', kind: 'switch', help: 'Also what bd remember keeps' },
    { name: 'scrub', kind: 'switch', help: 'Leave out what looks like a test: titles that begin with test or tmp' },
    { name: 'live', kind: 'text', help: 'Keep this file up to date from now on; empty for none' },
  ],
  run(call) {
    noWords(call);
    const { args, data } = call;
    if (args.has('live')) return keepLive(call);
    const text = exportIssues(data, {
      take: bead => isTaken(call, bead),
      memories: args.on('all') || args.on('include-memories'),
    });
    const path = args.text('output');
    if (path === undefined) return { text: printable(text) };
    const count = text.split('\n').length - 1;
    return {
      text: `Exported ${count} records to ${path}`,
      json: { schema_version: 1, exported: count, path },
      files: [{ path, content: text }],
    };
  },
};

const INFRA: ReadonlySet<string> = new Set(['agent', 'role', 'message']);
const SCRAP = /^(test|tmp|temp|scratch)\b/i;

const isTaken = ({ args }: Call, bead: Bead): boolean => {
  if (bead.ephemeral && !args.on('all')) return false;
  if (args.on('scrub') && SCRAP.test(bead.title)) return false;
  if (args.on('all')) return true;
  if (INFRA.has(bead.issue_type)) return args.on('include-infra');
  return bead.issue_type !== 'gate' && bead.is_template !== true;
};

const keepLive = async (call: Call): Promise<{ text: string; json: object }> => {
  const given = call.args.text('live')!;
  if (!call.keepExport) throw new GastownError('forbidden', 'a live export is for the operator to set');
  const { file } = await call.keepExport(given === '' ? undefined : given);
  return {
    text: file === undefined ? 'No file is kept up to date any more' : `${file} is kept up to date from now on`,
    json: { schema_version: 1, live: file ?? null },
  };
};

/** Standard output may be a terminal: what could steer it is there as an escape, which means the same in JSON. */
const printable = (text: string): string =>
  text.replace(/[^\n\x20-\x7e]/gu, char => (safeText(char) === char ? char : escaped(char)));

const escaped = (char: string): string =>
  [...Array(char.length).keys()].map(at => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
