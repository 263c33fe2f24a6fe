import { createHash } from 'node:crypto';

/** A UUID that follows from the town's session id, for CLIs whose own ids must be UUIDs: the same in every town that comes after. */
export const sessionUuid = (session: string): string => {
  const bytes = createHash('sha256').update(`gastown session ${session}`).digest().subarray(0, 16);
  // RFC 9562: version 8 is for values of one's own making, and the variant's two bits are 10.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
