import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxKept, SymbolHistory } from './symbol_history';
import type { Bar, Decision } from './types';

const costs = { fee_rate: 0.0005, slippage: 0.0003 };
const bar = (time: number, close = 100): Bar => ({
  time, open: close, high: close, low: close, close, volume: 1, trades: 1,
});
const decision = (time: number, exposure = 0.1, close = 100): Decision => ({
  time, close, state: 1, direction: 1, target_exposure: exposure, urgency: 0, hold: false, actionability: 1, reason: '',
  gate_open: true, posture: 'TRADE_NORMAL',
});
const times = (list: readonly { time: number }[]): number[] => list.map(({ time }) => time);

test('live bars before the first page stay, and count more than it', () => {
  const history = new SymbolHistory('A', costs);
  history.putLiveBar(bar(12, 120));
  history.putLiveBar(bar(13, 130));
  history.merge([bar(10), bar(11), bar(12, 999)], [], true);
  assert.deepEqual(times(history.bars), [10, 11, 12, 13]);
  assert.equal(history.barAt(12)!.close, 120);
  assert.ok(history.takeChanges().rebuild);
});

test('an older page goes before what is here', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([bar(10), bar(11)], [decision(10), decision(11)], false);
  history.merge([bar(7), bar(9)], [decision(7), decision(9)], true);
  assert.deepEqual(times(history.bars), [7, 9, 10, 11]);
  assert.deepEqual(times(history.pnl), [7, 9, 10, 11]);
});

test('what is held before the first decision is as the oldest page tells it', () => {
  const hold = (time: number): Decision => ({ ...decision(time, 0), hold: true });
  const exposures = (history: SymbolHistory) => history.pnl.map(({ exposure }) => exposure);
  const history = new SymbolHistory('A', costs);
  history.merge([bar(10)], [hold(10)], false, 0.3);
  assert.deepEqual(exposures(history), [0.3]);
  history.merge([bar(9)], [hold(9)], false, null);
  assert.deepEqual(exposures(history), [null, null]);
  history.merge([bar(8)], [], true);
  assert.deepEqual(exposures(history), [0, 0]);
});

test('a whole history that begins with a hold of the cost gate begins with what that tells', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([], [{ ...decision(10, 0.3), hold: true }, decision(11, 0.3)], true);
  assert.deepEqual(history.pnl.map(({ exposure, delta }) => [exposure, delta]), [[0.3, 0], [0.3, 0]]);
  assert.equal(history.pnl.at(-1)!.net, 0);
});

test('other costs make the track anew, the same do not', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([], [decision(10, 0.1), decision(11, 0.15)], true);
  history.takeChanges();
  history.setCosts({ ...costs, min_trade: 0 });
  assert.ok(!history.takeChanges().rebuild);
  history.setCosts({ ...costs, min_trade: 0.1 });
  assert.ok(history.takeChanges().rebuild);
  assert.deepEqual(history.pnl.map(({ exposure }) => exposure), [0.1, 0.1]);
});

test('new bars and revisions are changes; a bar between two others draws all anew', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([bar(10), bar(12)], [], true);
  history.takeChanges();
  history.putLiveBar(bar(13));
  history.putLiveBar(bar(10, 101));
  const changes = history.takeChanges();
  assert.deepEqual([changes.rebuild, times(changes.bars)], [false, [13, 10]]);
  history.putLiveBar(bar(11));
  assert.ok(history.takeChanges().rebuild);
  assert.deepEqual(times(history.bars), [10, 11, 12, 13]);
});

test('events that come again after a reconnect change nothing', () => {
  const history = new SymbolHistory('A', costs);
  for (const time of [10, 11, 12]) history.putLiveDecision(decision(time));
  history.takeChanges();
  for (const time of [11, 12]) history.putLiveDecision(decision(time));
  assert.deepEqual(history.takeChanges(), { rebuild: false, bars: [], decisions: [] });
  assert.equal(history.decisions.length, 3);
});

test('decisions in order are added to the track; one that comes between makes it anew', () => {
  const history = new SymbolHistory('A', costs);
  history.putLiveDecision(decision(10, 0.1));
  history.putLiveDecision(decision(12, 0.3));
  assert.equal(history.takeChanges().decisions.length, 2);
  history.putLiveDecision(decision(11, 0.2));
  assert.ok(history.takeChanges().rebuild);
  assert.deepEqual(history.pnl.map(({ exposure }) => exposure), [0.1, 0.2, 0.3]);
});

test('filling takes what is missing, and is no change when nothing is', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([bar(10), bar(11)], [], true);
  history.putLiveBar(bar(14, 140));
  history.takeChanges();
  history.fill([bar(11), bar(14, 999)], []);
  assert.ok(!history.takeChanges().rebuild);
  history.fill([bar(11), bar(12), bar(13), bar(14, 999)], []);
  assert.ok(history.takeChanges().rebuild);
  assert.deepEqual(history.bars.map(({ close }) => close), [100, 100, 100, 100, 140]);
});

test('a mended bar counts even if it came live', () => {
  const history = new SymbolHistory('A', costs);
  history.putLiveBar(bar(10, 100));
  history.mend([bar(10, 105)]);
  assert.equal(history.barAt(10)!.close, 105);
});

test('the decision in force is the newest that is not behind the time', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([], [decision(10, 0.1), decision(20, 0.2)], true);
  assert.equal(history.decisionAt(9), undefined);
  assert.equal(history.decisionAt(19)!.point.exposure, 0.1);
  assert.equal(history.decisionAt(25)!.decision.target_exposure, 0.2);
});

test('a page that nobody looks at keeps no more than one that is painted', () => {
  const history = new SymbolHistory('A', costs);
  history.merge([], [], true);
  history.takeChanges();
  for (let i = 0; i < 3 * maxKept; ++i) {
    history.putLiveBar(bar(i, 100 + i));
    history.putLiveDecision(decision(i, 0.5, 100 + i));
    assert.ok(history.bars.length <= maxKept && history.pnl.length <= maxKept);
  }
  assert.deepEqual(history.takeChanges(), { rebuild: true, bars: [], decisions: [] });
  assert.ok(!history.isWhole);
  const { exposure, delta } = history.pnl[0]!;
  assert.deepEqual([exposure, delta], [0.5, 0]);
});

test('a page that is open for days keeps a bounded number of bars, and what they earned', () => {
  const history = new SymbolHistory('A', costs);
  for (let i = 0; i < maxKept + 1; ++i) {
    history.putLiveBar(bar(i, 100 + i));
    history.putLiveDecision(decision(i, 0.5, 100 + i));
  }
  const { gross } = history.pnl.at(-1)!;
  assert.ok(history.takeChanges().rebuild);
  assert.ok(history.bars.length <= maxKept - maxKept / 3 + 1);
  assert.equal(history.pnl.length, history.decisions.length);
  assert.equal(history.pnl.at(-1)!.gross, gross);
  assert.equal(history.pnlSince, 0);
});
