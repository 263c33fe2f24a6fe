import { PI_OPTIONS, PI_QUESTION } from '../hooks/formats.ts';
import type { Ask, AskOption } from '../wire/protocol.ts';
import { firstLine, listAt, textAt } from './fields.ts';

const DISMISS: AskOption = { id: 'dismiss', label: 'Do not answer', kind: 'deny' };

/** The question that an `extension_ui_request` puts; undefined for one that wants no answer. */
export const uiRequest = (line: unknown): Ask | undefined => {
  const [id, title, message] = [textAt(line, 'id'), textAt(line, 'title'), textAt(line, 'message')];
  const ask = { id, title: firstLine(title) || 'It asks', detail: [title, message].filter(Boolean).join('\n\n') };
  switch (textAt(line, 'method')) {
    case 'select': {
      const labels = listAt(line, 'options').filter(label => typeof label === 'string');
      if (title.startsWith(PI_QUESTION) && labels.join() === PI_OPTIONS.join()) {
        const kinds = ['allow', 'allow_always', 'deny'] as const;
        const options = PI_OPTIONS.map((label, index) => ({ id: kinds[index]!, label, kind: kinds[index]! }));
        return { ...ask, kind: 'permission', detail: title.slice(PI_QUESTION.length), options };
      }
      const choices = labels.map((label, index) => ({ id: `choice-${index}`, label, kind: 'choice' as const }));
      return { ...ask, kind: 'question', options: [...choices, DISMISS] };
    }
    case 'confirm':
      return {
        ...ask,
        kind: 'permission',
        options: [
          { id: 'allow', label: 'Yes', kind: 'allow' },
          { id: 'deny', label: 'No', kind: 'deny' },
        ],
      };
    case 'input':
    case 'editor': {
      const prefill = textAt(line, 'prefill') || textAt(line, 'placeholder');
      const detail = [ask.detail, prefill].filter(Boolean).join('\n\n');
      return {
        ...ask,
        kind: 'question',
        detail,
        options: [{ id: 'answer', label: 'Answer', kind: 'answer' }, DISMISS],
      };
    }
    default:
      return undefined;
  }
};

/** What pi is told. The caller has checked that the ask is open. */
export const answerUiRequest = (ask: Ask, option: AskOption, text?: string): unknown => {
  const response = { type: 'extension_ui_response', id: ask.id };
  if (option.id === DISMISS.id) return { ...response, cancelled: true };
  if (option.kind === 'answer') return { ...response, value: text ?? '' };
  const isConfirm = ask.options.length === 2 && ask.kind === 'permission';
  return isConfirm ? { ...response, confirmed: option.kind === 'allow' } : { ...response, value: option.label };
};
