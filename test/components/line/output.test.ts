import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { createScreenOutput, PENDING_MAX_BYTES } from '../../../components/line/output.ts';

/** A terminal that takes as many bytes as there is room for. */
const createDevice = (room = Number.POSITIVE_INFINITY) => {
  const device = {
    room,
    taken: '',
    failure: undefined as string | undefined,
    write(bytes: Buffer): number {
      if (device.failure) throw Object.assign(new Error(device.failure), { code: device.failure });
      if (device.room <= 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      const part = bytes.subarray(0, device.room);
      device.room -= part.length;
      device.taken += part.toString();
      return part.length;
    },
    close() {},
  };
  const terminal = Object.assign(new EventEmitter(), { isTTY: true, columns: 80, rows: 24 });
  const output = createScreenOutput(terminal as never, device);
  return { device, terminal, output };
};

test('what the terminal takes at once is written at once, and counted', () => {
  const { device, output } = createDevice();
  const written = vi.fn();
  expect(output.write('first', written)).toBe(true);
  expect(device.taken).toBe('first');
  expect(written).toHaveBeenCalledOnce();
  expect(output).toMatchObject({ pendingBytes: 0, takenBytes: 5, columns: 80, rows: 24 });
});

test('a terminal that takes nothing is written to later, in order and without a byte missing', async () => {
  const { device, output } = createDevice(4);
  const drained = vi.fn();
  output.onDrain(drained);
  expect(output.write('a long line')).toBe(false);
  output.write(', and another');
  expect(output.pendingBytes).toBe(20);
  device.room = 1_000;
  await vi.waitUntil(() => output.pendingBytes === 0);
  expect(device.taken).toBe('a long line, and another');
  expect(drained.mock.calls).toEqual([[false]]);
});

test('beyond its limit it forgets whole frames, ends the one that it began, and says that something is missing', async () => {
  const { device, output } = createDevice(3);
  const drained = vi.fn();
  const written = vi.fn();
  output.onDrain(drained);
  output.write('begun');
  for (let frame = 0; frame < 5; frame++) output.write('x'.repeat(PENDING_MAX_BYTES / 4), written);
  expect(output.pendingBytes).toBe(2);
  output.write('thrown away too', written);
  // Nobody waits for what is never written.
  expect(written).toHaveBeenCalledTimes(6);
  device.room = 1_000;
  await vi.waitUntil(() => drained.mock.calls.length > 0);
  expect(device.taken).toBe('begun');
  expect(drained.mock.calls).toEqual([[true]]);
  output.write(' drawn anew');
  expect(device.taken).toBe('begun drawn anew');
});

test('what must come out last comes out before what is out of date', async () => {
  const { device, output } = createDevice(2);
  output.write('half');
  output.write('a frame');
  output.discard();
  output.write(' goodbye');
  device.room = 100;
  await output.flushed(5_000);
  expect(device.taken).toBe('half goodbye');
});

test('a terminal that is gone says so once and holds up nobody', async () => {
  const { device, output } = createDevice(0);
  const failed = vi.fn();
  output.on('error', failed);
  const written = vi.fn();
  output.write('pending', written);
  device.failure = 'EIO';
  await vi.waitUntil(() => failed.mock.calls.length > 0);
  output.write('more', written);
  await output.flushed(5_000);
  expect(failed).toHaveBeenCalledOnce();
  expect(written).toHaveBeenCalledTimes(2);
  expect(output.pendingBytes).toBe(0);
});

test('its size is the terminal’s', () => {
  const { terminal, output } = createDevice();
  const resized = vi.fn();
  output.on('resize', resized);
  terminal.columns = 120;
  terminal.emit('resize');
  expect(resized).toHaveBeenCalledOnce();
  expect(output.columns).toBe(120);
});
