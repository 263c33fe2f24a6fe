import { crc32 } from 'node:zlib';
import type { Actor, CommandType } from './commands.ts';
import type { AnyRecord, Kind } from './schema.ts';

/** One whole record as a command left it. */
export interface Write {
  readonly kind: Kind;
  readonly id: string;
  readonly record: AnyRecord;
}

/** What the journal holds of one acknowledged command. */
export interface Entry {
  readonly seq: number;
  /** ISO time. */
  readonly at: string;
  readonly type: CommandType;
  readonly actor: Actor;
  readonly because?: string;
  readonly opId?: string;
  readonly payload: unknown;
  /** Commit that this entry's own commit has as a second parent: another replica's head whose content it brings. */
  readonly parent?: string;
  readonly writes: readonly Write[];
}

/**
 * `<length u32le><crc32 u32le><JSON>`. Every single flipped bit is found by the CRC; of plain JSON lines 55 % of flips
 * parse and silently change data (field/refinery-and-store.md §3).
 */
export const encodeFrame = (entry: Entry): Buffer => {
  const payload = Buffer.from(JSON.stringify(entry));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  payload.copy(frame, HEADER_BYTES);
  return frame;
};

export interface Scan {
  readonly entries: readonly Entry[];
  /** Bytes of good frames from the start. */
  readonly goodBytes: number;
  /** Where a good frame follows the first bad one: then the damage is no torn tail. */
  readonly nextGoodAt?: number;
}

/** Reads frames up to the first bad one, and looks beyond it. */
export const scanFrames = (bytes: Buffer): Scan => {
  const entries: Entry[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset);
    if (!frame) break;
    entries.push(frame.entry);
    offset = frame.end;
  }
  for (let at = offset + 1; at < bytes.length; at++) {
    if (frameAt(bytes, at)) return { entries, goodBytes: offset, nextGoodAt: at };
  }
  return { entries, goodBytes: offset };
};

const HEADER_BYTES = 8;
/** Far above the largest command (a plan of a thousand beads with long texts); keeps noise from being read as a length. */
const MAX_FRAME_BYTES = 1_073_741_824;

const frameAt = (bytes: Buffer, offset: number): { entry: Entry; end: number } | undefined => {
  if (offset + HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32LE(offset);
  const end = offset + HEADER_BYTES + length;
  // An empty frame has the CRC 0 and would match a tail of zeros, which file systems leave after a power loss.
  if (length === 0 || length > MAX_FRAME_BYTES || end > bytes.length) return undefined;
  const payload = bytes.subarray(offset + HEADER_BYTES, end);
  if (payload[0] !== OPENING_BRACE || crc32(payload) !== bytes.readUInt32LE(offset + 4)) return undefined;
  return { entry: JSON.parse(payload.toString('utf8')) as Entry, end };
};

const OPENING_BRACE = 0x7b;
