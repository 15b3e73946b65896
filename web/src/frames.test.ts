import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames } from './frames';

test('a painter that throws keeps no other from painting, and is told of once', () => {
  const waiting: (() => void)[] = [];
  const told: unknown[] = [];
  const page = globalThis as unknown as Record<string, unknown>;
  page['requestAnimationFrame'] = (run: () => void) => waiting.push(run);
  page['reportError'] = (error: unknown) => told.push(error);
  const frames = new Frames();
  let painted = 0;
  frames.add(() => {
    throw new Error('no');
  });
  frames.add(() => ++painted);
  for (let i = 0; i < 2; ++i) {
    frames.ask();
    frames.ask();
    assert.equal(waiting.length, 1);
    waiting.pop()!();
  }
  assert.deepEqual([painted, told.length, waiting.length], [2, 1, 0]);
});
