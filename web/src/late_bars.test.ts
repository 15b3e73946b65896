import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LateBars } from './late_bars';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function desk(answers: (boolean | Error)[] = []) {
  const looks: number[][] = [];
  const abort = new AbortController();
  const late = new LateBars({
    look: async (seconds) => {
      looks.push([...seconds]);
      const answer = answers[looks.length - 1] ?? true;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    signal: abort.signal,
    roundMs: 5,
  });
  return { looks, abort, late };
}

test('many late parts are looked at together, twice', async () => {
  const { looks, late } = desk();
  for (let i = 0; i < 1500; ++i) late.note(i);
  await sleep(100);
  assert.deepEqual(looks.map(({ length }) => length), [1500, 1500]);
});

test('a look that fails, or comes too early, is done again', async () => {
  const { looks, late } = desk([new Error('no network'), false]);
  late.note(7);
  await sleep(150);
  assert.deepEqual(looks, [[7], [7], [7], [7]]);
});

test('with another symbol it ends', async () => {
  const { looks, abort, late } = desk();
  late.note(7);
  abort.abort();
  await sleep(50);
  assert.deepEqual(looks, []);
});
