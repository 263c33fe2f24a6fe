import { GastownError } from '../../common/errors.ts';
import { findBead } from '../ids.ts';
import type { Verb } from '../verb.ts';

export const historyVerb: Verb = {
  name: 'history',
  summary: 'Show every change of an issue: who, when, what and why',
  usage: '<id>',
  flags: [{ name: 'limit', kind: 'number', help: 'Only the newest so many (0 for all)' }],
  async run({ args, data, history }) {
    if (args.words.length !== 1) {
      throw new GastownError('usage', `accepts 1 arg(s), received ${args.words.length}`, { hint: 'bd history <id>' });
    }
    const { id } = findBead(data, args.words[0]!);
    const limit = args.number('limit') ?? 0;
    const changes = (await history(id)).slice(-limit);
    return {
      text: changes.map(({ lines }) => lines.join('\n')).join('\n'),
      json: changes.map(({ lines: _lines, ...change }) => change),
    };
  },
};
