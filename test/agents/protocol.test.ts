import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FRAME_BYTES, frameReader } from '../../source/agents/protocol.ts';

const read = (chunks: readonly Buffer[]): { frames: unknown[]; errors: string[] } => {
  const frames: unknown[] = [];
  const errors: string[] = [];
  const take = frameReader(
    frame => frames.push(frame),
    message => errors.push(message),
  );
  for (const chunk of chunks) take(chunk);
  return { frames, errors };
};

test('reads the same frames however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), fc.array(fc.nat(40)), (texts, cuts) => {
      const bytes = Buffer.concat(texts.map(text => encodeFrame({ call: 1, result: text })!));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      const { frames, errors } = read([...chunks, bytes.subarray(at)]);
      expect(errors).toEqual([]);
      expect(frames).toEqual(texts.map(text => ({ call: 1, result: text.toWellFormed() })));
    }),
  );
});

test('stops at what is not JSON and at a frame without an end', () => {
  expect(read([Buffer.from('{"a":1}\nnonsense\n{"b":2}\n')])).toEqual({
    frames: [{ a: 1 }],
    errors: ['a frame is not JSON'],
  });
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const { errors } = read(Array.from({ length: 12 }, () => piece));
  expect(errors).toEqual([`a frame is larger than ${FRAME_BYTES} bytes`]);
});

test('does not make a frame that the other side would refuse', () => {
  expect(encodeFrame({ call: 1, result: 'x'.repeat(FRAME_BYTES) })).toBeUndefined();
});
