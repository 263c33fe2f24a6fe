import type { Ask, AskOption } from '../wire/protocol.ts';
import { entriesAt, fieldOf, firstLine, listAt, textAt } from './fields.ts';

/**
 * What an MCP server asks a person through Codex: to let a tool run, to look at a page, or to fill in a form. A form of one
 * text or one choice can be answered; a longer one can be declined.
 */
export const elicitationAsk = (id: string, params: unknown): Ask => {
  const message = textAt(params, 'message');
  const tool = textAt(params, '_meta', 'tool_name');
  const isPermission = tool !== '' || textAt(params, 'mode') === 'url' || fieldsOf(params).length === 0;
  const about =
    tool === '' ? textAt(params, 'url') : JSON.stringify(fieldOf(params, '_meta', 'tool_params') ?? {}, null, 2);
  const detail = [message, about, isPermission ? '' : formText(params)].filter(text => text !== '').join('\n\n');
  const server = textAt(params, 'serverName');
  return {
    id,
    kind: isPermission ? 'permission' : 'question',
    title: tool === '' ? firstLine(message) || `${server} asks` : `Call ${server} ${tool}`,
    detail,
    options: isPermission
      ? [{ id: 'allow', label: 'Allow', kind: 'allow' }, DECLINE]
      : [...formOptions(params), { ...DECLINE, label: 'Do not answer' }],
  };
};

/** The result that an option stands for. */
export const elicitationResult = (params: unknown, option: AskOption, text = ''): object => {
  if (option.kind === 'deny') return { action: 'decline', content: null, _meta: null };
  if (option.kind === 'allow') return { action: 'accept', content: {}, _meta: null };
  const [name = ''] = fieldsOf(params)[0] ?? [];
  const value = option.kind === 'choice' ? option.label : text.trim();
  return { action: 'accept', content: { [name]: value }, _meta: null };
};

const DECLINE: AskOption = { id: 'deny', label: 'Refuse', kind: 'deny' };

const fieldsOf = (params: unknown) => entriesAt(params, 'requestedSchema', 'properties');

const formOptions = (params: unknown): readonly AskOption[] => {
  const fields = fieldsOf(params);
  const [, schema] = fields[0]!;
  if (fields.length > 1 || textAt(schema, 'type') !== 'string') return [];
  const choices = listAt(schema, 'enum').filter(value => typeof value === 'string');
  if (choices.length === 0) return [{ id: 'answer', label: 'Answer in your own words', kind: 'answer' }];
  return choices.map((label, index) => ({ id: `choice-${index}`, label, kind: 'choice' }));
};

const formText = (params: unknown): string =>
  fieldsOf(params)
    .map(
      ([name, schema]) =>
        `- ${textAt(schema, 'title') || name}: ${textAt(schema, 'description') || textAt(schema, 'type')}`,
    )
    .join('\n');
