import { StringDecoder } from 'node:string_decoder';

/** The longest event that is looked into: one that holds a whole answer has some 100 KB; what is longer is no usage of ours. */
const EVENT_MAX_CHARS = 16_000_000;

export interface EventSplitter {
  /** The `data` of each event that this piece completes. Pieces may be cut anywhere, also within a character. */
  push(piece: Uint8Array): string[];
  /** What an end without its empty line leaves. */
  end(): string[];
}

/** Splits a stream of server-sent events. Comments and other fields than `data` are passed over. */
export const createEventSplitter = (): EventSplitter => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string[] = [];
  let chars = 0;

  /** Only the new piece is searched: a long line that comes in many pieces is put together once. */
  const lines = (text: string, isEnd: boolean): string[] => {
    const found: string[] = [];
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, at);
      rest = '';
      from = at + 1;
      found.push(...take(line.endsWith('\r') ? line.slice(0, -1) : line));
    }
    if (rest.length + text.length - from <= EVENT_MAX_CHARS) rest += text.slice(from);
    if (isEnd) {
      found.push(...take(rest), ...take(''));
      rest = '';
    }
    return found;
  };

  const take = (line: string): string[] => {
    if (line === '') {
      const event = data.join('\n');
      data = [];
      chars = 0;
      return event === '' ? [] : [event];
    }
    if (line.startsWith('data:') && chars + line.length <= EVENT_MAX_CHARS) {
      chars += line.length;
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
    return [];
  };

  return {
    push: piece => lines(decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)), false),
    end: () => lines(decoder.end(), true),
  };
};
