import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OverviewReader } from './overview_reader';
import type { Overview } from './types';

const overview: Overview = { now_ms: 0, symbols: [], costs: { fee_rate: 0, slippage: 0 }, decisions: true };

interface Desk {
  reader: OverviewReader;
  asked: () => number;
  taken: () => number;
  fail: (yes: boolean) => void;
  pass: (seconds: number) => Promise<void>;
}

// A reader whose clock and one timer go by hand, a tenth of a second at a time.
async function withReader(run: (desk: Desk) => Promise<void>): Promise<void> {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: Date.now };
  let now = 0;
  let timer: { due: number; run: () => void } | undefined;
  Date.now = () => now;
  Object.assign(globalThis, {
    setTimeout: (act: () => void, wait: number) => {
      assert.equal(timer, undefined, 'one timer');
      return (timer = { due: now + wait, run: act });
    },
    clearTimeout: () => (timer = undefined),
  });
  let asked = 0;
  let fails = false;
  let underWay = 0;
  let taken = 0;
  const reader = new OverviewReader({
    fetchOverview: async () => {
      ++asked;
      assert.equal(++underWay, 1, 'one request');
      await Promise.resolve();
      --underWay;
      if (fails) throw new Error('no');
      return overview;
    },
    onOverview: () => ++taken,
    onTrouble: () => undefined,
  });
  const pass = async (seconds: number): Promise<void> => {
    for (const end = now + seconds * 1000; now < end; ) {
      now += 100;
      if (timer && timer.due <= now) {
        const { run: act } = timer;
        timer = undefined;
        act();
      }
      for (let i = 0; i < 8; ++i) await Promise.resolve();
    }
  };
  try {
    await run({ reader, asked: () => asked, taken: () => taken, fail: (yes) => (fails = yes), pass });
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.now;
  }
}

test('however often it is wanted, it is read every 15 seconds at most', () =>
  withReader(async ({ reader, asked, pass }) => {
    reader.now();
    for (let i = 0; i < 60; ++i) {
      reader.soon();
      await pass(1);
    }
    assert.ok(asked() >= 4 && asked() <= 5, `${asked()}`);
    await pass(310);
    assert.ok(asked() <= 6);
  }));

test('while the server fails it is asked later and later, and once at a time', () =>
  withReader(async ({ reader, asked, fail, pass }) => {
    fail(true);
    reader.now();
    reader.now();
    for (let i = 0; i < 120; ++i) {
      reader.soon();
      await pass(1);
    }
    assert.equal(asked(), 7); // at 0, 3, 9, 21, 45, 75 and 105 seconds
    fail(false);
    await pass(31);
    assert.equal(asked(), 8);
    await pass(280);
    assert.equal(asked(), 8);
  }));

test('what was being read when it is wanted anew is not taken, but read once more', () =>
  withReader(async ({ reader, asked, taken, pass }) => {
    reader.now();
    reader.anew();
    await pass(1);
    assert.deepEqual([asked(), taken()], [2, 1]);
    reader.anew();
    await pass(1);
    assert.deepEqual([asked(), taken()], [3, 2]);
  }));
