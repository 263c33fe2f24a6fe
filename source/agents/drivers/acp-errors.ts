import { fieldOf, firstLine, numberAt, textAt } from './fields.ts';

const ERROR_CHARS = 200;

/** What a JSON-RPC error says, in one line: agents put the words of the model's service into `data`. */
export const errorWords = (error: unknown): string => {
  const data = fieldOf(error, 'data');
  const detail = typeof data === 'string' ? data : textAt(data, 'details') || textAt(data, 'message');
  const message = firstLine(textAt(error, 'message'), ERROR_CHARS);
  const more = firstLine(jsonWords(detail), ERROR_CHARS);
  const isVague = message === '' || /^internal error\.?$/i.test(message);
  return (
    (isVague ? more || message : more && more !== message ? `${message}: ${more}` : message) || 'an error without words'
  );
};

/** Of an answer of a model's service in JSON only the words. */
const jsonWords = (text: string): string => {
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)+)"/s.exec(text);
  return said ? said[1]!.replaceAll('\\"', '"').replaceAll('\\n', ' ') : text;
};

/** ACP: the agent wants a login first. */
const AUTH_REQUIRED = -32_000;

/** Errors after which trying again may help: limits, overload, the network. A refused key or an unknown model stays. */
export const isPassingError = (error: unknown): boolean => {
  if (numberAt(error, 'code') === AUTH_REQUIRED) return false;
  const words = JSON.stringify(error) ?? '';
  if (
    /\b(401|403)\b|api.?key|unauthori[sz]ed|authenticat|permission.?denied|not.?found.*model|model.*not.?found/i.test(
      words,
    )
  )
    return false;
  return /\b(408|409|425|429|5\d\d)\b|overloaded|rate.?limit|quota|exhausted|time(d.?)?.?out|ECONN|socket|network|fetch failed|terminated|aborted|unavailable/i.test(
    words,
  );
};
