import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SelectedSymbol } from './selected_symbol';
import type { SymbolHistory } from './symbol_history';
import type { HistoryAnswer } from './types';
import type { HistoryWish } from './api';

function answer(symbol: string, seconds: number[]): HistoryAnswer {
  const ones = seconds.map(() => 1);
  return {
    symbol,
    bars: { ts_ms: seconds.map((s) => s * 1000), open: ones, high: ones, low: ones, close: ones, volume: ones, trades: ones },
    decisions: {
      ts_ms: [], close: [], state: [], direction: [], target_exposure: [], urgency: [], hold: [], actionability: [], reason: [],
      gate_open: [], posture: [],
    },
  };
}

const line = (symbol: string, second: number) => ({
  symbol, ts_ms: second * 1000, open: 2, high: 2, low: 2, close: 2, volume: 2, trades: 2, revision: 0,
});

// Answers are given by hand, so that they can come late.
function desk() {
  const asked: { wish: HistoryWish; give: (answer: HistoryAnswer) => void }[] = [];
  const opened: SymbolHistory[] = [];
  const selected = new SelectedSymbol({
    onOpened: (history) => opened.push(history),
    onTrouble: () => assert.fail(),
    ask: () => undefined,
    fetchHistory: (wish) => new Promise((give) => asked.push({ wish, give })),
  });
  return { asked, opened, selected };
}

test('what comes live while the history is under way is there afterwards', async () => {
  const { asked, opened, selected } = desk();
  const opening = selected.open('A');
  selected.takeBar(line('A', 12));
  selected.takeBar(line('B', 12));
  assert.equal(selected.opened, undefined);
  asked[0]!.give(answer('A', [10, 11, 12]));
  await opening;
  assert.deepEqual(opened[0]!.bars.map(({ time, close }) => [time, close]), [[10, 1], [11, 1], [12, 2]]);
});

test('a slow answer for the symbol before is not shown', async () => {
  const { asked, opened, selected } = desk();
  const first = selected.open('A');
  const second = selected.open('B');
  asked[1]!.give(answer('B', [10]));
  asked[0]!.give(answer('A', [10]));
  await Promise.all([first, second]);
  assert.deepEqual(opened.map(({ symbol }) => symbol), ['B']);
});

test('going back asks for what is before, once at a time, and not beyond the first bar', async () => {
  const { asked, selected } = desk();
  const opening = selected.open('A');
  asked[0]!.give(answer('A', Array.from({ length: 5000 }, (_, i) => 10_000 + i)));
  await opening;
  const going = [selected.goBack(), selected.goBack()];
  assert.equal(asked.length, 2);
  assert.equal(asked[1]!.wish.to, 10_000 * 1000 - 1);
  asked[1]!.give(answer('A', [9000]));
  await Promise.all(going);
  await selected.goBack();
  assert.equal(asked.length, 2);
  assert.equal(selected.opened!.bars[0]!.time, 9000);
});
