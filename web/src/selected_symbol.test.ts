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
    bars: {
      ts_ms: seconds.map((s) => s * 1000), open: ones, high: ones, low: ones, close: ones, volume: ones, trades: ones,
    },
    decisions: {
      ts_ms: [], close: [], state: [], direction: [], target_exposure: [], urgency: [], hold: [], actionability: [],
      reason: [], gate_open: [], posture: [],
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
    mendRoundMs: 5,
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
  assert.equal(asked[1]!.wish.to, 10_000 * 1000);
  asked[1]!.give(answer('A', [9000]));
  await Promise.all(going);
  await selected.goBack();
  assert.equal(asked.length, 2);
  assert.equal(selected.opened!.bars[0]!.time, 9000);
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('late parts are mended together, page by page, and nothing between them is touched', async () => {
  const { asked, selected } = desk();
  const opening = selected.open('A');
  asked[0]!.give(answer('A', span(10_000, 15_000)));
  await opening;
  selected.takeBar(line('A', 15_500));
  for (const second of [16_000, 9000, 10_001]) selected.takeBar({ ...line('A', second), partial: true });
  await sleep(20);
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[1]!.wish, { symbol: 'A', from: 10_001_000, to: 16_001_000, limit: 5000 });
  asked[1]!.give(answer('A', span(11_001, 16_001)));
  await sleep(5);
  assert.deepEqual(asked[2]!.wish, { symbol: 'A', from: 10_001_000, to: 11_001_000, limit: 5000 });
  asked[2]!.give(answer('A', span(10_001, 11_001)));
  await sleep(5);
  const history = selected.opened!;
  assert.equal(history.barAt(16_000)!.close, 1);
  assert.equal(history.barAt(15_500)!.close, 2);
  assert.equal(history.barAt(9000), undefined);
  assert.equal(history.bars.length, 5002);
  void selected.open('B'); // ends the rounds
});
